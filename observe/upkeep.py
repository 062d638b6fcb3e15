"""Commands that look after the records as a whole: backup, restore, verify."""

import argparse
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from observe.domain.ids import new_replica
from observe.services import backup, blob_copies, refold, restore
from observe.services.restore import CannotRestore, Chance
from observe.settings import Settings
from observe.store import inspection
from observe.store.db import Db
from observe.store.opening import is_postgresql, open_database, where
from observe.store.sqlite_copy import SqliteReader

Environment = Mapping[str, str]
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Operator:
    """What a command is given: the settings an environment holds, the clock, and new ids."""

    settings: Callable[[Environment], Settings]
    now: Callable[[], datetime]
    new_id: Callable[[], str]


def add_to(verbs: Any, operator: Operator) -> None:
    """The parsers of these commands; each `do` answers its exit status."""
    made = verbs.add_parser("backup", help="make a copy of the records, verify it, and let tablets know")
    made.add_argument("--to", type=Path, metavar="FOLDER", help="where copies go (OBSERVE_BACKUP_FOLDER)")
    made.add_argument("--every", type=_hours, metavar="HOURS", help="go on making one, every so many hours")
    made.add_argument("--mark", metavar="COPY", help="verify a copy made by other means, and count it")
    made.set_defaults(do=lambda chosen, environment: _backup(chosen, operator, environment))
    again = verbs.add_parser("restore", help="go back to a backup; tablets then bring back what came since")
    again.add_argument("file", type=Path, nargs="?", help="the backup")
    again.add_argument("--over", action="store_true", help="although there are records; they are kept aside")
    again.add_argument("--anew", action="store_true", help="no file: the records were put back by other means")
    again.set_defaults(do=lambda chosen, environment: _restore(chosen, operator, environment))
    looked = verbs.add_parser("verify", help="find and name what was altered behind the program's back")
    looked.set_defaults(do=lambda chosen, environment: _verify(operator, environment))


def _backup(chosen: argparse.Namespace, operator: Operator, environment: Environment) -> int:
    settings = operator.settings(environment)
    if chosen.mark:
        return _mark(chosen.mark, operator, settings)
    if settings.database_url:
        raise backup.NoBackup(why="the records are in PostgreSQL; copy them with pg_dump, then see docs/backup.md")
    folder = chosen.to or settings.backup_folder
    status = _back_up_once(settings, folder, operator.now())
    while chosen.every:
        time.sleep(chosen.every * _HOUR)
        status = _back_up_once(settings, folder, operator.now())
    return status


def _back_up_once(settings: Settings, folder: Path, now: datetime) -> int:
    try:
        made = backup.make(settings.database_path, folder, now)
    except backup.NoBackup as none:
        print(f"observe: {none}", flush=True)
        return 1
    changes = sum(seq for seq, _ in made.schools.values())
    print(f"{folder / made.name}: {changes} changes of {len(made.schools)} schools, verified.", flush=True)
    lost = _copy_blobs(settings, folder / made.name)
    for name in backup.drop_old(settings.database_path, folder, now, settings.backup_days):
        print(f"{name}: older than {settings.backup_days} days, removed.", flush=True)
    if dropped := blob_copies.drop_old(settings.database_path.stem, folder, now):
        print(f"{dropped} files of photos and recordings that no backup speaks of any more, removed.", flush=True)
    return 1 if lost else 0


def _copy_blobs(settings: Settings, made: Path) -> int:
    """How many photos and recordings are not to be had."""
    copied = blob_copies.copy(made, settings.blobs, blob_copies.beside(made))
    if copied.known:
        print(
            f"{blob_copies.beside(made)}: {copied.known} photos and recordings, {copied.fresh} of them new.", flush=True
        )
    for blob in copied.lost:
        print(f"school {blob.school}: the photo or recording {blob.sha256} is gone or was altered.", flush=True)
    return len(copied.lost)


def _mark(copy: str, operator: Operator, settings: Settings) -> int:
    name = "the copy" if is_postgresql(copy) else Path(copy).name
    with closing(_reading(settings)) as live, closing(_reading(_named(copy))) as other:
        receipt = backup.check_copy(live, other, name, operator.now())
        if settings.database_url:
            backup.note(live, receipt)
        else:
            backup.leave_note(settings.database_path, receipt)
    print(f"{name}: verified, and counted as a backup.")
    return 0


def _restore(chosen: argparse.Namespace, operator: Operator, environment: Environment) -> int:
    settings = operator.settings(environment)
    chance = Chance(operator.now, operator.new_id, lambda: new_replica(secrets.token_bytes))
    if chosen.anew:
        return _begin_anew(settings, chance)
    if settings.database_url or chosen.file is None:
        raise CannotRestore(why="name a backup file; for PostgreSQL, put the records back first and say --anew")
    database = settings.database_path
    done = restore.restore(chosen.file, database, chance, may_replace=chosen.over)
    changes = sum(seq for seq, _ in done.receipt.schools.values())
    print(f"{database} is the backup {chosen.file} again: {changes} changes of {len(done.receipt.schools)} schools.")
    if done.aside:
        print(f"What was there before is {done.aside}.")
    if done.newer:
        print(
            f"There was a newer backup, {done.newer}: tablets may have forgotten what is in that one and not in this."
        )
    brought = blob_copies.copy(database, blob_copies.beside(chosen.file), settings.blobs)
    if brought.known:
        have = brought.known - len(brought.lost)
        print(f"{have} of {brought.known} photos and recordings are there; tablets are asked for the others again.")
    print("Start the server. Tablets notice, offer what they still hold, and bring back what came since.")
    print("What was written on office pages since, accounts and pairings made since are not in it.")
    return 0


def _begin_anew(settings: Settings, chance: Chance) -> int:
    with closing(open_database(settings)) as db:
        restore.begin_anew(db, chance)
    print(f"{where(settings)} is whole, and begins a new history. Start the server; tablets bring back what they hold.")
    return 0


def _verify(operator: Operator, environment: Environment) -> int:
    with closing(_reading(operator.settings(environment))) as db:
        damages = refold.everything(db) + blob_copies.damages(db, operator.settings(environment).blobs)
        counted = inspection.counts(db)
    for damage in damages:
        print(damage)
    looked_at = f"{counted['change']} changes, {counted['record']} records of {counted['feed']} schools"
    print(f"{looked_at}: {len(damages)} things are not as they were left." if damages else f"{looked_at}: all whole.")
    return 1 if damages else 0


def _reading(settings: Settings) -> Db:
    """The database, opened so that a server may have it too; a file is only read."""
    return open_database(settings) if settings.database_url else SqliteReader(settings.database_path)


def _named(database: str) -> Settings:
    return Settings(database_url=database) if is_postgresql(database) else Settings(database_path=Path(database))


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours <= 24 * 366:
        raise ValueError("a number of hours, more than 0")
    return hours
