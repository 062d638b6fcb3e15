"""Accounts: how a person proves who she is. Never synced, never in a feed."""

from dataclasses import dataclass

from observe.store.db import Db, Row, one


@dataclass(frozen=True, slots=True)
class Account:
    """One person's way in. `session_epoch` grows when every older session must end."""

    person: str
    username: str
    nip: str | None
    password_hash: str
    session_epoch: int
    language: str | None
    closed_at: str | None
    is_demo: bool


_COLUMNS = "person, username, nip, password_hash, session_epoch, language, closed_at, is_demo"


def add(db: Db, account: Account, at: str) -> None:
    db.run(
        "insert into account (person, username, nip, password_hash, session_epoch, language, is_demo, made_at)"
        " values (:person, :username, :nip, :hash, :epoch, :language, :is_demo, :at)",
        {
            "person": account.person,
            "username": account.username,
            "nip": account.nip,
            "hash": account.password_hash,
            "epoch": account.session_epoch,
            "language": account.language,
            "is_demo": int(account.is_demo),
            "at": at,
        },
    )


def read(db: Db, person: str) -> Account | None:
    return _one(db.rows(f"select {_COLUMNS} from account where person = :person", {"person": person}))


def by_login(db: Db, login: str) -> Account | None:
    """The account of a username or staff number, as `services.accounts.login_name` writes them.

    A number may have been put right on a roster since the account was made.
    """
    return _one(
        db.rows(
            f"select {_COLUMNS} from account where username = :login or nip = :login"
            " or person in (select person from person where nip = :login and is_active = 1)"
            " order by case :login when username then 0 when nip then 1 else 2 end, person limit 1",
            {"login": login},
        )
    )


def is_taken(db: Db, login: str) -> bool:
    """Whether an account has this username or staff number as its own."""
    return bool(db.rows("select 1 from account where username = :login or nip = :login", {"login": login}))


def all_of(db: Db) -> list[Account]:
    return [_account(row) for row in db.rows(f"select {_COLUMNS} from account order by username")]


def set_password(db: Db, person: str, password_hash: str, at: str) -> None:
    """A new pass-phrase: every session that began with the old one ends."""
    db.run(
        "update account set password_hash = :hash, session_epoch = session_epoch + 1, changed_at = :at"
        " where person = :person",
        {"person": person, "hash": password_hash, "at": at},
    )


def rehash(db: Db, person: str, password_hash: str) -> None:
    """The same pass-phrase under newer parameters: sessions go on."""
    db.run("update account set password_hash = :hash where person = :person", {"person": person, "hash": password_hash})


def set_language(db: Db, person: str, language: str) -> None:
    db.run("update account set language = :language where person = :person", {"person": person, "language": language})


def close(db: Db, person: str, at: str) -> None:
    db.run(
        "update account set closed_at = coalesce(closed_at, :at), session_epoch = session_epoch + 1"
        " where person = :person",
        {"person": person, "at": at},
    )


def reopen(db: Db, person: str) -> None:
    db.run("update account set closed_at = null where person = :person", {"person": person})


def _one(rows: list[Row]) -> Account | None:
    row = one(rows)
    return _account(row) if row else None


def _account(row: Row) -> Account:
    return Account(**{**row, "is_demo": bool(row["is_demo"])})
