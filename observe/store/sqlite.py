"""Db over sqlite-utils: one connection, shared by the threads of one process under a lock.

SQLite before 3.51.3 can corrupt a WAL that two connections write or checkpoint at once
(https://sqlite.org/wal.html, "the WAL-reset bug"), so there is exactly one.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlite_utils import Database

from observe.domain.errors import NotNow
from observe.store.db import NO_PARAMS, Params, Row, T

_NOT_NOW = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM,
}  # fmt: skip
"""What may pass: another program holds the file, or its disk is full, broken, or not to be written."""


class SqliteDb:
    """Durable SQLite: WAL, synchronous=FULL, foreign keys on, BEGIN IMMEDIATE."""

    engine = f"SQLite {sqlite3.sqlite_version}"

    def __init__(self, path: Path | None, busy_seconds: float = 30.0) -> None:
        """Open `path`, or a database in memory when there is none."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            str(path) if path else ":memory:", timeout=busy_seconds, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.RLock()
        self._is_inside = False
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            self._connection.execute(f"pragma {pragma}").close()
        self._assert_durable(in_memory=path is None)
        self.admin = Database(self._connection)

    def _assert_durable(self, *, in_memory: bool) -> None:
        wanted = {"journal_mode": "memory" if in_memory else "wal", "synchronous": 2, "foreign_keys": 1}
        seen = {name: self._connection.execute(f"pragma {name}").fetchone()[0] for name in wanted}
        if seen != wanted:
            raise RuntimeError(f"SQLite did not take the settings that keep records safe: {seen}")

    def rows(self, sql: str, params: Params = NO_PARAMS) -> list[Row]:
        with self._lock, _plainly():
            return [dict(row) for row in self._connection.execute(sql, params)]

    def run(self, sql: str, params: Params = NO_PARAMS) -> int:
        with self._lock, _plainly():
            return self._connection.execute(sql, params).rowcount

    def run_many(self, sql: str, params: Iterable[Params]) -> None:
        with self._lock, _plainly():
            self._connection.executemany(sql, params)

    @contextmanager
    def atomic(self, *, locks_first: bool = False) -> Iterator[None]:
        """`locks_first` or not: nobody else writes meanwhile."""
        with self._lock:
            self._must_be_first()
            with _plainly():
                self._connection.execute("begin immediate")
            self._is_inside = True
            try:
                yield
            except BaseException:
                self._connection.rollback()
                raise
            else:
                self._commit()
            finally:
                self._is_inside = False

    def _must_be_first(self) -> None:
        if self._is_inside:
            raise RuntimeError("a service opens the transaction, once")

    def _commit(self) -> None:
        try:
            with _plainly():
                self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with self._lock:
            self._must_be_first()
            self._is_inside = True
            try:
                yield
            finally:
                self._is_inside = False

    def again(self, work: Callable[[], T]) -> T:
        """Once: a transaction that has begun here meets nobody."""
        return work()

    def upgrading(self) -> AbstractContextManager[None]:
        return self.atomic()

    def define(self, statement: str) -> None:
        self.run(statement)

    def tables(self) -> list[str]:
        with self._lock:
            return sorted(name for name in self.admin.table_names() if not name.startswith("sqlite_"))

    def key(self, table: str) -> list[str]:
        return [
            row["name"]
            for row in self.rows("select name from pragma_table_info(:t) where pk > 0 order by pk", {"t": table})
        ]

    def close(self) -> None:
        with self._lock:
            self._connection.close()


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as wrong:
        if getattr(wrong, "sqlite_errorcode", 0) & 0xFF in _NOT_NOW:
            raise NotNow from wrong
        raise
