"""The sidecar under clients that mean no good: it lives, its memory is bounded, and valid clients are served."""
import contextlib
import os
import pathlib
import subprocess
import sys

import pytest

import http_calls
import programs
import systems

IDLE_CONNECTIONS = int(os.environ.get("ASSAY_IDLE_CONNECTIONS", "500"))
RANDOM_STREAMS = 500
HEAD_TIMEOUT_SECONDS = 1
# What an idle connection may cost: its bookkeeping, no buffer.
KIB_PER_IDLE_CONNECTION = 4
SCRIPT = pathlib.Path(__file__).with_name("hostile_clients.py")


@pytest.fixture(scope="module", params=["auto", "epoll"])
def sidecar(request, issuer, folder):
    limits = f'\n[server]\npoller = "{request.param}"\nhead_timeout = "{HEAD_TIMEOUT_SECONDS}s"\n'
    started = programs.Sidecar(folder, "partner-connect-hub.toml", issuer,
                               [f"tcp://127.0.0.1:{programs.free_port()}"], extra=limits)
    started.wait_until_ready()
    yield started
    assert started.stop() == 0, started.report()


@pytest.fixture
def serves(sidecar, issuer):
    """Asserts that the sidecar lives and a valid client is served."""
    fields = systems.credentials("hub", systems.hub_token(issuer.url))

    def check():
        assert sidecar.alive, sidecar.report()
        assert http_calls.send(sidecar.listeners[0], "POST", "/api/v1/orders", fields, b"{}").status == 200
    check()
    return check


@contextlib.contextmanager
def hostile(sidecar, kind, *arguments):
    host, port = sidecar.listeners[0].removeprefix("tcp://").split(":")
    with subprocess.Popen([sys.executable, SCRIPT, kind, host, port, *map(str, arguments)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
            process.stdin.close()
            assert process.wait(timeout=120) == 0
        finally:
            process.kill()


def test_survives_random_streams(sidecar, serves):
    with hostile(sidecar, "random", RANDOM_STREAMS) as process:
        assert process.stdout.readline() == f"sent {RANDOM_STREAMS} random streams\n"
    serves()


def test_refuses_a_megabyte_of_header(sidecar, serves):
    with hostile(sidecar, "big-header") as process:
        assert process.stdout.readline() in ("answer 431\n", "answer closed\n")
    serves()


def test_closes_a_client_that_sends_a_byte_at_a_time(sidecar, serves):
    with hostile(sidecar, "slow") as process:
        serves()
        seconds = float(process.stdout.readline().split()[2])
    assert HEAD_TIMEOUT_SECONDS * 0.5 < seconds < HEAD_TIMEOUT_SECONDS + 5
    serves()


def test_holds_idle_connections_in_bounded_memory(sidecar, serves):
    before_kib = sidecar.rss_kib()
    with hostile(sidecar, "idle", IDLE_CONNECTIONS) as process:
        assert process.stdout.readline() == f"holding {IDLE_CONNECTIONS} connections\n"
        serves()
        assert sidecar.rss_kib() - before_kib < 8 * 1024 + KIB_PER_IDLE_CONNECTION * IDLE_CONNECTIONS
    serves()
