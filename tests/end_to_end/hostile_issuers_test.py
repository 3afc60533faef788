"""Issuers whose answers are no keys, or only partly: each is named with its reason, and none is in another's way."""
import base64
import http.server
import json
import ssl
import subprocess
import threading
import time

import requests

import programs

JWKS_BYTES_MAX = 2 * 1024 * 1024
FETCH_TIMEOUT = "4s"

CONFIGURATION_HEAD = """
[server]
workers = 1
[admin]
address = "tcp://127.0.0.1:{admin}"
[[listener]]
address = "tcp://127.0.0.1:{port}"
"""

ISSUER = """
[[issuer]]
name = "{name}"
issuer = "{issuer}"
{source}
audiences = ["api"]
algorithms = ["RS256", "ES256"]
fetch_timeout = "{timeout}"
refresh = "500ms"
allow_plain_http = {plain}
"""


def run(*arguments):
    return subprocess.run([str(a) for a in arguments], check=True, capture_output=True, timeout=120, text=True).stdout


class Signer:
    """A key of an issuer: its JWK, and tokens."""

    def __init__(self, folder, kid, alg="ES256"):
        self.private, self.jwks, self.kid = folder / f"{kid}.pem", folder / f"{kid}.json", kid
        run(programs.BIN / "assay", "mint", "--generate", alg, "--kid", kid, "--key-out", self.private, "--jwks-out",
            self.jwks)
        self.jwk = json.loads(self.jwks.read_text())["keys"][0]

    def token(self, issuer):
        return run(programs.BIN / "assay", "mint", "--key", self.private, "--kid", self.kid, "--issuer", issuer,
                   "--audience", "api", "--subject", "alice").strip()


def answer(body, content_type="application/json", status=200, **headers):
    """A handler that sends this."""
    octets = body if isinstance(body, bytes) else body.encode()

    def send(handler):
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(octets)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(octets)
    return send


def raw(octets):
    """A handler that sends these octets and closes."""
    def send(handler):
        handler.wfile.write(octets)
        handler.close_connection = True
    return send


