"""Who this installation is: its epoch, and the replica it writes as."""

from dataclasses import dataclass

from observe.store.db import Db, Reader, one


@dataclass(frozen=True, slots=True)
class Identity:
    """`epoch` changes when the database is restored; `replica` numbers what is written here."""

    epoch: str
    replica: str


def read(db: Reader) -> Identity | None:
    row = one(db.rows("select epoch, replica from place"))
    return Identity(**row) if row else None


def found(db: Db, identity: Identity, at: str) -> None:
    db.run(
        "insert into place (id, epoch, replica, made_at) values (1, :epoch, :replica, :at)",
        {"epoch": identity.epoch, "replica": identity.replica, "at": at},
    )


def rename(db: Db, replica: str) -> None:
    """From now on what is written here is numbered under this name."""
    db.run("update place set replica = :replica where id = 1", {"replica": replica})
