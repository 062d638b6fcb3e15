"""What an inspection of the whole database asks for. Nothing here writes."""

from collections.abc import Iterator

from observe.store import changes
from observe.store.changes import LogRow, Position
from observe.store.db import Db

TABLES = ("feed", "change", "held", "record", "replica", "school", "person", "observation", "step")
"""What a copy is counted by."""


def positions(db: Db) -> dict[str, Position]:
    """How far each school's feed says it has come; 0 for a school that has rows in its log and no counter."""
    rows = db.rows(
        "select school, seq, chain from feed union select distinct school, 0, '' from change"
        " where school not in (select school from feed) order by school"
    )
    return {row["school"]: Position(row["seq"], row["chain"]) for row in rows}


def walk(db: Db, school: str) -> Iterator[LogRow]:
    """Every row of a school's log in feed order, read a few at a time."""
    after = -1
    while rows := changes.walk(db, school, after):
        yield from rows
        after = rows[-1].seq


def numbering(db: Db) -> dict[str, tuple[int, int]]:
    """For each replica in the log: its highest number, and how many different numbers there are."""
    rows = db.rows("select replica, max(n) as n, count(distinct n) as numbers from change group by replica")
    return {row["replica"]: (row["n"], row["numbers"]) for row in rows}


def stored(db: Db) -> dict[str, int]:
    """For each replica that is known here: up to which number it is said to be stored."""
    return {row["replica"]: row["stored_n"] for row in db.rows("select replica, stored_n from replica")}


def counts(db: Db) -> dict[str, int]:
    """How many rows each table has."""
    return {table: int(db.rows(f"select count(*) as found from {table}")[0]["found"]) for table in TABLES}
