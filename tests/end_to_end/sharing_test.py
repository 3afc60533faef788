"""Two sidecars that share introspection answers in one Redis, and an issuer that counts how often it is asked.

Answers live for ten minutes here, so that nothing but what a test does can end one.
"""
import contextlib
import secrets
import signal
import time

import pytest
import requests

import http_calls
import programs
import revocations
import servers
import systems

STATE = 'revocations = "sqlite:revocations.db"'
ORDERS = ("POST", "/v1/location/orders")
CATALOG = ("GET", "/v1/location/catalog")
# Changes one byte in the middle of a value, which keeps its time.
TAMPER = """
local value = redis.call('GET', KEYS[1])
local middle = math.floor(#value / 2)
local changed = string.char((string.byte(value, middle) + 1) % 256)
redis.call('SET', KEYS[1], string.sub(value, 1, middle - 1) .. changed .. string.sub(value, middle + 1), 'KEEPTTL')
return #value"""


class Node:
    """A sidecar for HubRise that shares its answers."""

    def __init__(self, folder, issuer, redis, share_wait):
        self.address = f"tcp://127.0.0.1:{programs.free_port()}"
        fleet = (f'{STATE}\nfleet = "redis://127.0.0.1:{redis.port}/0"\nfleet_timeout = "500ms"\n'
                 f'id_key_file = "id.key"\nshare_answers = true\nshare_wait = "{share_wait}"\n')
        self.sidecar = programs.Sidecar(folder, "hubrise.toml", issuer, [self.address], replacements=[
            (STATE, fleet), ('\nttl = "1s"', '\nttl = "10m"'), ('inactive_ttl = "1s"', 'inactive_ttl = "10m"')])

    def wait_until(self, reachable):
        programs.wait_until(lambda: servers.metric(self.sidecar, "assay_shared_answers_reachable") == reachable,
                            f"shared answers reachable: {reachable}\n{self.sidecar.report()}")

    def call(self, token, method="POST", path="/v1/location/orders"):
        """The code of the call; "" where it is let through."""
        answer = http_calls.send(self.address, method, path, systems.credentials("hubrise", token),
                                 b"" if method == "POST" else None)
        return "" if answer.status == 200 else answer.one("X-Assay-Code")

    def revoke(self, token):
        answer = requests.post(f"http://127.0.0.1:{self.sidecar.admin_port}/revoke",
                               json={"kind": "token", "value": token},
                               headers={"Authorization": f"Bearer {programs.ADMIN_SECRET}"}, timeout=30)
        assert (answer.status_code, answer.json()) == (200, {"recorded": 1, "propagated": True})

    def invalidate(self, token, expected=(200, {"invalidated": True})):
        answer = requests.post(f"http://127.0.0.1:{self.sidecar.admin_port}/invalidate", json={"token": token},
                               headers={"Authorization": f"Bearer {programs.ADMIN_SECRET}"}, timeout=30)
        assert (answer.status_code, answer.json()) == expected

    def asked(self, result):
        return servers.metric(self.sidecar, "assay_shared_answers_asked_total", result=result)

    def written(self, result="written"):
        return servers.metric(self.sidecar, "assay_shared_answers_written_total", result=result)


class Fleet:
    """An issuer, a Redis, and the nodes a and b."""

    def __init__(self, folder, stack, share_wait="1s"):
        self.issuer = programs.Issuer(folder)
        stack.callback(self.issuer.stop)
        self.redis = revocations.Redis(folder)
        stack.callback(lambda: self.redis.stop())
        (folder / "id.key").write_text(revocations.new_id_key() + "\n")
        (folder / "id.key").chmod(0o600)
        self.a, self.b = (Node(folder, self.issuer, self.redis, share_wait) for _ in range(2))
        for node in (self.a, self.b):
            stack.callback(node.sidecar.stop)
            node.sidecar.wait_until_ready()
            node.wait_until(reachable=1)

    def calls(self):
        return self.issuer.counters()["hubrise.introspect"]

    def token(self, location, scope="location[orders.write,catalog.read]"):
        return systems.hubrise_token(self.issuer.url, scope, location_name=location)

    def ask_a(self, token):
        """Has node a ask, and returns the key of what it wrote."""
        before, written = self.keys(), self.a.written()
        assert self.a.call(token) == ""
        programs.wait_until(lambda: self.a.written() == written + 1, "the answer is written")
        (key,) = self.keys() - before
        return key

    def keys(self):
        return {key for key in self.redis.ask("KEYS", "assay:answer:*").split() if key}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Fleet(tmp_path_factory.mktemp("sharing"), stack)


def test_the_issuer_is_asked_once_for_both_nodes(fleet):
    token, before, found = fleet.token("Once"), fleet.calls(), fleet.b.asked("found")
    key = fleet.ask_a(token)
    assert fleet.b.call(token) == ""
    assert fleet.calls() == before + 1
    assert fleet.b.asked("found") == found + 1
    assert 0 < int(fleet.redis.ask("PTTL", key)) <= 600_000
    value = fleet.redis.ask("--no-raw", "GET", key)
    assert len(value) > 100 and "active" not in value and token not in key + value


