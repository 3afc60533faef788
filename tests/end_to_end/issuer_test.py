"""assay-issuer over HTTP answers as the four documents print; its signatures verify in an independent library."""
import base64
import json
import re
import subprocess

import pytest
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

import programs
import systems


def octets(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts(compact):
    header, claims, signature = compact.split(".")
    return json.loads(octets(header)), json.loads(octets(claims)), f"{header}.{claims}".encode(), octets(signature)


def key_of(jwk):
    exponent_e, modulus_n = (int.from_bytes(octets(jwk[name]), "big") for name in "en")
    return rsa.RSAPublicNumbers(exponent_e, modulus_n).public_key()


def verify(key, compact):
    _, _, signing_input, signature = parts(compact)
    key.verify(signature, signing_input, padding.PKCS1v15(), hashes.SHA256())


def test_hub_tokens_verify_by_its_jwks(issuer):
    jwks = requests.get(f"{issuer.url}/.well-known/jwks.json", timeout=30)
    assert jwks.headers["Content-Type"] == "application/jwk-set+json"
    compact = systems.hub_token(issuer.url)
    (jwk,) = [jwk for jwk in jwks.json()["keys"] if jwk["kid"] == parts(compact)[0]["kid"]]
    verify(key_of(jwk), compact)
    with pytest.raises(InvalidSignature):
        verify(key_of(jwk), issuer.control("mint", system="hub", signature="tampered")["access_token"])
    with pytest.raises(InvalidSignature):
        verify(key_of(jwk), issuer.control("mint", system="hub", signature="foreign_key")["access_token"])


def test_bookings_tokens_have_the_printed_shape(issuer, folder):
    printed = json.loads((programs.ROOT / "tests/end_to_end/samples/bookings.response.json").read_text())
    body = {"grant_type": "client_credentials", **systems.BOOKINGS}
    answer = requests.post(f"{issuer.url}/api/oauth/token", json=body, timeout=30).json()
    assert list(answer) == list(printed)
    header, claims, _, signature = parts(answer["access_token"])
    printed_header, printed_claims, _, printed_signature = parts(printed["access_token"])
    assert header == printed_header
    assert [(name, type(value)) for name, value in claims.items()] == \
        [(name, type(value)) for name, value in printed_claims.items()]
    assert (claims["aud"], claims["sub"], claims["scopes"]) == \
        (printed_claims["aud"], printed_claims["sub"], printed_claims["scopes"])
    assert len(claims["jti"]) == len(printed_claims["jti"]) and len(signature) == len(printed_signature)
    assert re.search(rb'"exp":\d{10}\.\d{6},', octets(answer["access_token"].split(".")[1]))
    key = serialization.load_pem_public_key((folder / "bookings.pem").read_bytes())
    assert key.key_size == 4096
    verify(key, answer["access_token"])


def test_credicorp_describes_itself(issuer):
    inserted = requests.get(f"{issuer.url}/.well-known/oauth-authorization-server/partner/v1", timeout=30).json()
    appended = requests.get(f"{issuer.url}/partner/v1/.well-known/oauth-authorization-server", timeout=30).json()
    assert inserted == appended
    assert inserted["issuer"] == f"{issuer.url}/partner/v1"
    compact = systems.credicorp_token(issuer.url)
    verify(key_of(requests.get(inserted["jwks_uri"], timeout=30).json()["keys"][0]), compact)
    assert parts(compact)[1]["iss"] == inserted["issuer"]
    answer = requests.post(inserted["introspection_endpoint"], data={"token": compact},
                           auth=("assay", "introspection-secret"), timeout=30).json()
    assert answer["active"] is True and answer["scope"] == "applications:write decisions:read"


def test_hubrise_answers_as_printed(issuer):
    printed = json.loads((programs.ROOT / "tests/end_to_end/samples/hubrise.response.json").read_text())
    code = systems.hubrise_authorize(issuer.url, account_name="Bella Pizza", location_name="Paris")["code"]
    form = {"code": code, **systems.HUBRISE}
    answer = requests.post(f"{issuer.url}/oauth2/v1/token", data=form, timeout=30).json()
    assert {**answer, "access_token": ""} == {**printed, "access_token": ""}
    assert list(answer) == list(printed) and len(answer["access_token"]) == len(printed["access_token"])
    again = requests.post(f"{issuer.url}/oauth2/v1/token", data=form, timeout=30)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_hubrise_connections_are_reused_unless_the_device_differs(issuer):
    first = systems.hubrise_token(issuer.url, location_name="Reuse")
    assert systems.hubrise_token(issuer.url, location_name="Reuse") == first
    assert systems.hubrise_token(issuer.url, location_name="Reuse", device_id="till-2") != first


def test_an_installed_app_reads_the_code_from_the_page(issuer):
    query = {"redirect_uri": "urn:ietf:wg:oauth:2.0:oob", "client_id": systems.HUBRISE["client_id"],
             "scope": "location[orders.write,customer_list.write,]"}
    page = requests.get(f"{issuer.url}/oauth2/v1/authorize", params=query, timeout=30)
    code = re.search("<code>([0-9a-f]{26})</code>", page.text).group(1)
    assert requests.post(f"{issuer.url}/oauth2/v1/token", data={"code": code, **systems.HUBRISE}, timeout=30).ok


def test_limits_and_outages_name_retry_after(issuer):
    issuer.control("rate", system="credicorp", per_minute=1)
    systems.credicorp_token(issuer.url)
    form = {"grant_type": "client_credentials", **systems.CREDICORP}
    limited = requests.post(f"{issuer.url}/partner/v1/oauth/token", data=form, timeout=30)
    assert limited.status_code == 429 and 1 <= int(limited.headers["Retry-After"]) <= 60
    issuer.control("rate", system="credicorp", per_minute=600)
    issuer.control("outage", endpoint="hub.token", retry_after=9)
    out = requests.post(f"{issuer.url}/oauth/token", data=form, timeout=30)
    assert (out.status_code, out.headers["Retry-After"]) == (503, "9")
    issuer.control("outage", endpoint="hub.token", retry_after=0)
    systems.hub_token(issuer.url)


def test_counts_requests(issuer):
    before = issuer.counters()["bookings.token"]
    systems.bookings_token(issuer.url)
    assert issuer.counters()["bookings.token"] == before + 1


@pytest.mark.parametrize("options, status, complaint", [
    (["--listen", "localhost"], 2, "--listen is an address and a port"),
    (["--hub-client", "id-without-secret"], 2, "a client is written ID:SECRET"),
    (["--write-files", "/nowhere"], 2, "/nowhere"),
    (["--unknown"], 2, "--unknown"),
    (["--listen", "192.0.2.1:8180"], 1, "192.0.2.1"),
])
def test_says_what_is_wrong_with_the_command_line(options, status, complaint):
    done = subprocess.run([programs.BIN / "assay-issuer", *options], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == status and complaint in done.stderr, done.stderr
