"""assay explain: the order of the checks, what decided, and the token that the Bookings partner API documents."""
import re
import subprocess

import pytest

from command_line import ISSUER, NOW, Keys, assay, bookings_token, tampered


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("cli"), "k1")


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    """An RSA key that is not the one of the documented token, which nobody outside has."""
    folder = tmp_path_factory.mktemp("pem")
    file = folder / "public.pem"
    for command in (["openssl", "genrsa", "-out", folder / "key.pem", "2048"],
                    ["openssl", "pkey", "-in", folder / "key.pem", "-pubout", "-out", file]):
        subprocess.run(command, check=True, capture_output=True)
    return file


def results_of(done):
    """check -> result, of the table."""
    rows = [re.split(r"\s{2,}", line) for line in done.lines[1:] if "  " in line]
    return {row[0]: row[1] for row in rows}


def test_accepts_with_every_check_ok(keys):
    done = assay("explain", *keys.rules("--require-scope", "orders:read"), keys.mint())
    results = results_of(done)
    assert done.status == 0 and done.lines[-1] == "accept"
    assert results.pop("introspection") == "skipped"
    assert results.pop("status") == "skipped", "these rules follow no status list"
    assert set(results.values()) == {"ok"}
    assert list(results).index("expiry") < list(results).index("signature") < list(results).index("scope")


def test_names_the_check_and_the_option_that_refused(keys):
    done = assay("explain", *keys.rules("--leeway", "1s", now=NOW + 9999), keys.mint())
    results = results_of(done)
    assert results["expiry"] == "REFUSED" and results["audience"] == "ok" and results["signature"] == "not reached"
    row = next(line for line in done.lines if line.startswith("expiry"))
    assert f"exp {NOW + 3540}, now {NOW + 9999}" in row and row.endswith("--leeway = 1s")
    assert done.status == 1 and done.lines[-1].startswith("refuse expired: ")


def test_never_prints_a_signature_or_a_whole_token(keys):
    for token in (keys.mint(), tampered(keys.mint())):
        for form in ([], ["--json"]):
            done = assay("explain", *keys.rules(*form), token)
            for secret in (token, token.rsplit(".", 1)[1], token.split(".")[1]):
                assert secret not in done.out + done.err


def test_json_has_every_step(keys):
    done = assay("explain", *keys.rules("--json"), "-", text=tampered(keys.mint()).encode() + b"\n")
    (answer,) = done.objects
    assert (done.status, answer["verdict"], answer["class"], answer["code"]) == (
        1, "refuse", "invalid_token", "bad_signature")
    results = [step["result"] for step in answer["steps"]]
    refused = results.index("refused")
    assert answer["steps"][refused]["check"] == "signature"
    assert set(results[refused + 1:]) <= {"not_reached"} and set(results[:refused]) <= {"ok", "skipped"}
    assert all(set(step) == {"check", "result", "finding", "setting"} for step in answer["steps"])


def test_takes_one_token(keys):
    token = keys.mint()
    for text, said in ((f"{token}\n{token}\n", "takes one token"), ("", "no token")):
        done = assay("explain", *keys.rules(), text=text.encode())
        assert (done.status, done.out) == (2, "") and said in done.err


@pytest.mark.parametrize("now, result, end", [
    ("1710223631.577477", "ok", "refuse bad_signature"),
    ("1710223631.577478", "REFUSED", "refuse expired"),
    ("1710220031.583114", "ok", "refuse bad_signature"),
])
def test_the_documented_bookings_token_expires_to_the_microsecond(pem, now, result, end):
    done = assay("explain", "--jwks", pem, "--issuer", "", "--audience", "9b1e82a7-0a59-4e7e-add5-b9ffa37aade1",
                 "--alg", "RS256", "--now", now, bookings_token())
    assert results_of(done)["expiry"] == result, done.out
    assert f"exp 1710223631.577478, now {now}" in done.out
    assert done.status == 1 and done.lines[-1].startswith(end)
    assert "alg RS256, no kid" in done.out and "no iss" in done.out


def test_the_documented_bookings_token_begins_at_its_microsecond(pem):
    done = assay("explain", "--jwks", pem, "--issuer", "", "--any-audience", "--now", "1710220031.583113",
                 bookings_token())
    assert results_of(done)["not_before"] == "REFUSED" and done.lines[-1].startswith("refuse not_yet_valid")


def test_usage_errors_have_no_output():
    done = assay("explain", "--issuer", ISSUER, "x")
    assert (done.status, done.out) == (2, "") and "`assay explain --help`" in done.err
