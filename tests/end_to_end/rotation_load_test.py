"""Keys that rotate while valid tokens keep coming: nobody is refused, and the first use of a key costs one fetch.

Each rotation publishes a new key beside the old ones. The token that it signs is used by three connections at once:
`ahead` when the sidecar has had the time to fetch the key in turn, or `at_once`, when the sidecar has never heard of
it. key_acceptance.sh runs the long form.
"""
import dataclasses
import os
import threading
import time

import pytest

import servers

# How long the first two run. The third takes two rotations, or as many as there is time for.
SECONDS = int(os.environ.get("ASSAY_ROTATION_SECONDS", "5"))
SLOW_EVERY_SECONDS = float(os.environ.get("ASSAY_ROTATION_SLOW_EVERY", "2"))
SLOW_COUNT = int(os.environ.get("ASSAY_ROTATION_SLOW_COUNT", "2"))
CONNECTIONS = 3
FAST = 'refresh = "500ms"\nforced_fetch_every = "500ms"\nforced_fetch_burst = 2'
# A fetch of 500 ms is due after 375 to 500 ms.
AHEAD_SECONDS = 0.75


@dataclasses.dataclass(frozen=True)
class Plan:
    name: str
    settings: str
    every_seconds: float
    rotations: int
    ahead_seconds: float


PLANS = (Plan("ahead", FAST, 1, SECONDS, AHEAD_SECONDS),
         Plan("at_once", FAST, 1, SECONDS, 0),
         Plan("defaults_at_once", "", SLOW_EVERY_SECONDS, SLOW_COUNT, 0))


class Load:
    """Connections that ask about the latest token, over and over."""

    def __init__(self, sidecar, token):
        self.tokens = [token]
        self.verdicts = {}          # (status, code): how often
        self.first_use_ms = []      # of each token on each connection
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(servers.Client(sidecar),))
                         for _ in range(CONNECTIONS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, client):
        latest = None
        while not self._stop.is_set():
            token = self.tokens[-1]
            started = time.monotonic()
            verdict = client.ask(token)
            took_ms = (time.monotonic() - started) * 1000
            with self._lock:
                self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1
                if token is not latest:
                    self.first_use_ms.append(took_ms)
            latest = token
            time.sleep(0.001)


def rotate(plan, issuer, sidecar, load):
    """Rotates as planned; returns how many fetches out of turn each rotation cost."""
    costs = []
    due = time.monotonic()
    for _ in range(plan.rotations):
        due += plan.every_seconds
        before = servers.forced_fetches(sidecar)
        issuer.control("rotate", system="credicorp", old_keys="published")
        token = servers.mint(issuer)
        time.sleep(plan.ahead_seconds)
        load.tokens.append(token)
        time.sleep(max(0.0, due - time.monotonic()))
        costs.append(servers.forced_fetches(sidecar) - before)
    return costs


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_valid_tokens_pass_while_keys_rotate(folder, plan):
    with servers.running(folder, f"rotation_{plan.name}", plan.settings) as (issuer, sidecar):
        for _ in range(0, plan.rotations, 20):
            issuer.control("spares", system="credicorp", count=min(20, plan.rotations))
        started = time.monotonic()
        with Load(sidecar, servers.mint(issuer)) as load:
            costs = rotate(plan, issuer, sidecar, load)
        seconds = time.monotonic() - started
        fetches = issuer.counters()["credicorp.jwks"]
    print(f"rotation {plan.name}: {plan.rotations} rotations in {seconds:.1f} s, {sum(load.verdicts.values())} checks, "
          f"verdicts {load.verdicts}, fetches {fetches}, out of turn {sum(costs):g}, most for one rotation "
          f"{max(costs):g}, first use of a key at most {max(load.first_use_ms):.1f} ms")
    assert set(load.verdicts) == {(200, "")}
    assert max(costs) <= 1
    assert seconds < (plan.rotations + 1) * plan.every_seconds + 1, "the issuer did not keep the pace"
