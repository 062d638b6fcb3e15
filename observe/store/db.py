"""What a store needs of a database engine."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias, TypeVar

from observe.domain.errors import NotNow

Row: TypeAlias = dict[str, Any]
Params: TypeAlias = Mapping[str, Any]
T = TypeVar("T")

NO_PARAMS: Params = {}


class Conflict(NotNow):
    """The transaction met another one and was taken back whole; doing it again is right, and mostly works."""


class Reader(Protocol):
    """A database, or a copy of one, that is only read."""

    engine: str
    """Its name and version, for the health page: some SQLite versions must not have two writers."""

    def rows(self, sql: str, params: Params = NO_PARAMS) -> list[Row]:
        """Every row the statement gives, as dicts."""
        ...

    def close(self) -> None: ...


class Db(Reader, Protocol):
    """One database. SQL is the text both engines read, with `:name` parameters.

    NotNow from any method means that the database cannot serve at this moment: it is busy, full, or not to be reached.
    """

    def run(self, sql: str, params: Params = NO_PARAMS) -> int:
        """Execute one statement; the number of rows it touched."""
        ...

    def run_many(self, sql: str, params: Iterable[Params]) -> None:
        """Execute one statement for each set of parameters."""
        ...

    def atomic(self, *, locks_first: bool = False) -> AbstractContextManager[None]:
        """A write transaction; everything inside becomes durable together, or nothing does.

        What is inside may read, decide and write as if nobody else were writing. With `locks_first` it begins by
        taking the rows that others would change (`changes.take_position`, `replicas.take`), and nothing else is
        promised: it waits in line there instead of being taken back. Raises Conflict; see `again`.
        """
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Everything read inside is of one moment; nothing can be written inside."""
        ...

    def again(self, work: Callable[[], T]) -> T:
        """Do `work`, which opens its own transaction, and do it again while it ends in Conflict; not for ever."""
        ...

    def upgrading(self) -> AbstractContextManager[None]:
        """A write transaction that no other process's `upgrading` meets, for `define`."""
        ...

    def define(self, statement: str) -> None:
        """Execute one statement of a migration, written for SQLite, in this engine's own words."""
        ...

    def tables(self) -> list[str]:
        """The names of its tables, in order."""
        ...

    def key(self, table: str) -> list[str]:
        """The columns of a table's primary key, in order."""
        ...


def one(rows: list[Row]) -> Row | None:
    """The only row, or None."""
    return rows[0] if rows else None
