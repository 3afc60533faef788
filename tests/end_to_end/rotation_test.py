"""Keys that change under a running sidecar: the new key's tokens come to pass, the withdrawn key's stop."""
import programs
import servers

REFRESH_SECONDS = 10


def test_a_rotated_jwks_is_followed(folder):
    with servers.running(folder, "rotation", f'refresh = "{REFRESH_SECONDS}s"') as (issuer, sidecar):
        client = servers.Client(sidecar)
        old_token = servers.mint(issuer)
        assert client.ask(old_token) == (200, "")
        issuer.control("rotate", system="credicorp", old_keys="withdrawn")
        new_token = servers.mint(issuer)
        # Until the new set is here the token's key is unknown or undecided, and never another issuer's.
        assert client.ask(new_token) in ((200, ""), (401, "unknown_key"), (503, "keys_unavailable"))
        programs.wait_until(lambda: client.ask(new_token) == (200, ""), "the new key", 3 * REFRESH_SECONDS)
        assert client.ask(old_token) == (401, "unknown_key")


def test_the_first_use_of_a_rotated_key_waits_for_one_fetch(folder):
    with servers.running(folder, "first_use") as (issuer, sidecar):
        client = servers.Client(sidecar)
        old_token = servers.mint(issuer)
        assert client.ask(old_token) == (200, "")
        issuer.control("rotate", system="credicorp", old_keys="withdrawn")
        fetches = issuer.counters()["credicorp.jwks"]
        assert client.ask(servers.mint(issuer)) == (200, "")
        assert client.ask(old_token) == (401, "unknown_key")
        assert issuer.counters()["credicorp.jwks"] == fetches + 1
