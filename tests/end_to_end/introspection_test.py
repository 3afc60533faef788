"""POST /introspect of a sidecar, called by curl and over raw HTTP, for signed and opaque tokens. RFC 7662."""
import json
import subprocess

import pytest

import http_calls
import programs
import servers
import systems

SECRET = "g:ate way"  # must be form-encoded before base64, RFC 6749 sec 2.3.1
INACTIVE = b'{"active":false}'


class Endpoint:
    def __init__(self, folder, issuer):
        (folder / "gateway.secret").write_text(f"{SECRET}\n")
        self.issuer = issuer
        self.address = f"tcp://127.0.0.1:{programs.free_port()}"
        checks = [f"tcp://127.0.0.1:{programs.free_port()}" for _ in range(2)]
        self.sidecar = programs.Sidecar(folder, "all.toml", issuer, checks,
                                        extra=servers.INTROSPECTION.format(address=self.address))
        self.sidecar.wait_for_lines("listening ", 3)
        self.sidecar.wait_until_ready()

    def curl(self, *options):
        """Status and body of a call by curl."""
        url = self.address.replace("tcp", "http") + "/introspect"
        command = ["curl", "-s", "-w", "\n%{http_code}", url, *options]
        output = subprocess.run(command, stdout=subprocess.PIPE, timeout=30, check=True).stdout
        body, status = output.rsplit(b"\n", 1)
        return int(status), body

    def ask(self, token):
        """The answer to the gateway about a token."""
        status, body = self.curl("-u", "gateway:g%3Aate+way", "--data-urlencode", f"token={token}")
        assert status == 200, body
        return body


@pytest.fixture(scope="module")
def endpoint(folder, issuer):
    running = Endpoint(folder, issuer)
    yield running
    assert running.sidecar.stop() == 0, running.sidecar.report()


def test_a_signed_token_is_active(endpoint):
    answer = json.loads(endpoint.ask(systems.credicorp_token(endpoint.issuer.url)))
    assert answer["active"] is True
    assert answer["token_type"] == "Bearer"
    assert answer["scope"] == "applications:write decisions:read"
    assert answer["client_id"] == "credicorp-client"
    assert isinstance(answer["exp"], int) and isinstance(answer["iat"], int)
    assert set(answer) <= {"active", "scope", "client_id", "username", "token_type", "exp", "iat", "nbf", "sub", "aud",
                           "iss", "jti"}


def test_times_with_fractions_are_whole_seconds(endpoint):
    answer = json.loads(endpoint.ask(systems.bookings_token(endpoint.issuer.url)))
    assert answer["active"] is True
    for name in ("exp", "iat", "nbf"):
        assert isinstance(answer[name], int), name


def test_an_opaque_token_is_active_until_its_issuer_ends_it(endpoint):
    token = systems.hubrise_token(endpoint.issuer.url)
    answer = json.loads(endpoint.ask(token))
    assert answer["active"] is True and "exp" not in answer
    assert "location[orders.write]" in answer["scope"].split()
    endpoint.issuer.control("revoke", token=token)
    programs.wait_until(lambda: endpoint.ask(token) == INACTIVE, "the answer to be forgotten", 10)


@pytest.mark.parametrize("kind", ["expired", "tampered", "foreign_key"])
def test_of_a_bad_token_nothing_is_said(endpoint, kind):
    case = next(case for case in systems.CASES if (case.system, case.kind) == ("credicorp", kind))
    token = case.credentials(endpoint.issuer)["Authorization"].removeprefix("Bearer ")
    assert endpoint.ask(token) == INACTIVE


def test_nobody_else_may_ask(endpoint):
    token = systems.credicorp_token(endpoint.issuer.url)
    for options in ((), ("-u", "gateway:wrong"), ("-u", "other:g%3Aate+way"), ("-H", f"Authorization: Bearer {token}")):
        status, body = endpoint.curl(*options, "-d", f"token={token}")
        assert status == 401 and json.loads(body)["error"] == "invalid_client", body
    status, body = endpoint.curl("-d", "client_id=gateway", "--data-urlencode", f"client_secret={SECRET}", "-d",
                                 f"token={token}")
    assert status == 200 and json.loads(body)["active"] is True


def test_the_answer_is_not_to_be_stored(endpoint):
    body = f"token=x&client_id=gateway&client_secret={SECRET.replace(' ', '+')}".encode()
    fields = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = http_calls.send(endpoint.address, "POST", "/introspect", fields, body)
    assert (answer.status, answer.body) == (200, INACTIVE)
    assert answer.one("Cache-Control") == "no-store" and answer.one("Content-Type") == "application/json"
    assert http_calls.send(endpoint.address, "GET", "/introspect").status == 405
    assert http_calls.send(endpoint.address, "POST", "/", fields, body).status == 404
    fields["Content-Type"] = "application/json"
    assert http_calls.send(endpoint.address, "POST", "/introspect", fields, b"{}").status == 415


def test_an_outage_is_no_answer(endpoint):
    token = systems.hubrise_token(endpoint.issuer.url)
    endpoint.issuer.control("outage", endpoint="hubrise.introspect", retry_after=1)
    try:
        status, body = endpoint.curl("-u", "gateway:g%3Aate+way", "-d", f"token={token}")
        assert status == 503 and b"active" not in body
    finally:
        endpoint.issuer.control("outage", endpoint="hubrise.introspect", retry_after=0)
    programs.wait_until(lambda: endpoint.curl("-u", "gateway:g%3Aate+way", "-d", f"token={token}")[0] == 200,
                        "the breaker to close")
