"""The `migrate` command: an installation moves from one database to another."""

import argparse
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from observe.services import moving
from observe.services.moving import CannotMove, Moved
from observe.services.place import as_text
from observe.settings import Settings
from observe.store import schema
from observe.store.opening import is_postgresql, open_database, where
from observe.store.sqlite_copy import InUse, NotADatabase, take_alone


def add_to(verbs: Any, now: Callable[[], datetime]) -> None:
    """The parser of the command; its `do` answers the exit status."""
    parser = verbs.add_parser("migrate", help="move everything from a SQLite file to a PostgreSQL, or back")
    for name, words in (("from", "what to move: a SQLite file, or postgresql://…"), ("to", "where to; it is empty")):
        parser.add_argument(f"--{name}", dest=f"{name}_", required=True, metavar="DATABASE", help=words)
    parser.set_defaults(do=lambda chosen, environment: _migrate(chosen, now, environment))


def _migrate(chosen: argparse.Namespace, now: Callable[[], datetime], _: Mapping[str, str]) -> int:
    source, target = _named(chosen.from_), _named(chosen.to_)
    _must_be_still(source)
    with closing(open_database(source)) as old, closing(open_database(target)) as new:
        schema.migrate(old, as_text(now()))
        moved = moving.move(old, new, as_text(now()))
    _say(moved, source, target)
    return 1 if moved.damages else 0


def _named(database: str) -> Settings:
    if is_postgresql(database):
        return Settings(database_url=database)
    return Settings(database_path=Path(database))


def _must_be_still(source: Settings) -> None:
    """A SQLite file is moved when no server has it open; in PostgreSQL the transaction sees to that alone."""
    if source.database_url:
        return
    if not source.database_path.is_file():
        raise CannotMove(why=f"there is no file {source.database_path}")
    try:
        take_alone(source.database_path)
    except InUse as busy:
        raise CannotMove(why=f"{source.database_path} is in use: stop the server first ({busy})") from busy
    except NotADatabase as wrong:
        raise CannotMove(why=f"{source.database_path} is no database of ours: {wrong}") from wrong


def _say(moved: Moved, source: Settings, target: Settings) -> None:
    for table, rows in moved.rows.items():
        print(f"  {table:<16} {rows:>9} rows, read again and the same")
    for school, end in moved.schools.items():
        print(f"  school {school}: {end.seq} changes, chain {end.chain[:16]}")
    for damage in moved.damages:
        print(f"  was there before, and was moved as it is: {damage}")
    print(f"Everything in {where(source)} is now in {where(target)}.")
    if target.database_url:
        print("Serve it with OBSERVE_DATABASE_URL from now on, and never the file again: keep that as a copy.")