def drip(handler):
    """A byte now and then, for as long as somebody listens."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while True:
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def endless(handler):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    while True:
        handler.wfile.write(chunk)


class Server:
    """What answers for every issuer, by path; https where a certificate is given."""

    def __init__(self, certificate=None):
        self.answers = {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                send = outer.answers.get(self.path, answer("no such page", "text/plain", 404))
                try:
                    send(self)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass

        self.http = Quiet(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.http.server_port
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


class Fleet:
    """A sidecar of many issuers, each with its own answer of one server."""

    def __init__(self, folder, server, sources, plain="true", head=""):
        self.server = server
        self.port, self.admin_port = programs.free_port(), programs.free_port()
        text = head + CONFIGURATION_HEAD.format(port=self.port, admin=self.admin_port)
        for name, (issuer, source) in sources.items():
            text += ISSUER.format(name=name, issuer=issuer, source=source, timeout=FETCH_TIMEOUT, plain=plain)
        self.config = folder / "assay.toml"
        self.config.write_text(text)
        self.program = programs.Program("sidecar", [programs.BIN / "assay", "serve", "--config", self.config], folder)
        self.program.wait_for_lines("listening ", 1)

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        status = self.program.stop()
        assert failure or status == 0, self.program.report()

    def admin(self, path):
        return requests.get(f"http://127.0.0.1:{self.admin_port}{path}", timeout=30)

    def ask(self, token):
        """Status and code of a check."""
        checked = requests.get(f"http://127.0.0.1:{self.port}/", headers={"Authorization": f"Bearer {token}"},
                               timeout=30)
        return checked.status_code, checked.headers.get("X-Assay-Code", "")

    def complaints(self, place):
        """By issuer, what /readyz says in `missing` or `degraded`."""
        lines = self.admin("/readyz").json()[place]
        return {line.split(" ", 2)[1].rstrip(":"): line for line in lines}

    def wait_for_attempts(self, names):
        def all_tried():
            said = self.complaints("missing")
            return all(name in said and "not fetched yet" not in said[name] for name in names)
        programs.wait_until(all_tried, "every issuer was asked", 60)


def key_set(*jwks):
    return json.dumps({"keys": list(jwks)})


def test_an_answer_that_is_no_key_set_is_called_what_it_is(tmp_path):
    signer = Signer(tmp_path, "k1")
    server = Server()
    good = key_set(signer.jwk)
    # What an issuer sends, and what /readyz must say of it.
    hostile = {
        "page": (answer("<!DOCTYPE html><title>Sign in</title>", "text/html"), "the answer looks like HTML or XML"),
        "bare-page": (answer("\n <html>", "application/json"), "the answer looks like HTML or XML"),
        "empty": (answer(""), "the answer is empty"),
        "garbage": (answer(bytes(range(256)) * 8, "application/octet-stream"), "the answer is no JSON object"),
        "cut": (answer(good[:-10]), "bad_key_set"),
        "deep": (answer('{"keys":' + "[" * 100000 + "]" * 100000 + "}"), "bad_key_set"),
        "doubled": (answer('{"keys":[],' + good[1:]), "bad_key_set"),
        "no-list": (answer('{"keys":{}}'), "bad_key_set"),
        "no-keys": (answer('{"keys":[]}'), "bad_key_set: it has no key"),
        "only-encryption": (answer(key_set(dict(signer.jwk, use="enc"))),
                            "none of its keys is usable: 1: its use is not sig, or its key_ops have no verify"),
        "redirect": (answer("", status=302, Location="/good"), "redirect"),
        "oversized": (answer(" " * (JWKS_BYTES_MAX + 1)), "2097152 bytes"),
        "endless": (endless, "2097152 bytes"),
        "drip": (drip, "no complete answer within 4000 ms"),
        "broken": (answer("{}", status=500), "HTTP status 500"),
        "absent": (answer("{}", status=404), "HTTP status 404"),
        "no-http": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "HTTP"),
        "hung-up": (raw(b""), "key set: "),
        "half": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"), "key set: "),
        "zipped": (answer(b"\x1f\x8b\x08\x00garbage", Content_Encoding="gzip"), "the answer is no JSON object"),
        "partial": (answer(good, status=206), "HTTP status 206"),
        "unasked": (answer("", status=304), "HTTP status 304"),
    }
    sources = {"good": (f"http://127.0.0.1:{server.port}/good", f'jwks = "http://127.0.0.1:{server.port}/good"')}
    server.answers["/good"] = answer(good, "text/plain; charset=utf-8")  # a type that is tolerated
    for name, (send, _) in hostile.items():
        server.answers[f"/{name}"] = send
        sources[name] = (f"http://127.0.0.1:{server.port}/{name}", f'jwks = "http://127.0.0.1:{server.port}/{name}"')
    try:
        with Fleet(tmp_path, server, sources) as fleet:
            fleet.wait_for_attempts(hostile)
            tokens = {name: signer.token(issuer) for name, (issuer, _) in sources.items()}
            assert fleet.admin("/readyz").status_code == 503
            said = fleet.complaints("missing")
            assert set(said) == set(hostile), said
            for name, (_, expected) in hostile.items():
                print(said[name])
                assert f"issuer {name}: no keys: " in said[name] and expected in said[name], said[name]
                assert fleet.ask(tokens[name]) == (503, "keys_unavailable"), name
            assert fleet.ask(tokens["good"]) == (200, "")
            # They come to their senses: within one step of the backoff, which a minute bounds, all is well.
            for name in hostile:
                server.answers[f"/{name}"] = answer(good)
            programs.wait_until(lambda: fleet.admin("/readyz").status_code == 200, "recovery of all", 90)
            for name, token in tokens.items():
                assert fleet.ask(token) == (200, ""), name
    finally:
        server.close()


def broken_rsa(jwk):
    """An even modulus."""
    octets = bytearray(base64.urlsafe_b64decode(jwk["n"] + "=="))
    octets[-1] &= 0xFE
    return dict(jwk, kid="broken", n=base64.urlsafe_b64encode(octets).decode().rstrip("="))


def test_one_good_key_among_odd_ones_works_and_each_odd_one_has_its_reason(tmp_path):
    good, other = Signer(tmp_path, "good", "RS256"), Signer(tmp_path, "other", "RS256")
    run("openssl", "genrsa", "-out", tmp_path / "small.pem", "1024")
    modulus = run("openssl", "rsa", "-in", tmp_path / "small.pem", "-noout", "-modulus").strip().split("=")[1]
    small = dict(good.jwk, kid="small", n=base64.urlsafe_b64encode(bytes.fromhex(modulus)).decode().rstrip("="))
    post_quantum = {"kty": "AKP", "kid": "pq", "alg": "ML-DSA-65", "use": "sig",
                    "pub": base64.urlsafe_b64encode(bytes(1952)).decode().rstrip("=")}
    odd = {"pq": post_quantum, "broken": broken_rsa(other.jwk), "enc": dict(other.jwk, kid="enc", use="enc"),
           "small": small}
    server = Server()
    url = f"http://127.0.0.1:{server.port}/keys"
    server.answers["/keys"] = answer(key_set(good.jwk, *odd.values()))
    try:
        with Fleet(tmp_path, server, {"mixed": (url, f'jwks = "{url}"')}) as fleet:
            programs.wait_until(lambda: fleet.admin("/readyz").status_code == 200, "the good key")
            assert fleet.ask(good.token(url)) == (200, "")
            listed = {key["kid"]: key for key in fleet.admin("/keys").json()["keys"]}
            by_program = [json.loads(line) for line in
                          run(programs.BIN / "assay", "keys", "--config", fleet.config, "--json").splitlines()]
            assert set(listed) == {"good", *odd} == {key["kid"] for key in by_program}
            assert listed["good"]["usable"] and not listed["good"]["reason"]
            reasons = {kid: listed[kid]["reason"] for kid in odd}
            print(json.dumps(reasons))
            assert not any(listed[kid]["usable"] for kid in odd)
            assert len(set(reasons.values())) == len(odd), reasons
            assert {key["kid"]: key.get("reason") for key in by_program if not key["usable"]} == reasons
    finally:
        server.close()


def metadata(issuer, jwks_uri, **members):
    return answer(json.dumps(dict({"issuer": issuer, "jwks_uri": jwks_uri}, **members)))


def test_metadata_that_leads_elsewhere_is_refused_and_a_changed_place_is_followed(tmp_path):
    old, new = Signer(tmp_path, "old"), Signer(tmp_path, "new")
    server = Server()
    base = f"http://127.0.0.1:{server.port}"
    well_known = "/.well-known/oauth-authorization-server"
    hostile = {
        "impostor": ({"issuer": f"{base}/someone-else", "jwks_uri": f"{base}/old-keys"}, "issuer"),
        "slash": ({"issuer": f"{base}/slash/", "jwks_uri": f"{base}/old-keys"}, "issuer"),
        "file": ({"jwks_uri": "file:///etc/passwd"}, "jwks_uri"),
        "gopher": ({"jwks_uri": "gopher://127.0.0.1:1/"}, "jwks_uri"),
        "credentials": ({"jwks_uri": f"http://user:secret@127.0.0.1:{server.port}/old-keys"},
                        "without user information"),
        "no-uri": ({"jwks_uri": None}, "jwks_uri"),
    }
    sources = {}
    for name in ("moving", *hostile):
        sources[name] = (f"{base}/{name}", "discovery = true")
        members, _ = hostile.get(name, ({"jwks_uri": f"{base}/old-keys"}, ""))
        server.answers[f"{well_known}/{name}"] = answer(json.dumps(dict({"issuer": f"{base}/{name}"}, **members)))
    server.answers["/old-keys"] = answer(key_set(old.jwk))
    server.answers["/new-keys"] = answer(key_set(new.jwk))
    try:
        with Fleet(tmp_path, server, sources) as fleet:
            fleet.wait_for_attempts(hostile)
            said = fleet.complaints("missing")
            assert set(said) == set(hostile), said
            for name, (_, expected) in hostile.items():
                print(said[name])
                assert expected in said[name] and "secret@" not in said[name], said[name]
            assert "secret@" not in fleet.program.errors.read_text()
            issuer = f"{base}/moving"
            old_token, new_token = old.token(issuer), new.token(issuer)
            assert fleet.ask(old_token) == (200, "")
            server.answers[f"{well_known}/moving"] = metadata(issuer, f"{base}/new-keys")
            programs.wait_until(lambda: fleet.ask(new_token) == (200, ""), "the keys of the new place", 30)
            assert fleet.ask(old_token) == (401, "unknown_key")
            # What leads elsewhere now leaves the keys that are here.
            server.answers[f"{well_known}/moving"] = metadata(f"{base}/someone-else", f"{base}/old-keys")
            programs.wait_until(lambda: "moving" in fleet.complaints("degraded"), "the complaint", 30)
            assert fleet.ask(new_token) == (200, "")
    finally:
        server.close()


def certificates(folder):
    """A private authority, and two certificates of it for 127.0.0.1: one good, one that has expired."""
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=ca",
        "-days", "1", "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    (folder / "index.txt").write_text("")
    (folder / "ca.cnf").write_text(f"""[ca]
