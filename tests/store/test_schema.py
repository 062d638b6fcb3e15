"""The same numbered files make the same tables on both databases, once, whoever starts first."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from observe.store import schema
from observe.store.db import Db
from observe.store.postgres import PostgresDb, in_its_own_words
from observe.store.sqlite import SqliteDb
from scripts.postgresql import Cluster
from tests.fixtures.engine import AT, NewDb
from tests.store.test_both_engines import in_threads

GLOBAL = {
    "migration": "the schema's own ledger",
    "place": "one row: who this installation is",
    "replica": "a device belongs to a person, who may be in several schools",
    "account": "a person signs in once, for all her schools",
    "throttle": "guesses are counted for a name or an address, before anybody is known",
    "ended_session": "a session belongs to a browser",
    "backup": "a copy is of the whole installation",
    "backup_reach": "how far a device is in such a copy",
    "node": "a server may forward for several schools",
    "uplink": "one row, at a node: its centre",
}
"""Tables whose keys do not begin with the school, and why. Everything else can be distributed by school."""


@pytest.mark.both_engines
def test_a_new_database_gets_every_table_and_a_second_start_adds_nothing(new_db: NewDb) -> None:
    db = new_db()

    assert schema.migrate(db, AT) == [name for _, name, _ in schema.migrations()]
    assert {"change", "feed", "record", "migration"} <= set(db.tables())
    assert schema.migrate(db, AT) == []


def test_both_databases_have_the_same_tables_columns_and_keys(new_db: NewDb, postgresql: Cluster) -> None:
    ours = new_db()
    theirs = PostgresDb(postgresql.new_database())
    try:
        for db in (ours, theirs):
            schema.migrate(db, AT)

        assert ours.tables() == theirs.tables()
        assert {table: ours.key(table) for table in ours.tables()} == {
            table: theirs.key(table) for table in theirs.tables()
        }
        assert {table: columns_of(ours, table) for table in ours.tables()} == {
            table: columns_of(theirs, table) for table in theirs.tables()
        }
    finally:
        theirs.close()


def columns_of(db: Db, table: str) -> list[tuple[str, bool]]:
    """Names, and whether they may be empty, in order."""
    if isinstance(db, SqliteDb):
        rows = db.rows('select name, "notnull" = 1 or pk > 0 as must from pragma_table_info(:t)', {"t": table})
    else:
        rows = db.rows(
            "select column_name as name, is_nullable = 'NO' as must from information_schema.columns"
            " where table_name = :t and table_schema = current_schema() order by ordinal_position",
            {"t": table},
        )
    return [(row["name"], bool(row["must"])) for row in rows]


@pytest.fixture
def several(postgresql: Cluster) -> Iterator[list[PostgresDb]]:
    url = postgresql.new_database()
    with ExitStack() as opened:
        made = [PostgresDb(url, connections=1) for _ in range(4)]
        for db in made:
            opened.callback(db.close)
        yield made


def test_of_several_processes_that_start_at_once_one_makes_the_tables(several: list[PostgresDb]) -> None:
    applied: list[list[str]] = []

    in_threads(*[lambda db=db: applied.append(schema.migrate(db, AT)) for db in several])

    assert sorted(map(len, applied)) == [0, 0, 0, len(schema.migrations())]


@pytest.mark.both_engines
def test_what_belongs_to_a_school_has_the_school_first_in_its_key(db: Db) -> None:
    keys = {table: db.key(table) for table in db.tables()}

    assert [table for table, key in keys.items() if key[:1] != ["school"] and table not in GLOBAL] == []
    assert all(keys.values()), "a table without a key cannot be moved or replicated"


def test_every_text_on_postgresql_is_compared_by_its_bytes(several: list[PostgresDb]) -> None:
    db = several[0]
    schema.migrate(db, AT)

    assert (
        db.rows(
            "select table_name, column_name from information_schema.columns where table_schema = current_schema()"
            " and data_type = 'text' and collation_name is distinct from 'C'"
        )
        == []
    )
    assert db.rows("select collation for ('x'::text) as said")[0]["said"] is not None


def test_types_are_said_in_postgresqls_words() -> None:
    said = in_its_own_words(
        "create table step (\n    text text not null,\n    n integer not null check (n > 0),\n    part real,\n"
        "    photo blob,\n    primary key (text, n)\n) strict;"
    )

    assert said == (
        'create table step (\n    text text collate "C" not null,\n    n bigint not null check (n > 0),\n'
        "    part double precision,\n    photo bytea,\n    primary key (text, n)\n)"
    )
    assert in_its_own_words("alter table t add column text text") == 'alter table t add column text text collate "C"'
    assert in_its_own_words("create index text on step (text, integer)") == "create index text on step (text, integer)"
