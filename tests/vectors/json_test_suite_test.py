#!/usr/bin/env python3
"""JSONTestSuite: every text as a claim's value in a signed token, and unwrapped through assay-probe.

y_ must be accepted, n_ must not; of i_, which parsers may decide, numbers of any size are accepted and everything
else (bad UTF-8, lone surrogates, byte order marks, UTF-16, nesting of 500) is refused.
"""
import pathlib
import sys
import tempfile

import corpus

CLAIM, UNWRAPPED = "as a claim's value", "unwrapped"
DUPLICATE = "an object with two members of one name is refused at any depth"
KNOWN = {(CLAIM, f"y_object_duplicated_key{rest}.json"): DUPLICATE for rest in ("", "_and_value")}
KNOWN |= {(UNWRAPPED, test): reason for (_, test), reason in KNOWN.items()}

ISSUER = "https://vectors.example"
BEFORE = b'{"iss":"https://vectors.example","exp":4102444800,"x":'


def is_wanted(path):
    return path.name.startswith(("y_", "i_number_"))


def judge_claims(files, report):
    with tempfile.TemporaryDirectory() as scratch:
        key, keys, payload = (pathlib.Path(scratch) / name for name in ("key.pem", "keys.json", "payload"))
        mint = [corpus.BIN / "assay", "mint"]
        made = corpus.run([*mint, "--generate", "EdDSA", "--key-out", key, "--jwks-out", keys])
        assert made.returncode == 0, made.stderr.decode()
        tokens = []
        for path in files:
            payload.write_bytes(BEFORE + path.read_bytes() + b"}")
            tokens.append(corpus.run([*mint, "--key", key, "--payload-file", payload]).stdout.strip())
        assert all(tokens)
        verdicts = corpus.verify_lines(["--jwks", keys, "--issuer", ISSUER, "--any-audience"], tokens)
    for path, (accepted, code) in zip(files, verdicts):
        report.add(CLAIM, path.name, is_wanted(path), accepted, code)


def judge_unwrapped(files, report):
    """A token's JSON is an object, so of the texts that are none nothing is accepted."""
    kernels = corpus.ask_probe([{"op": "kernels"}])[0]["json"].split(",")
    questions = [{"op": "json", "text": path.read_bytes().hex()} for path in files]
    answers = corpus.ask_probe(questions)
    for kernel in kernels:
        assert corpus.ask_probe([question | {"kernel": kernel} for question in questions]) == answers, kernel
    for path, answer in zip(files, answers):
        is_object = path.read_bytes().lstrip(b" \t\r\n").startswith(b"{")
        report.add(UNWRAPPED, path.name, is_wanted(path) and is_object, answer["valid"], answer.get("reason"))


def main():
    files = sorted((corpus.folder("jsontestsuite") / "test_parsing").glob("*.json"))
    kinds = [sum(path.name.startswith(kind) for path in files) for kind in ("y_", "n_", "i_")]
    assert kinds == [95, 188, 35], kinds
    report = corpus.Report(KNOWN)
    judge_claims(files, report)
    judge_unwrapped(files, report)
    return report.finish({CLAIM: (318, 316), UNWRAPPED: (318, 316)})


if __name__ == "__main__":
    sys.exit(main())
