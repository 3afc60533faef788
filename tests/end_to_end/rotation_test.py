"""Keys that change under a running sidecar: the new key's tokens come to pass, the withdrawn key's stop."""
import http_calls
import programs
import systems

# The shortest that the configuration allows; the sidecar fetches somewhat earlier.
REFRESH_SECONDS = 10


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
