"""The commands that docs/sidecar.md prints run as they are, but for ports and credentials, and print that."""
import json
import re
import subprocess
import time

import pytest

from command_line import ISSUER, ROOT, Keys, Serve

PAGE = (ROOT / "docs/sidecar.md").read_text()
# A block of commands, and the block of JSON right behind it where there is one.
SAMPLES = re.findall(r"^```sh\n(.*?)^```\n(?:\n```json\n(.*?)^```\n)?", PAGE, re.DOTALL | re.MULTILINE)
ASSIGNMENT = re.compile(r"^[A-Z]+=.*$", re.MULTILINE)
COUNT = 24_000
CONFIG = """
[[listener]]
address = "tcp://127.0.0.1:0"
mode = "introspection"
clients = ["gateway"]

[[listener]]
address = "tcp://127.0.0.1:0"

[admin]
address = "tcp://127.0.0.1:0"
secret_file = "admin.secret"
clients = ["shop"]

[[client]]
id = "gateway"
secret_file = "gateway.secret"

[[client]]
id = "shop"
secret_file = "shop.secret"

[[issuer]]
name = "credicorp"
issuer = "%s"
jwks = "file:%s"
audiences = ["api"]

[state]
revocations = "sqlite:revocations.db"
"""


@pytest.fixture(scope="module")
def sidecar(tmp_path_factory):
    """A folder as an operator has it, and a sidecar whose ports are known."""
    folder = tmp_path_factory.mktemp("sidecar")
    keys = Keys(folder, "k1")
    for name, secret in (("admin", "an-admin-secret-of-the-tests"), ("gateway", "SECRET"), ("shop", "secret")):
        (folder / f"{name}.secret").write_text(secret + "\n")
    lines = [json.dumps({"kind": "subject", "issuer": "credicorp", "value": f"a-long-name-of-user-{i:06}"})
             for i in range(COUNT)]
    (folder / "targets.ndjson").write_text("\n".join(lines) + "\n")
    assert (folder / "targets.ndjson").stat().st_size > 1_800_000  # curl asks before it sends so much
    file = folder / "assay.toml"
    file.write_text(CONFIG % (ISSUER, keys.jwks))
    serve = Serve(file)
    try:
        head = [serve.next_line() for _ in range(3)]
        assert head[2].startswith("admin "), serve.errors.read_text()
        printed = ("127.0.0.1:8184", "127.0.0.1:8181", "127.0.0.1:8182")
        ports = {old: line.split()[1].replace("tcp://", "") for old, line in zip(printed, head)}
        now = int(time.time())
        token = keys.mint(f"--claim=iat={now - 60}", f"--claim=exp={now + 600}", '--claim=client_id="shop"')
        yield folder, ports, token
        assert serve.stop() == 0
    finally:
        serve.end()


def run(text, sidecar):
    folder, ports, token = sidecar
    for old, new in ports.items():
        text = text.replace(old, new)
    done = subprocess.run(["bash", "-euo", "pipefail"], input=text, cwd=folder, capture_output=True, text=True,
                          timeout=60, check=False, env={"PATH": "/usr/bin:/bin", "TOKEN": token})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def without_times(answer):
    return {name: "a time" if name in ("exp", "iat") else value for name, value in answer.items()}


def test_no_command_hides_in_another_block():
    assert len(SAMPLES) == PAGE.count("```sh\n") == len(re.findall(r"^curl ", PAGE, re.MULTILINE)) == 4


@pytest.mark.parametrize("index", range(len(SAMPLES)))
def test_a_sample_answers_as_printed(index, sidecar):
    commands, printed = SAMPLES[index]
    earlier = "\n".join(ASSIGNMENT.findall("".join(text for text, _ in SAMPLES[:index])))
    answer = run(earlier + "\n" + commands, sidecar)
    if printed:
        assert list(answer) == list(json.loads(printed))
        assert without_times(answer) == without_times(json.loads(printed))
    else:
        assert answer == {"recorded": COUNT if "ndjson" in commands else 1, "propagated": True}
