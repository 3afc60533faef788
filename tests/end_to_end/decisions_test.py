"""Every kind of token of every system, asked of the sidecar directly and through nginx, over TCP and Unix sockets."""
import time

import pytest

import http_calls
import systems

IDS = [str(case) for case in systems.CASES]


@pytest.mark.parametrize("case", systems.CASES, ids=IDS)
def test_direct(stack, case):
    answer = http_calls.send(stack.direct, case.method, case.path, case.credentials(stack.issuer), b"{}")
    assert answer.status == case.status
    if case.status == 200:
        assert answer.body == b"" and answer.all("X-Assay-Code") == []
    else:
        assert answer.one("X-Assay-Code") == case.code
        assert answer.one("WWW-Authenticate").startswith("Bearer ")
        assert answer.one("Cache-Control") == "no-store"


@pytest.mark.parametrize("case", systems.CASES, ids=IDS)
def test_through_nginx(stack, case):
    fields = case.credentials(stack.issuer)
    before = len(stack.nginx.decisions())
    answer = http_calls.send(stack.nginx.url, case.method, case.path, fields, b"{}")
    assert (answer.status, stack.nginx.next_decision(before)) == (case.status, case.code)
    if case.status != 200:
        assert answer.one("WWW-Authenticate").startswith("Bearer ")


def test_a_token_of_another_system_finds_no_route(stack):
    fields = systems.credentials("hub", systems.hub_token(stack.issuer.url))
    answer = http_calls.send(stack.direct, "POST", "/partner/v1/applications", fields, b"{}")
    assert (answer.status, answer.one("X-Assay-Code")) == (403, "no_route")


def test_two_issuers_may_share_a_kid(stack):
    for system, path in (("hub", "/api/v1/orders"), ("credicorp", "/partner/v1/applications")):
        token = getattr(systems, f"{system}_token")(stack.issuer.url)
        assert http_calls.send(stack.direct, "POST", path, systems.credentials(system, token), b"").status == 200


def test_an_unlisted_method_is_refused(stack):
    fields = systems.credentials("credicorp", systems.credicorp_token(stack.issuer.url))
    answer = http_calls.send(stack.direct, "DELETE", "/partner/v1/applications", fields)
    assert (answer.status, answer.one("X-Assay-Code")) == (403, "no_route")


def test_no_token_is_challenged_without_an_error(stack):
    answer = http_calls.send(stack.direct, "POST", "/api/v1/orders", (), b"")
    assert (answer.status, answer.one("X-Assay-Code")) == (401, "missing_token")
    assert "error" not in answer.one("WWW-Authenticate")


def test_two_tokens_are_a_bad_request(stack):
    fields = {**systems.credentials("hub", systems.hub_token(stack.issuer.url)), "X-Access-Token": "0" * 26}
    answer = http_calls.send(stack.direct, "POST", "/api/v1/orders", fields, b"")
    assert (answer.status, answer.one("X-Assay-Code")) == (400, "multiple_tokens")
    assert http_calls.send(stack.nginx.url, "POST", "/api/v1/orders", fields, b"").status == 401


def test_a_refusal_for_scope_names_the_scope(stack):
    fields = systems.credentials("hub", systems.hub_token(stack.issuer.url, "identity:read"))
    challenge = http_calls.send(stack.direct, "POST", "/api/v1/orders", fields, b"").one("WWW-Authenticate")
    assert 'error="insufficient_scope"' in challenge and 'scope="partners:write"' in challenge


def wait_for_status(stack, fields, status):
    """The remembered answer lives for the second that docs/systems/all.toml says."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        answer = http_calls.send(stack.direct, "POST", "/v1/location/orders", fields, b"")
        if answer.status == status:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"still {answer.status}")


def test_a_hubrise_token_that_the_user_takes_back_stops_after_the_ttl_and_returns_with_a_new_grant(stack):
    location = f"Taken back {time.monotonic_ns()}"
    token = systems.hubrise_token(stack.issuer.url, location_name=location)
    fields = systems.credentials("hubrise", token)
    assert http_calls.send(stack.direct, "POST", "/v1/location/orders", fields, b"").status == 200
    stack.issuer.control("revoke", token=token)
    assert wait_for_status(stack, fields, 401).one("X-Assay-Code") == "inactive"
    assert systems.hubrise_token(stack.issuer.url, location_name=location) == token
    wait_for_status(stack, fields, 200)


def test_hubrise_rights_change_with_the_latest_grant(stack):
    location = f"Fewer rights {time.monotonic_ns()}"
    fields = systems.credentials("hubrise", systems.hubrise_token(stack.issuer.url, location_name=location))
    assert http_calls.send(stack.direct, "POST", "/v1/location/orders", fields, b"").status == 200
    systems.hubrise_token(stack.issuer.url, "location[orders.read]", location_name=location)
    assert wait_for_status(stack, fields, 403).one("X-Assay-Code") == "insufficient_scope"


def test_hubrise_tokens_of_two_devices_live_and_end_apart(stack):
    location = f"Two tills {time.monotonic_ns()}"
    tokens = [systems.hubrise_token(stack.issuer.url, location_name=location, device_id=f"till-{i}") for i in range(2)]
    assert tokens[0] != tokens[1]
    fields = [systems.credentials("hubrise", token) for token in tokens]
    for credentials in fields:
        assert http_calls.send(stack.direct, "POST", "/v1/location/orders", credentials, b"").status == 200
    stack.issuer.control("revoke", token=tokens[0])
    assert wait_for_status(stack, fields[0], 401).one("X-Assay-Code") == "inactive"
    assert http_calls.send(stack.direct, "POST", "/v1/location/orders", fields[1], b"").status == 200
    assert systems.hubrise_token(stack.issuer.url, location_name=location, device_id="till-0") == tokens[0]
    wait_for_status(stack, fields[0], 200)


def test_remembered_answers_are_not_asked_for_again(stack):
    fields = systems.credentials("hubrise", systems.hubrise_token(stack.issuer.url))
    before = stack.issuer.counters()["hubrise.introspect"]
    started = time.monotonic()
    for _ in range(20):
        assert http_calls.send(stack.direct, "POST", "/v1/location/orders", fields, b"").status == 200
    seconds = time.monotonic() - started
    # One question per second of ttl and per worker that had to ask.
    assert stack.issuer.counters()["hubrise.introspect"] - before <= 2 * (1 + int(seconds))
