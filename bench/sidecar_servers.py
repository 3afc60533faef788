"""The servers of sidecar_bench.py, each checked before it is timed, and the tokens that they decide."""
import contextlib
import dataclasses
import http.client
import os
import re
import shutil
import socket
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PEERS = os.path.join(ROOT, "bench", "peers", "haproxy")
ISSUER, AUDIENCE = "https://issuer.example/tenant/one", "https://api.example"
TOKEN_COUNT = 10_000
TOKEN_AGE_DAYS_MAX = 30
START_SECONDS_MAX = 20
MINT_ARGUMENTS = (
    "--generate", "RS256", "--kid", "2026-07-signing-key", "--header", 'typ="JWT"', "--issuer", ISSUER, "--audience",
    AUDIENCE, "--subject", "5f0c7b2e-9a41-4d0e-8a55-3c1de2b90f17", "--scope",
    "orders:read orders:write catalog:read", "--claim", 'client_id="storefront-web"', "--claim",
    'azp="storefront-web"', "--claim", 'email="alice.liddell@wonderland.example"', "--claim",
    'roles=["buyer","reviewer"]', "--claim", 'tenant="wonderland-eu-1"', "--count", str(TOKEN_COUNT), "--expires-in",
    "8760h")


class Fault(Exception):
    """What could not be measured, for people."""


@dataclasses.dataclass
class Tokens:
    folder: str
    first: str               # one that is accepted
    token_bytes: int
    count: int = TOKEN_COUNT
    memory: str = ""         # why no answer comes from memory

    @property
    def file(self):
        return os.path.join(self.folder, "tokens.txt")

    @property
    def tampered(self):
        head, _, signature = self.first.rpartition(".")
        return f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def run(*command, **options):
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **options)
    if done.returncode != 0:
        raise Fault(f"{os.path.basename(command[0])} ended with {done.returncode}: {done.stderr.strip()}")
    return done


def mint_tokens(build_dir):
    """Mints once and keeps the tokens in the build folder; mints again where they are old or meant to be others."""
    folder = os.path.join(build_dir, "bench_tokens")
    made_by = os.path.join(folder, "made_by")
    wanted = "\n".join(MINT_ARGUMENTS)
    fresh = (os.path.exists(made_by) and time.time() - os.path.getmtime(made_by) < TOKEN_AGE_DAYS_MAX * 86_400 and
             open(made_by, encoding="ascii").read() == wanted)
    if not fresh:
        os.makedirs(folder, exist_ok=True)
        key = os.path.join(folder, "key.pem")
        with open(os.path.join(folder, "tokens.txt"), "w", encoding="ascii") as stream:
            run(os.path.join(build_dir, "bin", "assay"), "mint", *MINT_ARGUMENTS, "--key-out", key, "--jwks-out",
                os.path.join(folder, "jwks.json"), stdout=stream)
        run("openssl", "pkey", "-in", key, "-pubout", "-out", os.path.join(folder, "public.pem"))
        with open(made_by, "w", encoding="ascii") as stream:
            stream.write(wanted)
    with open(os.path.join(folder, "tokens.txt"), encoding="ascii") as stream:
        first = stream.readline().rstrip("\n")
    return Tokens(folder=folder, first=first, token_bytes=len(first))


class Server:
    """A process pinned to one processor, on a TCP port and a Unix socket."""

    def __init__(self, name, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.name = name
        self.path = os.path.join(folder, f"{name}.sock")
        self.log = os.path.join(folder, f"{name}.log")
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def target(self, kind):
        return f"tcp://127.0.0.1:{self.port}" if kind == "tcp" else f"unix:{self.path}"

    def start(self, command, cpu, environment=None):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["taskset", "-c", str(cpu), *command], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env={**os.environ, **(environment or {})})
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                if self.status("tcp") == 401 or self.status("tcp") == 200:
                    return
            time.sleep(0.05)
        raise Fault(f"{self.name} does not serve: {self.log_text()}")

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as stream:
            return stream.read().strip()[-800:]

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def status(self, kind, token=None):
        """What the server answers to this token, or to none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        if kind == "unix":
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.settimeout(5)
            connection.sock.connect(self.path)
        try:
            connection.request("GET", "/", headers={"Authorization": f"Bearer {token}"} if token else {})
            return connection.getresponse().status
        finally:
            connection.close()

    def check(self, tokens):
        """Accepts the good token and refuses the tampered one, on both sockets."""
        for kind in ("tcp", "unix"):
            answers = self.status(kind, tokens.first), self.status(kind, tokens.tampered)
            if answers != (200, 401):
                raise Fault(f"{self.name} answers {answers} to a good and a tampered token, not (200, 401)")


# A key that the configuration has only where verified tokens are remembered.
def _cache_key(build_dir):
    page = os.path.join(ROOT, "docs", "configuration.md")
    with open(page, encoding="ascii") as stream:
        found = re.search(r"^\| `server\.(verified_cache\w*)` \|", stream.read(), re.MULTILINE)
    return found[1] if found else None


def start_assay(options, folder):
    server = Server("assay", folder)
    key = _cache_key(options.build_dir)
    options.tokens.memory = f"{key} = 0: nothing is remembered" if key else "the sidecar remembers no verified token"
    configuration = os.path.join(folder, "assay.toml")
    with open(configuration, "w", encoding="ascii") as stream:
        stream.write(f"""[server]
workers = 1
{f"{key} = 0" if key else ""}
[[listener]]
address = "{server.target("tcp")}"
[[listener]]
address = "{server.target("unix")}"
[[issuer]]
name = "bench"
issuer = "{ISSUER}"
jwks = "file:{os.path.abspath(options.tokens.folder)}/jwks.json"
audiences = ["{AUDIENCE}"]
algorithms = ["RS256"]
""")
    server.start([os.path.join(options.build_dir, "bin", "assay"), "serve", "--config", configuration],
                 options.server_cpu)
    return server


def start_haproxy(options, folder, name):
    server = Server(f"haproxy_{name}", folder)
    environment = {"PEER_TCP": f"127.0.0.1:{server.port}", "PEER_UNIX": server.path, "PEER_ISSUER": ISSUER,
                   "PEER_AUDIENCE": AUDIENCE, "PEER_KEY": os.path.join(options.tokens.folder, "public.pem")}
    server.start([find_haproxy(), "-db", "-f", os.path.join(PEERS, f"{name}.cfg")], options.server_cpu, environment)
    return server


def find_haproxy():
    return shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin")


@contextlib.contextmanager
def running(options, folder):
    """name -> server, checked. Where HAProxy is not installed, Assay alone; and that is said."""
    with contextlib.ExitStack() as stack:
        servers = {}

        def add(server):
            stack.callback(server.stop)
            servers[server.name] = server
        add(start_assay(options, folder))
        servers["assay"].check(options.tokens)
        if find_haproxy():
            for name in ("jwt", "ok"):
                add(start_haproxy(options, folder, name))
            servers["haproxy_jwt"].check(options.tokens)
        else:
            print("HAProxy is not installed, so its bars are skipped: tools/setup.sh haproxy")
        yield servers
