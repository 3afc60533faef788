"""What a sidecar has acknowledged is refused after kill -9, and when its disk is full; nothing acknowledged is lost.

revocation_acceptance.sh runs the long form.
"""
import http.client
import itertools
import os
import random
import subprocess
import threading

import pytest

import programs
import revocations
import servers
from revocations import ACCEPTED, REVOKED

ROUNDS = int(os.environ.get("ASSAY_KILL_ROUNDS", "8"))
SUBJECTS = 40
STREAMS = 4
SEED = 5


class Ledger:
    """What is known of each subject: REVOKED, ACCEPTED, or nothing while a call about it was not answered."""

    def __init__(self, issuer):
        self.tokens = {f"user-{number}": servers.mint(issuer, sub=f"user-{number}") for number in range(SUBJECTS)}
        self.known = dict.fromkeys(self.tokens, ACCEPTED)
        self.acknowledged = 0

    def turn(self, node, subject):
        """Revokes what is accepted, lifts what is revoked; returns whether the node answered."""
        revoke = self.known[subject] != REVOKED
        self.known[subject] = None
        try:
            status, _ = node.revoke(subject) if revoke else node.lift(subject)
        except (OSError, http.client.HTTPException):
            return False
        assert status == 200
        self.known[subject] = REVOKED if revoke else ACCEPTED
        self.acknowledged += 1
        return True

    def check(self, node):
        client = node.client()
        for subject, token in self.tokens.items():
            verdict = client.ask(token)
            if self.known[subject] is None:
                self.known[subject] = verdict
            assert verdict == self.known[subject], subject


def revoke_until_it_dies(node, ledger, subjects):
    for subject in itertools.cycle(subjects):
        if not ledger.turn(node, subject):
            return


def test_what_was_acknowledged_survives_kill_9(issuer, tmp_path):
    node = revocations.Node(tmp_path / "node", issuer)
    seeded = random.Random(SEED)
    try:
        ledger = Ledger(issuer)
        subjects = list(ledger.tokens)
        for _ in range(ROUNDS):
            streams = [threading.Thread(target=revoke_until_it_dies, args=(node, ledger, subjects[number::STREAMS]))
                       for number in range(STREAMS)]
            for stream in streams:
                stream.start()
            threading.Event().wait(seeded.uniform(0.01, 0.3))
            node.kill()
            for stream in streams:
                stream.join()
            node.start()
            ledger.check(node)
    finally:
        node.stop()
    print(f"kill -9: {ROUNDS} times, {ledger.acknowledged} acknowledged, none lost")
    assert ledger.acknowledged > 0


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("this process may not mount a tmpfs")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(path):
    """Writes until no byte goes in any more."""
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096) == 4096:
                pass
            while file.write(b"x") == 1:
                pass
        except OSError:
            pass


def test_a_full_disk_refuses_new_revocations_and_keeps_the_old(issuer, small_disk, tmp_path):
    node = revocations.Node(tmp_path / "node", issuer, database=small_disk / "revocations.db")
    try:
        tokens = {subject: servers.mint(issuer, sub=subject) for subject in ("before", "after", "nobody")}
        assert node.revoke("before")[0] == 200
        fill(small_disk / "ballast")
        statuses = [node.revoke(f"{'x' * 200}-{number}")[0] for number in range(2000)]
        assert 507 in statuses and set(statuses) <= {200, 507}
        assert any("full" in sentence for sentence in node.sidecar.admin("/readyz").json()["degraded"])
        assert node.verdict(tokens["nobody"]) == ACCEPTED
        assert node.verdict(tokens["before"]) == REVOKED
        (small_disk / "ballast").unlink()
        programs.wait_until(lambda: node.revoke("after")[0] == 200, "the log writes again", 10)
        node.kill()
        node.start()
        assert [node.verdict(token) for token in tokens.values()] == [REVOKED, REVOKED, ACCEPTED]
    finally:
        node.stop()
