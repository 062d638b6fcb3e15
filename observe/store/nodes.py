"""Nodes: servers of schools that forward everything they hold to this one, and read everything of their schools."""

from collections.abc import Mapping
from dataclasses import dataclass

from observe.store.db import Db, Row, one


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `replica` is the name it writes its own changes under, once it has told. Times are UTC texts."""

    node: str
    name: str
    replica: str | None
    made_by: str
    made_at: str
    revoked_at: str | None
    last_seen_at: str | None
    waiting: int | None
    waiting_since: str | None
    clock_offset_seconds: int | None


_COLUMNS = (
    "node, name, replica, made_by, made_at, revoked_at, last_seen_at, waiting, waiting_since, clock_offset_seconds"
)


def add(db: Db, node: Node, token_sha256: str, schools: Mapping[str, bool]) -> None:
    """A new node of `schools`; the value of each says whether the school began there."""
    db.run(
        "insert into node (node, name, token_sha256, made_by, made_at) values (:node, :name, :token, :by, :at)",
        {"node": node.node, "name": node.name, "token": token_sha256, "by": node.made_by, "at": node.made_at},
    )
    db.run_many(
        "insert into node_school (school, node, may_found) values (:school, :node, :may_found)",
        ({"school": school, "node": node.node, "may_found": int(begins)} for school, begins in schools.items()),
    )


def read(db: Db, node: str) -> Node | None:
    return _one(db.rows(f"select {_COLUMNS} from node where node = :node", {"node": node}))


def by_token(db: Db, token_sha256: str) -> Node | None:
    return _one(db.rows(f"select {_COLUMNS} from node where token_sha256 = :token", {"token": token_sha256}))


def all_of(db: Db) -> list[Node]:
    return [Node(**row) for row in db.rows(f"select {_COLUMNS} from node order by made_at, node")]


def of_school(db: Db, school: str) -> list[Node]:
    rows = db.rows(
        f"select {_COLUMNS} from node where node in (select node from node_school where school = :school)"
        " order by made_at, node",
        {"school": school},
    )
    return [Node(**row) for row in rows]


def schools(db: Db, node: str) -> dict[str, bool]:
    """The schools of a node, and whether each began there."""
    rows = db.rows("select school, may_found from node_school where node = :node order by school", {"node": node})
    return {row["school"]: bool(row["may_found"]) for row in rows}


def claim(db: Db, node: str, replica: str) -> None:
    """The name a node writes under: what it says first stands."""
    db.run(
        "update node set replica = :replica where node = :node and replica is null", {"node": node, "replica": replica}
    )


def is_anothers(db: Db, node: str, replica: str) -> bool:
    """Whether a server writes under this name that shares no school with `node`."""
    known = (
        "select 1 from node where replica = :replica and node <> :node and node not in"
        " (select node from node_school where school in (select school from node_school where node = :node))"
    )
    return bool(db.rows(known, {"replica": replica, "node": node}))


def note_seen(db: Db, node: str, at: str, waiting: int | None, since: str | None, offset: int | None) -> None:
    db.run(
        "update node set last_seen_at = :at, waiting = coalesce(:waiting, waiting),"
        " waiting_since = case when coalesce(:waiting, waiting, 0) = 0 then null"
        " else coalesce(:since, waiting_since, :at) end,"
        " clock_offset_seconds = coalesce(:offset, clock_offset_seconds) where node = :node",
        {"node": node, "at": at, "waiting": waiting, "since": since, "offset": offset},
    )


def revoke(db: Db, node: str, by: str, at: str) -> None:
    db.run(
        "update node set revoked_at = :at, revoked_by = :by where node = :node and revoked_at is null",
        {"node": node, "by": by, "at": at},
    )


def _one(rows: list[Row]) -> Node | None:
    row = one(rows)
    return Node(**row) if row else None
