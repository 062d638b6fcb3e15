"""Sessions that were ended by signing out. Those that merely grew old need no row."""

from observe.store.db import Db


def end(db: Db, session_sha256: str, at: str) -> None:
    db.run(
        "insert into ended_session (session_sha256, ended_at) values (:session, :at) on conflict (session_sha256)"
        " do nothing",
        {"session": session_sha256, "at": at},
    )


def is_ended(db: Db, session_sha256: str) -> bool:
    rows = db.rows("select 1 from ended_session where session_sha256 = :session", {"session": session_sha256})
    return bool(rows)


def forget_before(db: Db, at: str) -> None:
    db.run("delete from ended_session where ended_at < :at", {"at": at})
