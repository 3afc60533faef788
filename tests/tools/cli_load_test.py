"""assay-load: its command line, and what it makes of a sidecar."""
import json
import re
import subprocess
import time

import pytest

from command_line import BIN, ROOT, Keys, assay, tampered

CONFIGURATION = """
[server]
workers = 1
[[listener]]
address = "unix:{folder}/check.sock"
[[issuer]]
name = "one"
issuer = "https://issuer.example"
jwks = "file:one.json"
audiences = ["api"]
algorithms = ["ES256"]
"""


def load(*arguments):
    return subprocess.run([str(BIN / "assay-load"), *map(str, arguments)], capture_output=True, timeout=60, check=False,
                          text=True)


@pytest.fixture(scope="module")
def sidecar(tmp_path_factory):
    """A folder with check.sock, good.txt and mixed.txt, and the sidecar's process."""
    folder = tmp_path_factory.mktemp("load")
    keys = Keys(folder, "one")
    good = assay("mint", "--key", keys.private, "--kid", "one", "--issuer", "https://issuer.example", "--audience",
                 "api", "--count", "4").lines
    (folder / "good.txt").write_text("\n".join(good) + "\n")
    (folder / "mixed.txt").write_text("\n".join([*good[:3], tampered(good[3])]))
    (folder / "assay.toml").write_text(CONFIGURATION.format(folder=folder))
    process = subprocess.Popen([str(BIN / "assay"), "serve", "--config", str(folder / "assay.toml")],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 30
    while not (folder / "check.sock").exists() and time.monotonic() < end:
        time.sleep(0.02)
    yield folder, process
    process.terminate()
    process.wait(timeout=30)


def test_accepted_tokens_are_a_success(sidecar):
    folder, process = sidecar
    done = load("--target", f"unix:{folder}/check.sock", "--tokens", folder / "good.txt", "--connections", 4,
                "--pipeline", 2, "--requests", 400, "--warmup", "50ms", "--server-pid", process.pid, "--json", "-")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["requests"], result["status"], result["not_2xx"]) == (400, {"200": 400}, 0)
    assert (result["connections"], result["pipeline"], result["lost"]) == (4, 2, 0)
    times = result["latency_us"]
    assert 0 < times["p50"] <= times["p90"] <= times["p99"] <= times["p99.9"] <= times["max"]
    assert result["server_cpu_us_per_request"] > 0 and result["requests_per_second"] > 0


def test_refused_tokens_are_counted_and_shown(sidecar):
    folder, _ = sidecar
    done = load("--target", f"unix:{folder}/check.sock", "--tokens", folder / "mixed.txt", "--requests", 40,
                "--warmup", "0s", "--cpu", 0)
    assert done.returncode == 1
    assert re.search(r"^status +200: 30, 401: 10   not 2xx: 10$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("arguments, complaint", [
    (["--target", "localhost:80"], "an address is"),
    (["--header", "a b"], "--header is no header name"),
    (["--path", "x"], "--path begins with /"),
    (["--tokens", "/nowhere"], "cannot read /nowhere"),
    (["--cpu", "5000"], "no processor 5000"),
    (["--rate", "0"], "--rate"),
    (["--duration", "1s", "--requests", "5"], "excludes"),
    ([], "cannot connect to unix:/nowhere/check.sock"),
])
def test_usage_errors_say_what_is_wrong(sidecar, arguments, complaint):
    folder, _ = sidecar
    given = {"--target": "unix:/nowhere/check.sock", "--tokens": folder / "good.txt"}
    rest = [part for name, value in given.items() if name not in arguments for part in (name, value)]
    done = load(*rest, *arguments)
    assert done.returncode == 2 and complaint in done.stdout + done.stderr, done


def test_every_option_is_documented_and_no_other():
    existing = set(re.findall(r"^  (?:-h,)?(--[a-z][a-z-]+)", load("--help").stdout, re.MULTILINE))
    section = (ROOT / "docs/cli.md").read_text().split("## `assay-load`")[1].split("\n## ")[0]
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", section)) == existing - {"--help"}
