"""Held changes: stored, not counted, waiting for somebody to decide."""

from collections.abc import Iterable
from dataclasses import dataclass

from observe.store.db import Db


@dataclass(frozen=True, slots=True)
class Held:
    """One held change and what became of it: `waiting`, `released` or `set-aside`."""

    school: str
    seq: int
    record: str
    made_by: str
    reason: str
    standing: str = "waiting"
    decided_by: str | None = None
    decided_at: str | None = None


_COLUMNS = "school, seq, record, made_by, reason, standing, decided_by, decided_at"


def add(db: Db, held: Iterable[Held]) -> None:
    db.run_many(
        "insert into held (school, seq, record, made_by, reason) values (:school, :seq, :record, :made_by, :reason)",
        (
            {
                "school": new.school,
                "seq": new.seq,
                "record": new.record,
                "made_by": new.made_by,
                "reason": new.reason,
            }
            for new in held
        ),
    )


def put(db: Db, held: Held) -> None:
    """Held by a ruling: as `add`, also where it was held before, then for another reason."""
    db.run(
        "insert into held (school, seq, record, made_by, reason) values (:school, :seq, :record, :made_by, :reason)"
        " on conflict (school, seq) do update set reason = excluded.reason",
        {
            "school": held.school,
            "seq": held.seq,
            "record": held.record,
            "made_by": held.made_by,
            "reason": held.reason,
        },
    )


def remove(db: Db, school: str, seq: int) -> None:
    """Not held any more, by a ruling; the ruling tells the story."""
    db.run("delete from held where school = :school and seq = :seq", {"school": school, "seq": seq})


def of_school(db: Db, school: str, standing: str = "waiting") -> list[Held]:
    rows = db.rows(
        f"select {_COLUMNS} from held where school = :school and standing = :standing order by seq",
        {"school": school, "standing": standing},
    )
    return [Held(**row) for row in rows]


def of_author(db: Db, school: str, made_by: str) -> list[Held]:
    rows = db.rows(
        f"select {_COLUMNS} from held where school = :school and made_by = :made_by order by seq",
        {"school": school, "made_by": made_by},
    )
    return [Held(**row) for row in rows]


def of_record(db: Db, school: str, record: str) -> list[Held]:
    rows = db.rows(
        f"select {_COLUMNS} from held where school = :school and record = :record order by seq",
        {"school": school, "record": record},
    )
    return [Held(**row) for row in rows]


def decided(db: Db, school: str, limit: int) -> list[Held]:
    """What was released or set aside, the latest decision first."""
    rows = db.rows(
        f"select {_COLUMNS} from held where school = :school and standing <> 'waiting'"
        " order by decided_at desc, seq desc limit :limit",
        {"school": school, "limit": limit},
    )
    return [Held(**row) for row in rows]


def read(db: Db, school: str, seq: int) -> Held | None:
    rows = db.rows(f"select {_COLUMNS} from held where school = :school and seq = :seq", {"school": school, "seq": seq})
    return Held(**rows[0]) if rows else None


def decide(db: Db, school: str, seq: int, standing: str, by: str, at: str) -> None:
    db.run(
        "update held set standing = :standing, decided_by = :by, decided_at = :at"
        " where school = :school and seq = :seq",
        {"school": school, "seq": seq, "standing": standing, "by": by, "at": at},
    )


def released_of(db: Db, school: str, record: str) -> set[int]:
    """Feed numbers of a record's held changes that count after all."""
    rows = db.rows(
        "select seq from held where school = :school and record = :record and standing = 'released'",
        {"school": school, "record": record},
    )
    return {row["seq"] for row in rows}
