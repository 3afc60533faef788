"""Runs the program assay and mints what it is asked about."""
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("ASSAY_BIN_DIR", ROOT / "build/dev/bin"))
ISSUER = "https://issuer.example"
NOW = 1_710_221_000  # in the life of every token here


@dataclasses.dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str

    @property
    def lines(self):
        return self.out.splitlines()

    @property
    def objects(self):
        return [json.loads(line) for line in self.lines]


def assay(*arguments, text=None, **options):
    stdin = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
    done = subprocess.run([str(BIN / "assay"), *map(str, arguments)], capture_output=True, timeout=120, check=False,
                          **stdin, **options)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


class Keys:
    """A key of the tests: its files, and tokens signed with it."""

    def __init__(self, folder, name, alg="ES256"):
        self.private, self.jwks = folder / f"{name}.pem", folder / f"{name}.json"
        done = assay("mint", "--generate", alg, "--kid", name, "--key-out", self.private, "--jwks-out", self.jwks)
        assert done.status == 0, done.err
        self.kid = name

    def mint(self, *arguments, issuer=ISSUER, audience="api", subject="alice"):
        rest = [f"--issuer={issuer}"] if issuer else []
        rest += ["--audience", audience] if audience else []
        done = assay("mint", "--key", self.private, "--kid", self.kid, "--subject", subject, "--now", NOW - 60,
                     "--scope", "orders:read orders:write", *rest, *arguments)
        assert done.status == 0, done.err
        return done.out.rstrip("\n")

    def rules(self, *arguments, now=NOW):
        """What accepts a token of mint()."""
        return ["--jwks", self.jwks, "--issuer", ISSUER, "--audience", "api", "--now", now, *arguments]


def tampered(token):
    head, _, signature = token.rpartition(".")
    return f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def bookings_token():
    """The token that the Bookings partner API documents, from the tests of the engine."""
    text = (ROOT / "tests/jose/bookings_token.h").read_text()
    segments = re.findall(r"kBookings\w+Segment\s*=\s*((?:\s*\"[^\"]*\")+);", text)
    assert len(segments) == 3
    return ".".join("".join(re.findall(r'"([^"]*)"', segment)) for segment in segments)


class Serve:
    """assay serve with the configuration `file`; what it logs is in serve.err beside that."""

    def __init__(self, file):
        self.file, self.errors = file, file.parent / "serve.err"
        with self.errors.open("wb") as err:
            self.program = subprocess.Popen([BIN / "assay", "serve", "--config", file], stdout=subprocess.PIPE,
                                            stderr=err)

    def next_line(self):
        """The next line of its output; "" once it has ended."""
        return self.program.stdout.readline().decode()

    def stop(self):
        self.program.send_signal(signal.SIGTERM)
        return self.program.wait(timeout=60)

    def end(self):
        """Leaves nothing behind, whatever became of the program."""
        if self.program.poll() is None:
            self.program.kill()
            self.program.wait()
        self.program.stdout.close()
