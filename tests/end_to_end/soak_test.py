"""wrk for seconds (soak.sh: longer): every valid token is accepted, and memory stays flat."""
import os
import re
import subprocess

import pytest

import programs
import systems

SECONDS = int(os.environ.get("ASSAY_SOAK_SECONDS", "3"))
CONNECTIONS = int(os.environ.get("ASSAY_SOAK_CONNECTIONS", "64"))
GROWTH_KIB_MAX = 4 * 1024

programs.give_back_freed_memory()


def wrk(url, seconds, fields):
    arguments = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "20s"]
    for name, value in fields.items():
        arguments += ["-H", f"{name}: {value}"]
    done = subprocess.run([*arguments, url], capture_output=True, text=True, timeout=seconds + 60, check=True)
    print(done.stdout)
    requests_count = int(re.search(r"(\d+) requests in", done.stdout).group(1))
    assert "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout, done.stdout
    return requests_count


@pytest.mark.parametrize("way", ["direct", "nginx"])
@pytest.mark.parametrize("system", ["hub", "hubrise"])
def test_valid_tokens_pass_and_memory_is_flat(tcp_stack, way, system):
    path = {"hub": "/api/v1/orders", "hubrise": "/v1/location"}[system]
    token = {"hub": systems.hub_token, "hubrise": systems.hubrise_token}[system](tcp_stack.issuer.url)
    base = tcp_stack.direct.replace("tcp://", "http://") if way == "direct" else tcp_stack.nginx.url
    fields = systems.credentials(system, token)
    assert wrk(base + path, 1, fields) > 0  # buffers and connections grow to their size
    before_kib = tcp_stack.sidecar.rss_kib()
    assert wrk(base + path, SECONDS, fields) > 100
    growth_kib = tcp_stack.sidecar.rss_kib() - before_kib
    assert growth_kib < GROWTH_KIB_MAX, f"grew by {growth_kib} KiB from {before_kib} KiB"
