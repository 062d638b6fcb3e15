"""Moving an installation to another database: everything or nothing, and looked at again before it is called done."""

from dataclasses import dataclass

from observe.domain.errors import ObserveError
from observe.services import verify
from observe.store import inspection, places, schema, tables
from observe.store.changes import Position
from observe.store.db import Db


class CannotMove(ObserveError):
    """Nothing was moved, and both databases are as they were."""

    message = "nothing was moved: %(why)s"


@dataclass(frozen=True, slots=True)
class Moved:
    """What is in the new database: rows by table, and how far each school's feed has come, with its chain digest."""

    rows: dict[str, int]
    schools: dict[str, Position]
    damages: list[str]
    """What was altered behind the program's back before; it was moved as it is, for somebody to look at."""


def move(source: Db, target: Db, at: str) -> Moved:
    """Copy all of `source` into `target`, which is empty, and compare them row by row; CannotMove says why not.

    The target is written in one transaction and read again inside it. Nobody writes to the source meanwhile.
    """
    with source.atomic():
        if places.read(source) is None:
            raise CannotMove(why="there is no installation in the database to move from")
        with target.upgrading():
            schema.bring_up(target, at)
            _must_be_empty(target)
            if missing := set(tables.holding(source)) ^ set(tables.holding(target)):
                raise CannotMove(why=f"only one of the two has {', '.join(sorted(missing))}")
            rows = {table: tables.copy(source, target, table) for table in tables.holding(source)}
            _compare(source, target, rows)
            return Moved(rows, inspection.positions(target), [str(damage) for damage in verify.log(target)])


def _must_be_empty(target: Db) -> None:
    found = [table for table in tables.holding(target) if tables.count(target, table)]
    if found:
        raise CannotMove(why=f"the database to move to is not empty: there is something in {', '.join(found)}")


def _compare(source: Db, target: Db, rows: dict[str, int]) -> None:
    """Counts and digests, of what both databases answer now."""
    for table, copied in rows.items():
        if not tables.count(source, table) == tables.count(target, table) == copied:
            raise CannotMove(why=f"{table} has another number of rows after copying")
        if tables.digest(source, table) != tables.digest(target, table):
            raise CannotMove(why=f"{table} does not read the same after copying")
