"""What a store needs of a database engine."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias

Row: TypeAlias = dict[str, Any]
Params: TypeAlias = Mapping[str, Any]

NO_PARAMS: Params = {}


class Db(Protocol):
    """One database. SQL is the text both engines read, with `:name` parameters."""

    engine: str
    """Its name and version, for the health page: some SQLite versions must not have two writers."""

    def rows(self, sql: str, params: Params = NO_PARAMS) -> list[Row]:
        """Every row the statement gives, as dicts."""
        ...

    def run(self, sql: str, params: Params = NO_PARAMS) -> int:
        """Execute one statement; the number of rows it touched."""
        ...

    def run_many(self, sql: str, params: Iterable[Params]) -> None:
        """Execute one statement for each set of parameters."""
        ...

    def atomic(self) -> AbstractContextManager[None]:
        """A write transaction, taken at once; everything inside becomes durable together, or nothing does."""
        ...

    def close(self) -> None: ...


def one(rows: list[Row]) -> Row | None:
    """The only row, or None."""
    return rows[0] if rows else None
