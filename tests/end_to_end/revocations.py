"""Sidecars that keep revocations, alone or as a fleet on one Redis, and what they are told by their admin listeners."""
import json
import secrets
import subprocess
import time

import http_calls
import programs
import servers
from programs import ADMIN_SECRET


class Redis(programs.Program):
    """redis-server on a free port of its own, without persistence. It can be killed and started again there."""

    def __init__(self, folder):
        self.port = programs.free_port()
        self.starts = 0
        self._folder = folder
        self.start()

    def start(self):
        self.starts += 1
        super().__init__(f"redis-{self.port}-{self.starts}",
                         ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "",
                          "--appendonly", "no", "--maxmemory-policy", "noeviction"], self._folder)
        programs.wait_until(lambda: self.alive and self.ask("PING") == "PONG", "redis-server answers")

    def ask(self, *command):
        """What redis-cli prints; "" while nobody answers."""
        answer = subprocess.run(["redis-cli", "-p", str(self.port), *command], capture_output=True, text=True,
                                timeout=30, check=False)
        return answer.stdout.strip()


class Node:
    """A sidecar for Credicorp with a durable log, which can be killed and started again on the same files and ports.

    folder   of its own
    redis    of its fleet; None: alone
    fleet    further lines of [state], where there is a fleet
    """

    def __init__(self, folder, issuer, redis=None, id_key=None, database=None, fleet=""):
        folder.mkdir(parents=True)
        self.folder = folder
        self.address = f"tcp://127.0.0.1:{programs.free_port()}"
        state = f'\n[state]\nrevocations = "sqlite:{database or folder / "revocations.db"}"\n'
        if redis is not None:
            (folder / "id.key").write_text(id_key + "\n")
            (folder / "id.key").chmod(0o600)
            state += f'fleet = "redis://127.0.0.1:{redis.port}/0"\nid_key_file = "id.key"\n{fleet}'
        self._options = (folder, "credicorp.toml", issuer, [self.address])
        self._settings = {"replacements": [("[admin]", '[admin]\nsecret_file = "admin.secret"')], "extra": state}
        self.sidecar = None
        self.start()

    def start(self):
        self.launch()
        self.sidecar.wait_until_ready()

    def launch(self):
        """Starts the sidecar and waits until it serves; it may not be ready yet."""
        self.sidecar = programs.Sidecar(*self._options, **self._settings)
        self.admin_address = f"tcp://127.0.0.1:{self.sidecar.admin_port}"

    def kill(self):
        """kill -9."""
        self.sidecar.process.kill()
        self.sidecar.process.wait()

    def stop(self):
        return self.sidecar.stop()

    def client(self):
        return servers.Client(self.sidecar)

    def verdict(self, token):
        """Status and code of one check."""
        return self.client().ask(token)

    def call(self, path, document):
        """A call of the admin listener: its status and its JSON."""
        answer = http_calls.send(self.admin_address, "POST", path,
                                 {"Authorization": f"Bearer {ADMIN_SECRET}", "Content-Type": "application/json"},
                                 json.dumps(document).encode())
        return answer.status, json.loads(answer.body)

    def revoke(self, value, kind="subject"):
        return self.call("/revoke", {"issuer": "credicorp", "kind": kind, "value": value})

    def lift(self, value, kind="subject"):
        return self.call("/revocations/lift", {"issuer": "credicorp", "kind": kind, "value": value})

    def status(self):
        answer = http_calls.send(self.admin_address, "GET", "/revocations", {"Authorization": f"Bearer {ADMIN_SECRET}"})
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def wait_for(self, token, verdict, seconds=30):
        """Waits until a check gets `verdict`, and returns how long that took, in seconds."""
        client = self.client()
        started = time.monotonic()
        programs.wait_until(lambda: client.ask(token) == verdict, f"{verdict} at {self.address}", seconds)
        return time.monotonic() - started


ACCEPTED = (200, "")
REVOKED = (401, "revoked")


def new_id_key():
    return secrets.token_hex(32)
