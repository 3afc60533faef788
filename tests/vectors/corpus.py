"""What the vector tests share: where the corpora are, the programs that judge them, and the table of what came out."""
import collections
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("ASSAY_BIN_DIR", ROOT / "build/dev/bin"))
SKIPPED = 77  # ctest's SKIP_RETURN_CODE
PROGRAM_SECONDS_MAX = 600


def folder(name):
    """The folder `name` of the corpora; ends the test as skipped where they are not."""
    place = os.environ.get("ASSAY_VECTORS_DIR", "")
    path = pathlib.Path(place) / name
    if not place or not path.is_dir():
        print(f"skipped: ASSAY_VECTORS_DIR names no folder with {name}/ (docs/cli.md says where to get the vectors)")
        sys.exit(SKIPPED)
    return path


def run(arguments, text=b""):
    return subprocess.run([str(argument) for argument in arguments], input=text, capture_output=True, check=False,
                          timeout=PROGRAM_SECONDS_MAX)


def ask_probe(questions):
    """One answer per question; a question that is not understood, or a missing answer, ends the test."""
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = run([BIN / "assay-probe"], lines.encode())
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(answers) == len(questions), done.stderr.decode()
    errors = [answer for answer in answers if "error" in answer]
    assert not errors, errors[:3]
    return answers


def verify_lines(arguments, tokens):
    """(accepted, code) of each token, by one run of `assay verify`. A key file that cannot be used rejects all."""
    done = run([BIN / "assay", "verify", *arguments, "--json", "-"], b"".join(token + b"\n" for token in tokens))
    if done.returncode == 2 and not done.stdout:
        return [(False, "key_file_refused")] * len(tokens)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(tokens), done.stderr.decode()
    return [(answer["verdict"] == "accept", answer["code"]) for answer in answers]


class Report:
    """Compares what was expected with what came out.

    known   {(file, test): reason}: every deviation that is meant, by name. One that is missing there, or one that no
            longer happens, fails.
    """

    def __init__(self, known):
        self.known = known
        self.counts = collections.OrderedDict()
        self.deviations = []

    def add(self, file, test, wanted, accepted, note=""):
        """wanted: whether the corpus wants it accepted; None where it leaves that open."""
        row = self.counts.setdefault(file, collections.Counter())
        row["tests"] += 1
        row["accepted"] += accepted
        if wanted is None or wanted == accepted:
            row["as expected"] += 1
        else:
            self.deviations.append((file, test, "accepted" if accepted else f"rejected ({note})"))

    def finish(self, wanted_counts):
        """Prints the table; the exit status. wanted_counts: {file: (tests, as expected)}: no test may go missing."""
        print(f"{'file':46} {'tests':>6} {'as expected':>12} {'deviations':>11}")
        for file, row in self.counts.items():
            print(f"{file:46} {row['tests']:6} {row['as expected']:12} {row['tests'] - row['as expected']:11}")
        faults = []
        for file, test, outcome in self.deviations:
            reason = self.known.get((file, test))
            print(f"deviation: {file} {test} {outcome}: {reason or 'NOT KNOWN'}")
            if reason is None:
                faults.append(f"{file} {test}: {outcome}, and no reason is known")
        happened = {(file, test) for file, test, _ in self.deviations}
        faults += [f"{file} {test}: no longer a deviation; take it off the list" for file, test in self.known
                   if (file, test) not in happened]
        counted = {file: (row["tests"], row["as expected"]) for file, row in self.counts.items()}
        if counted != wanted_counts:
            faults.append(f"the table is not the one that is expected: {wanted_counts}")
        for fault in faults:
            print(f"FAULT: {fault}")
        print("failed" if faults else "passed")
        return 1 if faults else 0
