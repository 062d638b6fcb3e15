"""Going back to a backup refuses what is not sure, throws nothing away, and opens no door that was shut."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from observe.services import accounts, backup, nodes, pairing, restore
from observe.services.restore import CannotRestore, Chance
from observe.store import accounts as account_rows
from observe.store import people, places, replicas
from observe.store.sqlite_copy import SqliteReader
from tests.builders import NOON, a_device
from tests.fixtures.place import Town

LATER = NOON + timedelta(days=1)
CHANCE = Chance(lambda: LATER, lambda: "another epoch", lambda: "newreplica12")


@pytest.fixture
def database(town: Town, tmp_path: Path) -> Path:
    return tmp_path / "observe.sqlite3"


@pytest.fixture
def copy(town: Town, database: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    return folder / backup.make(database, folder, NOON).name


def growth_in(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("select body from change where body like '%\"growth\"%'").fetchall()
    return [body for (body,) in rows]


def test_the_restored_place_has_another_epoch_and_writes_under_another_name(
    town: Town, database: Path, copy: Path
) -> None:
    before = places.read(town.place.db)
    town.place.db.close()

    restore.restore(copy, database, CHANCE, may_replace=True)

    with closing(SqliteReader(database)) as db:
        after = places.read(db)
        assert replicas.read(db, "newreplica12")
    assert before
    assert after
    assert (after.epoch, after.replica) == ("another epoch", "newreplica12")
    assert before.epoch != after.epoch


def test_what_was_there_is_kept_aside_whole(town: Town, database: Path, copy: Path) -> None:
    device = a_device(town.place, town.people["observer"])
    device.write(town.school, f"observation/{town.observations['draft']}", {"growth": "after the backup"})
    town.place.db.close()

    done = restore.restore(copy, database, CHANCE, may_replace=True)

    assert done.aside
    assert len(growth_in(done.aside)) == 1
    assert growth_in(database) == []


def test_records_are_not_replaced_unless_told(town: Town, database: Path, copy: Path) -> None:
    town.place.db.close()

    with pytest.raises(CannotRestore, match="holds records"):
        restore.restore(copy, database, CHANCE, may_replace=False)

    with closing(SqliteReader(database)) as db:
        identity = places.read(db)
    assert identity
    assert identity.epoch != "another epoch"


def test_an_empty_place_needs_no_telling(town: Town, copy: Path, tmp_path: Path) -> None:
    restore.restore(copy, tmp_path / "elsewhere" / "observe.sqlite3", CHANCE, may_replace=False)

    assert (tmp_path / "elsewhere" / "observe.sqlite3").exists()


def test_a_database_somebody_has_open_stays(town: Town, database: Path, copy: Path) -> None:
    with pytest.raises(CannotRestore, match="stop the server first"):
        restore.restore(copy, database, CHANCE, may_replace=True)

    assert town.place.db.rows("select 1 as one") == [{"one": 1}]


def test_a_damaged_backup_is_refused_before_anything_moves(town: Town, database: Path, copy: Path) -> None:
    town.place.db.close()
    copy.write_bytes(copy.read_bytes()[:-5000])
    before = sorted(path.name for path in database.parent.iterdir())

    with pytest.raises(backup.NotABackup):
        restore.restore(copy, database, CHANCE, may_replace=True)

    assert sorted(path.name for path in database.parent.iterdir()) == before


def test_a_broken_database_can_be_replaced_and_is_kept_too(town: Town, database: Path, copy: Path) -> None:
    town.place.db.close()
    database.write_bytes(b"no database at all" * 1000)

    done = restore.restore(copy, database, CHANCE, may_replace=True)

    assert done.aside
    assert done.aside.read_bytes().startswith(b"no database")
    with closing(SqliteReader(database)) as db:
        assert places.read(db)


def test_doors_that_were_shut_since_stay_shut(town: Town, database: Path, copy: Path) -> None:
    place, teacher, observer = town.place, town.people["teacher"], town.people["observer"]
    lost = pairing.pair(place, observer, "Tablet yang hilang").replica
    newer = backup.make(database, copy.parent, NOON + timedelta(hours=1))
    with place.db.atomic():
        replicas.revoke(place.db, lost, town.people["administrator"], place.moment())
    accounts.close(place, teacher)
    accounts.reset_password(place, observer, "kata-sandi-yang-lain-sama-sekali")
    changed = account_rows.read(place.db, observer)
    place.db.close()

    restore.restore(copy.parent / newer.name, database, CHANCE, may_replace=True)

    with closing(SqliteReader(database)) as db:
        device, closed, renewed = (
            replicas.read(db, lost),
            account_rows.read(db, teacher),
            account_rows.read(db, observer),
        )
    assert device
    assert closed
    assert renewed
    assert changed
    assert device.revoked_at
    assert closed.closed_at
    assert (renewed.password_hash, renewed.session_epoch > changed.session_epoch) == (changed.password_hash, True)


def test_a_server_that_was_shut_out_since_stays_so(town: Town, database: Path, copy: Path) -> None:
    place = town.place
    made = nodes.let_in(place, "", "Server sekolah", {town.school: False})
    newer = backup.make(database, copy.parent, NOON + timedelta(hours=1))
    nodes.revoke(place, people.viewer(place.db, town.people["administrator"]), town.school, made.node)
    place.db.close()

    restore.restore(copy.parent / newer.name, database, CHANCE, may_replace=True)

    with closing(SqliteReader(database)) as db:
        (shut_out,) = db.rows("select revoked_at, revoked_by from node")
    assert shut_out["revoked_at"]
    assert shut_out["revoked_by"] == town.people["administrator"]


def test_a_newer_backup_that_is_passed_over_is_named(town: Town, database: Path, copy: Path) -> None:
    newer = backup.make(database, copy.parent, NOON + timedelta(hours=1))
    backup.take_note(town.place)
    town.place.db.close()

    done = restore.restore(copy, database, CHANCE, may_replace=True)

    assert done.newer == newer.name
