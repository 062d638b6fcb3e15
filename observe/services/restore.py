"""Going back to a backup: verified first, nothing thrown away, and a new epoch, so that tablets bring back the rest."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from observe.domain.errors import ObserveError
from observe.services import backup, verify
from observe.services.place import as_text
from observe.store import backups, restoring, schema, sqlite_copy
from observe.store.backups import Receipt
from observe.store.db import Db
from observe.store.restoring import Doors
from observe.store.sqlite import SqliteDb
from observe.store.sqlite_copy import CopyFailed, InUse, NotADatabase, SqliteReader

_ENDS = ("", "-wal", "-shm")


class CannotRestore(ObserveError):
    """Nothing was restored."""

    message = "nothing was restored: %(why)s"


@dataclass(frozen=True, slots=True)
class Restored:
    """What stands there now. `aside` is where the database it replaced lies; `newer` a backup that reaches further."""

    receipt: Receipt
    aside: Path | None
    newer: str | None


@dataclass(frozen=True, slots=True)
class Chance:
    """What only the edge of the program may fetch: the time, a new epoch, a new replica name."""

    now: Callable[[], datetime]
    new_epoch: Callable[[], str]
    new_replica: Callable[[], str]


def restore(file: Path, database: Path, chance: Chance, *, may_replace: bool) -> Restored:
    """Put the backup `file` in the place of `database`. CannotRestore leaves everything as it was."""
    receipt = backup.check(file)
    half = database.with_name(f"{database.name}.restoring")
    try:
        doors, newer = _look_at(database, receipt, may_replace=may_replace)
        database.parent.mkdir(parents=True, exist_ok=True)
        _remove(half)
        sqlite_copy.copy(file, half)
        _make_new(half, doors, chance)
        aside = _set_aside(database, chance.now())
        sqlite_copy.put_in_place(half, database)
    except (CopyFailed, NotADatabase, OSError) as wrong:
        raise CannotRestore(why=str(wrong)) from wrong
    finally:
        _remove(half)
    return Restored(receipt, aside, newer)


def begin_anew(db: Db, chance: Chance) -> None:
    """Records that were put back by other means: verified, then a new epoch as after `restore`."""
    if damages := verify.log(db):
        raise CannotRestore(why=str(damages[0]))
    with db.atomic():
        restoring.begin_anew(db, chance.new_epoch(), chance.new_replica(), as_text(chance.now()))


def _look_at(database: Path, receipt: Receipt, *, may_replace: bool) -> tuple[Doors, str | None]:
    """What must stay shut of the database that stands there, and a newer backup it knows of."""
    if not database.exists():
        return Doors(), None
    try:
        sqlite_copy.take_alone(database)
        with closing(SqliteReader(database)) as there:
            is_empty = not restoring.holds_anything(there)
            doors, known = restoring.doors(there), backups.latest(there)
    except InUse as busy:
        raise CannotRestore(why=f"{database} is in use; stop the server first") from busy
    except NotADatabase:
        is_empty, doors, known = False, Doors(), None
    if not is_empty and not may_replace:
        raise CannotRestore(
            why=f"{database} holds records; say --over to put the backup in its place (it is kept aside)"
        )
    return doors, known.name if known and receipt.made_at and known.made_at > receipt.made_at else None


def _make_new(half: Path, doors: Doors, chance: Chance) -> None:
    with closing(SqliteDb(half)) as db:
        if restoring.newest_migration(db) > schema.migrations()[-1][0]:
            raise NotADatabase("the backup was made by a newer version of this program; install that one first")
        with db.atomic():
            restoring.keep_shut(db, doors)
            restoring.begin_anew(db, chance.new_epoch(), chance.new_replica(), as_text(chance.now()))
    sqlite_copy.take_alone(half)
    sqlite_copy.flush(half)


def _set_aside(database: Path, now: datetime) -> Path | None:
    if not database.exists():
        return None
    aside = database.with_name(f"{database.name}.before-{now:%Y%m%dT%H%M%S}Z")
    if aside.exists():
        raise CannotRestore(why=f"{aside} is in the way; move it first")
    for end in reversed(_ENDS):
        part = database.with_name(database.name + end)
        if part.exists():
            part.rename(aside.with_name(aside.name + end))
    sqlite_copy.flush(database.parent)
    return aside


def _remove(half: Path) -> None:
    for end in _ENDS:
        half.with_name(half.name + end).unlink(missing_ok=True)
