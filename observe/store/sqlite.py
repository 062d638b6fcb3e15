"""Db over sqlite-utils: one connection, shared by the threads of one process under a lock.

SQLite before 3.51.3 can corrupt a WAL that two connections write or checkpoint at once
(https://sqlite.org/wal.html, "the WAL-reset bug"), so there is exactly one.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from observe.store.db import NO_PARAMS, Params, Row


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
        self._is_writing = False
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            self._connection.execute(f"pragma {pragma}").close()
        self._assert_durable(in_memory=path is None)
        self.tables = Database(self._connection)

    def _assert_durable(self, *, in_memory: bool) -> None:
        wanted = {"journal_mode": "memory" if in_memory else "wal", "synchronous": 2, "foreign_keys": 1}
        seen = {name: self._connection.execute(f"pragma {name}").fetchone()[0] for name in wanted}
        if seen != wanted:
            raise RuntimeError(f"SQLite did not take the settings that keep records safe: {seen}")

    def rows(self, sql: str, params: Params = NO_PARAMS) -> list[Row]:
        with self._lock:
            return [dict(row) for row in self._connection.execute(sql, params)]

    def run(self, sql: str, params: Params = NO_PARAMS) -> int:
        with self._lock:
            return self._connection.execute(sql, params).rowcount

    def run_many(self, sql: str, params: Iterable[Params]) -> None:
        with self._lock:
            self._connection.executemany(sql, params)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        with self._lock:
            if self._is_writing:
                raise RuntimeError("a service opens the transaction, once")
            self._connection.execute("begin immediate")
            self._is_writing = True
            try:
                yield
            except BaseException:
                self._connection.rollback()
                raise
            else:
                self._commit()
            finally:
                self._is_writing = False

    def _commit(self) -> None:
        try:
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise

    def close(self) -> None:
        with self._lock:
            self._connection.close()
