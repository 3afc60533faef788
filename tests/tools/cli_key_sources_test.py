"""Where keys come from, by the program: watched files, folders, certificates, tenants, answers that are no keys."""
import http.server
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest

from command_line import BIN, NOW, Keys, assay

HEAD = '[[listener]]\naddress = "tcp://127.0.0.1:0"\n[admin]\naddress = "tcp://127.0.0.1:0"\n'
ISSUER = """
[[issuer]]
name = "main"
issuer = "https://issuer.example"
audiences = ["api"]
%s
"""


@pytest.fixture(scope="module", name="pair")
def pair_of_keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    return Keys(folder, "k1"), Keys(folder, "k2")


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


def configure(folder, source):
    file = folder / "assay.toml"
    file.write_text(HEAD + ISSUER % source)
    return file


class Serve:
    """assay serve as a child process."""

    def __init__(self, file, folder):
        self.errors = folder / "serve.err"
        with self.errors.open("wb") as err:
            self.program = subprocess.Popen([BIN / "assay", "serve", "--config", file], stdout=subprocess.PIPE,
                                            stderr=err)
        ports = [re.search(r":(\d+)$", self.program.stdout.readline().decode().strip())[1] for _ in range(2)]
        self.checks, self.admin = ports

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.send_signal(signal.SIGTERM)
        self.program.wait(timeout=60)
        self.program.stdout.close()

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}{path}", timeout=30) as answer:
            return json.load(answer)

    def status(self, token):
        request = urllib.request.Request(f"http://127.0.0.1:{self.checks}/",
                                         headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def wait_until(self, holds):
        for _ in range(400):
            if holds():
                return
            time.sleep(0.05)
        raise AssertionError(self.errors.read_text())


def lasting(keys):
    return keys.mint("--claim", f"exp={int(time.time()) + 600}")


def test_a_watched_file_is_replaced_by_a_rename_and_a_broken_one_changes_nothing(pair, tmp_path):
    first, second = pair
    file = tmp_path / "keys.json"
    file.write_bytes(first.jwks.read_bytes())
    config = configure(tmp_path, 'jwks = "file:keys.json"\nrefresh = "100ms"\nforced_fetch_every = "100ms"')
    with Serve(config, tmp_path) as serve:
        old, new = lasting(first), lasting(second)
        assert (serve.status(old), serve.status(new)) == (200, 401)
        (tmp_path / "next").write_bytes(second.jwks.read_bytes())
        os.replace(tmp_path / "next", file)
        serve.wait_until(lambda: serve.status(new) == 200)
        assert serve.status(old) == 401
        file.write_text('{"keys": [')
        serve.wait_until(lambda: serve.get("/readyz")["degraded"])
        assert "earlier keys serve" in serve.get("/readyz")["degraded"][0]
        assert serve.status(new) == 200
        serve.wait_until(lambda: "degraded: issuer main" in serve.errors.read_text())
        file.write_bytes(first.jwks.read_bytes())
        serve.wait_until(lambda: serve.status(old) == 200)
        keys = serve.get("/keys")["keys"]
        assert [key["kid"] for key in keys] == ["k1"] and keys[0]["first_seen"] <= keys[0]["last_seen"]
        assert len(keys[0]["thumbprint"]) == 43


def test_a_folder_holds_public_keys_and_certificates_by_name(pair, tmp_path):
    first, second = pair
    folder = tmp_path / "keys"
    folder.mkdir()
    openssl("pkey", "-in", first.private, "-pubout", "-out", folder / "k1.pem")
    # A certificate is a container of its key.
    openssl("req", "-x509", "-new", "-key", second.private, "-subj", "/CN=old", "-days", "1", "-out", folder / "k2.crt")
    (folder / "notes.txt").write_text("not a key")
    config = configure(tmp_path, 'public_key = "file:keys/"')
    done = assay("keys", "--config", config, "--json")
    assert [(key["kid"], key["usable"]) for key in done.objects] == [("k1", True), ("k2", True)]
    for keys in pair:
        assert assay("verify", "--config", config, "--now", NOW, keys.mint()).status == 0
    (folder / "half.pem").write_text((folder / "k1.pem").read_text()[:60])
    done = assay("check-config", config)
    assert done.status == 2 and "half.pem is not one whole PEM block" in done.err


def test_a_certificate_is_its_key(pair, tmp_path):
    openssl("req", "-x509", "-new", "-key", pair[0].private, "-subj", "/CN=a", "-days", "1", "-out", tmp_path / "c.pem")
    config = configure(tmp_path, 'public_key = "file:c.pem"')
    assert assay("verify", "--config", config, "--now", NOW, pair[0].mint()).status == 0
    assert assay("verify", "--config", config, "--now", NOW, pair[1].mint()).status == 1


def test_keys_may_stand_in_the_configuration(pair, tmp_path):
    config = configure(tmp_path, "jwks = '%s'" % pair[0].jwks.read_text().strip())
    assert assay("verify", "--config", config, "--now", NOW, pair[0].mint()).status == 0
    assert assay("check-config", config).status == 0


class Issuers:
    """Metadata and keys of the tenants north and south; anything else is a page."""

    def __init__(self, pair):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = outer.documents.get(self.path, "<!DOCTYPE html><title>Not here</title>")
                self.send_response(200)
                self.send_header("Content-Type", "text/html" if body.startswith("<") else "application/json")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.documents = {}
        for tenant, keys in zip(("north", "south"), pair):
            issuer, jwks_uri = f"{self.url}/{tenant}/v2", f"{self.url}/keys-{tenant}"
            self.documents[f"/{tenant}/v2/.well-known/openid-configuration"] = json.dumps(
                {"issuer": issuer, "jwks_uri": jwks_uri})
            self.documents[f"/keys-{tenant}"] = keys.jwks.read_text()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(name="issuers")
def running_issuers(pair):
    running = Issuers(pair)
    yield running
    running.server.shutdown()
    running.server.server_close()


def test_tenants_have_their_own_keys(pair, issuers, tmp_path):
    config = tmp_path / "assay.toml"
    config.write_text(HEAD + f"""
[[issuer]]
name = "hub"
issuer = "{issuers.url}/{{tenant}}/v2"
tenants = ["north", "south"]
discovery = true
audiences = ["api"]
allow_plain_http = true
""")
    north, south = pair
    listed = assay("keys", "--config", config, "--json")
    assert [(key["issuer"], key["kid"]) for key in listed.objects] == [("hub.north", "k1"), ("hub.south", "k2")]
    tokens = [north.mint(issuer=f"{issuers.url}/north/v2"), north.mint(issuer=f"{issuers.url}/south/v2"),
              south.mint(issuer=f"{issuers.url}/south/v2"), north.mint(issuer=f"{issuers.url}/east/v2")]
    done = assay("verify", "--config", config, "--now", NOW, "--json", "-", text="\n".join(tokens).encode())
    assert [answer["code"] for answer in done.objects][0::2] == [None, None]
    assert done.objects[1]["code"] in ("unknown_key", "keys_unavailable")
    assert done.objects[3]["code"] == "unknown_issuer"


def test_a_page_instead_of_keys_is_called_one(issuers, tmp_path):
    config = configure(tmp_path, f'jwks = "{issuers.url}/login"\nallow_plain_http = true')
    done = assay("keys", "--config", config)
    assert done.status == 3 and "HTML" in done.err and "issuer main" in done.err
