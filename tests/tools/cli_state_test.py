"""[state]: the log of revocations at the start of serve, in check-config and under --repair."""
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time

import pytest

from command_line import NOW, Keys, Serve, assay

CONFIG = """
[[listener]]
address = "tcp://127.0.0.1:0"

[[issuer]]
name = "main"
issuer = "https://issuer.example"
jwks = "file:%s"
audiences = ["api"]

[state]
revocations = "sqlite:revocations.db"
"""


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("cli"), "k1")


@pytest.fixture
def config(keys, tmp_path):
    (tmp_path / "id.key").write_text("k" * 32)

    def write(rest=""):
        file = tmp_path / "assay.toml"
        file.write_text(CONFIG % keys.jwks + rest)
        return file
    return write


class Logged(Serve):
    def __init__(self, file):
        super().__init__(file)
        self.head = self.next_line()

    def wait_for_log(self, text):
        for _ in range(600):
            if text in self.errors.read_text():
                return
            time.sleep(0.05)
        raise AssertionError(f"no {text!r} in: {self.errors.read_text()}")


@pytest.fixture
def serve():
    running = []

    def start(file):
        running.append(Logged(file))
        return running[-1]
    yield start
    for one in running:
        one.end()


def log_files(folder):
    return {name: (folder / name).read_bytes() for name in os.listdir(folder) if name.startswith("revocations.db")}


def damaged_log(serve, file):
    """A log whose only page of state is damaged, as it is left by a sidecar that has ended."""
    assert serve(file).stop() == 0
    for name in ("revocations.db", "revocations.db-wal"):
        path = file.parent / name
        content = path.read_bytes() if path.exists() else b""
        at = content.rfind(b"Asta")
        if at >= 0:
            path.write_bytes(content[:at + 20] + bytes([content[at + 20] ^ 1]) + content[at + 21:])
    return log_files(file.parent)


def test_check_config_makes_no_log(config, tmp_path):
    done = assay("check-config", config())
    assert (done.status, done.err, log_files(tmp_path)) == (0, "", {})
    assert f'revocations = "sqlite:{tmp_path}/revocations.db"' in done.out


def test_serve_owns_the_log_until_it_ends(config, serve, keys):
    file = config()
    first = serve(file)
    assert first.head.startswith("listening ")
    first.wait_for_log("revocations: 0 in force, kept in ")
    second = assay("serve", "--config", file)
    assert (second.status, second.out) == (2, "") and "another process uses it" in second.err
    checked = assay("check-config", "--config", file)
    assert checked.status == 0 and "a running process has it" in checked.err and "[state]" in checked.out
    before = log_files(file.parent)
    repaired = assay("check-config", "--config", file, "--repair")
    assert (repaired.status, repaired.out) == (2, "") and "a running process has it" in repaired.err
    assert log_files(file.parent) == before
    assert assay("verify", "--config", file, "--now", NOW, keys.mint()).status == 0
    assert first.stop() == 0
    assert serve(file).stop() == 0


def test_serve_does_not_start_on_a_damaged_log(config, serve):
    file = config()
    files = damaged_log(serve, file)
    done = assay("serve", "--config", file)
    assert (done.status, done.out) == (2, "")
    lines = [line for line in done.err.splitlines() if " error " in line]
    assert len(lines) == 1 and re.search(r"revocations\.db: damaged at byte \d+ .*check-config --repair", lines[0])
    checked = assay("check-config", file)
    assert (checked.status, checked.out) == (2, "") and "damaged at byte" in checked.err
    assert log_files(file.parent) == files


def test_repair_keeps_the_damaged_files_and_says_what_it_did(config, serve):
    file = config()
    files = damaged_log(serve, file)
    done = assay("check-config", "--config", file, "--repair")
    assert (done.status, done.err) == (0, "") and len(done.lines) == 1
    said = re.search(r"0 records read in their place, .* 0 records lost; .* kept as (\S+)$", done.lines[0])
    kept = os.path.basename(said[1])
    assert {name.replace(kept, "revocations.db"): content for name, content in log_files(file.parent).items()
            if name.startswith(kept)} == files
    assert assay("check-config", file).status == 0
    assert serve(file).stop() == 0


