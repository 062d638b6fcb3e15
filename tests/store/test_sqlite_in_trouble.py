"""A file that cannot serve at this moment says so, keeps what it had, and serves again afterwards."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from observe.domain.errors import NotNow
from observe.store import people, schema
from observe.store.sqlite import SqliteDb
from tests.fixtures.engine import AT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "observe.sqlite3"


@pytest.fixture
def impatient(path: Path) -> Iterator[SqliteDb]:
    """A database that waits for nobody."""
    with closing(SqliteDb(path, busy_seconds=0)) as db:
        schema.migrate(db, AT)
        people.write_school(db, "a", {"name": "there"})
        yield db


def add(db: SqliteDb, school: str, name: str = "x") -> None:
    with db.atomic():
        people.write_school(db, school, {"name": name})


def test_another_program_holds_it(impatient: SqliteDb, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(NotNow):
            add(impatient, "b")
        other.execute("rollback")

    add(impatient, "b")

    assert [school.school for school in people.schools(impatient)] == ["a", "b"]


def test_its_disk_is_full(impatient: SqliteDb) -> None:
    pages = impatient.rows("pragma page_count")[0]["page_count"]
    impatient.rows(f"pragma max_page_count = {pages}")

    with pytest.raises(NotNow):
        add(impatient, "b", "x" * 100_000)

    impatient.rows("pragma max_page_count = 1000000")
    add(impatient, "b", "x" * 100_000)
    assert [school.school for school in people.schools(impatient)] == ["a", "b"]


def test_it_may_not_be_written(impatient: SqliteDb) -> None:
    impatient.rows("pragma query_only = on")

    with pytest.raises(NotNow):
        add(impatient, "b")

    impatient.rows("pragma query_only = off")
    add(impatient, "b")
    assert len(people.schools(impatient)) == 2


def test_a_mistake_of_ours_is_not_called_trouble(impatient: SqliteDb) -> None:
    with pytest.raises(sqlite3.OperationalError):
        impatient.rows("select nothing from nowhere")
