#!/usr/bin/env python3
"""Wycheproof: whole JWS through `assay verify --signature-only`, bare signatures through assay-probe."""
import base64
import json
import pathlib
import sys
import tempfile

import corpus

SIGNATURE, KEY = "json_web_signature_test.json", "json_web_key_test.json"
NO_HMAC = "needs an HMAC key from a key set; a symmetric key is never taken from one"
OTHER_ALG = "the key's alg is not the token's (RFC 7517 sec 4.4)"
NO_ALG = "the key's alg is \"ES521\", which is not registered"

KNOWN = {(SIGNATURE, tc): NO_HMAC for tc in (1, 348, 352, 357, 358, 359, 372, 373, 376, 377)}
KNOWN |= {(SIGNATURE, tc): OTHER_ALG for tc in (346, 350)}
KNOWN |= {(SIGNATURE, tc): NO_ALG for tc in (347, 351)}
KNOWN |= {(KEY, tc): NO_HMAC for tc in (2, 13, 14, 15)}

# File -> tests; all of them come out as expected. "acceptable" is an invalid signature to a strict verifier.
BARE = {
    "rsa_signature_2048_sha256": 259, "rsa_signature_2048_sha384": 258, "rsa_signature_2048_sha512": 259,
    "rsa_signature_3072_sha256": 259, "rsa_signature_3072_sha384": 259, "rsa_signature_3072_sha512": 260,
    "rsa_signature_4096_sha256": 258, "rsa_signature_4096_sha384": 259, "rsa_signature_4096_sha512": 259,
    "rsa_signature_8192_sha256": 258, "rsa_signature_8192_sha384": 259, "rsa_signature_8192_sha512": 259,
    "rsa_pss_2048_sha256_mgf1_32": 108, "rsa_pss_2048_sha384_mgf1_48": 141, "rsa_pss_3072_sha256_mgf1_32": 108,
    "rsa_pss_4096_sha256_mgf1_32": 108, "rsa_pss_4096_sha384_mgf1_48": 141, "rsa_pss_4096_sha512_mgf1_64": 179,
    "ecdsa_secp256r1_sha256_p1363": 262, "ecdsa_secp384r1_sha384_p1363": 280, "ecdsa_secp521r1_sha512_p1363": 318,
    "ed25519": 151,
}
CURVES = {"secp256r1": ("P-256", 32), "secp384r1": ("P-384", 48), "secp521r1": ("P-521", 66)}


def alg_of(name):
    if name == "ed25519":
        return "EdDSA"
    family = {"rsa_signature": "RS", "rsa_pss": "PS", "ecdsa": "ES"}
    bits = next(part[3:] for part in name.split("_") if part.startswith("sha"))
    return next(prefix for start, prefix in family.items() if name.startswith(start)) + bits


def jwk_of(group):
    """The group's key without kid; built from its coordinates where the file has no JWK."""
    jwk = group.get("publicKeyJwk") or group.get("keyJwk")
    if jwk is None:
        curve, size = CURVES[group["publicKey"]["curve"]]
        def coordinate(name):
            octets = int(group["publicKey"][name], 16).to_bytes(size, "big")
            return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
        jwk = {"kty": "EC", "crv": curve, "x": coordinate("wx"), "y": coordinate("wy")}
    return {name: value for name, value in jwk.items() if name != "kid"}


def judge_tokens(folder, file, report):
    for group in json.loads((folder / file).read_text())["testGroups"]:
        key = group.get("public") or group["private"]
        with tempfile.TemporaryDirectory() as scratch:
            key_file = pathlib.Path(scratch) / "keys.json"
            key_file.write_text(json.dumps(key if "keys" in key else {"keys": [key]}))
            tokens = [test["jws"].encode() for test in group["tests"]]
            verdicts = corpus.verify_lines(["--signature-only", "--jwks", key_file], tokens)
        for test, (accepted, code) in zip(group["tests"], verdicts):
            report.add(file, test["tcId"], test["result"] == "valid", accepted, code)


def judge_signatures(folder, name, report):
    file = f"{name}_test.json"
    tests = [(group, test) for group in json.loads((folder / file).read_text())["testGroups"]
             for test in group["tests"]]
    answers = corpus.ask_probe([
        {"op": "verify", "alg": alg_of(name), "jwk": jwk_of(group), "msg": test["msg"], "sig": test["sig"]}
        for group, test in tests])
    for (_, test), answer in zip(tests, answers):
        report.add(file, test["tcId"], test["result"] == "valid", answer["valid"], answer.get("reason"))


def judge_by_kernel(folder, name, kernel, report):
    """RS256 once more, in the lanes of one variant of the RSA kernel."""
    # The kernel is tied to e = 65537 and to at most 4096 bits; other keys are OpenSSL's, and judged above.
    file = f"{name}_test.json"
    tests = [(group, test) for group in json.loads((folder / file).read_text())["testGroups"]
             if jwk_of(group)["e"] == "AQAB" for test in group["tests"]]
    answers = corpus.ask_probe([
        {"op": "verify", "alg": "RS256", "kernel": kernel, "jwk": jwk_of(group), "msg": test["msg"], "sig": test["sig"]}
        for group, test in tests])
    entry = f"{file} in lanes of {kernel}"
    for (_, test), answer in zip(tests, answers):
        report.add(entry, test["tcId"], test["result"] == "valid", answer["valid"], answer.get("reason"))
    return entry, (len(tests), len(tests))


def main():
    folder = corpus.folder("wycheproof")
    report = corpus.Report(KNOWN)
    for file in (SIGNATURE, KEY):
        judge_tokens(folder, file, report)
    for name in BARE:
        judge_signatures(folder, name, report)
    wanted = {SIGNATURE: (401, 387), KEY: (26, 22)}
    # "none": one signature after the other, as where no kernel runs.
    for kernel in [*corpus.ask_probe([{"op": "kernels"}])[0]["rsa"].split(","), "none"]:
        wanted.update(judge_by_kernel(folder, f"rsa_signature_{bits}_sha256", kernel, report)
                      for bits in (2048, 3072, 4096))
    return report.finish(wanted | {f"{name}_test.json": (count, count) for name, count in BARE.items()})


if __name__ == "__main__":
    sys.exit(main())
