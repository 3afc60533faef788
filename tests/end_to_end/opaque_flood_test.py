"""Opaque tokens in numbers: many checks of one new token, a flood of tokens that nobody issued, and an outage.

The issuer is asked once for each token, however many wait, and no more often than the configured rate; good tokens keep
passing from memory, and memory stays within its budget.
"""
import contextlib
import json
import os
import random
import signal
import subprocess
import time

import http_calls
import programs
import servers
import systems

PATH = "/v1/location"
WAITING = 1000
CALLS_PER_SECOND = 200
TOKENS = int(os.environ.get("ASSAY_OPAQUE_FLOOD_TOKENS", "20000"))
FLOOD_RATE = 4000
GOOD_TOKENS = 32
GOOD_RATE = 200
CACHE_BYTES = 1 << 20
# Beside the budget of answers: buffers of connections, and what the allocator keeps.
GROWTH_KIB_MAX = 32 * 1024
DOCUMENTED_TTL = 'ttl = "1s"                              # how long'
LONG_TTL = [
    (DOCUMENTED_TTL, f'ttl = "1h"\ntimeout = "30s"\ncalls_per_second = {CALLS_PER_SECOND}  # how long'),
    ("[[listener]]", f"[server]\nintrospection_cache_bytes = {CACHE_BYTES}\n\n[[listener]]"),
]

programs.give_back_freed_memory()


def running(folder, name):
    return servers.started(folder, name, "hubrise.toml", LONG_TTL)


@contextlib.contextmanager
def load(sidecar, tokens, name, *options):
    """assay-load beside the body; the result is filled when both are over."""
    path = sidecar.folder / f"{name}.tokens"
    path.write_text("".join(f"{token}\n" for token in tokens))
    command = [programs.BIN / "assay-load", "--target", sidecar.listeners[0], "--tokens", path, "--path", PATH,
               "--header", "X-Access-Token", "--warmup", "0s", "--json", sidecar.folder / f"{name}.json", *options]
    result = {}
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL) as process:
        try:
            yield result
            assert process.wait(timeout=120) in (0, 1)
        finally:
            if process.poll() is None:
                process.kill()
    result.update(json.loads((sidecar.folder / f"{name}.json").read_text()))


def calls(issuer):
    return issuer.counters()["hubrise.introspect"]


def check(sidecar, token):
    answer = http_calls.send(sidecar.listeners[0], "GET", PATH, systems.credentials("hubrise", token))
    return answer.status, "".join(answer.all("X-Assay-Code"))


def test_a_thousand_checks_of_one_new_token_make_one_call(folder):
    with running(folder, "opaque_waiting") as (issuer, sidecar):
        token = systems.hubrise_token(issuer.url)
        before = calls(issuer)
        issuer.process.send_signal(signal.SIGSTOP)
        try:
            with load(sidecar, [token], "waiting", "--connections", WAITING, "--requests", WAITING) as answers:
                programs.wait_until(lambda: servers.metric(sidecar, "assay_server_requests_total") >= WAITING,
                                    "all checks to have come in")
                issuer.process.send_signal(signal.SIGCONT)
        finally:
            issuer.process.send_signal(signal.SIGCONT)
        assert answers["status"] == {"200": WAITING} and answers["lost"] == 0, answers
        assert calls(issuer) - before == 1


def test_a_flood_of_unknown_tokens_leaves_good_ones_and_the_issuer_alone(folder):
    seeded = random.Random(5)
    with running(folder, "opaque_flood") as (issuer, sidecar):
        good = [systems.hubrise_token(issuer.url) for _ in range(GOOD_TOKENS)]
        for token in good:
            assert check(sidecar, token) == (200, "")
        flood_seconds = TOKENS / FLOOD_RATE
        invented = (f"{seeded.getrandbits(128):032x}" for _ in range(TOKENS))
        calls_before, memory_before_kib = calls(issuer), sidecar.rss_kib()
        started = time.monotonic()
        with load(sidecar, invented, "invented", "--connections", 16, "--rate", FLOOD_RATE, "--requests",
                  TOKENS) as bad_answers:
            with load(sidecar, good, "good", "--connections", 4, "--rate", GOOD_RATE, "--duration",
                      f"{int(flood_seconds * 1000)}ms") as good_answers:
                pass
        seconds = time.monotonic() - started
        made = calls(issuer) - calls_before
        growth_kib = sidecar.rss_kib() - memory_before_kib
        kept_bytes = servers.metric(sidecar, "assay_introspection_cache_bytes")
    print(f"opaque flood: {TOKENS} tokens in {seconds:.1f} s answered {bad_answers['status']}, good ones "
          f"{good_answers['status']}; {made} calls of {CALLS_PER_SECOND} a second; memory +{growth_kib} KiB, "
          f"{kept_bytes:g} bytes of answers")
    assert good_answers["status"] == {"200": good_answers["requests"]} and good_answers["lost"] == 0, good_answers
    # Unknown ones are inactive or over the rate; never let through.
    assert set(bad_answers["status"]) <= {"401", "503"} and bad_answers["lost"] == 0, bad_answers
    assert made <= CALLS_PER_SECOND * (seconds + 1)
    assert kept_bytes <= CACHE_BYTES
    assert growth_kib <= GROWTH_KIB_MAX


def test_an_outage_is_never_an_inactive_token(folder):
    with running(folder, "opaque_outage") as (issuer, sidecar):
        known, new = systems.hubrise_token(issuer.url), systems.hubrise_token(issuer.url)
        assert check(sidecar, known) == (200, "")
        issuer.control("outage", endpoint="hubrise.introspect", retry_after=1)
        made = calls(issuer)
        for _ in range(20):
            assert check(sidecar, new) == (503, "introspection_unavailable")
            assert check(sidecar, known) == (200, "")
        # The breaker opens at once and keeps the issuer free for the second that it asked for.
        assert calls(issuer) - made <= 2
        issuer.control("outage", endpoint="hubrise.introspect", retry_after=0)
        programs.wait_until(lambda: check(sidecar, new) == (200, ""), "the breaker to close")
