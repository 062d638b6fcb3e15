"""Commands that look after the records as a whole: backup and verify."""

import argparse
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from observe.services import backup
from observe.settings import Settings
from observe.store.sqlite_copy import SqliteReader

Environment = Mapping[str, str]
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Operator:
    """What a command is given: the settings an environment holds, and the clock."""

    settings: Callable[[Environment], Settings]
    now: Callable[[], datetime]


def add_to(verbs: Any, operator: Operator) -> None:
    """The parsers of these commands; each `do` answers its exit status."""
    made = verbs.add_parser("backup", help="make a copy of the records, verify it, and let tablets know")
    made.add_argument("--to", type=Path, metavar="FOLDER", help="where copies go (OBSERVE_BACKUP_FOLDER)")
    made.add_argument("--every", type=_hours, metavar="HOURS", help="go on making one, every so many hours")
    made.add_argument("--mark", type=Path, metavar="COPY", help="verify a copy made by other means, and count it")
    made.set_defaults(do=lambda chosen, environment: _backup(chosen, operator, environment))


def _backup(chosen: argparse.Namespace, operator: Operator, environment: Environment) -> int:
    settings = operator.settings(environment)
    if chosen.mark:
        return _mark(chosen.mark, operator, settings)
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
    for name in backup.drop_old(settings.database_path, folder, now, settings.backup_days):
        print(f"{name}: older than {settings.backup_days} days, removed.", flush=True)
    return 0


def _mark(copy: Path, operator: Operator, settings: Settings) -> int:
    with closing(SqliteReader(settings.database_path)) as live, closing(SqliteReader(copy)) as other:
        receipt = backup.check_copy(live, other, copy.name, operator.now())
    backup.leave_note(settings.database_path, receipt)
    print(f"{copy}: verified, and counted as a backup.")
    return 0


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours <= 24 * 366:
        raise ValueError("a number of hours, more than 0")
    return hours
