"""Failed sign-ins, counted per subject. A subject is a digest: nobody's name or address is kept."""

from dataclasses import dataclass

from observe.store.db import Db, one


@dataclass(frozen=True, slots=True)
class Failures:
    """How often a subject failed, and when it last did."""

    count: int
    last_failed_at: str


def read(db: Db, subject: str) -> Failures | None:
    row = one(db.rows("select failures, last_failed_at from throttle where subject = :subject", {"subject": subject}))
    return Failures(row["failures"], row["last_failed_at"]) if row else None


def write(db: Db, subject: str, failures: int, at: str) -> None:
    db.run(
        "insert into throttle (subject, failures, last_failed_at) values (:subject, :failures, :at)"
        " on conflict (subject) do update set failures = excluded.failures, last_failed_at = excluded.last_failed_at",
        {"subject": subject, "failures": failures, "at": at},
    )


def take_back(db: Db, subject: str) -> None:
    """One failure fewer: the attempt it was counted for succeeded."""
    db.run("update throttle set failures = failures - 1 where subject = :subject", {"subject": subject})


def forget(db: Db, subject: str) -> None:
    db.run("delete from throttle where subject = :subject", {"subject": subject})


def forget_before(db: Db, at: str) -> None:
    """Nothing is counted against anybody for ever."""
    db.run("delete from throttle where last_failed_at < :at", {"at": at})
