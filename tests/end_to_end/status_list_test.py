"""Tokens of whose status their issuer keeps a list: what a new list ends, what an outage and bad lists do."""
import base64
import json

import pytest

import http_calls
import programs
import servers
from programs import ADMIN_SECRET

ACCEPTED = (200, "")
REVOKED = (401, "revoked")
UNAVAILABLE = (503, "status_unavailable")
LIST_PATH = "/partner/v1/statuslists/1"
MAX_STALE_SECONDS = 3
GATEWAY = base64.b64encode(b"gateway:gateway-secret").decode()

STATUS_LIST = f"""discovery = true
status_list = {{{{ urls = ["http://127.0.0.1:{{port}}{LIST_PATH}"], refresh = "200ms", refresh_floor = "200ms", \
max_stale = "{MAX_STALE_SECONDS}s" }}}}
"""


class Followed:
    """A sidecar that follows Credicorp's status list."""

    def __init__(self, folder, issuer):
        folder.mkdir()
        (folder / "gateway.secret").write_text("gateway-secret\n")
        self.issuer = issuer
        self.introspection = f"tcp://127.0.0.1:{programs.free_port()}"
        self.sidecar = programs.Sidecar(
            folder, "credicorp.toml", issuer, [f"tcp://127.0.0.1:{programs.free_port()}"],
            replacements=[("discovery = true", STATUS_LIST.format(port=issuer.port)),
                          ("[admin]", '[admin]\nsecret_file = "admin.secret"')],
            extra=servers.INTROSPECTION.format(address=self.introspection))
        self.sidecar.wait_until_ready()
        self.client = servers.Client(self.sidecar)

    def mint(self, index, **parameters):
        return servers.mint(self.issuer, status_index=index, **parameters)

    def publish(self, index, status):
        self.issuer.control("status", index=index, status=status)

    def wait_for(self, token, verdict):
        programs.wait_until(lambda: self.client.ask(token) == verdict, f"{verdict}, not {self.client.ask(token)}", 30)

    def fetches(self, result):
        return servers.metric(self.sidecar, "assay_status_list_fetches_total", result=result)

    def introspect(self, token):
        answer = http_calls.send(self.introspection, "POST", "/introspect",
                                 {"Authorization": f"Basic {GATEWAY}",
                                  "Content-Type": "application/x-www-form-urlencoded"}, f"token={token}".encode())
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def explain_status(self, token):
        answer = http_calls.send(self.admin_address, "POST", "/explain",
                                 {"Authorization": f"Bearer {ADMIN_SECRET}", "Content-Type": "application/json"},
                                 json.dumps({"token": token, "method": "POST", "path": servers.PATH}).encode())
        return next(step for step in json.loads(answer.body)["steps"] if step["check"] == "status")

    @property
    def admin_address(self):
        return f"tcp://127.0.0.1:{self.sidecar.admin_port}"


@pytest.fixture(scope="module")
def followed(folder, issuer):
    running = Followed(folder / "status_list", issuer)
    yield running
    assert running.sidecar.stop() == 0, running.sidecar.report()


def test_a_token_ends_once_the_list_says_so_and_comes_back(followed):
    token, other = followed.mint(1), followed.mint(2)
    for _ in range(5):
        assert followed.client.ask(token) == ACCEPTED
        assert followed.client.ask(other) == ACCEPTED
    assert servers.metric(followed.sidecar, "assay_verified_cache_hits_total") > 0, "they are remembered by now"
    assert followed.introspect(token)["active"] is True
    followed.publish(1, 1)
    followed.wait_for(token, REVOKED)
    assert followed.introspect(token) == {"active": False}
    assert followed.client.ask(other) == ACCEPTED
    step = followed.explain_status(token)
    assert step["result"] == "refused", step
    assert step["finding"].startswith(f'idx 1 of "{followed.issuer.url}{LIST_PATH}"'), step
    followed.publish(1, 0)
    followed.wait_for(token, ACCEPTED)
    assert followed.explain_status(token)["result"] == "ok"


