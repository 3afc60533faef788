"""assay-probe: s^e mod n by each variant of the RSA kernel, beside Python's own arithmetic."""
import json
import random
import subprocess

import pytest

from command_line import BIN

E = 65537


def ask(*questions):
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([str(BIN / "assay-probe")], input=lines, capture_output=True, timeout=120, check=True,
                          text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def octets(number):
    return number.to_bytes((number.bit_length() + 7) // 8, "big").hex()


def power(kernel, n, s, e=E):
    return {"op": "rsa_public", "kernel": kernel, "n": octets(n), "e": octets(e), "s": octets(s)}


def modulus(bits, seed):
    return random.Random(seed).getrandbits(bits) | 1 << (bits - 1) | 1


def kernels():
    return ask({"op": "kernels"})[0]["rsa"].split(",")


@pytest.mark.parametrize("bits", [2048, 2049, 2056, 3072, 3333, 4095, 4096])
def test_raises_to_the_public_exponent(bits):
    for kernel in kernels():
        n = modulus(bits, bits)
        numbers = [0, 1, 2, n - 1, 2**52, 2**1040 - 1, random.Random(bits + 1).randrange(n)]
        for s, answer in zip(numbers, ask(*(power(kernel, n, s) for s in numbers)), strict=True):
            assert answer == {"valid": True, "bytes": f"{pow(s, E, n):0{(bits + 7) // 8 * 2}x}"}, (kernel, s)


def test_refuses_what_is_not_below_the_modulus():
    n = modulus(2048, 1)
    for kernel in kernels():
        for answer in ask(power(kernel, n, n), power(kernel, n, n + 1)):
            assert answer == {"valid": False, "reason": "bad_signature"}


def test_refuses_keys_that_no_lane_takes():
    n = modulus(2048, 1)
    for answer in ask(power("portable", n, 1, e=3), power("portable", n - 1, 1), power("portable", modulus(2040, 1), 1),
                      power("portable", modulus(4104, 1), 1), power("portable", 0, 0)):
        assert answer == {"valid": False, "reason": "weak_key"}


def test_says_what_a_question_lacks():
    assert "needs kernel" in ask({"op": "rsa_public", "kernel": "portable"})[0]["error"]
    assert "run here" in ask(power("sse9", 3, 1))[0]["error"]
