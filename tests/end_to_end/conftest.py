"""The programs that the tests share: one issuer, and a sidecar with nginx in front of it over TCP and over Unix."""
import pathlib

import pytest

import programs

pytest.register_assert_rewrite("http_calls", "systems")


class Stack:
    """A sidecar with docs/systems/all.toml, asked directly and through nginx."""

    def __init__(self, issuer, folder, transport):
        if transport == "tcp":
            addresses = [f"tcp://127.0.0.1:{programs.free_port()}" for _ in range(2)]
        else:
            addresses = [f"unix:{folder}/{name}.sock" for name in ("direct", "nginx")]
        self.issuer = issuer
        self.direct = addresses[0]
        self.sidecar = programs.Sidecar(folder, "all.toml", issuer, addresses)
        self.nginx = programs.Nginx(folder, issuer, addresses[1])

    def stop(self):
        self.nginx.stop()
        return self.sidecar.stop()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return pathlib.Path(tmp_path_factory.mktemp("assay"))


@pytest.fixture(scope="session")
def issuer(folder):
    program = programs.Issuer(folder)
    yield program
    assert program.stop() == 0, program.report()


@pytest.fixture(scope="session", params=["tcp", "unix"])
def stack(request, issuer, folder):
    started = Stack(issuer, folder, request.param)
    started.sidecar.wait_until_ready()
    yield started
    assert started.stop() == 0, started.sidecar.report()


@pytest.fixture(scope="session")
def tcp_stack(issuer, folder):
    started = Stack(issuer, folder, "tcp")
    started.sidecar.wait_until_ready()
    yield started
    assert started.stop() == 0, started.sidecar.report()
