"""assay verify: every option, the exit status, the order of the answers, and what is never printed."""
import json
import os
import subprocess
import sys

import pytest

from command_line import BIN, ISSUER, NOW, Keys, assay, tampered


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("cli"), "k1")


@pytest.fixture(scope="module")
def token(keys):
    return keys.mint()


def code_of(done):
    """The one verdict's code; None where it accepts. The status agrees with it."""
    (answer,) = done.objects
    assert done.status == {"accept": 0, "refuse": 1, "undecided": 3}[answer["verdict"]], done
    return answer["code"]


def test_accepts_in_words(keys, token):
    done = assay("verify", *keys.rules(), token)
    assert (done.status, done.out, done.err) == (0, "accept alice\n", "")


def test_refuses_in_words(keys, token):
    done = assay("verify", *keys.rules(), tampered(token))
    assert (done.status, done.out) == (1, "refuse bad_signature: the signature does not verify\n")


def test_a_subject_cannot_steer_the_terminal(keys):
    done = assay("verify", *keys.rules(), keys.mint(subject="a\x1b[2J\nb"))
    assert done.out == "accept a\\x1b[2J\\x0ab\n"


def test_json_has_every_member(keys):
    token = keys.mint("--claim", 'client_id="app"', "--claim", "exp=1710224600.25")
    (answer,) = assay("verify", *keys.rules("--json"), token).objects
    claims = answer.pop("claims")
    assert answer == {"verdict": "accept", "class": "accepted", "code": None, "detail": None, "issuer": ISSUER,
                      "subject": "alice", "client": "app", "scope": ["orders:read", "orders:write"],
                      "expires_at": 1710224600.25, "key_id": "k1"}
    assert claims["aud"] == "api" and claims["exp"] == 1710224600.25


def test_json_of_a_refusal_has_no_claims(keys, token):
    (answer,) = assay("verify", *keys.rules("--json"), tampered(token)).objects
    assert answer == {"verdict": "refuse", "class": "invalid_token", "code": "bad_signature",
                      "detail": "the signature does not verify", "issuer": None, "subject": None, "client": None,
                      "scope": None, "expires_at": None, "key_id": None}


def test_json_stays_on_one_line_when_the_claims_do_not(keys, tmp_path):
    payload = tmp_path / "payload"
    payload.write_text(json.dumps({"iss": ISSUER, "aud": "api", "exp": NOW + 60, "x": "a\nb"}, indent=2) + "\r\n")
    token = assay("mint", "--key", keys.private, "--kid", "k1", "--payload-file", payload).out.strip()
    (answer,) = assay("verify", *keys.rules("--json"), token).objects
    assert answer["claims"]["x"] == "a\nb" and answer["subject"] is None


@pytest.mark.parametrize("change, code", [
    (["--now", NOW + 3540], "expired"),
    (["--now", f"{NOW + 3539}.999999"], None),
    (["--now", f"{NOW + 3540}.5", "--leeway", "1s"], None),
    (["--now", NOW - 61], "issued_in_future"),
    (["--now", NOW - 61, "--leeway", "2000ms"], None),
    (["--require-scope", "orders:read"], None),
    (["--require-scope", "orders:read,orders:write"], None),
    (["--require-scope", "orders:read", "--require-scope", "orders:delete"], "insufficient_scope"),
    (["--require-claim", "sub,scope"], None),
    (["--require-claim", "email"], "missing_claim"),
    (["--typ", "at+jwt"], "wrong_type"),
    (["--alg", "ES256"], None),
    (["--alg", "RS256,ES256"], None),
    (["--alg", "RS256"], "alg_not_allowed"),
    (["--max-token-bytes", 100], "token_too_long"),
])
def test_option_decides(keys, token, change, code):
    now, rest = (change[1], change[2:]) if change[0] == "--now" else (NOW, change)
    assert code_of(assay("verify", *keys.rules("--json", *rest, now=now), token)) == code


@pytest.mark.parametrize("change, code", [
    (["--issuer", ISSUER, "--audience", "other"], "bad_audience"),
    (["--issuer", ISSUER, "--audience", "other,api"], None),
    (["--issuer", ISSUER, "--audience", "other", "--audience", "api"], None),
    (["--issuer", ISSUER, "--any-audience"], None),
    (["--issuer", ISSUER + "/", "--any-audience"], "unknown_issuer"),
    (["--issuer", "", "--any-audience"], "unknown_issuer"),
    (["--issuer=", "--any-audience"], "unknown_issuer"),
])
def test_issuer_and_audience_decide(keys, token, change, code):
    assert code_of(assay("verify", "--jwks", keys.jwks, "--now", NOW, "--json", *change, token)) == code


