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
    """For each replica that numbers its changes here: up to which it is said to be stored, and how many of those are.

    Not for one that was copied (some of its numbers stand under another name) or that is known by hearsay.
    """
    rows = db.rows(
        "select r.replica as replica, r.stored_n as said, count(distinct c.n) as found from replica r"
        " left join change c on c.replica = r.replica and c.n <= r.stored_n"
        " where r.forked_n is null and r.is_guest = 0 group by r.replica, r.stored_n"
    )
    return {row["replica"]: (row["said"], row["found"]) for row in rows}


def counts(db: Db) -> dict[str, int]:
    """How many rows each table has."""
    return {table: int(db.rows(f"select count(*) as found from {table}")[0]["found"]) for table in TABLES}
