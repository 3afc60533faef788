#!/usr/bin/env python3
"""The JOSE cookbook (RFC 7520 sec 4, and its EdDSA example), at the level of the signature.

Accepted: RS256 (RFC 7520 sec 4.1), PS384 (RFC 7520 sec 4.2), ES512 (RFC 7520 sec 4.3), EdDSA. Rejected: HS256, detached
content, every JSON serialization, and the one JWE.
"""
import json
import pathlib
import sys
import tempfile

import corpus

ACCEPTED = {"4_1.rsa_v15_signature.json", "4_2.rsa-pss_signature.json", "4_3.ecdsa_signature.json", "jws.json"}
PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi")
# Tests of each file: compact, JSON and flattened JSON, as far as it has them.
COUNTS = {"4_1.rsa_v15_signature.json": 3, "4_2.rsa-pss_signature.json": 3, "4_3.ecdsa_signature.json": 3,
          "4_4.hmac-sha2_integrity_protection.json": 3, "4_5.signature_with_detached_content.json": 3,
          "4_6.protecting_specific_header_fields.json": 2, "4_7.protecting_content_only.json": 2,
          "4_8.multiple_signatures.json": 1, "ecdh-es.json": 3, "jws.json": 3}


def judge(path, report):
    example = json.loads(path.read_text())
    keys = example["input"]["key"]
    keys = keys if isinstance(keys, list) else [keys]
    public = [{name: value for name, value in key.items() if name not in PRIVATE_MEMBERS} for key in keys]
    forms = example["output"]
    tokens = [form if isinstance(form, str) else json.dumps(form) for form in forms.values()]
    with tempfile.TemporaryDirectory() as scratch:
        key_file = pathlib.Path(scratch) / "keys.json"
        key_file.write_text(json.dumps({"keys": public}))
        verdicts = corpus.verify_lines(["--signature-only", "--jwks", key_file], [token.encode() for token in tokens])
    for name, (accepted, code) in zip(forms, verdicts):
        report.add(path.name, name, name == "compact" and path.name in ACCEPTED, accepted, code)


def main():
    folder = corpus.folder("cookbook")
    report = corpus.Report({})
    for path in sorted([*(folder / "jws").glob("*.json"), *(folder / "curve25519").glob("*.json")]):
        judge(path, report)
    return report.finish({file: (count, count) for file, count in COUNTS.items()})


if __name__ == "__main__":
    sys.exit(main())
