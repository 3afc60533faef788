"""check-config, keys, serve, and verify and explain with --config: files, keys over HTTP, signals, exit status."""
import http.server
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request

import pytest

from command_line import BIN, ISSUER, NOW, Keys, assay

ISSUER_TABLE = """
[[issuer]]
name = "main"
issuer = "https://issuer.example"
jwks = "%s"
audiences = ["api"]
allow_plain_http = true
"""
LISTENER = '[[listener]]\naddress = "%s"\nmode = "ext_authz"\n'
ROUTES = """
[[route]]
path = "/orders/*"
methods = ["GET"]
scopes = ["orders:read"]
[routes]
unmatched = "refuse"
"""


class KeyServer:
    """Serves one key set over HTTP; status 503 while `up` is false."""

    def __init__(self, jwks):
        self.up = True
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if outer.up else 503)
                self.end_headers()
                self.wfile.write(jwks.read_bytes() if outer.up else b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks.json"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("cli"), "k1")


@pytest.fixture
def server(keys):
    key_server = KeyServer(keys.jwks)
    yield key_server
    key_server.server.shutdown()
    key_server.server.server_close()


@pytest.fixture
def write(tmp_path):
    def write_file(text):
        file = tmp_path / "assay.toml"
        file.write_text(text)
        return file
    return write_file


def local(keys, rest=ROUTES, address="tcp://127.0.0.1:0"):
    return LISTENER % address + ISSUER_TABLE % f"file:{keys.jwks}" + rest


# check-config ---------------------------------------------------------------------------------------------------------

def test_a_valid_file_is_printed_in_full_and_reads_the_same_again(keys, write):
    first = assay("check-config", write(local(keys)))
    assert (first.status, first.err) == (0, "") and 'name = "main"' in first.out and "leeway" in first.out
    second = assay("check-config", write(first.out))
    assert (second.status, second.out) == (0, first.out), second.err


def test_complaints_have_file_line_and_column(keys, write):
    file = write(local(keys) + '[server]\nworkers = "many"\ncolour = 1\n')
    done = assay("check-config", file)
    lines = done.err.splitlines()
    assert (done.status, done.out) == (2, "") and len(lines) == 2
    assert all(re.match(rf"{re.escape(str(file))}:\d+:\d+: ", line) for line in lines), lines
    assert "workers" in lines[0] and "colour" in lines[1]


@pytest.mark.parametrize("text, said", [
    ("[[listener", "assay.toml:1:"),
    ("", "issuer"),
])
def test_what_is_no_configuration_is_refused(write, text, said):
    done = assay("check-config", write(text))
    assert done.status == 2 and said in done.err


def test_a_file_that_is_not_there_is_named(tmp_path):
    for command in (["check-config"], ["keys", "--config"], ["serve", "--config"], ["verify", "--config"]):
        done = assay(*command, tmp_path / "none.toml")
        assert done.status == 2 and "none.toml" in done.err and "No such file" in done.err, command


def test_a_key_file_without_a_usable_key_is_a_fault(write, tmp_path):
    (tmp_path / "bad.json").write_text('{"keys":[]}')
    done = assay("check-config", write(LISTENER % "tcp://127.0.0.1:0" + ISSUER_TABLE % "file:bad.json"))
    assert done.status == 2 and "bad.json" in done.err


# verify and explain ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("request_options, code", [
    (["--method", "GET", "--path", "/orders/1"], "accept"),
    (["--method", "POST", "--path", "/orders/1"], "refuse no_route"),
    (["--path", "/elsewhere"], "refuse no_route"),
])
def test_the_configuration_and_its_routes_decide(keys, write, request_options, code):
    file, token = write(local(keys)), keys.mint()
    for command in ("verify", "explain"):
        done = assay(command, "--config", file, "--now", NOW, *request_options, token)
        assert done.lines[-1].startswith(code) and done.status == (code != "accept"), done


def test_without_a_request_a_get_of_the_root_is_judged(keys, write):
    token = keys.mint()
    for routes, said in (("", "refuse no_route"), ('[[route]]\npath = "/"\nmethods = ["GET"]\n', "accept")):
        file = write(local(keys) + routes)
        for command in ("verify", "explain"):
            done = assay(command, "--config", file, "--now", NOW, token)
            assert done.lines[-1].startswith(said), done


