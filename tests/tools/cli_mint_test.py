"""assay mint: what is signed, with which key, and what it refuses to guess."""
import base64
import json
import stat

import pytest

from command_line import ISSUER, NOW, Keys, assay

ALGS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


def parts_of(token):
    def decode(segment):
        return json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return tuple(decode(segment) for segment in token.split(".")[:2])


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("cli"), "k1")


@pytest.mark.parametrize("alg", ALGS)
def test_every_algorithm_verifies_with_the_set_it_writes(tmp_path, alg):
    jwks = tmp_path / "keys.json"
    done = assay("mint", "--generate", alg, "--kid", "k", "--issuer", ISSUER, "--jwks-out", jwks)
    assert done.status == 0 and "development only" in done.err
    (key,) = json.loads(jwks.read_text())["keys"]
    assert key["alg"] == alg and key["kid"] == "k" and not {"d", "p", "q", "k"} & set(key)
    assert parts_of(done.out)[0] == {"alg": alg, "kid": "k"}
    checked = assay("verify", "--jwks", jwks, "--issuer", ISSUER, "--any-audience", "--alg", alg, done.out.strip())
    assert checked.out == "accept (no subject)\n", checked


def test_several_tokens_differ_in_jti_alone(keys):
    tokens = keys.mint("--count", "3").split("\n")
    claims = [parts_of(token)[1] for token in tokens]
    assert [one.pop("jti") for one in claims] == ["token-00000000", "token-00000001", "token-00000002"]
    assert claims[0] == claims[1] == claims[2] and len({len(token) for token in tokens}) == 1


def test_several_tokens_choose_their_jti_themselves(keys):
    done = assay("mint", "--key", keys.private, "--count", "2", "--claim", 'jti="mine"')
    assert done.status == 2 and "--count" in done.err


def test_options_become_claims(keys):
    token = keys.mint("--audience", "second", "--expires-in", "90s", "--claim", 'roles=["admin"]', "--header",
                      'typ="at+jwt"')
    header, claims = parts_of(token)
    assert header == {"alg": "ES256", "kid": "k1", "typ": "at+jwt"}
    assert claims == {"iss": ISSUER, "sub": "alice", "aud": ["api", "second"], "scope": "orders:read orders:write",
                      "roles": ["admin"], "iat": NOW - 60, "exp": NOW + 30}


def test_dates_may_be_given_as_claims(keys):
    assert parts_of(keys.mint("--claim", "exp=null", "--claim", "iat=1.5"))[1] | {"exp": None, "iat": 1.5} == \
        parts_of(keys.mint("--claim", "exp=null", "--claim", "iat=1.5"))[1]


def test_a_payload_file_is_signed_to_the_byte(keys, tmp_path):
    payload = tmp_path / "payload"
    payload.write_bytes(b"\x00not json\n")
    token = assay("mint", "--key", keys.private, "--payload-file", payload).out
    assert base64.urlsafe_b64decode(token.split(".")[1] + "==") == b"\x00not json\n"


def test_the_private_key_is_the_owners_alone(keys):
    assert stat.S_IMODE(keys.private.stat().st_mode) == 0o600


@pytest.mark.parametrize("arguments, said", [
    ([], "either --key FILE or --generate ALG"),
    (["--generate", "ES256", "--key", "KEY"], "either --key FILE or --generate ALG"),
    (["--generate", "none"], "accepted: RS256"),
    (["--generate", "HS256"], "accepted: RS256"),
    (["--generate", "ES256", "--alg", "ES256"], "leave --alg out"),
    (["--key", "/nowhere/key"], "No such file"),
    (["--key", "KEY", "--alg", "RS256"], "cannot be signed"),
    (["--key", "KEY", "--claim", "roles"], "NAME=JSON"),
    (["--key", "KEY", "--claim", "=1"], "NAME=JSON"),
    (["--key", "KEY", "--claim", "name=alice"], "quotes"),
    (["--key", "KEY", "--claim", 'a=1,"b":2'], "quotes"),
    (["--key", "KEY", "--claim", "a=1", "--claim", "a=2"], "set twice"),
    (["--key", "KEY", "--issuer", "x", "--claim", 'iss="y"'], "set twice"),
    (["--key", "KEY", "--header", 'alg="none"'], "set twice"),
    (["--key", "KEY", "--expires-in", "soon"], "500ms"),
    (["--key", "KEY", "--payload-file", "KEY", "--subject", "x"], "exclude each other"),
    (["--key", "KEY", "--jwks-out", "/nowhere/keys"], "cannot write /nowhere/keys"),
])
def test_usage_errors_sign_nothing(keys, arguments, said):
    done = assay("mint", *[keys.private if part == "KEY" else part for part in arguments])
    assert (done.status, done.out) == (2, "") and said in done.err, done
