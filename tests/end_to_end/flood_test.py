"""Valid tokens at a constant rate, first alone, then beside a flood of tokens with distinct invented kids, and so on.

The issuer is asked no more often than the budget allows, and valid tokens keep passing. How long they take beside the
flood is judged in the long form, which key_acceptance.sh runs.
"""
import base64
import contextlib
import json
import os
import random
import statistics
import subprocess
import time

import programs
import servers

TOKENS = int(os.environ.get("ASSAY_FLOOD_TOKENS", "4000"))
FLOOD_SECONDS = int(os.environ.get("ASSAY_FLOOD_SECONDS", "4"))
SLICES = int(os.environ.get("ASSAY_FLOOD_SLICES", "2"))
VALID_TOKENS = 64
VALID_RATE = 500
# Of the medians over the slices. Nothing: it is printed alone.
SLOWER_MAX = float(os.environ.get("ASSAY_FLOOD_SLOWER_MAX", "0"))


def with_kid(token, kid):
    head, rest = token.split(".", 1)
    header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    header["kid"] = kid
    return base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=") + "." + rest


def write_tokens(path, tokens):
    with path.open("w") as file:
        for token in tokens:
            file.write(f"{token}\n")
    return path


@contextlib.contextmanager
def load(sidecar, tokens, result, *options):
    """assay-load beside the body, which ends when the load does."""
    command = [programs.BIN / "assay-load", "--target", sidecar.listeners[0], "--tokens", tokens, "--path",
               servers.GET_PATH, "--warmup", "0s", "--json", result, *options]
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL) as process:
        try:
            yield
            assert process.wait(timeout=FLOOD_SECONDS + 60) in (0, 1)
        finally:
            if process.poll() is None:
                process.kill()


def read(result):
    return json.loads(result.read_text())


class Flood:
    """A sidecar that is measured in slices of FLOOD_SECONDS / SLICES seconds."""

    def __init__(self, issuer, sidecar):
        self.sidecar = sidecar
        self.folder = sidecar.folder
        self.p99_us = {"alone": [], "flooded": []}
        valid = [servers.mint(issuer) for _ in range(VALID_TOKENS)]
        self.valid = write_tokens(self.folder / "valid.txt", valid)
        seeded = random.Random(4)
        self.invented = []
        for slice_number in range(SLICES):
            kids = (f"{seeded.getrandbits(128):032x}" for _ in range(TOKENS // SLICES))
            path = self.folder / f"invented{slice_number}.txt"
            self.invented.append(write_tokens(path, (with_kid(valid[0], kid) for kid in kids)))

    def ask_valid(self, kind):
        """Valid tokens for one slice; all of them must pass."""
        result = self.folder / "valid.json"
        with load(self.sidecar, self.valid, result, "--connections", "4", "--rate", VALID_RATE, "--duration",
                  f"{FLOOD_SECONDS * 1000 // SLICES}ms"):
            pass
        answers = read(result)
        assert answers["status"] == {"200": answers["requests"]} and answers["lost"] == 0, answers
        self.p99_us[kind].append(answers["latency_us"]["p99"])

    def run_slice(self, number):
        self.ask_valid("alone")
        result = self.folder / "invented.json"
        with load(self.sidecar, self.invented[number], result, "--connections", "8", "--rate",
                  TOKENS // FLOOD_SECONDS, "--requests", TOKENS // SLICES):
            self.ask_valid("flooded")
        return read(result)


def test_a_flood_of_invented_kids_costs_the_budget_and_no_more(folder):
    with servers.running(folder, "flooded") as (issuer, sidecar):
        flood = Flood(issuer, sidecar)
        before = issuer.counters()["credicorp.jwks"]
        started = time.monotonic()
        answers = [flood.run_slice(number) for number in range(SLICES)]
        seconds = time.monotonic() - started
        fetches = issuer.counters()["credicorp.jwks"] - before
        unasked = servers.metric(sidecar, "assay_unknown_kids_unasked_total")
    budget = 2 + seconds // 30
    statuses = {}
    for answer in answers:
        for status, count in answer["status"].items():
            statuses[status] = statuses.get(status, 0) + count
    alone, flooded = (statistics.median(flood.p99_us[kind]) for kind in ("alone", "flooded"))
    print(f"flood: {sum(statuses.values())} invented kids, {TOKENS // FLOOD_SECONDS} per second, answered {statuses}; "
          f"fetches {fetches} of {budget:g} allowed in {seconds:.0f} s, {unasked:g} refused without one; p99 of valid "
          f"tokens at {VALID_RATE} per second: {alone:g} us alone {flood.p99_us['alone']}, {flooded:g} us flooded "
          f"{flood.p99_us['flooded']}, {flooded / alone:.2f} times")
    assert sum(statuses.values()) == TOKENS // SLICES * SLICES
    # What is on its way when the wait ends is an outage; the flood passes never.
    assert set(statuses) <= {"401", "503"} and statuses["401"] > 0.9 * TOKENS
    assert fetches <= budget
    assert SLOWER_MAX == 0 or flooded <= SLOWER_MAX * alone
