"""Reading back, whole, what was derived from the log: for comparing it with what the log says. Nothing here writes."""

from observe.store.changes import LogRow
from observe.store.db import Db, Row
from observe.store.held import Held

DERIVED = {"person": "person", "school": "school", "observation": "observation", "step": "step"}
"""The kinds of record that have rows of their own, and the table and key column of those."""
_LOG = "school, seq, replica, n, record, made_by, body, digest, received_at, verdict, reason, detail, chain"
_HELD = "school, seq, record, made_by, reason, standing, decided_by, decided_at"


def record_names(db: Db, school: str) -> list[str]:
    """Every record the log of a school or its stored records speak of."""
    rows = db.rows(
        "select record from change where school = :school union select record from record where school = :school"
        " order by record",
        {"school": school},
    )
    return [row["record"] for row in rows]


def flags(db: Db, school: str) -> dict[str, tuple[str, bool]]:
    """For each stored record: its kind, and whether it is said to hold different answers."""
    rows = db.rows("select record, kind, has_conflict from record where school = :school", {"school": school})
    return {row["record"]: (row["kind"], bool(row["has_conflict"])) for row in rows}


def held_rows(db: Db, school: str) -> dict[int, Held]:
    """What is kept of each held change, by its row of the log."""
    rows = db.rows(f"select {_HELD} from held where school = :school", {"school": school})
    return {row["seq"]: Held(**row) for row in rows}


def verdicts(db: Db, school: str) -> dict[int, LogRow]:
    """The rows of the log that began as held."""
    rows = db.rows(
        f"select {_LOG} from change where school = :school and verdict = 'held' order by seq", {"school": school}
    )
    return {row["seq"]: LogRow(**row) for row in rows}


def decisions(db: Db, school: str) -> list[LogRow]:
    """The decisions that count, in feed order."""
    rows = db.rows(
        f"select {_LOG} from change where school = :school and verdict = 'accepted' and record >= 'decision/'"
        " and record < 'decision0' order by seq",
        {"school": school},
    )
    return [LogRow(**row) for row in rows]


def has_rulings(db: Db, school: str) -> bool:
    """Whether another server's verdicts stand here."""
    return bool(db.rows("select 1 from ruling where school = :school limit 1", {"school": school}))


def derived(db: Db, school: str, table: str) -> dict[str, Row]:
    """The rows of one table of `DERIVED`, by their key."""
    return {row[table]: row for row in db.rows(f"select * from {table} where school = :school", {"school": school})}
