"""Starts assay-issuer, assay serve and nginx for a test, in a folder of its own, and stops them by their own ids."""
import os
import pathlib
import random
import re
import resource
import signal
import socket
import subprocess
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("ASSAY_BIN_DIR", ROOT / "build/dev/bin"))
ADMIN_SECRET = "admin-secret-of-these-tests"
START_SECONDS_MAX = 60  # sanitized builds generate a 4096-bit key slowly


def free_port():
    """A free port below those that Linux gives to outgoing connections: who starts again finds it free again."""
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def wait_until(condition, what, seconds=START_SECONDS_MAX):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"not in {seconds} s: {what}")


def _raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def give_back_freed_memory():
    """For tests of memory: a sanitized program would keep what it frees for a while, and that would count as growth."""
    os.environ["ASAN_OPTIONS"] = (os.environ.get("ASAN_OPTIONS", "")
                                  + ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0")


class Program:
    """A child process whose output goes to files of `folder`."""

    def __init__(self, name, arguments, folder):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.output = self.folder / f"{name}.out"
        self.errors = self.folder / f"{name}.err"
        with self.output.open("wb") as out, self.errors.open("wb") as err:
            self.process = subprocess.Popen([str(a) for a in arguments], stdout=out, stderr=err, cwd=self.folder,
                                            preexec_fn=_raise_descriptor_limit)

    @property
    def alive(self):
        return self.process.poll() is None

    def report(self):
        return f"{self.name}: exit {self.process.poll()}\n{self.output.read_text()}\n{self.errors.read_text()}"

    def wait_for_lines(self, start, count):
        """Waits until `count` output lines begin with `start`, and returns them."""
        def lines():
            assert self.alive, self.report()
            found = [line for line in self.output.read_text().splitlines() if line.startswith(start)]
            return found if len(found) >= count else None
        return wait_until(lines, f"{count} lines {start!r} of {self.name}")

    def rss_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))

    def stop(self):
        """Ends the program as an operator would, and returns its exit status."""
        if self.alive:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


class Issuer(Program):
    """assay-issuer on a free port; writes the files that the configurations of docs/systems want."""

    def __init__(self, folder, *options):
        super().__init__("issuer", [BIN / "assay-issuer", "--listen", "127.0.0.1:0", "--write-files", folder, *options],
                         folder)
        self.url = self.wait_for_lines("http://", 1)[0]
        self.port = int(self.url.rsplit(":", 1)[1])

    def control(self, name, **parameters):
        answer = requests.post(f"{self.url}/dev/{name}", data=parameters, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def counters(self):
        return requests.get(f"{self.url}/dev/counters", timeout=30).json()


class Sidecar(Program):
    """assay serve with a configuration of docs/systems, its ports replaced.

    listeners      the addresses to serve on, for the configuration's tcp://127.0.0.1:8181 and :8183, in this order
    replacements   (documented, wanted) texts of the configuration
    extra          what the configuration says beside
    """

    def __init__(self, folder, config_name, issuer, listeners, replacements=(), extra=""):
        self.admin_port = free_port()
        text = (ROOT / "docs/systems" / config_name).read_text()
        text = text.replace("127.0.0.1:8180", f"127.0.0.1:{issuer.port}")
        text = text.replace("tcp://127.0.0.1:8182", f"tcp://127.0.0.1:{self.admin_port}")
        places = zip(("tcp://127.0.0.1:8181", "tcp://127.0.0.1:8183"), listeners)
        for documented, wanted in (*places, *replacements):
            assert documented in text, documented
            text = text.replace(documented, wanted)
        # Each sidecar has a log of its own.
        text = text.replace("sqlite:revocations.db", f"sqlite:revocations-{self.admin_port}.db")
        if "admin.secret" in text:
            (pathlib.Path(folder) / "admin.secret").write_text(ADMIN_SECRET + "\n")
        if listeners[0].startswith("unix:"):
            text = text.replace('trusted_peers = ["127.0.0.1"]', 'trusted_peers = ["unix"]')
        self.config = pathlib.Path(folder) / f"serve-{self.admin_port}.toml"
        self.config.write_text(text + extra)
        self.listeners = listeners
        super().__init__(f"sidecar-{self.admin_port}", [BIN / "assay", "serve", "--config", self.config], folder)
        self.wait_for_lines("listening ", text.count("[[listener]]"))

    def admin(self, path):
        return requests.get(f"http://127.0.0.1:{self.admin_port}{path}", timeout=30)

    def wait_until_ready(self):
        wait_until(lambda: self.admin("/readyz").status_code == 200, f"/readyz\n{self.report()}")


class Nginx(Program):
    """nginx with docs/examples/nginx.conf, its ports replaced."""

    def __init__(self, folder, issuer, sidecar_address):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        folder = pathlib.Path(folder) / f"nginx-{self.port}"
        folder.mkdir()
        text = (ROOT / "docs/examples/nginx.conf").read_text()
        upstream = sidecar_address.removeprefix("tcp://")
        for documented, wanted in (("127.0.0.1:8080", f"127.0.0.1:{self.port}"),
                                   ("127.0.0.1:8180", f"127.0.0.1:{issuer.port}"),
                                   ("server 127.0.0.1:8183;", f"server {upstream};")):
            assert documented in text
            text = text.replace(documented, wanted)
        config = folder / "nginx.conf"
        config.write_text(text)
        # The sockets and folders of a test belong to whoever runs it; as root nginx would serve as another user.
        directives = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        super().__init__("nginx", ["nginx", "-p", f"{folder}/", "-c", config, "-e", folder / "error.log",
                                   "-g", directives], folder)
        wait_until(lambda: self.alive and _accepts(self.port) or not self.alive, "nginx listens")
        assert self.alive, self.report()

    def decisions(self):
        """The code that Assay gave for each request, from the access log; "" where it accepted."""
        log = self.folder / "access.log"
        return [line.split('"')[1] for line in log.read_text().splitlines()] if log.exists() else []

    def next_decision(self, before):
        """The code of the request after `before` logged ones; nginx logs it when the answer is sent already."""
        wait_until(lambda: len(self.decisions()) > before, "a line in access.log", 5)
        return self.decisions()[before]


def _accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False
