"""assay check-config --repair on logs that somebody or something has damaged: what is said, and what is lost."""
import json
import os
import pathlib
import re
import shutil
import sqlite3
import tempfile
import urllib.request

import pytest

from command_line import Keys, Serve, assay

SECRET = "an-admin-secret-of-the-tests"
COUNT = 400  # revocations in the log: several pages of it
CONFIG = """
[[listener]]
address = "tcp://127.0.0.1:0"

[admin]
address = "tcp://127.0.0.1:0"
secret_file = "admin.secret"

[[issuer]]
name = "main"
issuer = "https://issuer.example"
jwks = "file:%s"
audiences = ["api"]

[state]
revocations = "sqlite:%s"
"""
LOG = "log/revocations.db"


def write_config(folder, keys):
    (folder / "log").mkdir()
    (folder / "admin.secret").write_text(SECRET)
    (folder / "assay.toml").write_text(CONFIG % (keys.jwks, LOG))
    return folder / "assay.toml"


def revoke_many(serve):
    lines = [serve.next_line() for _ in range(2)]
    admin = lines[1].split()[1].replace("tcp://", "http://")
    for half in (range(COUNT // 2), range(COUNT // 2, COUNT)):
        body = "\n".join(json.dumps({"kind": "subject", "value": f"user-{i}"}) for i in half)
        request = urllib.request.Request(admin + "/revoke", data=body.encode(), headers={
            "Authorization": f"Bearer {SECRET}", "Content-Type": "application/x-ndjson"})
        assert json.load(urllib.request.urlopen(request, timeout=30))["recorded"] == COUNT // 2


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("cli"), "k1")


@pytest.fixture(scope="module")
def logs(keys, tmp_path_factory):
    """Logs with COUNT acknowledged revocations: of a sidecar that ended, and of one that was killed."""
    made = {}
    for how in ("ended", "killed"):
        folder = tmp_path_factory.mktemp(how)
        serve = Serve(write_config(folder, keys))
        try:
            revoke_many(serve)
            if how == "ended":
                assert serve.stop() == 0
        finally:
            serve.end()
        made[how] = folder / "log"
    return made


@pytest.fixture
def place(keys, logs, tmp_path):
    """A function that puts a log into a configuration of its own; returns the two files."""
    def put(how="ended"):
        file = write_config(tmp_path, keys)
        shutil.copytree(logs[how], tmp_path / "log", dirs_exist_ok=True)
        return file, tmp_path / LOG
    return put


def flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def row_near(path, part):
    """The offset of a byte in the middle of a row."""
    content = path.read_bytes()
    at = content.find(b"Arow", int(len(content) * part))
    assert at >= 0
    return at + 40


def wal_of(log):
    return log.with_name(log.name + "-wal")


def drop_wal(log):
    wal_of(log).unlink()


def cut(log):
    drop_wal(log)
    log.write_bytes(log.read_bytes()[:log.stat().st_size // 2 + 100])


def empty(log):
    drop_wal(log)
    log.write_bytes(b"")


def spoil_head(log):
    drop_wal(log)
    log.write_bytes(b"\xde\xad\xbe\xef" * 25 + log.read_bytes()[100:])


def flip_in_a_row(log):
    drop_wal(log)
    flip(log, row_near(log, 0.5))


def flip_in_the_wal(log):
    flip(wal_of(log), row_near(wal_of(log), 0.5))


def cut_the_wal(log):
    wal_of(log).write_bytes(wal_of(log).read_bytes()[:-5000])


def remove(log):
    for path in (log, wal_of(log)):
        path.unlink()


SAID = re.compile(r"(\d+) records? read in their place, (\d+) revocations? found among the bytes, (up to )?(\d+) "
                  r"records? lost.*; the damaged log is kept as (\S+)")


@pytest.mark.parametrize("how, damage, found", [
    ("ended", cut, r"damaged at byte [1-9]\d*"),
    ("ended", empty, "the file is empty, and records were acknowledged"),
    ("ended", spoil_head, "damaged at byte 0 .no SQLite database"),
    ("ended", flip_in_a_row, r"damaged at byte \d+ .the record with sequence \d+"),
    ("ended", remove, "the file is gone, and records were acknowledged"),
    ("killed", drop_wal, "its end is missing|the tables are gone, and records were acknowledged"),
    ("killed", flip_in_the_wal, r"revocations\.db-wal: damaged at byte [1-9]\d* \(its end is missing"),
    ("killed", cut_the_wal, r"revocations\.db-wal: damaged at byte [1-9]\d* \(its end is missing"),
])
def test_damage_is_found_repaired_and_accounted_for(place, how, damage, found):
    file, log = place(how)
    damage(log)
    for command in (["check-config"], ["serve", "--config"]):
        done = assay(*command, file)
        assert done.status == 2 and re.search(found, done.err) and "check-config --repair" in done.err, done
    before = log.read_bytes() if log.exists() else None
    done = assay("check-config", "--repair", file)
    said = SAID.search(done.out)
    assert (done.status, done.err) == (0, "") and said, done
    assert "fleet" not in done.out and "up to 0 " not in done.out
    read, carved, lost = int(said[1]), int(said[2]), int(said[4])
    assert read + carved + lost >= COUNT and read + carved <= COUNT, done.out
    assert before is None or pathlib.Path(said[5]).read_bytes() == before
    assert assay("check-config", file).status == 0
    serve = Serve(file)
    try:
        assert serve.next_line().startswith("listening ")
        assert f"revocations: {read + carved} in force" in serve.errors.read_text()
        assert serve.stop() == 0
    finally:
        serve.end()


def test_the_byte_named_is_in_the_frame_that_is_damaged(place):
    file, log = place("killed")
    at = row_near(wal_of(log), 0.5)
    flip(wal_of(log), at)
    named = int(re.search(r"-wal: damaged at byte (\d+)", assay("check-config", file).err)[1])
    assert named <= at < named + 24 + 4096


def test_a_repair_that_loses_the_fingerprint_leaves_the_log_to_the_configured_id_key(place):
    file, log = place()
    drop_wal(log)
    database = sqlite3.connect(log)
    body = database.execute("SELECT body FROM id_key").fetchone()[0]
    database.close()
    flip(log, log.read_bytes().index(body))
    checked = assay("check-config", file)
    assert checked.status == 2 and "the fingerprint of the id key" in checked.err
    done = assay("check-config", "--repair", file)
    assert (done.status, done.err) == (0, "") and f"{COUNT} records read" in done.out
    assert "the fingerprint of the id key is lost, and the log has that of the key that [state] gives now" in done.out
    (file.parent / "id.key").write_text("k" * 32)
    file.write_text(file.read_text() + 'id_key_file = "id.key"\n')
    for command in (["check-config"], ["serve", "--config"]):
        done = assay(*command, file)
        assert done.status == 2 and "under another id key" in done.err, command


def test_a_log_whose_sidecar_was_killed_is_whole(place):
    file, _ = place("killed")
    done = assay("check-config", "--repair", file)
    assert (done.status, done.err) == (0, "") and f"whole, {COUNT} records" in done.out


def replace_by_directory(log):
    remove(log)
    log.mkdir()


def replace_by_link(log):
    real = log.with_name("elsewhere.db")
    log.rename(real)
    wal_of(log).rename(wal_of(real))
    log.symlink_to(real)


def replace_by_dead_link(log):
    log.unlink()
    log.symlink_to("nowhere.db")


def replace_by_stranger(log):
    for path in (log, wal_of(log), log.with_name(log.name + "-witness")):
        path.unlink()
    log.write_bytes(b"this is no log " * 1000)


def let_others_write(log):
    log.chmod(0o666)


def replace_by_pipe(log):
    remove(log)
    os.mkfifo(log)


@pytest.mark.parametrize("damage, said", [
    (replace_by_directory, "is a directory: name a file in it"),
    (replace_by_link, "is a symbolic link, and its write-ahead log would be elsewhere"),
    (replace_by_dead_link, "is a symbolic link"),
    (replace_by_pipe, "is no file"),
    (replace_by_stranger, "file is not a database"),
    (let_others_write, "others may write it, and so lift revocations: chmod 600"),
])
def test_what_is_no_log_is_named_and_left_alone(place, damage, said):
    file, log = place()
    damage(log)

    def listing():
        return {path: path.is_file() and not path.is_symlink() and path.read_bytes()
                for path in log.parent.iterdir()}
    before = listing()
    for command in (["check-config"], ["check-config", "--repair"], ["serve", "--config"]):
        done = assay(*command, file)
        assert (done.status, done.out) == (2, "") and said in done.err and str(log) in done.err, (command, done)
        if command[0] == "check-config":
            assert listing() == before


def test_a_log_that_may_not_be_read_is_no_log_that_is_not_there(keys, logs):
    """Neither a file nor a folder that this user may not use is taken for an absent log."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-repair-"))
    user = {"user": 65534} if os.geteuid() == 0 else {}
    try:
        jwks = folder / "keys.json"
        jwks.write_bytes(keys.jwks.read_bytes())
        file = write_config(folder, keys)
        file.write_text(file.read_text().replace(str(keys.jwks), str(jwks)))
        shutil.copytree(logs["ended"], folder / "log", dirs_exist_ok=True)
        folder.chmod(0o755)
        for path, mode in ((folder / LOG, 0o000), (folder / "log", 0o000)):
            path.chmod(mode)
            for command in (["check-config"], ["check-config", "--repair"], ["serve", "--config"]):
                done = assay(*command, file, **user)
                assert (done.status, done.out) == (2, "") and "ermission denied" in done.err, (path, command, done)
                assert "revocations.db" in done.err and "there is no revocation log" not in done.err
            path.chmod(0o700)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_log_in_use_is_left_to_the_sidecar(place):
    file, log = place()
    serve = Serve(file)
    try:
        assert serve.next_line().startswith("listening ")
        before = log.read_bytes()
        done = assay("check-config", "--repair", file)
        assert (done.status, done.out) == (2, "") and "a running process has it" in done.err
        assert log.read_bytes() == before and serve.stop() == 0
    finally:
        serve.end()


def test_a_repair_that_was_cut_off_is_done_again(place):
    file, log = place()
    flip_in_a_row(log)
    log.with_name(log.name + ".repaired").write_bytes(b"half of a new log")
    done = assay("check-config", "--repair", file)
    assert done.status == 0 and SAID.search(done.out)
    assert not log.with_name(log.name + ".repaired").exists()
