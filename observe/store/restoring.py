"""What a restored database begins its new life with, and what it keeps of the one it replaces."""

from dataclasses import dataclass

from observe.store.db import Db


@dataclass(frozen=True, slots=True)
class Doors:
    """Ways in that were shut, or changed, and must not open again because an older copy is used.

    `revoked`: replica, when, by whom; `nodes`: node, likewise. `accounts`: person, session epoch, pass-phrase hash,
    when closed.
    """

    revoked: tuple[tuple[str, str, str | None], ...] = ()
    accounts: tuple[tuple[str, int, str, str | None], ...] = ()
    nodes: tuple[tuple[str, str, str | None], ...] = ()


_WITH_NODES = 20
"""The migration from which on there are nodes; an older backup knows none, so none can come in with it."""

_NODES_SHUT_OUT = "select node, revoked_at, revoked_by from node where revoked_at is not null"


def newest_migration(db: Db) -> int:
    return int(db.rows("select coalesce(max(number), 0) as newest from migration")[0]["newest"])


def holds_anything(db: Db) -> bool:
    return bool(db.rows("select 1 from change limit 1"))


def doors(db: Db) -> Doors:
    """How the ways in stand in `db`."""
    revoked = db.rows("select replica, revoked_at, revoked_by from replica where revoked_at is not null")
    accounts = db.rows("select person, session_epoch, password_hash, closed_at from account")
    nodes = db.rows(_NODES_SHUT_OUT) if newest_migration(db) >= _WITH_NODES else []
    return Doors(
        tuple((row["replica"], row["revoked_at"], row["revoked_by"]) for row in revoked),
        tuple((row["person"], row["session_epoch"], row["password_hash"], row["closed_at"]) for row in accounts),
        tuple((row["node"], row["revoked_at"], row["revoked_by"]) for row in nodes),
    )


def keep_shut(db: Db, were: Doors) -> None:
    """Shut in `db` what was shut in the database it replaces, and take over newer pass-phrases."""
    db.run_many(
        "update replica set revoked_at = :at, revoked_by = :by where replica = :replica and revoked_at is null",
        [{"replica": replica, "at": at, "by": by} for replica, at, by in were.revoked],
    )
    if were.nodes and newest_migration(db) >= _WITH_NODES:
        db.run_many(
            "update node set revoked_at = :at, revoked_by = :by where node = :node and revoked_at is null",
            [{"node": node, "at": at, "by": by} for node, at, by in were.nodes],
        )
    db.run_many(
        "update account set session_epoch = :epoch, password_hash = :hash, closed_at = :closed_at"
        " where person = :person and session_epoch < :epoch",
        [
            {"person": person, "epoch": epoch, "hash": hash_, "closed_at": closed_at}
            for person, epoch, hash_, closed_at in were.accounts
        ],
    )


def begin_anew(db: Db, epoch: str, replica: str, at: str) -> None:
    """Another history: a new epoch, a new replica for what is written here, and no session that is still good."""
    db.run(
        "insert into replica (replica, person, name, token_sha256, paired_at)"
        " values (:replica, null, 'server', null, :at)",
        {"replica": replica, "at": at},
    )
    db.run("update place set epoch = :epoch, replica = :replica", {"epoch": epoch, "replica": replica})
    db.run("update account set session_epoch = session_epoch + 1")