def test_the_listener_chooses_the_issuers(keys, write):
    other = ISSUER_TABLE.replace('"main"', '"other"').replace(ISSUER, "https://other.example") % f"file:{keys.jwks}"
    listeners = "".join(LISTENER % "tcp://127.0.0.1:0" + f'issuers = ["{name}"]\n' for name in ("main", "other"))
    file = write(listeners + ISSUER_TABLE % f"file:{keys.jwks}" + other)
    for listener, said in ((1, "accept alice"), (2, "refuse unknown_issuer")):
        done = assay("verify", "--config", file, "--now", NOW, "--listener", listener, keys.mint())
        assert done.out.startswith(said), done
    done = assay("verify", "--config", file, "--listener", 3, "x")
    assert done.status == 2 and "--listener 3: the configuration has only 2" in done.err


def test_no_access_token_comes_in_where_events_do(keys, write, tmp_path):
    checks = LISTENER % "tcp://127.0.0.1:0"
    events = checks.replace("ext_authz", "events") + f'[state]\nrevocations = "sqlite:{tmp_path}/r.db"\n'
    file = write(checks + events + ISSUER_TABLE % f"file:{keys.jwks}" +
                 'events = { audience = "e" }\n')
    assert assay("verify", "--config", file, "--now", NOW, keys.mint()).out.startswith("accept alice")
    done = assay("verify", "--config", file, "--now", NOW, "--listener", 2, keys.mint())
    assert done.status == 2 and "events" in done.err
    file = write(events + checks + ISSUER_TABLE % f"file:{keys.jwks}" + 'events = { audience = "e" }\n')
    assert assay("verify", "--config", file, "--now", NOW, keys.mint()).out.startswith("accept alice")
    assert assay("verify", "--config", file, "--now", NOW, "--listener", 1, keys.mint()).status == 2


def test_rules_and_a_configuration_exclude_each_other(keys, write):
    for rule in (["--jwks", keys.jwks], ["--issuer", "x"], ["--any-audience"], ["--leeway", "1s"]):
        done = assay("verify", "--config", write(local(keys)), *rule, "x")
        assert done.status == 2 and rule[0] in done.err and "exclude" in done.err


def test_keys_are_fetched_first(keys, write, server):
    file = write(LISTENER % "tcp://127.0.0.1:0" + ISSUER_TABLE % server.url)
    done = assay("verify", "--config", file, "--now", NOW, keys.mint())
    assert (done.status, done.out, done.err) == (0, "accept alice\n", "")


def test_without_keys_a_token_is_undecided(keys, write, server):
    server.up = False
    file = write(LISTENER % "tcp://127.0.0.1:0" + ISSUER_TABLE % server.url)
    started = time.monotonic()
    done = assay("verify", "--config", file, "--now", NOW, "--json", keys.mint())
    assert done.status == 3 and time.monotonic() - started < 30
    assert (done.objects[0]["verdict"], done.objects[0]["code"]) == ("undecided", "keys_unavailable")
    assert "issuer main" in done.err and "503" in done.err
    # A refused token among them: the status says that one was refused.
    text = f"{keys.mint()}\nx.y\n".encode()
    assert assay("verify", "--config", file, "--now", NOW, "-", text=text).status == 1


# keys -----------------------------------------------------------------------------------------------------------------

def test_keys_are_listed_with_the_reason_why_not(keys, write, tmp_path):
    mixed = tmp_path / "mixed.json"
    mixed.write_text(keys.jwks.read_text().replace(']', ',{"kty":"oct","kid":"s\\u001b","k":"AAAA"}]'))
    file = write(LISTENER % "tcp://127.0.0.1:0" + ISSUER_TABLE % f"file:{mixed}")
    done = assay("keys", "--config", file)
    head = "ISSUER KID TYPE ALG BITS THUMBPRINT FIRST SEEN LAST SEEN USABLE"
    assert done.status == 0 and done.lines[0].split() == head.split()
    columns = done.lines[1].split()
    assert columns[:6] == ["main", "k1", "EC", "P-256", "ES256", "256"] and columns[-1] == "yes"
    assert len(columns[6]) == 43
    assert done.lines[2].startswith("main    s\\x1b") and "no: " in done.lines[2]
    good, bad = assay("keys", "--config", file, "--json").objects
    assert good.pop("thumbprint") == columns[6]
    assert good.pop("first_seen") == good.pop("last_seen")
    assert good == {"issuer": "main", "kid": "k1", "type": "EC P-256", "alg": "ES256", "bits": 256, "usable": True,
                    "reason": None}
    assert bad["usable"] is False and bad["reason"]


