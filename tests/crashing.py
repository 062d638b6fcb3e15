"""A database that dies on its n-th statement, for showing that a retry loses nothing."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from observe.store.db import NO_PARAMS, Db, Params, Row, T


class Crash(Exception):
    """The power went."""


class CrashingDb:
    """`db`, until its `on`-th statement."""

    def __init__(self, db: Db, on: int) -> None:
        self._db = db
        self.engine = db.engine
        self.left = on

    def _count(self) -> None:
        self.left -= 1
        if self.left <= 0:
            raise Crash

    def rows(self, sql: str, params: Params = NO_PARAMS) -> list[Row]:
        self._count()
        return self._db.rows(sql, params)

    def run(self, sql: str, params: Params = NO_PARAMS) -> int:
        self._count()
        return self._db.run(sql, params)

    def run_many(self, sql: str, params: Iterable[Params]) -> None:
        self._count()
        self._db.run_many(sql, params)

    def atomic(self, *, locks_first: bool = False) -> AbstractContextManager[None]:
        return self._db.atomic(locks_first=locks_first)

    def snapshot(self) -> AbstractContextManager[None]:
        return self._db.snapshot()

    def again(self, work: Callable[[], T]) -> T:
        return self._db.again(work)

    def upgrading(self) -> AbstractContextManager[None]:
        return self._db.upgrading()

    def define(self, statement: str) -> None:
        self._count()
        self._db.define(statement)

    def key(self, table: str) -> list[str]:
        return self._db.key(table)

    def tables(self) -> list[str]:
        return self._db.tables()

    def close(self) -> None:
        self._db.close()
