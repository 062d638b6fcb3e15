"""The keys with which other servers seal the log of a school, once somebody here compared their fingerprints."""

from observe.store.db import Db, one


def read(db: Db, school: str, replica: str) -> str | None:
    """The key of the server that writes under `replica`, SPKI in base64; None when nobody compared it."""
    row = one(
        db.rows(
            "select key from server_key where school = :school and replica = :replica",
            {"school": school, "replica": replica},
        )
    )
    return row["key"] if row else None


def keep(db: Db, school: str, replica: str, key: str, at: str) -> None:
    """From now on this key stands for that server; the first one stays."""
    db.run(
        "insert into server_key (school, replica, key, kept_at) values (:school, :replica, :key, :at)"
        " on conflict (school, replica) do nothing",
        {"school": school, "replica": replica, "key": key, "at": at},
    )