def test_a_refusal_is_shared_too(fleet):
    token = fleet.token("Refused")
    fleet.issuer.control("revoke", token=token)
    before, written = fleet.calls(), fleet.a.written()
    assert fleet.a.call(token) == "inactive"
    programs.wait_until(lambda: fleet.a.written() == written + 1, "the answer is written")
    assert fleet.b.call(token) == "inactive"
    assert fleet.calls() == before + 1


def test_what_is_invalidated_on_one_node_is_asked_anew_by_the_other(fleet):
    token, before = fleet.token("Invalidated"), fleet.calls()
    fleet.ask_a(token)
    assert fleet.token("Invalidated", "location[catalog.read]") == token
    written = fleet.b.written()
    fleet.a.invalidate(token)
    assert [fleet.b.call(token, *call) for call in (ORDERS, CATALOG)] == ["insufficient_scope", ""]
    assert fleet.calls() == before + 2
    programs.wait_until(lambda: fleet.b.written() == written + 1, "the new answer is written")
    assert [fleet.a.call(token, *call) for call in (ORDERS, CATALOG)] == ["insufficient_scope", ""]
    assert fleet.calls() == before + 2, "the new answer is shared"


def test_a_value_that_somebody_changed_is_asked_anew(fleet):
    token, before, unreadable = fleet.token("Changed"), fleet.calls(), fleet.b.asked("unreadable")
    key = fleet.ask_a(token)
    assert int(fleet.redis.ask("EVAL", TAMPER, "1", key)) > 0
    assert fleet.b.call(token) == ""
    assert fleet.calls() == before + 2
    assert fleet.b.asked("unreadable") == unreadable + 1


def test_a_good_answer_copied_to_a_bad_token_lets_nobody_in(fleet):
    good, bad = fleet.token("Good"), fleet.token("Bad")
    good_key, bad_key = fleet.ask_a(good), fleet.ask_a(bad)
    fleet.issuer.control("revoke", token=bad)
    assert fleet.redis.ask("COPY", good_key, bad_key, "REPLACE") == "1"
    assert fleet.b.call(bad) == "inactive"
    assert fleet.b.call(good) == ""


def test_without_redis_each_node_asks_by_itself_and_shares_again_later(fleet):
    token = fleet.token("Killed")
    fleet.redis.process.kill()
    fleet.redis.process.wait()
    before = fleet.calls()
    assert [node.call(token) for node in (fleet.a, fleet.b)] == ["", ""]
    assert fleet.calls() == before + 2
    for node in (fleet.a, fleet.b):
        node.wait_until(reachable=0)
    fleet.redis.start()
    for node in (fleet.a, fleet.b):
        node.wait_until(reachable=1)
    token, before = fleet.token("Back"), fleet.calls()
    fleet.ask_a(token)
    assert fleet.b.call(token) == ""
    assert fleet.calls() == before + 1


def test_an_answer_invalidated_while_redis_hung_is_not_shared_later(fleet):
    token = fleet.token("Hung")
    fleet.ask_a(token)
    fleet.redis.process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert fleet.token("Hung", "location[catalog.read]") == token
        fleet.a.invalidate(token, expected=(202, {"invalidated": True, "propagated": False}))
        assert fleet.a.call(token) == "insufficient_scope"
        assert time.monotonic() - started < 15
    finally:
        fleet.redis.process.send_signal(signal.SIGCONT)
    for node in (fleet.a, fleet.b):
        node.wait_until(reachable=1)
    programs.wait_until(lambda: servers.metric(fleet.a.sidecar, "assay_shared_answers_erasures_waiting") == 0,
                        "the fleet has forgotten")
    assert fleet.b.call(token) == "insufficient_scope"


def test_a_flood_of_invented_tokens_leaves_room_for_revocations(fleet):
    used = int(fleet.redis.ask("INFO", "memory").split("used_memory:")[1].split()[0])
    fleet.redis.ask("CONFIG", "SET", "maxmemory", str(used + used // 2))
    token = fleet.token("Flooded")
    try:
        assert fleet.b.call(token) == ""

        def invent():
            for _ in range(50):
                assert fleet.a.call(secrets.token_hex(13)) in ("inactive", "introspection_unavailable")
            says_so = "running short of memory" in fleet.a.sidecar.admin("/readyz").text
            return says_so and fleet.a.written("held_back") >= 50

        programs.wait_until(invent, "answers are held back", seconds=60)
        assert fleet.a.written("failed") == 0
        fleet.a.revoke(token)
        programs.wait_until(lambda: fleet.b.call(token) == "revoked", "the other node hears of it")
    finally:
        fleet.redis.ask("CONFIG", "SET", "maxmemory", "0")


def test_a_redis_that_hangs_holds_no_check_up_for_longer_than_is_said(tmp_path):
    with contextlib.ExitStack() as stack:
        hung = Fleet(tmp_path, stack, share_wait="20ms")
        token = hung.token("Slow")
        hung.redis.process.send_signal(signal.SIGSTOP)
        stack.callback(hung.redis.process.send_signal, signal.SIGCONT)
        for node in (hung.a, hung.b):
            started = time.monotonic()
            assert node.call(token) == ""
            assert time.monotonic() - started < 5
        assert hung.calls() == 2
        assert hung.a.asked("late") + hung.a.asked("failed") == 1
