"""Every code sample that the systems' documents print runs through nginx, unchanged but for base URL and credentials.

The samples are kept as the documents print them; their digests make sure that nobody adapts one to us.
"""
import hashlib
import json
import os
import subprocess
import sys

import pytest

import http_calls
import programs
import systems

SAMPLES = programs.ROOT / "tests/end_to_end/samples"
DIGESTS = {
    "bookings.request.json": "f0a15b47f3dbe0dddb2e17a715e512dc0ec1265ae43e3d075515939ddd2a79cd",
    "bookings.response.json": "dfd40deb07a7dac170b208b18580261c605dbb45c5f1e5df3f7d63e33e454564",
    "credicorp.curl.sh": "a9033e86222f8f5b78d76987bfe84aaf36945d3112f93ea1f825ee4661060ca4",
    "hubrise.response.json": "6d00976c4b35b50a3e6a6901a4d53c01bc7916a5cb525b161a82b7db4c70c3f0",
    "partner_connect_hub.curl.sh": "b4b11e68512b0048a85bcf38e0ac05a579d58af0bd281bd4c1cf51dd06f2676a",
    "partner_connect_hub.node.js": "c8082be2f4b79eddd647e8cc28e2fbb6c9c8ce18682ddad03f0e194a206c389b",
    "partner_connect_hub.requests.py": "fe77f49ab01e96b3b952e796cb224c811aba2dfd82c8f1f1c6b7dc83ad0263a5",
}
BASE_URLS = {"partner_connect_hub": "https://sunrift-hub.com", "credicorp": "https://hub.credicorp.co.uk"}
CREDENTIALS = {"CLIENT_ID": systems.HUB["client_id"], "CLIENT_SECRET": systems.HUB["client_secret"],
               "CREDICORP_CLIENT_ID": systems.CREDICORP["client_id"],
               "CREDICORP_CLIENT_SECRET": systems.CREDICORP["client_secret"]}


def sample(name, base_url):
    text = (SAMPLES / name).read_text()
    printed = BASE_URLS[name.split(".")[0]]
    assert printed in text
    return text.replace(printed, base_url)


def run(command, text):
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, **CREDENTIALS})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir()))
def test_sample_is_as_printed(name):
    assert hashlib.sha256((SAMPLES / name).read_bytes()).hexdigest() == DIGESTS[name]


def test_hub_curl_gets_a_token_that_passes(stack):
    answer = json.loads(run(["bash"], sample("partner_connect_hub.curl.sh", stack.nginx.url)))
    assert {**answer, "access_token": ""} == {"access_token": "", "token_type": "Bearer", "expires_in": 3600,
                                              "scope": "identity:read partners:*"}
    fields = systems.credentials("hub", answer["access_token"])
    assert http_calls.send(stack.nginx.url, "GET", "/api/v1/orders", fields).status == 200


def test_hub_node_places_an_order(stack):
    # The sample defines placeOrder and leaves the call to the reader.
    text = sample("partner_connect_hub.node.js", stack.nginx.url) + "\nplaceOrder();\n"
    # Node prints an object in its own notation; the echo says what reached the backend.
    printed = run(["node", "-"], text)
    assert "method: 'POST'" in printed and "path: '/api/v1/orders'" in printed, printed


def test_hub_python_places_an_order(stack):
    text = sample("partner_connect_hub.requests.py", stack.nginx.url) + "\nplace_order()\n"
    printed = run([sys.executable, "-"], text)
    assert "'method': 'POST'" in printed and "'path': '/api/v1/orders'" in printed, printed


def test_credicorp_curl_gets_a_token_that_passes(stack):
    answer = json.loads(run(["bash"], sample("credicorp.curl.sh", stack.nginx.url)))
    assert answer["scope"] == "applications:write decisions:read"
    fields = systems.credentials("credicorp", answer["access_token"])
    assert http_calls.send(stack.nginx.url, "POST", "/partner/v1/applications", fields, b"{}").status == 200


def test_bookings_body_as_printed_gets_a_token_that_passes(stack):
    body = (SAMPLES / "bookings.request.json").read_text()
    body = body.replace("{client_id}", systems.BOOKINGS["client_id"])
    body = body.replace("{client_secret}", systems.BOOKINGS["client_secret"])
    fields = {"Accept": "application/json", "Content-Type": "application/json"}
    answer = http_calls.send(stack.nginx.url, "POST", "/api/oauth/token", fields, body.encode())
    assert answer.status == 200
    fields = systems.credentials("bookings", json.loads(answer.body)["access_token"])
    assert http_calls.send(stack.nginx.url, "POST", "/api/bookings", fields, b"{}").status == 200


def test_hubrise_prose_connects_and_calls_the_api(stack):
    connection = systems.hubrise_connect(stack.nginx.url)
    fields = systems.credentials("hubrise", connection["access_token"])
    answer = http_calls.send(stack.nginx.url, "GET", "/v1/location", fields)
    assert answer.status == 200
    assert ["X-Assay-Subject", connection["location_id"]] in json.loads(answer.body)["headers"]
