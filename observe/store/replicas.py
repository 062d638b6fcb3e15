"""Replicas: devices, browsers and this server; whoever numbers changes."""

from dataclasses import dataclass

from observe.store.db import Db, Row, one


@dataclass(frozen=True, slots=True)
class Replica:
    """One device of one person. Times are UTC ISO-8601 texts."""

    replica: str
    person: str | None
    name: str
    paired_at: str
    revoked_at: str | None
    stored_n: int
    last_seen_at: str | None
    last_stored_at: str | None
    waiting: int | None
    waiting_since: str | None
    clock_offset_seconds: int | None


_COLUMNS = (
    "replica, person, name, paired_at, revoked_at, stored_n, last_seen_at, last_stored_at, waiting,"
    " waiting_since, clock_offset_seconds"
)


def add(db: Db, replica: str, person: str | None, name: str, token_sha256: str | None, at: str) -> None:
    db.run(
        "insert into replica (replica, person, name, token_sha256, paired_at)"
        " values (:replica, :person, :name, :token, :at)",
        {"replica": replica, "person": person, "name": name, "token": token_sha256, "at": at},
    )


def read(db: Db, replica: str) -> Replica | None:
    return _one(db.rows(f"select {_COLUMNS} from replica where replica = :replica", {"replica": replica}))


def take(db: Db, replica: str) -> int:
    """How far a replica is stored, 0 when it is unknown; nobody else stores for it until our transaction is done."""
    row = one(
        db.rows(
            "update replica set stored_n = stored_n where replica = :replica returning stored_n", {"replica": replica}
        )
    )
    return row["stored_n"] if row else 0


def by_token(db: Db, token_sha256: str) -> Replica | None:
    return _one(db.rows(f"select {_COLUMNS} from replica where token_sha256 = :token", {"token": token_sha256}))


def of_school(db: Db, school: str) -> list[Replica]:
    """The devices of a school's members, the one not heard from longest first."""
    rows = db.rows(
        f"select {_COLUMNS} from replica where person in (select person from person where school = :school)"
        " order by coalesce(last_seen_at, paired_at), replica",
        {"school": school},
    )
    return [Replica(**row) for row in rows]


def of_person(db: Db, person: str) -> list[Replica]:
    rows = db.rows(f"select {_COLUMNS} from replica where person = :person order by paired_at", {"person": person})
    return [Replica(**row) for row in rows]


def note_stored(db: Db, replica: str, n: int, at: str) -> None:
    db.run(
        "update replica set stored_n = :n, last_stored_at = :at where replica = :replica",
        {"replica": replica, "n": n, "at": at},
    )


def note_seen(
    db: Db,
    replica: str,
    at: str,
    waiting: int | None,
    clock_offset_seconds: int | None,
    waiting_since: str | None = None,
) -> None:
    """What a device said of itself. One that does not say since when something waits is taken at our first hearing."""
    db.run(
        "update replica set last_seen_at = :at, waiting = coalesce(:waiting, waiting),"
        " waiting_since = case when coalesce(:waiting, waiting, 0) = 0 then null"
        " else coalesce(:since, waiting_since, :at) end,"
        " clock_offset_seconds = coalesce(:offset, clock_offset_seconds) where replica = :replica",
        {"replica": replica, "at": at, "waiting": waiting, "since": waiting_since, "offset": clock_offset_seconds},
    )


def revoke(db: Db, replica: str, by: str, at: str) -> None:
    """From now on the device's token is worth nothing. Doing it twice changes nothing."""
    db.run(
        "update replica set revoked_at = :at, revoked_by = :by where replica = :replica and revoked_at is null",
        {"replica": replica, "by": by, "at": at},
    )


def _one(rows: list[Row]) -> Replica | None:
    row = one(rows)
    return Replica(**row) if row else None
