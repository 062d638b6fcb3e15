"""A backup is a true copy that was verified, or there is none; only then may a tablet forget."""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from observe import cli
from observe.services import backup
from observe.store import sqlite_copy
from observe.store.sqlite_copy import SqliteReader
from tests.builders import NOON, Device, a_device
from tests.fixtures.place import Town

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def database(town: Town, tmp_path: Path) -> Path:
    return tmp_path / "observe.sqlite3"


@pytest.fixture
def device(town: Town) -> Device:
    return a_device(town.place, town.people["observer"])


def write(town: Town, device: Device, words: str = "kata") -> None:
    assert not device.write(town.school, f"observation/{town.observations['draft']}", {"growth": words}).held


def changes_in(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("select count(*) from change").fetchone()[0])


def test_a_backup_of_a_database_in_use_holds_everything_committed(
    town: Town, device: Device, database: Path, folder: Path
) -> None:
    write(town, device)

    made = backup.make(database, folder, NOON)

    assert changes_in(folder / made.name) == town.place.db.rows("select count(*) as n from change")[0]["n"]
    assert backup.check(folder / made.name) == made
    assert [path.name for path in sorted(folder.iterdir())] == [made.name, f"{made.name}.receipt.json"]


def test_a_plain_copy_of_a_live_database_is_not_taken_for_one(
    town: Town, device: Device, database: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(town, device)
    monkeypatch.setattr(sqlite_copy, "copy", shutil.copy)

    with pytest.raises(backup.NoBackup, match="no backup was made"):
        backup.make(database, folder, NOON)

    assert list(folder.iterdir()) == []


def test_how_far_a_backup_reaches_is_told_once_it_is_verified(
    town: Town, device: Device, database: Path, folder: Path
) -> None:
    write(town, device)
    before = backup.backed_up(town.place, device.person)
    backup.make(database, folder, NOON)
    write(town, device, "later")

    after = backup.backed_up(town.place, device.person)

    assert (before, after) == ({}, {"tablet1": 1})
    assert backup.backed_up(town.place, town.people["teacher"]) == {}


def test_the_reach_never_goes_back(town: Town, device: Device, database: Path, folder: Path) -> None:
    write(town, device)
    old = backup.make(database, folder, NOON)
    write(town, device, "later")
    backup.make(database, folder, NOON + timedelta(days=1))
    backup.take_note(town.place)

    backup.leave_note(database, old)

    assert backup.backed_up(town.place, device.person) == {"tablet1": 2}


def test_a_note_of_another_history_is_not_looked_at(town: Town, device: Device, database: Path, folder: Path) -> None:
    write(town, device)
    backup.make(database, folder, NOON)

    town.place.db.run("update place set epoch = 'restored since'")

    assert backup.backed_up(town.place, device.person) == {}


@pytest.mark.parametrize(
    "damage",
    [
        "update change set body = replace(body, 'kata', 'dusta')",
        "delete from change where seq = 3",
        "update change set verdict = 'held', reason = 'invalid' where seq = 3",
        "update feed set seq = seq + 1",
    ],
)
def test_a_damaged_log_is_never_called_backed_up(
    town: Town, device: Device, database: Path, folder: Path, damage: str
) -> None:
    write(town, device)
    good = backup.make(database, folder, NOON)
    write(town, device, "kata lain")

    town.place.db.run(damage)

    with pytest.raises(backup.NoBackup, match=r"row|counter"):
        backup.make(database, folder, NOON + timedelta(days=1))
    assert backup.backed_up(town.place, device.person) == {"tablet1": 1}
    assert backup.check(folder / good.name) == good


def test_a_backup_with_one_byte_altered_is_refused(town: Town, database: Path, folder: Path) -> None:
    file = folder / backup.make(database, folder, NOON).name
    whole = file.read_bytes()
    for place in range(0, len(whole), len(whole) // 40):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])

        with pytest.raises(backup.NotABackup):
            backup.check(file)


def test_a_backup_cut_anywhere_is_refused(town: Town, database: Path, folder: Path) -> None:
    file = folder / backup.make(database, folder, NOON).name
    whole = file.read_bytes()
    for length in range(0, len(whole), len(whole) // 20):
        file.write_bytes(whole[:length])

        with pytest.raises(backup.NotABackup):
            backup.check(file)


def test_the_disk_filling_up_leaves_no_file_and_says_so(
    town: Town, database: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(backup.NoBackup, match="the disk is full"):
        backup.make(database, folder, NOON)

    assert list(folder.iterdir()) == []
    assert backup.latest(town.place) is None


def test_half_a_backup_left_by_a_kill_is_none_and_goes_in_time(town: Town, database: Path, folder: Path) -> None:
    folder.mkdir()
    half = folder / f"observe-20261122T000000Z{backup.ENDING}.making"
    half.write_bytes(b"SQLite format 3\0")
    os.utime(half, (0, 0))

    assert backup.latest(town.place) is None
    backup.drop_old(database, folder, NOON, 30)

    assert not half.exists()


KILLED_AT_A_FLUSH = """
import os, sys
from observe import cli
from observe.store import sqlite_copy
really, left = sqlite_copy.flush, int(sys.argv[1])
def flush(path):
    global left
    left -= 1
    if left < 0:
        os._exit(9)
    really(path)
sqlite_copy.flush = flush
sys.exit(cli.main(["backup", "--to", sys.argv[2]]))
"""


def test_killed_at_any_flush_it_leaves_a_whole_backup_or_none(
    town: Town, device: Device, database: Path, folder: Path
) -> None:
    write(town, device)
    environment = os.environ | {"OBSERVE_DATABASE_PATH": str(database)}
    for flushes in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        command = [sys.executable, "-c", KILLED_AT_A_FLUSH, str(flushes), str(folder)]
        status = subprocess.run(command, env=environment, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode
        copies = list(folder.glob(f"*{backup.ENDING}"))
        for copy in copies:
            assert backup.check(copy).reach["tablet1"] == 1
        if status == 0:
            break
        assert status == 9
        assert copies or backup.backed_up(town.place, device.person) == {}

    assert flushes > 4
    assert backup.backed_up(town.place, device.person) == {"tablet1": 1}


def test_a_disk_that_takes_no_more_bytes_leaves_no_file_and_no_backup(town: Town, database: Path, folder: Path) -> None:
    limit = 64 * 1024
    told = subprocess.run(
        [sys.executable, "-m", "observe.cli", "backup", "--to", str(folder)],
        env=os.environ | {"OBSERVE_DATABASE_PATH": str(database)},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )

    assert (told.returncode, "no backup was made" in told.stdout) == (1, True), told
    assert backup.latest(town.place) is None
    assert list(folder.iterdir()) == []


def test_old_backups_go_and_the_newest_three_stay(town: Town, database: Path, folder: Path) -> None:
    names = [backup.make(database, folder, NOON + timedelta(days=day)).name for day in (0, 1, 2, 3, 40)]
    foreign = folder / f"observe-19990101T000000Z{backup.ENDING}"
    foreign.write_bytes(b"somebody else's")

    dropped = backup.drop_old(database, folder, NOON + timedelta(days=60), days=30)

    assert dropped == [names[1], names[0]]
    assert sorted(path.name for path in folder.glob(f"*{backup.ENDING}")) == sorted([*names[2:], foreign.name])


def test_the_command_says_what_it_made_and_counts_a_copy_made_otherwise(
    town: Town, device: Device, database: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(town, device)
    environment = {"OBSERVE_DATABASE_PATH": str(database)}
    with closing(SqliteReader(database)) as live:
        live.copy_to(database.with_name("snapshot.sqlite3"))

    assert cli.main(("backup", "--mark", str(database.with_name("snapshot.sqlite3"))), environment) == 0
    marked = backup.backed_up(town.place, device.person)
    assert cli.main(("backup", "--to", str(folder)), environment) == 0

    assert marked == {"tablet1": 1}
    assert "changes of 2 schools, verified." in capsys.readouterr().out


def test_the_copy_of_another_place_counts_for_nothing(
    town: Town, database: Path, built_town: tuple[Path, Town], capsys: pytest.CaptureFixture[str]
) -> None:
    other = database.with_name("other.sqlite3")
    shutil.copy(built_town[0], other)
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("update place set epoch = 'another'")

    assert cli.main(("backup", "--mark", str(other)), {"OBSERVE_DATABASE_PATH": str(database)}) == 2

    assert "not a copy of this installation" in capsys.readouterr().err


def test_a_database_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = tmp_path / "nowhere.sqlite3"

    status = cli.main(("backup", "--to", str(tmp_path / "b")), {"OBSERVE_DATABASE_PATH": str(wanted)})

    assert status == 1
    assert str(wanted) in capsys.readouterr().out
    assert not wanted.exists()


def test_the_receipt_is_plain_text_another_program_can_read(town: Town, database: Path, folder: Path) -> None:
    made = backup.make(database, folder, NOON)

    told = json.loads((folder / f"{made.name}.receipt.json").read_text())

    assert told["sha256"] == made.sha256
    assert told["schools"].keys() == {town.school, town.outside_school}
