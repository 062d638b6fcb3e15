"""Backups: a true copy, verified before it is called one, and noted so that tablets may forget what is in it.

What makes the copy only reads the live database. It leaves a note beside it, and the process that writes the database
takes that note in (`take_note`): so there is still one connection that writes.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from observe.domain.errors import ObserveError
from observe.services import verify
from observe.services.place import Place, as_text
from observe.store import backups, changes, inspection, places, sqlite_copy
from observe.store.backups import Backup, Receipt
from observe.store.db import Db
from observe.store.sqlite_copy import CopyFailed, NotADatabase, SqliteReader

FEWEST = 3
"""So many copies stay, however old they are."""
ENDING = ".backup.sqlite3"
_RECEIPT = ".receipt.json"
_HALF = ".making"
_HALF_IS_DEAD = timedelta(days=1)
_MIB = 1024 * 1024


class NoBackup(ObserveError):
    """There is no new backup; the ones that were there are untouched."""

    message = "no backup was made: %(why)s. What was there before is untouched, and tablets forget nothing."


class NotABackup(ObserveError):
    """The file cannot be taken for a backup."""

    message = "%(file)s is no backup that can be relied on: %(why)s"


def make(database: Path, folder: Path, now: datetime) -> Receipt:
    """Copy the live `database` into `folder`, verify the copy, and only then call it a backup and leave the note."""
    if not database.is_file():
        raise NoBackup(why=f"there is no database {database}")
    final = folder / f"{database.stem}-{now:%Y%m%dT%H%M%S}Z{ENDING}"
    half = final.with_name(final.name + _HALF)
    if final.exists() or half.exists():
        raise NoBackup(why=f"{final} is there already; one is being made, or was made this very second")
    with _no_half_left(half):
        folder.mkdir(parents=True, exist_ok=True)
        with closing(SqliteReader(database)) as live:
            before = inspection.positions(live)
        sqlite_copy.copy(database, half)
        receipt = _verified(half, final.name, as_text(now), now)
        _must_reach(receipt, {school: (place.seq, place.chain) for school, place in before.items()}, half)
        sqlite_copy.put_in_place(half, final)
        text = msgspec.json.encode(receipt).decode()
        sqlite_copy.write_whole(final.with_name(final.name + _RECEIPT), text)
    leave_note(database, receipt)
    return receipt


def check(file: Path) -> Receipt:
    """What the backup `file` holds, verified anew; NotABackup names what is wrong with it."""
    try:
        found = _verified(file, file.name, "", None)
    except (CopyFailed, NotADatabase, OSError) as wrong:
        raise NotABackup(file=file, why=str(wrong)) from wrong
    kept = read_receipt(file)
    if kept and (kept.sha256 != found.sha256 or kept.bytes != found.bytes):
        raise NotABackup(file=file, why="it is not the file that was verified when it was made")
    return kept or found


def read_receipt(file: Path) -> Receipt | None:
    """What was written down when `file` was verified; None when there is no such receipt."""
    return _read(file.with_name(file.name + _RECEIPT))


def leave_note(database: Path, receipt: Receipt) -> None:
    """Tell whoever writes `database` that there is a verified copy; it takes the note in when it next looks."""
    try:
        sqlite_copy.write_whole(note_path(database, receipt.epoch), msgspec.json.encode(receipt).decode())
    except CopyFailed as wrong:
        raise NoBackup(
            why=f"the copy is there, but the note beside {database} could not be written: {wrong}"
        ) from wrong


def note(db: Db, receipt: Receipt) -> None:
    """Remember a verified copy."""

    def remember() -> None:
        with db.atomic():
            backups.note(db, receipt)

    db.again(remember)


def note_path(database: Path, epoch: str) -> Path:
    return database.with_name(f"{database.name}.{epoch}.backed-up.json")


def take_note(place: Place, epoch: str | None = None) -> None:
    """Take in the note a backup left, if there is one. Costs a look for a file when there is none.

    `epoch` is that of this installation, where it was read already.
    """
    if epoch is None:
        identity = places.read(place.db)
        epoch = identity.epoch if identity else ""
    path = note_path(place.settings.database_path, epoch)
    taken = path.with_suffix(".taken")
    try:
        path.replace(taken)
    except OSError:
        return
    receipt = _read(taken)
    if receipt:
        note(place.db, receipt)
    taken.unlink(missing_ok=True)


def check_copy(live: Db, copy: Db, name: str, now: datetime) -> Receipt:
    """What a copy made by other means holds, after verifying every row, and that it is a copy of this very place."""
    identity, here = places.read(copy), places.read(live)
    if identity is None or here is None or identity.epoch != here.epoch:
        raise NotABackup(file=name, why="it is not a copy of this installation")
    if damages := verify.log(copy):
        raise NotABackup(file=name, why=str(damages[0]))
    for school, end in inspection.positions(copy).items():
        if changes.chain_at(live, school, end.seq) != end.chain:
            raise NotABackup(file=name, why=f"its log of school {school} is not the one that is kept here")
    return _receipt(copy, name, as_text(now), as_text(now), "", 0)


def latest(place: Place) -> Backup | None:
    """The newest verified backup this place knows of."""
    take_note(place)
    return backups.latest(place.db)


def backed_up(place: Place, person: str, epoch: str | None = None) -> dict[str, int]:
    """For each replica of this person's: up to which number it is in a verified backup."""
    take_note(place, epoch)
    return backups.reach_of_person(place.db, person)


