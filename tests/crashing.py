"""A database that dies on its n-th statement, for showing that a retry loses nothing."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from observe.store.db import NO_PARAMS, Db, Params, Row


class Crash(Exception):
    """The power went."""


class CrashingDb:
    """`db`, until its `on`-th statement."""

    def __init__(self, db: Db, on: int) -> None:
        self._db = db
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

    def atomic(self) -> AbstractContextManager[None]:
        return self._db.atomic()

    def close(self) -> None:
        self._db.close()
