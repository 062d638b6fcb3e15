"""Verified copies of this database that are known of, and how far they reach for each replica."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from observe.store.db import Db, Row, one


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is known of one verified copy. `schools` gives the feed number and chain digest it reaches in each.

    `reach` gives the highest number it holds of each replica. Times are UTC ISO-8601 texts.
    """

    made_at: str
    verified_at: str
    name: str
    bytes: int
    sha256: str
    epoch: str
    schools: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    reach: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Backup:
    """One verified copy, as it was noted here."""

    made_at: str
    verified_at: str
    name: str
    sha256: str
    positions: Mapping[str, tuple[int, str]]


_COLUMNS = "made_at, verified_at, name, sha256, positions"


def note(db: Db, receipt: Receipt) -> None:
    """Remember a copy. Doing it twice changes nothing; the reach never goes back."""
    db.run(
        f"insert into backup ({_COLUMNS}) values (:made_at, :verified_at, :name, :sha256, :positions)"
        " on conflict (made_at) do nothing",
        {
            "made_at": receipt.made_at,
            "verified_at": receipt.verified_at,
            "name": receipt.name,
            "sha256": receipt.sha256,
            "positions": json.dumps({school: list(place) for school, place in receipt.schools.items()}),
        },
    )
    db.run_many(
        "insert into backup_reach (replica, n) values (:replica, :n) on conflict (replica)"
        " do update set n = excluded.n where excluded.n > backup_reach.n",
        [{"replica": replica, "n": n} for replica, n in receipt.reach.items()],
    )


def latest(db: Db) -> Backup | None:
    row = one(db.rows(f"select {_COLUMNS} from backup order by made_at desc limit 1"))
    return _backup(row) if row else None


def all_of(db: Db) -> list[Backup]:
    """Every copy that was ever noted, the oldest first."""
    return [_backup(row) for row in db.rows(f"select {_COLUMNS} from backup order by made_at")]


def reach_of_person(db: Db, person: str) -> dict[str, int]:
    """How far each replica of a person's is in a verified copy."""
    rows = db.rows(
        "select backup_reach.replica as replica, backup_reach.n as n from replica"
        " join backup_reach on backup_reach.replica = replica.replica where replica.person = :person",
        {"person": person},
    )
    return {row["replica"]: row["n"] for row in rows}


def reach_of_log(db: Db) -> dict[str, int]:
    """Up to which number each replica is in this very database without a gap: a node may lack some before others."""
    return {
        row["replica"]: row["n"] for row in db.rows("select replica, stored_n as n from replica where stored_n > 0")
    }


def _backup(row: Row) -> Backup:
    positions = {school: (place[0], place[1]) for school, place in json.loads(row["positions"]).items()}
    return Backup(**{**row, "positions": positions})