@pytest.mark.parametrize("spelling", [["--issuer", ""], ["--issuer="]])
def test_the_empty_issuer_accepts_tokens_without_iss(keys, spelling):
    token = keys.mint(issuer=None)
    done = assay("verify", "--jwks", keys.jwks, *spelling, "--any-audience", "--now", NOW, "--json", token)
    assert code_of(done) is None and done.objects[0]["issuer"] is None


def test_a_pem_is_told_by_its_beginning(keys, token, tmp_path):
    pem = tmp_path / "key"
    made = subprocess.run(["openssl", "pkey", "-in", keys.private, "-pubout", "-out", pem], check=False)
    assert made.returncode == 0
    assert assay("verify", *keys.rules("--jwks", pem)[2:], token).status == 0


# Where tokens come from -------------------------------------------------------------------------------------------

def test_token_file_is_taken_to_the_byte(keys, token, tmp_path):
    file = tmp_path / "token"
    for end, code in (("", None), ("\n", "bad_base64url"), (" ", "bad_base64url")):
        file.write_text(token + end)
        assert code_of(assay("verify", *keys.rules("--json"), "--token-file", file)) == code
    file.write_text("")
    assert code_of(assay("verify", *keys.rules("--json"), "--token-file", file)) == "missing_token"


@pytest.mark.parametrize("dash", [[], ["-"]])
def test_standard_input_gives_one_verdict_per_line(keys, token, dash):
    lines = [token, "", token + "\r", tampered(token), "x" * 1_000_000, token]
    done = assay("verify", *keys.rules("--json"), *dash, text="\n".join(lines).encode())
    assert [answer["code"] for answer in done.objects] == [
        None, "missing_token", "bad_base64url", "bad_signature", "token_too_long", None]
    assert done.status == 1


def test_the_last_line_may_end(keys, token):
    assert len(assay("verify", *keys.rules(), "-", text=f"{token}\n{token}\n".encode()).lines) == 2


def test_no_token_at_all_is_no_acceptance(keys):
    done = assay("verify", *keys.rules(), "-", text=b"")
    assert (done.status, done.out) == (2, "") and "standard input" in done.err


def test_a_verdict_comes_before_the_next_token_is_there(keys, token):
    with subprocess.Popen([BIN / "assay", "verify", *map(str, keys.rules()), "-"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as program:
        for _ in range(3):
            program.stdin.write(token.encode() + b"\n")
            program.stdin.flush()
            assert program.stdout.readline() == b"accept alice\n"
        program.stdin.close()
        assert program.wait(timeout=60) == 0


def peak_kib(arguments, text):
    """(output, peak memory) of a run whose children are counted alone."""
    code = ("import resource,subprocess,sys;"
            "status=subprocess.run(sys.argv[1:]).returncode;"
            "sys.stderr.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss));sys.exit(status)")
    # AddressSanitizer keeps what is freed, to see it used: that is not the program's memory.
    options = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0"
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], input=text, capture_output=True,
                          timeout=300, check=False, env={**os.environ, "ASAN_OPTIONS": options})
    return done.stdout, int(done.stderr.decode().splitlines()[-1])


def test_100000_tokens_keep_their_order_in_flat_memory(tmp_path):
    rsa = Keys(tmp_path, "rsa", "RS256")
    good, other = rsa.mint(), rsa.mint("--claim", "n=1")
    # Not periodic in the batch size, so that a verdict of another place cannot look right.
    kinds = [good if i % 7 else tampered(good) if i % 3 else other for i in range(100_000)]
    wanted = ["refuse" if kind == tampered(good) else "accept" for kind in kinds]
    command = [BIN / "assay", "verify", *rsa.rules("--json"), "-"]
    _, small = peak_kib(command, "\n".join(kinds[:5_000]).encode())
    out, large = peak_kib(command, "\n".join(kinds).encode())
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["verdict"] for answer in answers] == wanted
    assert [i for i, answer in enumerate(answers) if answer["verdict"] == "accept" and "n" in answer["claims"]] == \
        [i for i, kind in enumerate(kinds) if kind == other]
    assert large < small + 4096, (small, large)


# Signatures alone ---------------------------------------------------------------------------------------------------

