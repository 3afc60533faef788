"""assay revoke against a running sidecar, and the admin listener's own calls that only `assay serve` can answer."""
import http.server
import json
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest

from command_line import BIN, Keys, Serve, assay

SECRET = "an-admin-secret-of-the-tests"
CONFIG = """
[[listener]]
address = "tcp://127.0.0.1:0"

[admin]
address = "%s"
secret_file = "admin.secret"
%s
[[issuer]]
name = "main"
issuer = "https://issuer.example"
jwks = "file:%s"
audiences = ["api"]
"""
STATE = '[state]\nrevocations = "sqlite:revocations.db"\n'


class Stranger:
    """A server that is no sidecar, and answers every POST alike."""

    def __init__(self, status, headers, body):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Steered(Serve):
    def __init__(self, file):
        super().__init__(file)
        head = [self.next_line() for _ in range(2)]
        assert head[0].startswith("listening ") and head[1].startswith("admin "), self.errors.read_text()
        self.url = head[0].split()[1].replace("tcp://", "http://")
        self.admin = head[1].split()[1].replace("tcp://", "http://")

    def accepts(self, token):
        request = urllib.request.Request(self.url + "/", headers={"Authorization": f"Bearer {token}"})
        try:
            return urllib.request.urlopen(request, timeout=30).status == 200
        except urllib.error.HTTPError as refused:
            assert refused.headers["X-Assay-Code"] == "revoked", refused.headers
            return False

    def post(self, path, body=b""):
        request = urllib.request.Request(self.admin + path, data=body, headers={
            "Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"})
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        return answer.status, json.loads(answer.read())

    def revoke(self, *arguments, text=None, admin=None):
        return assay("revoke", "--admin", admin or self.admin, "--secret-file", self.file.parent / "admin.secret",
                     *arguments, text=text)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("cli"), "k1")


@pytest.fixture
def serve(keys, tmp_path):
    running = []
    (tmp_path / "admin.secret").write_text(SECRET + "\n")

    def start(rest=STATE, admin="tcp://127.0.0.1:0", admin_more=""):
        file = tmp_path / "assay.toml"
        file.write_text(CONFIG % (admin, admin_more, keys.jwks) + rest)
        running.append(Steered(file))
        return running[-1]
    yield start
    for one in running:
        one.end()


