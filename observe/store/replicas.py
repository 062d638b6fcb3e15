"""Replicas: devices, browsers and this server; whoever numbers changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    is_guest: bool
    """It was paired with another server; here it reads and writes in the schools whose logs speak of it."""
    forked_n: int | None
    """From this number on, what a copied device wrote here stands under another name."""


_COLUMNS = (
    "replica, person, name, paired_at, revoked_at, stored_n, last_seen_at, last_stored_at, waiting,"
    " waiting_since, clock_offset_seconds, is_guest, forked_n"
)
COLUMNS = tuple(_COLUMNS.split(", "))


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
    return [as_replica(row) for row in rows]


def of_person(db: Db, person: str) -> list[Replica]:
    rows = db.rows(f"select {_COLUMNS} from replica where person = :person order by paired_at", {"person": person})
    return [as_replica(row) for row in rows]


def note_stored(db: Db, replica: str, n: int, at: str) -> None:
    db.run(
        "update replica set stored_n = case when stored_n > :n then stored_n else :n end, last_stored_at = :at"
        " where replica = :replica",
        {"replica": replica, "n": n, "at": at},
    )


def as_record(db: Db, replica: str) -> dict[str, str]:
    """The fields of a device's record: what another server has to know to recognise it."""
    row = one(
        db.rows(
            "select person, name, token_sha256 as token, paired_at, revoked_at from replica where replica = :replica",
            {"replica": replica},
        )
    )
    return {name: value for name, value in (row or {}).items() if value is not None}


def meet(db: Db, replica: str, at: str) -> None:
    """A replica whose changes arrived by way of another server; nothing happens when it is known."""
    db.run(
        "insert into replica (replica, name, paired_at, is_guest) values (:replica, '', :at, 1)"
        " on conflict (replica) do nothing",
        {"replica": replica, "at": at},
    )


def claim(db: Db, replica: str, person: str, name: str, at: str) -> bool:
    """Put down a name never heard of as an earlier one of this person's; False when somebody was quicker."""
    made = db.run(
        "insert into replica (replica, person, name, paired_at) values (:replica, :person, :name, :at)"
        " on conflict (replica) do nothing",
        {"replica": replica, "person": person, "name": name, "at": at},
    )
    return made > 0


def introduce(db: Db, replica: str, values: Mapping[str, Any], at: str) -> None:
    """What a school's log says of a device that was paired elsewhere. What was paired here stays as it is.

    Nothing happens where the name is a server's or another person's, whatever was decided about the record.
    """
    person, token = values.get("person"), values.get("token")
    if not _may_be(db, replica, person, token):
        return
    meet(db, replica, at)
    _give_way(db, replica, person)
    db.run(
        "update replica set person = :person, name = coalesce(:name, name) where replica = :replica and is_guest = 1",
        {"replica": replica, "person": person, "name": values.get("name")},
    )
    if token is not None and not _is_anothers_token(db, replica, token):
        db.run(
            "update replica set token_sha256 = :token"
            " where replica = :replica and is_guest = 1 and token_sha256 is null",
            {"replica": replica, "token": token},
        )
    if values.get("revoked_at"):
        revoke(db, replica, "", at)


def objection(db: Db, writer: str, replica: str, said: Mapping[str, Any]) -> str | None:
    """Why a record that says `said` of `replica`, in a change numbered by `writer`, cannot be right; None when it can.

    Only servers make devices known, and never under a name or a token that is another's here.
    """
    wrote = read(db, writer)
    if wrote is not None and wrote.person is not None:
        return "a device is made known by the server it was paired with, never by a device"
    if not _may_be(db, replica, said.get("person"), said.get("token")):
        return "this name is a server's or another device's"
    token = said.get("token")
    return "another device is known by this" if token is not None and _is_anothers_token(db, replica, token) else None


def _may_be(db: Db, replica: str, person: str | None, token: str | None) -> bool:
    """Whether a record may speak of `replica` as a device of `person`, known by `token`."""
    if person is None or is_nodes(db, replica):
        return False
    row = one(
        db.rows("select person, token_sha256, is_guest from replica where replica = :replica", {"replica": replica})
    )
    if row is None:
        return True
    if row["person"] == person:
        return row["token_sha256"] in {None, token}
    if row["person"] is not None:
        return _is_empty_claim(db, replica)
    by_others = "select 1 from change where replica = :replica and made_by <> :person and verdict = 'accepted' limit 1"
    return bool(row["is_guest"]) and not db.rows(by_others, {"replica": replica, "person": person})


def _is_empty_claim(db: Db, replica: str) -> bool:
    """Whether somebody only asked for this name: it has no token, and nothing was ever stored under it."""
    unused = (
        "select 1 from replica where replica = :replica and is_guest = 0 and person is not null"
        " and token_sha256 is null and stored_n = 0"
        " and not exists (select 1 from change where replica = :replica)"
    )
    return bool(db.rows(unused, {"replica": replica}))


def _give_way(db: Db, replica: str, person: str | None) -> None:
    if _is_empty_claim(db, replica):
        db.run(
            "update replica set is_guest = 1 where replica = :replica and person <> :person",
            {"replica": replica, "person": person},
        )


def _is_anothers_token(db: Db, replica: str, token: str) -> bool:
    known = "select 1 from replica where token_sha256 = :token and replica <> :replica"
    return bool(db.rows(known, {"token": token, "replica": replica}))


def has_token(db: Db, replica: str) -> bool:
    """Whether a device is known by more than its name."""
    known = "select 1 from replica where replica = :replica and token_sha256 is not null"
    return bool(db.rows(known, {"replica": replica}))


def is_nodes(db: Db, replica: str) -> bool:
    """Whether a server of a school writes under this name."""
    return bool(db.rows("select 1 from node where replica = :replica", {"replica": replica}))


def schools_that_know(db: Db, replica: str) -> frozenset[str]:
    """The schools whose logs speak of a device."""
    rows = db.rows("select school from record where record = :record", {"record": f"replica/{replica}"})
    return frozenset(row["school"] for row in rows)


def note_fork(db: Db, replica: str, n: int) -> None:
    """From `n` on, what this replica wrote here stands under another name."""
    db.run(
        "update replica set forked_n = :n where replica = :replica and (forked_n is null or forked_n > :n)",
        {"replica": replica, "n": n},
    )


def forked(db: Db) -> dict[str, int]:
    """Replicas that were copied, and from which number on."""
    rows = db.rows("select replica, forked_n from replica where forked_n is not null")
    return {row["replica"]: row["forked_n"] for row in rows}


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
    return as_replica(row) if row else None


def as_replica(row: Row) -> Replica:
    return Replica(**{**row, "is_guest": bool(row["is_guest"])})