def test_another_id_key_is_noticed_before_it_finds_nothing(config, serve, tmp_path):
    file = config('id_key_file = "id.key"\n')
    assert serve(file).stop() == 0
    files = log_files(tmp_path)
    assert assay("check-config", file).status == 0
    assert all(b"k" * 8 not in content for content in files.values())
    without_key = file.read_text().replace('id_key_file = "id.key"\n', "")
    for change in (lambda: (tmp_path / "id.key").write_text("j" * 32), lambda: file.write_text(without_key)):
        change()
        for command in (["serve", "--config"], ["check-config"], ["check-config", "--repair"]):
            done = assay(*command, file)
            assert done.status == 2, command
            assert "under another id key than [state] id_key_file" in done.err and "put the old key back" in done.err
        assert log_files(tmp_path) == files
    config('id_key_file = "id.key"\n')
    (tmp_path / "id.key").write_text("k" * 32)
    assert serve(file).stop() == 0


def test_another_id_key_is_noticed_beside_a_running_sidecar(config, serve, tmp_path):
    file = config('id_key_file = "id.key"\n')
    running = serve(file)
    running.wait_for_log("kept in ")
    same = assay("check-config", file)
    assert same.status == 0 and "a running process has it" in same.err
    assert "its id key is the one of [state]" in same.err
    (tmp_path / "id.key").write_text("j" * 32)
    other = assay("check-config", file)
    assert (other.status, other.out) == (2, "") and "under another id key than [state] id_key_file" in other.err
    assert running.stop() == 0


def test_a_log_of_before_takes_the_id_key_on(config, serve, tmp_path):
    file = config()
    assert serve(file).stop() == 0
    # As it was written before there were fingerprints.
    database = sqlite3.connect(tmp_path / "revocations.db")
    database.execute("DROP TABLE id_key")
    database.close()
    file = config('id_key_file = "id.key"\n')
    assert serve(file).stop() == 0
    assert "another id key" in assay("check-config", config()).err


def test_repair_leaves_a_whole_log_alone(config, serve):
    file = config()
    assert serve(file).stop() == 0
    files = log_files(file.parent)
    done = assay("check-config", "--repair", file)
    assert (done.status, done.err) == (0, "") and "whole, 0 records" in done.out
    assert log_files(file.parent) == files


def test_repair_needs_a_log(config, tmp_path):
    done = assay("check-config", "--repair", config())
    assert (done.status, done.out) == (2, "") and "there is no revocation log" in done.err
    file = config()
    file.write_text(file.read_text().split("[state]")[0])
    done = assay("check-config", "--repair", file)
    assert (done.status, done.out) == (2, "") and "no [state]" in done.err


def test_serve_says_which_folder_it_cannot_use(config):
    file = config()
    file.write_text(file.read_text().replace("sqlite:revocations.db", "sqlite:absent/revocations.db"))
    done = assay("serve", "--config", file)
    assert (done.status, done.out) == (2, "")
    assert re.search(r"cannot serve: .*absent/revocations\.db.*No such file or directory", done.err)


def test_serve_without_a_log_says_so(config, serve):
    file = config()
    file.write_text(file.read_text().split("[state]")[0])
    running = serve(file)
    running.wait_for_log("revocations: off, the configuration has no [state]")
    assert running.stop() == 0


@pytest.mark.parametrize("url, said", [
    ("rediss://10.0.0.5", "TLS, which this build has not"),
    ("http://10.0.0.5", "it begins with redis://"),
    ("redis://10.0.0.5:x", "HOST:PORT"),
    ("redis://10.0.0.5/10000", "0 to 9999"),
])
def test_a_fleet_that_cannot_be_used_has_line_and_column(config, url, said):
    file = config(f'id_key_file = "id.key"\nfleet = "{url}"\n')
    line = file.read_text().splitlines().index(f'fleet = "{url}"') + 1
    for command in (["check-config"], ["serve", "--config"]):
        done = assay(*command, file)
        assert (done.status, done.out) == (2, "") and len(done.err.splitlines()) == 1
        assert done.err.startswith(f"{file}:{line}:9: state.fleet: ") and said in done.err


def test_serve_starts_without_redis_and_joins_it_later(config, serve, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = serve(config(f'id_key_file = "id.key"\nfleet = "redis://127.0.0.1:{port}"\nfleet_timeout = "500ms"\n'))
    assert running.head.startswith("listening ")
    running.wait_for_log("degraded: revocations: the fleet cannot be reached")
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    redis = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir",
                              str(tmp_path)], stdout=subprocess.DEVNULL)
    try:
        running.wait_for_log("no longer degraded")
        assert running.stop() == 0
    finally:
        redis.kill()
        redis.wait()


def test_state_changes_at_a_restart_only(config, serve):
    file = config()
    running = serve(file)
    file.write_text(file.read_text().replace("revocations.db", "other.db"))
    running.program.send_signal(signal.SIGHUP)
    running.wait_for_log("[state] revocations differs from what was read at the start")
    running.wait_for_log("[state] and [outbound] change at a restart only")
    assert running.stop() == 0
