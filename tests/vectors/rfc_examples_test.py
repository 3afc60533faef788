#!/usr/bin/env python3
"""The examples of RFC 7515 appendix A and RFC 8037 appendix A.4, at the level of the signature.

Accepted: RS256 (RFC 7515 sec A.2), ES256 (RFC 7515 sec A.3), ES512 (RFC 7515 sec A.4), EdDSA (RFC 8037 sec A.4).
Rejected: HS256 (its key would come from a key set), none (RFC 7515 sec A.5), JSON serialization (RFC 7515 sec A.6).
An accepted one is rejected once a bit of its signature or its payload differs.
"""
import json
import pathlib
import sys
import tempfile

import corpus

# Why each rejected one is: the code, so that it is not rejected for another reason.
CODES = {"RFC 7515 sec A.1": "key_file_refused", "RFC 7515 sec A.5": "malformed_token",
         "RFC 7515 sec A.6": "malformed_token"}


def changed(text, index):
    return text[:index] + ("A" if text[index] != "A" else "B") + text[index + 1:]


def main():
    examples = json.loads((pathlib.Path(__file__).parent / "rfc_examples.json").read_text())["examples"]
    report = corpus.Report({})
    for example in examples:
        section, jws, wanted = example["section"], example["jws"], example["verdict"] == "accept"
        tokens = [jws]
        if wanted:
            tokens += [changed(jws, jws.rfind(".") + 1), changed(jws, jws.find(".") + 1)]
        with tempfile.TemporaryDirectory() as scratch:
            keys = pathlib.Path(scratch) / "keys.json"
            keys.write_text(json.dumps({"keys": example["keys"]}))
            verdicts = corpus.verify_lines(["--signature-only", "--jwks", keys], [token.encode() for token in tokens])
        assert wanted or verdicts[0][1] == CODES[section], (section, verdicts)
        for number, (accepted, code) in enumerate(verdicts):
            report.add(section, number, wanted and number == 0, accepted, code)
    return report.finish({e["section"]: (3, 3) if e["verdict"] == "accept" else (1, 1) for e in examples})


if __name__ == "__main__":
    sys.exit(main())