def test_suspended_reserved_and_listless_tokens(followed):
    suspended, reserved, listless = followed.mint(3), followed.mint(4), servers.mint(followed.issuer)
    followed.publish(3, 2)
    followed.publish(4, 3)
    followed.wait_for(suspended, (401, "suspended"))
    followed.wait_for(reserved, (401, "unknown_status"))
    assert followed.introspect(suspended) == {"active": False}
    assert followed.client.ask(listless) == ACCEPTED
    assert followed.client.ask(followed.mint(4096)) == (401, "unknown_status"), "behind the end of the list"
    assert followed.client.ask(followed.mint(-1)) == (401, "bad_claim")


def test_a_list_that_is_not_configured_is_never_fetched(followed):
    before = followed.issuer.counters()["credicorp.metadata"]
    url = f"{followed.issuer.url}/.well-known/oauth-authorization-server"
    assert followed.client.ask(followed.mint(0, status_uri=url)) == (401, "unknown_status_list")
    seen = followed.issuer.counters()["credicorp.status_list"]
    programs.wait_until(lambda: followed.issuer.counters()["credicorp.status_list"] > seen + 3, "further refreshes")
    assert followed.issuer.counters()["credicorp.metadata"] <= before + 1, "but for the keys' own refresh"


@pytest.mark.parametrize("form, result", [
    ("garbage", "malformed"), ("foreign_key", "bad_signature"), ("wrong_sub", "wrong_subject"),
    ("wrong_type", "wrong_type"), ("torn", "bad_status_list"), ("expired", "expired")])
def test_a_bad_list_is_refused_and_counted_and_the_earlier_one_serves(followed, form, result):
    good, bad = followed.mint(5), followed.mint(6)
    followed.publish(6, 1)
    followed.wait_for(bad, REVOKED)
    before = followed.fetches(result)
    followed.issuer.control("status", form=form, index=6, status=0)
    try:
        programs.wait_until(lambda: followed.fetches(result) > before, f"a list is {result}")
        assert followed.client.ask(good) == ACCEPTED
        assert followed.client.ask(bad) == REVOKED, "nothing of a bad list is believed"
        assert followed.sidecar.admin("/readyz").status_code == 200
    finally:
        followed.issuer.control("status", form="good")
    followed.wait_for(bad, ACCEPTED)


def test_an_outage_is_survived_for_max_stale_and_is_then_no_bad_token(followed):
    good, bad, listless = followed.mint(7), followed.mint(8), servers.mint(followed.issuer)
    followed.publish(8, 1)
    followed.wait_for(bad, REVOKED)
    before = followed.fetches("failed")
    followed.issuer.control("outage", endpoint="credicorp.status_list", retry_after=1)
    try:
        programs.wait_until(lambda: followed.fetches("failed") > before, "a fetch fails")
        assert followed.client.ask(good) == ACCEPTED
        assert followed.client.ask(bad) == REVOKED
        followed.wait_for(good, UNAVAILABLE)
        assert followed.client.ask(bad) == UNAVAILABLE
        assert followed.client.ask(listless) == ACCEPTED
        readiness = followed.sidecar.admin("/readyz")
        assert readiness.status_code == 503 and LIST_PATH in readiness.text, readiness.text
        assert servers.metric(followed.sidecar, "assay_status_list_serves") == 0
    finally:
        followed.issuer.control("outage", endpoint="credicorp.status_list", retry_after=0)
    followed.wait_for(good, ACCEPTED)
    assert followed.client.ask(bad) == REVOKED
    followed.sidecar.wait_until_ready()


def test_a_status_list_is_no_access_token(followed):
    status_list = http_calls.send(f"tcp://127.0.0.1:{followed.issuer.port}", "GET", LIST_PATH, {})
    assert status_list.status == 200
    assert followed.client.ask(status_list.body.decode()) == (401, "wrong_type")
