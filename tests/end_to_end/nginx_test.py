"""docs/examples/nginx.conf: what only a proxy in front can get wrong."""
import json

import pytest

import conftest
import http_calls
import programs
import systems


def headers_at_backend(answer):
    assert answer.status == 200, answer
    return [(name.lower(), value) for name, value in json.loads(answer.body)["headers"]]


def identity_at_backend(answer):
    return {name: value for name, value in headers_at_backend(answer) if "assay" in name}


SPOOFED = [("X-Assay-Subject", "admin"), ("X-Assay-Client", "admin"), ("X-Assay-Issuer", "https://evil.example"),
           ("X-Assay-Scope", "everything"), ("X-Assay-Expires", "9999999999"), ("x-assay-subject", "admin"),
           ("X_Assay_Subject", "admin"), ("X-Assay.Subject", "admin")]


def test_spoofed_identity_headers_are_overwritten(stack):
    token = systems.hub_token(stack.issuer.url)
    fields = [*systems.credentials("hub", token).items(), *SPOOFED]
    answer = http_calls.send(stack.nginx.url, "POST", "/api/v1/orders", fields, b"{}")
    names = [name for name, _ in headers_at_backend(answer)]
    assert len(set(names)) == len(names)
    seen = identity_at_backend(answer)
    assert seen.pop("x-assay-expires").isdigit()
    assert seen == {"x-assay-subject": "hub-client", "x-assay-client": "hub-client",
                    "x-assay-issuer": stack.issuer.url, "x-assay-scope": "identity:read partners:*"}


def test_spoofed_headers_are_removed_where_the_token_has_no_such_claim(stack):
    # The Bookings token has an empty sub and neither iss nor client.
    fields = [*systems.credentials("bookings", systems.bookings_token(stack.issuer.url)).items(), *SPOOFED]
    seen = identity_at_backend(http_calls.send(stack.nginx.url, "POST", "/api/bookings", fields, b"{}"))
    assert set(seen) == {"x-assay-scope", "x-assay-expires"}
    assert seen["x-assay-scope"] == "bookings:create bookings:delete"


def test_the_backend_gets_no_credentials(stack):
    fields = systems.credentials("hub", systems.hub_token(stack.issuer.url))
    answer = http_calls.send(stack.nginx.url, "POST", "/api/v1/orders", fields, b"")
    names = {name for name, _ in headers_at_backend(answer)}
    assert not names & {"authorization", "x-access-token"}


def test_a_client_cannot_choose_the_judged_request(stack):
    # The token may read decisions and nothing else; the fields claim that this is what is asked for.
    token = systems.credicorp_token(stack.issuer.url, "decisions:read")
    fields = {**systems.credentials("credicorp", token), "X-Original-Method": "GET",
              "X-Original-URI": "/partner/v1/decisions/1", "X-Forwarded-Uri": "/partner/v1/decisions/1"}
    assert http_calls.send(stack.nginx.url, "POST", "/partner/v1/applications", fields, b"{}").status == 403


@pytest.mark.parametrize("path", ["/partner/v1/decisions/../applications", "/partner/v1/decisions/%2e%2e/applications",
                                  "/partner/v1/decisions/..%2fapplications", "//partner/v1/decisions/1"])
def test_paths_with_two_readings_do_not_pass(stack, path):
    fields = systems.credentials("credicorp", systems.credicorp_token(stack.issuer.url, "decisions:read"))
    assert http_calls.send(stack.nginx.url, "GET", path, fields).status in (400, 401, 403)


@pytest.mark.parametrize("system, scope, status", [("hub", None, 401), ("hub", "identity:read", 403)])
def test_challenges_once(stack, system, scope, status):
    fields = systems.credentials(system, systems.hub_token(stack.issuer.url, scope)) if scope else {}
    answer = http_calls.send(stack.nginx.url, "POST", "/api/v1/orders", fields, b"")
    assert answer.status == status
    assert answer.one("WWW-Authenticate").startswith("Bearer")


def test_cannot_decide_is_503(folder):
    own = folder / "outage"
    own.mkdir()
    issuer = programs.Issuer(own)
    issuer.control("outage", endpoint="hub.jwks", retry_after=1)
    issuer.control("outage", endpoint="hubrise.introspect", retry_after=1)
    stack = conftest.Stack(issuer, own, "tcp")
    try:
        calls = (("/api/v1/orders", systems.credentials("hub", systems.hub_token(issuer.url)), "keys_unavailable"),
                 ("/v1/location/orders", systems.credentials("hubrise", systems.hubrise_token(issuer.url)),
                  "introspection_unavailable"))
        for path, fields, code in calls:
            answer = http_calls.send(stack.direct, "POST", path, fields, b"")
            assert (answer.status, answer.one("X-Assay-Code")) == (503, code)
            assert int(answer.one("Retry-After")) > 0 and answer.all("WWW-Authenticate") == []
            before = len(stack.nginx.decisions())
            answer = http_calls.send(stack.nginx.url, "POST", path, fields, b"")
            assert answer.status == 503 and int(answer.one("Retry-After")) > 0
            assert stack.nginx.next_decision(before) == code
        ready = stack.sidecar.admin("/readyz")
        assert ready.status_code == 503 and "hub" in ready.text
        # Another issuer's tokens are decided all the while.
        fields = systems.credentials("credicorp", systems.credicorp_token(issuer.url))
        assert http_calls.send(stack.nginx.url, "POST", "/partner/v1/applications", fields, b"").status == 200
        stack.sidecar.stop()
        fields = systems.credentials("hub", systems.hub_token(issuer.url))
        assert http_calls.send(stack.nginx.url, "POST", "/api/v1/orders", fields, b"").status == 503
    finally:
        stack.stop()
        issuer.stop()
