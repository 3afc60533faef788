"""What a client of each of the four systems does, and the protected calls of docs/systems/all.toml.

The calls of Bookings and HubRise are written from their documents' prose, which prints no code.
"""
import dataclasses
import itertools
import urllib.parse

import requests

HUB = {"client_id": "hub-client", "client_secret": "hub-secret"}
BOOKINGS = {"client_id": "9b1e82a7-0a59-4e7e-add5-b9ffa37aade1", "client_secret": "bookings-secret"}
CREDICORP = {"client_id": "credicorp-client", "client_secret": "credicorp-secret"}
HUBRISE = {"client_id": "hubrise-client", "client_secret": "hubrise-secret"}

_numbers = itertools.count(1)


def hub_token(base_url, scope="identity:read partners:*"):
    form = {"grant_type": "client_credentials", "scope": scope, **HUB}
    return _ok(requests.post(f"{base_url}/oauth/token", data=form, timeout=30)).json()["access_token"]


def bookings_token(base_url):
    body = {"grant_type": "client_credentials", **BOOKINGS}
    answer = requests.post(f"{base_url}/api/oauth/token", json=body, headers={"Accept": "application/json"}, timeout=30)
    return _ok(answer).json()["access_token"]


def credicorp_token(base_url, scope="applications:write decisions:read"):
    form = {"grant_type": "client_credentials", "scope": scope, **CREDICORP}
    return _ok(requests.post(f"{base_url}/partner/v1/oauth/token", data=form, timeout=30)).json()["access_token"]


def hubrise_authorize(base_url, scope="location[orders.write,customer_list.write,]", **more):
    """Sends the user to HubRise and returns the parameters of the callback. Each call is a location of its own."""
    more.setdefault("location_name", f"Location {next(_numbers)}")
    query = {"redirect_uri": "https://app.example/oauth_callback", "client_id": HUBRISE["client_id"], "scope": scope,
             "country": "FR", "account_name": "Aux D\u00e9lices", **more}
    answer = requests.get(f"{base_url}/oauth2/v1/authorize", params=query, allow_redirects=False, timeout=30)
    assert answer.status_code == 302, answer.text
    callback = urllib.parse.urlsplit(answer.headers["Location"])
    assert f"{callback.scheme}://{callback.netloc}{callback.path}" == "https://app.example/oauth_callback"
    return dict(urllib.parse.parse_qsl(callback.query))


def hubrise_connect(base_url, scope="location[orders.write,customer_list.write,]", **more):
    """Authorises a location and exchanges the code; returns the connection as HubRise describes it."""
    code = hubrise_authorize(base_url, scope, **more)["code"]
    return _ok(requests.post(f"{base_url}/oauth2/v1/token", data={"code": code, **HUBRISE}, timeout=30)).json()


def hubrise_token(base_url, scope="location[orders.write,customer_list.write,]", **more):
    return hubrise_connect(base_url, scope, **more)["access_token"]


def _ok(answer):
    assert answer.status_code == 200, answer.text
    return answer


def _changed(access_token):
    return access_token[:-1] + ("0" if access_token[-1] != "0" else "1")


def _revoked(issuer):
    access_token = hubrise_token(issuer.url)
    issuer.control("revoke", token=access_token)
    return access_token


def _mint(system, **parameters):
    return lambda issuer: issuer.control("mint", system=system, **parameters)["access_token"]


@dataclasses.dataclass(frozen=True)
class Case:
    """A token, the call that it is sent with, and what must come of it."""
    system: str
    kind: str
    make: callable  # Issuer -> token
    method: str
    path: str
    status: int
    code: str  # "" where accepted

    def credentials(self, issuer):
        return credentials(self.system, self.make(issuer))

    def __str__(self):
        return f"{self.system}-{self.kind}"


def credentials(system, access_token):
    if system == "hubrise":
        return {"X-Access-Token": access_token}
    return {"Authorization": f"Bearer {access_token}"}


def _cases(system, method, path, makers):
    outcomes = {"valid": (200, ""), "expired": (401, "expired"), "wrong_scope": (403, "insufficient_scope"),
                "tampered": (401, "bad_signature"), "foreign_key": (401, "bad_signature"),
                "not_yet_valid": (401, "not_yet_valid"), "wrong_audience": (401, "bad_audience"),
                "wrong_issuer": (401, "unknown_issuer"), "unknown": (401, "inactive"), "revoked": (401, "inactive")}
    return [Case(system, kind, make, method, path, *outcomes[kind]) for kind, make in makers.items()]


def _minted(system):
    return {"expired": _mint(system, expires_in=-60), "tampered": _mint(system, signature="tampered"),
            "foreign_key": _mint(system, signature="foreign_key"), "not_yet_valid": _mint(system, not_before=60),
            "wrong_audience": _mint(system, aud="somebody-else")}


CASES = (
    _cases("hub", "POST", "/api/v1/orders", {
        "valid": lambda issuer: hub_token(issuer.url),
        "wrong_scope": lambda issuer: hub_token(issuer.url, "identity:read"),
        "wrong_issuer": _mint("hub", iss="https://sunrift-hub.example"),
        **_minted("hub")})
    + _cases("bookings", "POST", "/api/bookings", {
        "valid": lambda issuer: bookings_token(issuer.url),
        "wrong_scope": _mint("bookings", scope="bookings:delete"),
        **_minted("bookings")})
    + _cases("credicorp", "POST", "/partner/v1/applications", {
        "valid": lambda issuer: credicorp_token(issuer.url),
        "wrong_scope": lambda issuer: credicorp_token(issuer.url, "decisions:read"),
        "wrong_issuer": _mint("credicorp", iss="https://hub.credicorp.example/partner/v1"),
        **_minted("credicorp")})
    + _cases("hubrise", "POST", "/v1/location/orders", {
        "valid": lambda issuer: hubrise_token(issuer.url),
        "wrong_scope": lambda issuer: hubrise_token(issuer.url, "location[orders.read]"),
        "unknown": lambda issuer: _changed(hubrise_token(issuer.url)),
        "revoked": _revoked})
)
