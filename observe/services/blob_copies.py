"""Photos and recordings as a whole: copied beside the backups, brought back, looked at for what was lost or altered.

A kept file never changes and is called by its digest, so a copy that is there and has its digest is as good as new.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from observe.services.backup import ENDING
from observe.services.verify import Damage
from observe.store import blob_files, blobs, inspection, records
from observe.store.blobs import PREFIX, Blob
from observe.store.db import Db
from observe.store.records import Kept
from observe.store.sqlite_copy import NotADatabase, SqliteReader

_HALF_IS_DEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Copied:
    """How many there are, how many of them were copied just now, and those that are not to be had."""

    known: int
    fresh: int
    lost: list[Blob]


def beside(backup: Path) -> Path:
    """Where the copies are that belong to a backup file: one folder for all backups of a database."""
    return backup.with_name(f"{backup.name.removesuffix(ENDING).rpartition('-')[0]}.blobs")


def copy(records_in: Path, source: Path, target: Path) -> Copied:
    """Copy what the database file `records_in` calls kept, where `target` lacks it; each is read back by its digest."""
    with closing(SqliteReader(records_in, is_still=True)) as db:
        known = _kept(db)
    fresh, lost = 0, []
    for blob in known:
        final = blob_files.path_of(target, blob.school, blob.sha256)
        _copy_made(source, target, blob)
        if blob_files.digest_of(final) == blob.sha256:
            continue
        if blob_files.copy(blob_files.path_of(source, blob.school, blob.sha256), final) != blob.sha256:
            blob_files.drop(final)
            lost.append(blob)
            continue
        fresh += 1
    return Copied(len(known), fresh, lost)


def _copy_made(source: Path, target: Path, blob: Blob) -> None:
    """What was made from a photo goes along, whenever it is lacking there; it can be made again."""
    for where in (blob_files.small_of, blob_files.shown_of):
        final = where(target, blob.school, blob.sha256)
        if not final.exists():
            blob_files.copy(where(source, blob.school, blob.sha256), final)


def drop_old(stem: str, folder: Path, now: datetime) -> int:
    """Remove copies that no backup in `folder` speaks of any more; none of them when one of these cannot be read."""
    wanted: set[tuple[str, str]] = set()
    try:
        for file in folder.glob(f"{stem}-*{ENDING}"):
            with closing(SqliteReader(file, is_still=True)) as db:
                wanted |= {(blob.school, blob.sha256) for blob in _kept(db)}
    except NotADatabase:
        return 0
    return sum(_drop(path) for path in _unwanted(folder / f"{stem}.blobs", wanted, now))


def damages(db: Db, folder: Path) -> list[Damage]:
    """What is kept and not there, or not as it was; and where the list of who names what is not what records say."""
    with db.snapshot():
        found = list(_of_uses(db))
    return [*_of_files(db, folder), *found]


def _of_files(db: Db, folder: Path) -> Iterator[Damage]:
    for blob in _kept(db):
        found = blob_files.digest_of(blob_files.path_of(folder, blob.school, blob.sha256))
        if found != blob.sha256:
            what = "is gone" if found is None else "was altered"
            for record in [use.record for use in blobs.uses(db, blob.school, blob.sha256)] or [""]:
                yield Damage("blob", blob.school, 0, record, f"the file of its photo or recording {blob.sha256} {what}")


def _of_uses(db: Db) -> Iterator[Damage]:
    if not blobs.is_known(db):
        return
    for school in inspection.positions(db):
        says = {kept.record: _named(kept) for kept in records.of_kind(db, school, "observation")}
        found = blobs.all_uses(db, school)
        for record in sorted(says.keys() | found.keys()):
            if says.get(record, set()) != found.get(record, set()):
                detail = "the list of photos and recordings it names is not what it says"
                yield Damage("blob", school, 0, record, detail)


def _named(kept: Kept) -> set[str]:
    fields = (field for name, field in kept.fields.items() if name.startswith(PREFIX))
    return {head.value["sha256"] for field in fields for head in field.heads if head.value is not None}


def _kept(db: Db) -> list[Blob]:
    """Nothing in a database of a version before there were any."""
    return blobs.kept(db) if blobs.is_known(db) else []


def _unwanted(folder: Path, wanted: set[tuple[str, str]], now: datetime) -> Iterator[Path]:
    for path in list(_files(folder)):
        sha256, _, rest = path.name.partition(".")
        is_half = rest not in {"", *blob_files.MADE}
        if is_half and now.timestamp() - path.stat().st_mtime < _HALF_IS_DEAD.total_seconds():
            continue
        if is_half or (path.parent.parent.name, sha256) not in wanted:
            yield path


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.glob("*/*/*") if path.is_file())


def _drop(path: Path) -> bool:
    with suppress(OSError):
        path.unlink()
        return True
    return False