@pytest.fixture
def issuer():
    """The address of an assay-issuer."""
    program = subprocess.Popen([BIN / "assay-issuer", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE)
    try:
        yield program.stdout.readline().decode().strip()
    finally:
        program.kill()
        program.wait()
        program.stdout.close()


def mint(keys, **claims):
    now = int(time.time())
    members = {"iat": now - 60, "exp": now + 600, **claims}
    return keys.mint(*[f"--claim={name}={json.dumps(value)}" for name, value in members.items()])


@pytest.mark.parametrize("option, value", [("--jti", "id-1"), ("--subject", "alice"), ("--client", "shop"),
                                           ("--session", "s-1"), ("--kid", "k1")])
def test_what_an_option_names_is_refused_until_it_is_lifted(keys, serve, option, value):
    sidecar = serve()
    token = mint(keys, jti="id-1", client_id="shop", sid="s-1")
    assert sidecar.accepts(token)
    done = sidecar.revoke(option, value)
    assert (done.status, done.out, done.err) == (0, "revoked 1\n", "")
    assert not sidecar.accepts(token)
    assert sidecar.revoke("--lift", option, value, "--issuer", "main").out == "lifted 1\n"
    assert sidecar.accepts(token)


def test_a_token_comes_from_a_file_or_standard_input(keys, serve, tmp_path):
    sidecar = serve()
    first, second = mint(keys, jti="1"), mint(keys, jti="2")
    (tmp_path / "token.txt").write_text(first)
    assert sidecar.revoke("--token-file", tmp_path / "token.txt").status == 0
    assert sidecar.revoke("--token-file", "-", text=(second + "\n").encode()).status == 0
    assert not sidecar.accepts(first) and not sidecar.accepts(second)
    forged = second[:-4] + "AAAA"
    done = sidecar.revoke("--token-file", "-", text=forged.encode())
    assert (done.status, done.out) == (0, "revoked 0\n") and "nothing was recorded" in done.err
    assert forged not in done.err


def test_older_tokens_are_revoked_to_the_fraction_of_a_second(keys, serve):
    sidecar = serve()
    issued = int(time.time()) - 60
    before, after = mint(keys, iat=issued), mint(keys, iat=issued + 1)
    assert sidecar.revoke("--issued-before", f"{issued}.000001", "--subject", "bob").status == 0
    assert sidecar.accepts(before)
    assert sidecar.revoke("--issued-before", f"{issued}.000001", "--subject", "alice").status == 0
    assert not sidecar.accepts(before) and sidecar.accepts(after)
    assert sidecar.revoke("--issued-before", f"{issued + 2}").status == 0
    assert not sidecar.accepts(after)


def test_revocations_outlive_the_process(keys, serve):
    sidecar = serve()
    token = mint(keys)
    assert sidecar.revoke("--subject", "alice").status == 0
    assert sidecar.stop() == 0
    sidecar = serve()
    assert not sidecar.accepts(token)


def test_a_unix_socket_is_a_way_in(keys, serve, tmp_path):
    sidecar = serve(admin=f"unix:{tmp_path}/admin.sock")
    assert sidecar.revoke("--subject", "alice", admin=f"unix:{tmp_path}/admin.sock").out == "revoked 1\n"
    assert not sidecar.accepts(mint(keys))


def test_what_the_sidecar_refuses_is_told(keys, serve, tmp_path):
    sidecar = serve()
    done = sidecar.revoke("--subject", "alice", "--issuer", "nobody")
    assert (done.status, done.out) == (1, "") and "400" in done.err and "there is no such issuer" in done.err
    (tmp_path / "admin.secret").write_text("another-secret-of-this-file")
    done = sidecar.revoke("--subject", "alice")
    assert (done.status, done.out) == (1, "")
    assert "401" in done.err and "admin.secret is not its admin secret" in done.err
    assert "another-secret" not in done.err and sidecar.accepts(mint(keys))


def test_a_port_beside_the_admin_listener_is_named_as_what_it_is(keys, serve, tmp_path):
    sidecar = serve()
    said = "is no admin listener of a sidecar"
    done = sidecar.revoke("--subject", "alice", admin=sidecar.url)
    assert (done.status, done.out) == (2, "") and said in done.err and "401" in done.err
    assert "is not its admin secret" not in done.err and SECRET not in done.err
    for status, headers, body in ((200, {}, b"welcome"), (200, {}, b'{"error":"x"}'), (404, {}, b"<html>"),
                                  (401, {"WWW-Authenticate": 'Basic realm="intranet"'}, b""), (401, {}, b""),
                                  (403, {"WWW-Authenticate": "Bearer"}, b'{"error":"lacks_rights"}'),
                                  (404, {}, b'{"error":"not_found","error_description":"no endpoint has this path"}'),
                                  (400, {}, b'{"error":"invalid_request"}'),
                                  (503, {}, b'{"error":"temporarily_unavailable"}')):
        with Stranger(status, headers, body) as stranger:
            done = sidecar.revoke("--subject", "alice", admin=stranger.url)
            assert (done.status, done.out) == (2, "") and said in done.err and str(status) in done.err, status
    assert sidecar.accepts(mint(keys))


def test_an_issuer_is_no_admin_listener(serve, issuer):
    done = serve().revoke("--subject", "alice", admin=issuer)
    assert (done.status, done.out) == (2, "") and "is no admin listener of a sidecar (it answers 404)" in done.err


def test_a_mistyped_secret_is_told_where_tokens_may_steer_too(keys, serve, tmp_path):
    sidecar = serve(admin_more='scope = "assay:admin"\n')
    (tmp_path / "admin.secret").write_text("another-secret-of-this-file")
    done = sidecar.revoke("--subject", "alice")
    assert (done.status, done.out) == (1, "") and "neither the admin secret nor a token" in done.err


def test_a_sidecar_without_a_log_says_which_setting_is_missing(serve):
    done = serve(rest="").revoke("--subject", "alice")
    assert done.status == 1 and "404" in done.err and "[state] revocations" in done.err


def test_nobody_listens(serve, tmp_path):
    (tmp_path / "admin.secret").write_text(SECRET)
    for admin in ("http://127.0.0.1:1", f"unix:{tmp_path}/none.sock"):
        done = assay("revoke", "--admin", admin, "--secret-file", tmp_path / "admin.secret", "--subject", "alice")
        assert (done.status, done.out) == (3, "") and "no answer of the sidecar" in done.err, admin
    assert f"{tmp_path}/none.sock: No such file or directory" in done.err and "localhost" not in done.err


@pytest.mark.parametrize("arguments, said", [
    ([], "says what"),
    (["--jti", "a", "--subject", "b"], "says what"),
    (["--token-file", "-", "--jti", "a"], "says what"),
    (["--issued-before", "5", "--jti", "a"], "goes with --subject"),
    (["--issued-before", "yesterday"], "seconds since 1970"),
    (["--issued-before", "1.2.3"], "seconds since 1970"),
    (["--issued-before=-1", "--subject", "a"], "seconds since 1970"),
    (["--subject", ""], "empty"),
    (["--token-file", "/nowhere/token"], "/nowhere/token"),
])
def test_a_command_that_names_no_one_thing_calls_nobody(tmp_path, arguments, said):
    (tmp_path / "admin.secret").write_text(SECRET)
    done = assay("revoke", "--admin", "http://127.0.0.1:1", "--secret-file", tmp_path / "admin.secret", *arguments)
    assert (done.status, done.out) == (2, "") and said in done.err, done


@pytest.mark.parametrize("admin", [
    "127.0.0.1:8182", "ftp://127.0.0.1", "http://10.0.0.1:8182", "http://127.0.0.1.example", "unix:run/admin.sock",
    "http://localhost:1/revoke", "http://", "https://", "http://user@127.0.0.1"])
def test_the_secret_goes_nowhere_in_the_clear(tmp_path, admin):
    (tmp_path / "admin.secret").write_text(SECRET)
    done = assay("revoke", "--admin", admin, "--secret-file", tmp_path / "admin.secret", "--subject", "alice")
    assert (done.status, done.out) == (2, "") and "--admin: " in done.err


def test_a_secret_is_one_line(tmp_path):
    for text in ("", "\n", "two\nlines"):
        (tmp_path / "admin.secret").write_text(text)
        done = assay("revoke", "--admin", "http://127.0.0.1:1", "--secret-file", tmp_path / "admin.secret",
                     "--jti", "a")
        assert done.status == 2 and "holds no secret on one line" in done.err


def test_the_admin_listener_reloads_and_says_why_not(keys, serve):
    sidecar = serve()
    old = sidecar.file.read_text()
    assert sidecar.post("/reload") == (200, {"reloaded": True})
    sidecar.file.write_text(old + "\n[server]\ncolour = 1\n")
    status, answer = sidecar.post("/reload")
    assert status == 422 and "assay.toml:" in answer["error_description"] and "colour" in answer["error_description"]
    sidecar.file.write_text(old.replace('"tcp://127.0.0.1:0"', '"tcp://127.0.0.1:1"', 1))
    status, answer = sidecar.post("/reload")
    assert status == 422 and "[[listener]] address" in answer["error_description"]
    assert "change at a restart only" in answer["error_description"]
    sidecar.file.write_text(old.replace('"api"', '"other"'))
    assert sidecar.post("/reload")[0] == 200
    request = urllib.request.Request(sidecar.url + "/", headers={"Authorization": f"Bearer {mint(keys)}"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.headers["X-Assay-Code"] == "bad_audience"


def test_a_reload_notices_what_the_secret_files_hold(keys, serve, tmp_path):
    secrets = {"admin.secret": '[admin] secret_file (', "shop.secret": '[[client]] "shop" secret_file (',
               "id.key": "[state] id_key_file ("}
    for name in ("shop.secret", "id.key"):
        (tmp_path / name).write_text("a-secret-of-thirty-two-bytes-....")
    sidecar = serve(rest=STATE + 'id_key_file = "id.key"\n\n[[client]]\nid = "shop"\nsecret_file = "shop.secret"\n',
                    admin_more='clients = ["shop"]\n')
    assert sidecar.post("/reload") == (200, {"reloaded": True})
    for name, setting in secrets.items():
        old = (tmp_path / name).read_text()
        (tmp_path / name).write_text("b-secret-of-thirty-two-bytes-....")
        status, answer = sidecar.post("/reload")
        assert status == 422, name
        said = answer["error_description"]
        assert setting in said and name in said and "restart" in said and "b-secret" not in said, said
        (tmp_path / name).write_text(old.rstrip("\n"))  # the line end is no part of it
        assert sidecar.post("/reload")[0] == 200


def test_the_admin_listener_explains(keys, serve):
    sidecar = serve()
    status, answer = sidecar.post("/explain", json.dumps({"token": mint(keys), "path": "/"}).encode())
    assert status == 200 and answer["verdict"] == "accept"
    assert sidecar.post("/explain", json.dumps({"token": mint(keys)}).encode())[1]["verdict"] == "accept"
    status, answer = sidecar.post("/explain", json.dumps({"token": mint(keys), "listener": 2}).encode())
    assert status == 400 and "has only 1" in answer["error_description"]
    answer = sidecar.post("/explain", json.dumps({"token": mint(keys), "listener": 1}).encode())[1]
    assert {"check": "revocation", "result": "ok"}.items() <= next(
        step for step in answer["steps"] if step["check"] == "revocation").items()
    assert sidecar.revoke("--subject", "alice").status == 0
    status, answer = sidecar.post("/explain", json.dumps({"token": mint(keys), "path": "/"}).encode())
    assert (status, answer["verdict"], answer["code"]) == (200, "refuse", "revoked")