default_ca = own
[own]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
""")
    (folder / "names.cnf").write_text("subjectAltName = IP:127.0.0.1\n")
    made = {}
    for name, start, end in (("good", "20200101000000Z", "20991231000000Z"),
                             ("expired", "20200101000000Z", "20200102000000Z")):
        key, request, certificate = (folder / f"{name}.{ending}" for ending in ("key", "csr", "crt"))
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", key, "-out", request)
        run("openssl", "ca", "-batch", "-notext", "-config", folder / "ca.cnf", "-extfile", folder / "names.cnf",
            "-cert", folder / "ca.pem", "-keyfile", folder / "ca.key", "-startdate", start, "-enddate", end,
            "-in", request, "-out", certificate)
        made[name] = (certificate, key)
    return made


def test_an_expired_certificate_stops_its_issuer_and_no_other(tmp_path):
    signer = Signer(tmp_path, "k1")
    servers = {name: Server(certificate) for name, certificate in certificates(tmp_path).items()}
    plain = Server()
    servers["plain"] = plain
    sources = {}
    for name, server in servers.items():
        server.answers["/keys"] = answer(key_set(signer.jwk))
        sources[name] = (f"https://127.0.0.1:{server.port}/", f'jwks = "https://127.0.0.1:{server.port}/keys"')
    try:
        head = '[outbound]\nca_file = "ca.pem"\n'
        with Fleet(tmp_path, plain, sources, plain="false", head=head) as fleet:
            fleet.wait_for_attempts(("expired", "plain"))
            programs.wait_until(lambda: "good" not in fleet.complaints("missing"), "the good one's keys")
            said = fleet.complaints("missing")
            assert set(said) == {"expired", "plain"}, said
            print(said["expired"], said["plain"])
            assert "expired" in said["expired"].split("no keys: ")[1], said["expired"]
            assert fleet.ask(signer.token(sources["good"][0])) == (200, "")
            assert fleet.ask(signer.token(sources["expired"][0])) == (503, "keys_unavailable")
    finally:
        for server in servers.values():
            server.close()
