"""An issuer that is away, hangs or withdraws a key: what callers hear, what /readyz says, and how soon all is well."""
import contextlib
import select
import socket
import threading
import time

import programs
import servers

# A failed fetch is repeated after a second, then after twice as long each time up to a minute.
FETCH_TIMEOUT_SECONDS = 1


class Gate:
    """Stands before an issuer: relays connections while it is open, accepts them and says nothing while it is shut."""

    def __init__(self):
        self.is_open = False
        self.issuer_port = None
        self.taken = 0
        self._held = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self):
        # Wakes the thread up; closing alone would not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for connection in self._held:
            connection.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.taken += 1
            if self.is_open:
                threading.Thread(target=self._relay, args=(connection,), daemon=True).start()
            else:
                self._held.append(connection)

    def _relay(self, client):
        with client, socket.create_connection(("127.0.0.1", self.issuer_port)) as issuer:
            to = {client: issuer, issuer: client}
            while True:
                for source in select.select(list(to), [], [])[0]:
                    octets = source.recv(65536)
                    if not octets:
                        return
                    to[source].sendall(octets)


OTHER_ISSUER = """
[[issuer]]
name = "hub"
issuer = "http://127.0.0.1:{port}/hub"
jwks = "http://127.0.0.1:{port}/.well-known/jwks.json"
allow_plain_http = true
audiences = ["partner/v1"]
algorithms = ["RS256"]
"""


@contextlib.contextmanager
def hanging(folder):
    """A sidecar whose first issuer hangs from the start, while a second one answers; the gate, and both programs."""
    own = folder / "hanging"
    own.mkdir()
    gate = Gate()
    issuer = sidecar = None
    try:
        issuer = programs.Issuer(own, "--base-url", f"http://127.0.0.1:{gate.port}")
        gate.issuer_port = issuer.port
        sidecar = programs.Sidecar(
            own, "credicorp.toml", gate, [f"tcp://127.0.0.1:{programs.free_port()}"],
            replacements=[("discovery = true", f'discovery = true\nfetch_timeout = "{FETCH_TIMEOUT_SECONDS}s"'),
                          ("[[route]]", '[[route]]\nissuers = ["credicorp", "hub"]')],
            extra=OTHER_ISSUER.format(port=issuer.port))
        yield gate, issuer, sidecar
        assert sidecar.stop() == 0, sidecar.report()
    finally:
        for program in (sidecar, issuer):
            if program is not None:
                program.stop()
        gate.close()


def test_an_issuer_that_hangs_is_named_and_recovers_within_one_step(folder):
    with hanging(folder) as (gate, issuer, sidecar):
        client = servers.Client(sidecar)
        token = servers.mint(issuer)
        other = issuer.control("mint", system="hub", iss=f"http://127.0.0.1:{issuer.port}/hub", aud="partner/v1",
                               scope="applications:write")["access_token"]
        def missing():
            ready = sidecar.admin("/readyz")
            assert ready.status_code == 503
            (sentence,) = ready.json()["missing"]
            return sentence

        programs.wait_until(lambda: "not fetched yet" not in missing(), "the first attempt's end", 15)
        print(f"hanging: {missing()}")
        assert "issuer credicorp: " in missing() and "no complete answer within 1000 ms" in missing(), missing()
        assert client.ask(token) == (503, "keys_unavailable")
        programs.wait_until(lambda: client.ask(other) == (200, ""), "the other issuer's tokens pass", 10)

        gate.is_open = True
        opened = time.monotonic()
        # Where an attempt hangs now, it ends first, which takes one timeout for each form of the metadata's URL. Then
        # comes a step of at most two seconds, the second one.
        programs.wait_until(lambda: client.ask(token) == (200, ""), "recovery", 30)
        took = time.monotonic() - opened
        print(f"hanging: recovered {took:.2f} s after the issuer did, {gate.taken} attempts")
        assert took < 2 * FETCH_TIMEOUT_SECONDS + 2 + 1
        assert sidecar.admin("/readyz").status_code == 200


def test_an_outage_is_never_a_bad_token(folder):
    settings = 'refresh = "1s"\nmax_stale = "10s"\nforced_fetch_every = "500ms"'
    with servers.running(folder, "outage", settings) as (issuer, sidecar):
        client = servers.Client(sidecar)
        token = servers.mint(issuer)
        assert client.ask(token) == (200, "")
        issuer.control("outage", endpoint="credicorp.jwks", retry_after=1)
        issuer.control("rotate", system="credicorp", old_keys="published")
        new_token = servers.mint(issuer)
        began = time.monotonic()
        passed = 0
        seen = set()
        while (verdict := client.ask(token)) == (200, ""):
            passed += 1
            seen.add(client.ask(new_token))
            assert time.monotonic() - began < 20, "keys serve for longer than max_stale"
            time.sleep(0.05)
        served = time.monotonic() - began
        assert verdict == (503, "keys_unavailable")
        # Until the first fetch fails the new kid may be unknown or on its way; never is it another issuer's.
        assert seen <= {(503, "keys_unavailable"), (401, "unknown_key")}
        assert served > 10 - 1 - 0.5, "the last good fetch was at most a refresh ago"
        for refused in (token, new_token):
            answer = client.exchange(refused)
            assert (answer.status, answer.getheader("X-Assay-Code")) == (503, "keys_unavailable")
            assert int(answer.getheader("Retry-After")) > 0 and answer.getheader("WWW-Authenticate") is None
        print(f"outage: {passed} checks passed for {served:.1f} s, of the new key {seen}, then 503 with Retry-After "
              f"{answer.getheader('Retry-After')}")
        ready = sidecar.admin("/readyz")
        assert ready.status_code == 503 and "credicorp" in ready.json()["missing"][0]
        issuer.control("outage", endpoint="credicorp.jwks", retry_after=0)
        programs.wait_until(lambda: client.ask(new_token) == (200, ""), "the issuer's keys after the outage", 60)
        assert client.ask(token) == (200, "")


def test_a_remembered_token_of_a_removed_key_is_refused_at_once(folder):
    with servers.running(folder, "remembered", extra="\n[server]\nworkers = 1\n") as (issuer, sidecar):
        client = servers.Client(sidecar)
        token = servers.mint(issuer)
        assert [client.ask(token) for _ in range(10)] == [(200, "")] * 10
        hits = servers.metric(sidecar, "assay_verified_cache_hits_total")
        assert hits >= 5, "the token is remembered"
        issuer.control("rotate", system="credicorp", old_keys="withdrawn")
        assert client.ask(token) == (200, ""), "nobody has told the sidecar yet"
        # The first use of the new key publishes the new set, before it is answered.
        assert client.ask(servers.mint(issuer)) == (200, "")
        assert client.ask(token) == (401, "unknown_key")
        assert client.ask(token) == (401, "unknown_key")
