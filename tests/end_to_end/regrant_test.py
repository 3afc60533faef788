"""What a HubRise user does to a connection, carried to the sidecar at once: revoked, granted again, with other rights.

The introspection answers live for ten minutes here, so that nothing but the calls to the admin listener can end them.
"""
import itertools
import subprocess

import pytest
import requests

import http_calls
import programs
import systems

SECRET = programs.ADMIN_SECRET
ORDERS = ("POST", "/v1/location/orders")
CATALOG = ("GET", "/v1/location/catalog")
BOTH = "location[orders.write,catalog.read]"

_numbers = itertools.count(1)


class Steered:
    """A sidecar with docs/systems/hubrise.toml, whose log stays where it is when the sidecar starts again."""

    def __init__(self, issuer, folder):
        self.number = next(_numbers)
        self.issuer, self.folder = issuer, folder
        self.start()

    def start(self):
        self.address = f"tcp://127.0.0.1:{programs.free_port()}"
        self.sidecar = programs.Sidecar(
            self.folder, "hubrise.toml", self.issuer, [self.address],
            replacements=[("sqlite:revocations.db", f"sqlite:steered-{self.number}.db"),
                          ('\nttl = "1s"', '\nttl = "10m"')])
        self.sidecar.wait_until_ready()

    def restart(self):
        assert self.sidecar.stop() == 0, self.sidecar.report()
        self.start()

    def call(self, token, method="POST", path="/v1/location/orders"):
        """The code of the call; "" where it is let through."""
        body = b"" if method == "POST" else None
        answer = http_calls.send(self.address, method, path, systems.credentials("hubrise", token), body)
        assert (answer.status == 200) == (answer.all("X-Assay-Code") == []), answer
        return "" if answer.status == 200 else answer.one("X-Assay-Code")

    def post(self, path, body, secret=SECRET):
        return requests.post(f"http://127.0.0.1:{self.sidecar.admin_port}{path}", json=body, timeout=30,
                             headers={"Authorization": f"Bearer {secret}"})

    def revoke(self, token, *more):
        """assay revoke, as an operator runs it."""
        return subprocess.run([programs.BIN / "assay", "revoke", "--admin",
                               f"http://127.0.0.1:{self.sidecar.admin_port}", "--secret-file",
                               self.folder / "admin.secret", "--token-file", "-", *more],
                              input=token.encode(), capture_output=True, timeout=60, check=False)


@pytest.fixture
def steered(issuer, folder):
    started = Steered(issuer, folder)
    yield started
    assert started.sidecar.stop() == 0, started.sidecar.report()


def connect(steered, location, scope=BOTH, **more):
    return systems.hubrise_token(steered.issuer.url, scope, location_name=location, **more)


def test_the_same_token_has_other_rights_after_another_grant(steered):
    token = connect(steered, "Rights")
    assert [steered.call(token, *call) for call in (ORDERS, CATALOG)] == ["", ""]
    assert connect(steered, "Rights", "location[catalog.read]") == token
    assert steered.call(token) == "", "the old answer is remembered"
    answer = steered.post("/invalidate", {"issuer": "hubrise", "token": token})
    assert (answer.status_code, answer.json()) == (200, {"invalidated": True})
    assert [steered.call(token, *call) for call in (ORDERS, CATALOG)] == ["insufficient_scope", ""]
    assert connect(steered, "Rights", "location[customer_list.read]") == token
    steered.post("/invalidate", {"token": token})
    assert [steered.call(token, *call) for call in (ORDERS, CATALOG)] == ["insufficient_scope"] * 2


def test_a_user_takes_a_connection_back_at_once_and_grants_it_again(steered):
    token = connect(steered, "Back")
    assert steered.call(token) == ""
    steered.issuer.control("revoke", token=token)
    assert steered.call(token) == "", "the old answer is remembered"
    done = steered.revoke(token)
    assert (done.returncode, done.stdout) == (0, b"revoked 1\n"), done
    assert steered.call(token) == "revoked"
    assert connect(steered, "Back") == token
    assert steered.call(token) == "revoked", "a grant alone lifts nothing"
    done = steered.revoke(token, "--lift")
    assert (done.returncode, done.stdout) == (0, b"lifted 1\n"), done
    assert steered.call(token) == ""


def test_a_lift_brings_back_the_rights_of_the_latest_grant(steered):
    token = connect(steered, "Lifted")
    assert steered.call(token) == ""
    assert steered.revoke(token).returncode == 0
    connect(steered, "Lifted", "location[catalog.read]")
    assert steered.revoke(token, "--lift").returncode == 0
    assert [steered.call(token, *call) for call in (ORDERS, CATALOG)] == ["insufficient_scope", ""]


def test_the_tokens_of_two_devices_end_apart(steered):
    tills = [connect(steered, "Tills", device_id=f"till-{i}") for i in range(2)]
    assert tills[0] != tills[1]
    assert [steered.call(token) for token in tills] == ["", ""]
    assert steered.revoke(tills[0]).returncode == 0
    assert [steered.call(token) for token in tills] == ["revoked", ""]


def test_revocations_and_lifts_outlive_the_process(steered):
    taken, returned = (connect(steered, f"Restart {i}") for i in range(2))
    for token in (taken, returned):
        assert steered.revoke(token).returncode == 0
    assert steered.revoke(returned, "--lift").returncode == 0
    steered.restart()
    assert [steered.call(token) for token in (taken, returned)] == ["revoked", ""]
    status = requests.get(f"http://127.0.0.1:{steered.sidecar.admin_port}/revocations?count=10", timeout=30,
                          headers={"Authorization": f"Bearer {SECRET}"}).json()
    assert status["counts"]["token"] == 1 and len(status["revocations"]) == 1
    assert status["log"]["accepts"] is True and status["log"]["fleet"] == "none"


def test_whoever_has_no_secret_changes_nothing(steered):
    token = connect(steered, "Guarded")
    assert steered.post("/revoke", {"kind": "token", "value": token}, secret="another").status_code == 401
    assert steered.call(token) == ""
