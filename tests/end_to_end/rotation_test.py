"""Keys that change under a running sidecar: the new key's tokens come to pass, the withdrawn key's stop."""
import base64
import contextlib
import json
import os
import threading
import time

import http_calls
import programs
import systems

REFRESH_SECONDS = 10
# How long keys are rotated under load; 60 and more is the long form.
ROTATION_SECONDS = int(os.environ.get("ASSAY_ROTATION_SECONDS", "6"))
FLOOD_TOKENS = int(os.environ.get("ASSAY_FLOOD_TOKENS", "2000"))


@contextlib.contextmanager
def running(folder, name, settings=""):
    own = folder / name
    own.mkdir()
    issuer = programs.Issuer(own)
    sidecar = programs.Sidecar(own, "credicorp.toml", issuer, [f"tcp://127.0.0.1:{programs.free_port()}"],
                               replacements=[("discovery = true", f"discovery = true\n{settings}")])
    try:
        sidecar.wait_until_ready()
        yield issuer, sidecar
    finally:
        assert sidecar.stop() == 0, sidecar.report()
        issuer.stop()


def with_kid(token, kid):
    head, rest = token.split(".", 1)
    header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    header["kid"] = kid
    return base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=") + "." + rest


def status_and_code(sidecar, token):
    answer = http_calls.send(sidecar.listeners[0], "POST", "/partner/v1/applications",
                             systems.credentials("credicorp", token), b"")
    return answer.status, "".join(answer.all("X-Assay-Code"))


def test_a_rotated_jwks_is_followed(folder):
    own = folder / "rotation"
    own.mkdir()
    issuer = programs.Issuer(own)
    refresh = ("discovery = true", f'discovery = true\nrefresh = "{REFRESH_SECONDS}s"')
    sidecar = programs.Sidecar(own, "credicorp.toml", issuer, [f"tcp://127.0.0.1:{programs.free_port()}"],
                               replacements=[refresh])
    try:
        sidecar.wait_until_ready()
        old_token = systems.credicorp_token(issuer.url)
        assert status_and_code(sidecar, old_token) == (200, "")
        issuer.control("rotate", system="credicorp", old_keys="withdrawn")
        new_token = systems.credicorp_token(issuer.url)
        # Until the new set is here the token's key is unknown or undecided, and never another issuer's.
        assert status_and_code(sidecar, new_token) in ((200, ""), (401, "unknown_key"), (503, "keys_unavailable"))
        programs.wait_until(lambda: status_and_code(sidecar, new_token) == (200, ""), "the new key",
                            3 * REFRESH_SECONDS)
        assert status_and_code(sidecar, old_token) == (401, "unknown_key")
    finally:
        assert sidecar.stop() == 0, sidecar.report()
        issuer.stop()


def test_the_first_use_of_a_rotated_key_waits_for_one_fetch(folder):
    with running(folder, "first_use") as (issuer, sidecar):
        old_token = systems.credicorp_token(issuer.url)
        assert status_and_code(sidecar, old_token) == (200, "")
        issuer.control("rotate", system="credicorp", old_keys="withdrawn")
        fetches = issuer.counters()["credicorp.jwks"]
        assert status_and_code(sidecar, systems.credicorp_token(issuer.url)) == (200, "")
        assert status_and_code(sidecar, old_token) == (401, "unknown_key")
        assert issuer.counters()["credicorp.jwks"] == fetches + 1


def test_keys_that_rotate_every_second_refuse_nobody(folder):
    settings = 'refresh = "500ms"\nforced_fetch_every = "500ms"\nforced_fetch_burst = 2'
    with running(folder, "rotating", settings) as (issuer, sidecar):
        def minted():
            return issuer.control("mint", system="credicorp")["access_token"]

        tokens = [minted()]
        seen = []
        stop = threading.Event()

        def load():
            while not stop.is_set():
                seen.append(status_and_code(sidecar, tokens[-1]))

        threads = [threading.Thread(target=load) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(ROTATION_SECONDS):
            time.sleep(1)
            issuer.control("rotate", system="credicorp", old_keys="published")
            tokens.append(minted())
        stop.set()
        for thread in threads:
            thread.join()
        assert len(seen) > 100 * ROTATION_SECONDS
        assert [verdict for verdict in seen if verdict != (200, "")] == []


def test_a_flood_of_invented_kids_costs_no_more_than_the_budget(folder):
    with running(folder, "flood") as (issuer, sidecar):
        token = systems.credicorp_token(issuer.url)
        assert status_and_code(sidecar, token) == (200, "")
        before = issuer.counters()["credicorp.jwks"]
        started = time.monotonic()
        for number in range(FLOOD_TOKENS):
            assert status_and_code(sidecar, with_kid(token, f"invented{number}")) == (401, "unknown_key")
            if number % 20 == 0:
                assert status_and_code(sidecar, token) == (200, "")
        budget = 2 + (time.monotonic() - started) // 30
        assert issuer.counters()["credicorp.jwks"] - before <= budget
