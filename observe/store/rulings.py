"""Rulings: rows of a node's log whose verdict is the centre's and not the one they began with.

Each ruling is a row of the log itself (record `ruling/…`); this is where the one that stands now is looked up.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from observe.store.db import Db, one

MOVED = "moved"
"""Why a copied device's change does not count: the same words stand under another name. Nobody is asked to decide."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What stands for the log row `seq`, by the ruling in row `made_seq`: its own where the centre only agreed."""

    school: str
    seq: int
    verdict: str
    reason: str
    detail: str
    made_seq: int


_COLUMNS = "school, seq, verdict, reason, detail, made_seq"


def write(db: Db, ruling: Ruling) -> None:
    db.run(
        f"insert into ruling ({_COLUMNS}) values (:school, :seq, :verdict, :reason, :detail, :made_seq)"
        " on conflict (school, seq) do update set verdict = excluded.verdict, reason = excluded.reason,"
        " detail = excluded.detail, made_seq = excluded.made_seq",
        asdict(ruling),
    )


def read(db: Db, school: str, seq: int) -> Ruling | None:
    row = one(
        db.rows(f"select {_COLUMNS} from ruling where school = :school and seq = :seq", {"school": school, "seq": seq})
    )
    return Ruling(**row) if row else None


def of_record(db: Db, school: str, record: str) -> dict[int, Ruling]:
    """The rulings on changes of one record, by their row of the log."""
    rows = db.rows(
        "select r.school, r.seq, r.verdict, r.reason, r.detail, r.made_seq from ruling r"
        " join change c on c.school = r.school and c.seq = r.seq where c.school = :school and c.record = :record",
        {"school": school, "record": record},
    )
    return {row["seq"]: Ruling(**row) for row in rows}


def of_replica(db: Db, replica: str, numbers: Sequence[int]) -> dict[int, Ruling]:
    """The rulings on a replica's changes between the lowest and the highest of `numbers`, by number."""
    if not numbers:
        return {}
    rows = db.rows(
        "select c.n, r.school, r.seq, r.verdict, r.reason, r.detail, r.made_seq from ruling r"
        " join change c on c.school = r.school and c.seq = r.seq"
        " where c.replica = :replica and c.n >= :lowest and c.n <= :highest",
        {"replica": replica, "lowest": min(numbers), "highest": max(numbers)},
    )
    return {row.pop("n"): Ruling(**row) for row in rows}


def moved(db: Db, school: str) -> set[int]:
    """The rows of a school's log whose words stand under another name."""
    rows = db.rows(
        "select seq from ruling where school = :school and reason = :moved", {"school": school, "moved": MOVED}
    )
    return {row["seq"] for row in rows}


def put_beyond(db: Db, school: str, seq: int) -> None:
    """The centre counts this change and this version cannot; it is looked at again after an upgrade."""
    db.run(
        "insert into beyond (school, seq) values (:school, :seq) on conflict (school, seq) do nothing",
        {"school": school, "seq": seq},
    )


def beyond(db: Db) -> list[tuple[str, int]]:
    return [(row["school"], row["seq"]) for row in db.rows("select school, seq from beyond order by school, seq")]


def take_from_beyond(db: Db, school: str, seq: int) -> None:
    db.run("delete from beyond where school = :school and seq = :seq", {"school": school, "seq": seq})
