"""An issuer says "this user was logged out": security event tokens pushed to assay serve. RFC 8417, RFC 8935."""
import json
import subprocess
import time

import pytest
import requests

import programs

ISSUER = "https://issuer.example"
AUDIENCE = "https://api.example/events"
SESSION_REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"

CONFIG = """
[[listener]]
address = "tcp://127.0.0.1:{checks}"

[[listener]]
address = "tcp://127.0.0.1:{events}"
mode = "events"

[admin]
address = "tcp://127.0.0.1:{admin}"

[state]
revocations = "sqlite:{folder}/revocations.db"

[[issuer]]
name = "main"
issuer = "{issuer}"
jwks = "file:k1.json"
audiences = ["api"]
algorithms = ["ES256"]
events = {{ audience = "{audience}" }}
"""


class Key:
    def __init__(self, folder, name):
        self.name, self.private = name, folder / f"{name}.pem"
        self._assay("mint", "--generate", "ES256", "--kid", "k1", "--key-out", self.private, "--jwks-out",
                    folder / f"{name}.json")

    @staticmethod
    def _assay(*arguments):
        done = subprocess.run([str(programs.BIN / "assay"), *map(str, arguments)], capture_output=True, check=True,
                              timeout=60)
        return done.stdout.decode().strip()

    def sign(self, claims, typ):
        payload = self.private.with_suffix(".payload")
        payload.write_text(json.dumps(claims))
        return self._assay("mint", "--key", self.private, "--kid", "k1", "--payload-file", payload, "--header",
                           f"typ={json.dumps(typ)}")

    def token(self, **changes):
        now = int(time.time())
        return self.sign({"iss": ISSUER, "aud": "api", "sub": "alice", "iat": now - 60, "exp": now + 600} | changes,
                         "at+jwt")

    def event(self, jti, **changes):
        claims = {"iss": ISSUER, "aud": AUDIENCE, "jti": jti, "iat": int(time.time()),
                  "sub_id": {"format": "iss_sub", "iss": ISSUER, "sub": "alice"}, "events": {SESSION_REVOKED: {}}}
        return self.sign(claims | changes, "secevent+jwt")


class Serving:
    """assay serve with the configuration above; may be ended and started again."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = {name: programs.free_port() for name in ("checks", "events", "admin")}
        (folder / "serve.toml").write_text(
            CONFIG.format(folder=folder, issuer=ISSUER, audience=AUDIENCE, **self.ports))
        self.start()

    def start(self):
        self.program = programs.Program("serve", [programs.BIN / "assay", "serve", "--config", "serve.toml"],
                                        self.folder)
        self.program.wait_for_lines("listening ", 2)

    def url(self, name, path):
        return f"http://127.0.0.1:{self.ports[name]}{path}"

    def check(self, token):
        answer = requests.get(self.url("checks", "/me"), headers={"Authorization": f"Bearer {token}"}, timeout=30)
        return answer.status_code, answer.headers.get("X-Assay-Code", "")

    def push(self, event):
        return requests.post(self.url("events", "/events"), data=event, timeout=30,
                             headers={"Content-Type": "application/secevent+jwt"})

    def count(self, outcome):
        wanted = f'assay_security_events_total{{outcome="{outcome}"}} '
        page = requests.get(self.url("admin", "/metrics"), timeout=30).text
        (line,) = [line for line in page.splitlines() if line.startswith(wanted)]
        return float(line.removeprefix(wanted))


@pytest.fixture(name="key", scope="module")
def key_fixture(folder):
    return Key(folder, "k1")


@pytest.fixture(name="serving")
def serving_fixture(key, tmp_path):
    (tmp_path / "k1.json").write_text(key.private.with_suffix(".json").read_text())
    serving = Serving(tmp_path)
    yield serving
    assert serving.program.stop() == 0, serving.program.report()


def test_a_user_who_is_logged_out_is_refused_at_once_and_after_a_restart(serving, key):
    alice, bob = key.token(), key.token(sub="bob")
    for _ in range(4):  # remembered by then
        assert serving.check(alice) == (200, "")
    answer = serving.push(key.event("e1"))
    assert (answer.status_code, answer.text) == (202, "")
    assert serving.check(alice) == (401, "revoked")
    assert serving.check(bob) == (200, "")
    assert serving.program.stop() == 0
    serving.start()
    assert serving.check(alice) == (401, "revoked")
    assert serving.check(bob) == (200, "")


def test_a_log_in_after_the_event_passes(serving, key):
    assert serving.push(key.event("e2", toe=int(time.time()) - 30)).status_code == 202
    assert serving.check(key.token()) == (401, "revoked")
    assert serving.check(key.token(iat=int(time.time()) - 10)) == (200, "")


def test_one_session_of_several_ends(serving, key):
    phone, desk = key.token(sid="phone"), key.token(sid="desk")
    assert serving.push(key.event("e3", sub_id={"format": "opaque", "id": "phone"})).status_code == 202
    assert serving.check(phone) == (401, "revoked")
    assert serving.check(desk) == (200, "")


def test_what_no_issuer_signed_for_us_is_refused_and_counted(serving, key, folder):
    alice, event = key.token(), key.event("e4")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoic2VjZXZlbnQrand0In0." + event.split(".")[1] + "."
    refused = [(unsigned, "authentication_failed", "unsigned"),
               (Key(folder, "other").event("e4"), "authentication_failed", "bad_signature"),
               (key.event("e4", aud="https://elsewhere.example"), "invalid_audience", "bad_audience"),
               (key.event("e4", iss="https://elsewhere.example"), "invalid_issuer", "unknown_issuer"),
               (key.event("e4", iat=int(time.time()) - 86401), "invalid_request", "too_old"),
               (key.token(aud=AUDIENCE), "invalid_request", "wrong_type")]
    for text, error, outcome in refused:
        answer = serving.push(text)
        assert (answer.status_code, answer.json()["err"]) == (400, error), outcome
        assert serving.count(outcome) == 1, outcome
    assert serving.check(alice) == (200, "")
    assert serving.check(key.sign({"iss": ISSUER, "aud": "api", "sub": "alice", "exp": int(time.time()) + 60},
                                  "secevent+jwt")) == (401, "wrong_type")


def test_a_replayed_event_is_acknowledged_and_does_nothing(serving, key):
    event = key.event("e5", events={SESSION_REVOKED: {}}, toe=int(time.time()) - 30)
    assert [serving.push(event).status_code for _ in range(3)] == [202, 202, 202]
    assert (serving.count("revoked"), serving.count("replayed")) == (1, 2)