def test_keys_says_whose_keys_cannot_be_had(write, server):
    server.up = False
    done = assay("keys", "--config", write(LISTENER % "tcp://127.0.0.1:0" + ISSUER_TABLE % server.url))
    assert done.status == 3 and "issuer main" in done.err and "503" in done.err


# serve ----------------------------------------------------------------------------------------------------------------

class Serve:
    """assay serve as a child process."""

    def __init__(self, file, folder):
        self.errors = folder / "serve.err"
        with self.errors.open("wb") as err:
            self.program = subprocess.Popen([BIN / "assay", "serve", "--config", file], stdout=subprocess.PIPE,
                                            stderr=err)
        self.head = [self.program.stdout.readline().decode() for _ in range(2)]
        self.port = int(re.match(r"listening tcp://127\.0\.0\.1:(\d+)\n", self.head[0])[1])

    def status(self, path, token=""):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}",
                                         headers={"Authorization": f"Bearer {token}"} if token else {})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def wait_for_log(self, text):
        for _ in range(600):
            if text in self.errors.read_text():
                return
            time.sleep(0.05)
        raise AssertionError(f"no {text!r} in: {self.errors.read_text()}")

    def stop(self, number=signal.SIGTERM):
        self.program.send_signal(number)
        return self.program.wait(timeout=60)


@pytest.fixture
def serve(keys, write, tmp_path):
    file = write(local(keys))
    child = Serve(file, tmp_path)
    child.file = file
    yield child
    if child.program.poll() is None:
        child.program.kill()
        child.program.wait()
    child.program.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_decides_until_a_signal(keys, serve, number):
    token = keys.mint("--claim", f"exp={int(time.time()) + 600}")
    assert serve.head[1].startswith(("poller io_uring (", "poller epoll ("))
    assert (serve.status("/orders/1"), serve.status("/orders/1", token), serve.status("/x", token)) == (401, 200, 403)
    assert serve.stop(number) == 0
    assert "draining" in serve.errors.read_text()


def test_serve_reloads_and_keeps_the_old_file_if_the_new_one_is_broken(keys, serve):
    token = keys.mint("--claim", f"exp={int(time.time()) + 600}")
    old = serve.file.read_text()
    serve.file.write_text(old + "broken")
    serve.program.send_signal(signal.SIGHUP)
    serve.wait_for_log("the old configuration stays")
    assert serve.status("/orders/1", token) == 200
    serve.file.write_text(old.replace("orders:read", "orders:delete"))
    serve.program.send_signal(signal.SIGHUP)
    serve.wait_for_log("is in force")
    assert serve.status("/orders/1", token) == 403
    serve.file.write_text(old.replace("127.0.0.1:0", "127.0.0.1:1"))
    serve.program.send_signal(signal.SIGHUP)
    serve.wait_for_log("[[listener]] address differs from what was read at the start")
    serve.wait_for_log("change at a restart only")
    assert serve.status("/orders/1", token) == 403
    assert serve.stop() == 0


def test_serve_leaves_who_may_steer_to_a_restart(serve):
    old = serve.file.read_text()
    serve.file.write_text(old + '[admin]\naddress = "tcp://127.0.0.1:0"\nscope = "steer"\n')
    serve.program.send_signal(signal.SIGHUP)
    serve.wait_for_log("[admin] differs from what was read at the start")
    serve.wait_for_log("[admin], [[client]], [state] and [outbound] change at a restart only")
    assert serve.stop() == 0


def test_serve_says_which_address_it_cannot_bind(keys, write):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = assay("serve", "--config", write(local(keys, address=f"tcp://{address}")))
    assert (done.status, done.out) == (2, "") and address in done.err


def test_serve_complains_as_check_config_does(keys, write):
    file = write(local(keys) + "colour = 1\n")
    checked, served = assay("check-config", file), assay("serve", "--config", file)
    assert (checked.status, checked.err) == (served.status, served.err) and served.status == 2