def test_signature_only_says_so(keys):
    expired = keys.mint(issuer=None, audience=None)
    done = assay("verify", "--signature-only", "--jwks", keys.jwks, expired)
    assert done.status == 0 and done.out == "accept (signature only: no claim was looked at)\n"
    done = assay("verify", "--signature-only", "--jwks", keys.jwks, "--json", "-", text=tampered(expired).encode())
    (answer,) = done.objects
    assert (done.status, answer["code"], answer["signature_only"]) == (1, "bad_signature", True)
    assert "claims" not in answer


@pytest.mark.parametrize("option", [["--issuer", "x"], ["--any-audience"], ["--now", "1"], ["--leeway", "1s"],
                                    ["--require-scope", "a"], ["--config", "x"], ["--alg", "ES256"]])
def test_signature_only_takes_no_rule(keys, token, option):
    done = assay("verify", "--signature-only", "--jwks", keys.jwks, *option, token)
    assert done.status == 2 and "no effect" in done.err and option[0] in done.err


# What is wrong with the command line --------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, said", [
    ([], "--jwks FILE, or --config FILE"),
    (["--jwks", "KEYS", "--any-audience"], "--issuer"),
    (["--jwks", "KEYS", "--issuer", ISSUER], "--any-audience"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--audience", "a", "--any-audience"], "either --audience"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--issuer", "b", "--any-audience"], "twice"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--audience", ""], "empty element"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--audience", "a,,b"], "empty element"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--any-audience", "--alg", "none"], "accepted: RS256"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--any-audience", "--alg", "HS256"], "HS256"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--any-audience", "--leeway", "5"], "500ms"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--any-audience", "--leeway", "-5s"], "500ms"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--any-audience", "--now", "yesterday"], "seconds since the epoch"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--any-audience", "--now=-1"], "seconds since the epoch"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--any-audience", "--now", '1,"x":2'], "seconds since the epoch"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--any-audience", "--require-scope", "a b"], "not one value"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--any-audience", "--path", "/x"], "needs --config"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--any-audience", "--max-token-bytes", "99999"], "--max-token-bytes"),
    (["--jwks", "/nowhere/keys", "--issuer", ISSUER, "--any-audience"], "/nowhere/keys: No such file"),
    (["--jwks", "/", "--issuer", ISSUER, "--any-audience"], "cannot read /: Is a directory"),
    (["--jwks", "KEYS", "--issuer", ISSUER, "--any-audience", "--frobnicate"], "does not take"),
    (["--config", "/nowhere/assay.toml"], "/nowhere/assay.toml"),
])
def test_usage_errors_say_what_to_do(keys, arguments, said):
    done = assay("verify", *[keys.jwks if part == "KEYS" else part for part in arguments], "--", "tok.tok.tok")
    assert (done.status, done.out) == (2, "") and said in done.err, done


@pytest.mark.parametrize("text, said", [
    ("{}", "neither a JWK Set"), ("<html>", "neither a JWK Set"), ('{"keys":[]}', "its list is empty"),
    ('{"keys":[{"kty":"oct","k":"AAAA","kid":"s"}]}', 'key "s" (oct): '),
    ("-----BEGIN PUBLIC KEY-----\n", "one usable public key in PEM"),
])
def test_a_key_file_without_a_usable_key_says_why(tmp_path, text, said):
    file = tmp_path / "keys"
    file.write_text(text)
    done = assay("verify", "--jwks", file, "--issuer", ISSUER, "--any-audience", "x")
    assert done.status == 2 and said in done.err and str(file) in done.err, done


@pytest.mark.parametrize("command", [["verify"], ["explain"], []])
def test_a_token_too_many_is_not_repeated(command):
    done = assay(*command, "first.token.here", "second.token.here")
    assert done.status == 2 and "token.here" not in done.out + done.err


def test_two_sources_of_a_token_exclude_each_other(keys, token, tmp_path):
    file = tmp_path / "token"
    file.write_text(token)
    done = assay("verify", *keys.rules(), "--token-file", file, token)
    assert done.status == 2 and token not in done.err
    assert assay("verify", *keys.rules(), "--token-file", tmp_path / "none").status == 2


def test_a_full_disk_is_no_acceptance(keys, token):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BIN / "assay", "verify", *map(str, keys.rules()), token], stdout=full,
                              stderr=subprocess.PIPE, check=False, timeout=60)
    assert done.returncode == 2 and b"cannot write" in done.stderr
