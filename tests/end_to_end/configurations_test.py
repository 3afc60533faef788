"""The configurations of docs/systems run as they are but for ports, each alone."""
import json
import subprocess
import tomllib

import pytest

import http_calls
import programs
import systems

SYSTEMS = programs.ROOT / "docs/systems"
SINGLE = {"partner-connect-hub.toml": "hub", "bookings.toml": "bookings", "credicorp.toml": "credicorp",
          "credicorp-introspection.toml": "credicorp", "hubrise.toml": "hubrise"}
# What an issuer that is only asked, and holds no keys, says otherwise.
ASKED = {"expired": "inactive", "tampered": "inactive", "not_yet_valid": "not_yet_valid"}


def test_every_configuration_is_tested():
    assert {path.name for path in SYSTEMS.glob("*.toml")} == {*SINGLE, "all.toml"}


@pytest.mark.parametrize("name", sorted({*SINGLE, "all.toml"}))
def test_check_config_accepts(name, folder, issuer):
    assert issuer.alive  # it wrote the files that the configurations name
    config = folder / name
    config.write_text((SYSTEMS / name).read_text())
    (folder / "admin.secret").write_text(programs.ADMIN_SECRET)
    done = subprocess.run([programs.BIN / "assay", "check-config", config], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for secret in ("introspection-secret", programs.ADMIN_SECRET):
        assert secret not in done.stdout + done.stderr


def test_all_is_the_sum_of_the_single_ones():
    def tables(name, key):
        parsed = tomllib.loads((SYSTEMS / name).read_text())
        # Where several issuers exist a route names its own.
        return [{k: v for k, v in table.items() if k != "issuers"} for table in parsed[key]]
    for key in ("issuer", "route"):
        single = [table for name in SINGLE if name != "credicorp-introspection.toml" for table in tables(name, key)]
        assert tables("all.toml", key) == single


@pytest.mark.parametrize("name", SINGLE)
def test_decides_alone(name, folder, issuer):
    sidecar = programs.Sidecar(folder, name, issuer, [f"tcp://127.0.0.1:{programs.free_port()}"])
    try:
        sidecar.wait_until_ready()
        asked = name == "credicorp-introspection.toml"
        for case in systems.CASES:
            if case.system != SINGLE[name] or case.kind not in ("valid", "expired", "wrong_scope", "tampered"):
                continue
            answer = http_calls.send(sidecar.listeners[0], case.method, case.path, case.credentials(issuer), b"")
            code = ASKED.get(case.kind, case.code) if asked else case.code
            assert (answer.status, answer.all("X-Assay-Code")) == (case.status, [code] if code else []), str(case)
    finally:
        assert sidecar.stop() == 0, sidecar.report()


def test_what_a_user_takes_back_is_refused_at_once_until_it_is_lifted(folder, issuer):
    sidecar = programs.Sidecar(folder, "hubrise.toml", issuer, [f"tcp://127.0.0.1:{programs.free_port()}"])
    token, other = systems.hubrise_token(issuer.url), systems.hubrise_token(issuer.url)

    def status(access_token):
        return http_calls.send(sidecar.listeners[0], "POST", "/v1/location/orders", {"X-Access-Token": access_token},
                               b"").status

    def steer(path):
        body = json.dumps({"issuer": "hubrise", "kind": "token", "value": token}).encode()
        fields = {"Authorization": f"Bearer {programs.ADMIN_SECRET}", "Content-Type": "application/json"}
        return http_calls.send(f"tcp://127.0.0.1:{sidecar.admin_port}", "POST", path, fields, body).status

    try:
        sidecar.wait_until_ready()
        assert status(token) == status(other) == 200
        assert steer("/revoke") == 200 and status(token) == 401 and status(other) == 200
        assert steer("/revocations/lift") == 200 and status(token) == 200
    finally:
        assert sidecar.stop() == 0, sidecar.report()
