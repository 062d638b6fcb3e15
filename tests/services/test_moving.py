"""An installation moves whole, is read again, and reads the same; or nothing was moved."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from observe import cli
from observe.services import feed, intake, moving, verify
from observe.services.intake import Draft
from observe.services.moving import CannotMove
from observe.services.place import Place
from observe.store import places, schema, tables
from observe.store.db import Db
from observe.store.postgres import PostgresDb
from observe.store.sqlite import SqliteDb
from scripts.postgresql import Cluster
from tests.builders import a_device, viewer
from tests.fixtures.engine import AT
from tests.fixtures.place import Town


@pytest.fixture
def source(town: Town) -> Place:
    """A school's records in a file, with what is held, decided and on its way."""
    device = a_device(town.place, town.people["observer"])
    device.write(town.school, f"observation/{town.observations['signed']}", {"growth": "zu spät: ä 'x' % :n \u2028"})
    device.write(town.school, f"person/{town.people['teacher']}", {"name": "not hers to write"})
    device.write(town.school, "mystery/1", {"field": {"deep": [1, 2.5, None, True]}})
    return town.place


@pytest.fixture
def url(postgresql: Cluster) -> str:
    return postgresql.new_database()


@pytest.fixture
def target(url: str) -> Iterator[Db]:
    with closing(PostgresDb(url)) as db:
        yield db


def rows(db: Db) -> dict[str, int]:
    return {table: tables.count(db, table) for table in tables.holding(db)}


def test_what_was_moved_reads_the_same(source: Place, target: Db) -> None:
    moved = moving.move(source.db, target, AT)

    assert moved.rows == rows(source.db) == rows(target)
    assert moved.rows["change"] > 20
    assert moved.rows["held"] == 3
    assert moved.damages == verify.log(target) == []
    assert places.read(target) == places.read(source.db)
    assert {table: tables.digest(source.db, table) for table in moved.rows} == {
        table: tables.digest(target, table) for table in moved.rows
    }


def test_a_tablet_goes_on_where_it_was(source: Place, target: Db, town: Town) -> None:
    reader = viewer(source, town.people["observer"])
    before = feed.heads(source, reader, None)
    moving.move(source.db, target, AT)
    there = Place(target, source.settings, source.now, source.new_id)

    assert feed.heads(there, reader, before.cursor).records == []
    assert feed.heads(there, reader, None).records == before.records
    assert not intake.write(
        there, town.people["administrator"], [Draft(town.school, f"school/{town.school}", {"npsn": "1"})]
    )


def test_back_again_it_is_the_same_file_in_other_words(source: Place, target: Db, tmp_path: Path) -> None:
    moving.move(source.db, target, AT)

    with closing(SqliteDb(tmp_path / "again.sqlite3")) as again:
        moving.move(target, again, AT)

        assert {table: tables.digest(again, table) for table in tables.holding(again)} == {
            table: tables.digest(source.db, table) for table in tables.holding(source.db)
        }


def test_nothing_is_moved_into_a_database_that_holds_something(source: Place, target: Db) -> None:
    moving.move(source.db, target, AT)
    before = rows(target)

    with pytest.raises(CannotMove, match=r"not empty.*change"):
        moving.move(source.db, target, AT)

    assert rows(target) == before


def test_nothing_is_moved_from_where_nothing_is(target: Db, tmp_path: Path) -> None:
    with closing(SqliteDb(tmp_path / "empty.sqlite3")) as empty:
        schema.migrate(empty, AT)
        with pytest.raises(CannotMove, match="no installation"):
            moving.move(empty, target, AT)

    assert target.tables() == []


def test_a_copy_that_does_not_read_the_same_is_taken_back(
    source: Place, target: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tables.copy

    def careless(old: Db, new: Db, table: str) -> int:
        copied = copy(old, new, table)
        if table == "person":
            new.run("update person set name = name || ' '")
        return copied

    monkeypatch.setattr(tables, "copy", careless)

    with pytest.raises(CannotMove, match="person does not read the same"):
        moving.move(source.db, target, AT)

    assert target.tables() == []


def test_a_row_altered_by_hand_is_moved_as_it_is_and_named(source: Place, target: Db) -> None:
    source.db.run("update change set verdict = 'held', reason = 'invalid' where seq = 3")

    moved = moving.move(source.db, target, AT)

    assert len(moved.damages) == 2
    assert all("row 3" in damage for damage in moved.damages)


def test_an_operator_moves_house(source: Place, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source.db.close()
    command = ("migrate", "--from", str(tmp_path / "observe.sqlite3"), "--to", url)

    assert cli.main(command, {}) == 0

    said = capsys.readouterr().out
    assert "change" in said
    assert "OBSERVE_DATABASE_URL" in said
    assert cli.main(command, {}) == 2
    assert "not empty" in capsys.readouterr().err


def test_a_file_that_is_served_is_not_moved(
    source: Place, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(("migrate", "--from", str(tmp_path / "observe.sqlite3"), "--to", url), {}) == 2

    assert "in use" in capsys.readouterr().err
    with closing(PostgresDb(url)) as db:
        assert db.tables() == []


@pytest.mark.parametrize(("name", "says"), [("nowhere.sqlite3", "no file"), ("words.txt", "no database of ours")])
def test_what_is_no_database_is_named(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, says: str
) -> None:
    (tmp_path / "words.txt").write_text("words " * 1000)

    assert cli.main(("migrate", "--from", str(tmp_path / name), "--to", url), {}) == 2

    assert says in capsys.readouterr().err