def drop_old(database: Path, folder: Path, now: datetime, days: int) -> list[str]:
    """Remove this database's backups that are older than `days`, never one of the newest; their names."""
    oldest = as_text(now - timedelta(days=days))
    found = sorted(_receipts(database, folder), key=lambda pair: pair[1].made_at, reverse=True)
    dropped = [path for path, receipt in found[FEWEST:] if receipt.made_at < oldest]
    for path in dropped:
        path.unlink(missing_ok=True)
        path.with_name(path.name + _RECEIPT).unlink(missing_ok=True)
    for half in folder.glob(f"{database.stem}-*{ENDING}{_HALF}"):
        if now.timestamp() - half.stat().st_mtime > _HALF_IS_DEAD.total_seconds():
            half.unlink(missing_ok=True)
    return [path.name for path in dropped]


def _verified(file: Path, name: str, made_at: str, now: datetime | None) -> Receipt:
    """The receipt of a finished file nobody writes to; NotADatabase or CopyFailed says what is wrong with it."""
    with closing(SqliteReader(file, is_still=True)) as db:
        if wrong := sqlite_copy.faults(db):
            raise NotADatabase(wrong[0])
        if damages := verify.log(db):
            raise NotADatabase(str(damages[0]))
        digest, size = _digest(file)
        return _receipt(db, name, made_at, as_text(now) if now else "", digest, size)


def _receipt(db: Db, name: str, made_at: str, verified_at: str, digest: str, size: int) -> Receipt:
    identity = places.read(db)
    if identity is None:
        raise NotADatabase("it is no installation of Observe")
    return Receipt(
        made_at=made_at,
        verified_at=verified_at,
        name=name,
        bytes=size,
        sha256=digest,
        epoch=identity.epoch,
        schools={school: (place.seq, place.chain) for school, place in inspection.positions(db).items()},
        reach=backups.reach_of_log(db),
    )


def _must_reach(receipt: Receipt, before: dict[str, tuple[int, str]], copy: Path) -> None:
    """What was committed before the copy began is in it: a plain copy of files would open clean and lack rows."""
    with closing(SqliteReader(copy, is_still=True)) as db:
        for school, (seq, chain) in before.items():
            if changes.chain_at(db, school, seq) != chain or receipt.schools[school][0] < seq:
                raise CopyFailed(f"the copy lacks what school {school} had before it began")


@contextmanager
def _no_half_left(half: Path) -> Iterator[None]:
    try:
        yield
    except (CopyFailed, NotADatabase, OSError) as wrong:
        raise NoBackup(why=str(wrong)) from wrong
    finally:
        half.unlink(missing_ok=True)


def _receipts(database: Path, folder: Path) -> Iterator[tuple[Path, Receipt]]:
    for path in folder.glob(f"{database.stem}-*{ENDING}"):
        receipt = read_receipt(path)
        if receipt:
            yield path, receipt


def _read(path: Path) -> Receipt | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Receipt)
    except (OSError, msgspec.MsgspecError):
        return None


def _digest(file: Path) -> tuple[str, int]:
    """SHA-256 and size of a file."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while part := opened.read(_MIB):
            digest.update(part)
            size += len(part)
    return digest.hexdigest(), size
