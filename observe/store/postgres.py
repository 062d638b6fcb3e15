"""Db over psycopg: a pool of connections, so that several processes may serve one PostgreSQL.

What is promised to the services, and why in these words, is in docs/adr/0009-several-processes-one-postgresql.md.
"""

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeAlias, cast

import psycopg
from psycopg import errors
from psycopg.adapt import Dumper, Loader
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests

from observe.domain.errors import NotNow
from observe.store.db import NO_PARAMS, Conflict, Params, Row, T

Connection: TypeAlias = psycopg.Connection[dict[str, Any]]

PATIENCE_SECONDS = 10.0
"""How long a transaction is done again before its caller is told to come back later."""
WAIT_SECONDS = 5.0
"""How long anybody waits for a free connection, and for a new one to be made."""
LOCK_SECONDS = 15
IDLE_SECONDS = 60
"""A transaction in which nothing happens for so long belongs to a process that hangs, and holds others up."""
UPGRADE_LOCK = 7_236_512_001

_SETTINGS = f"""
    select set_config(
            'synchronous_commit',
            case when current_setting('synchronous_commit') = 'remote_apply' then 'remote_apply' else 'on' end,
            false
        ) as synchronous_commit,
        set_config('lock_timeout', '{LOCK_SECONDS}s', false) as lock_timeout,
        set_config('idle_in_transaction_session_timeout', '{IDLE_SECONDS}s', false) as idle_timeout,
        set_config('application_name', 'observe', false) as application_name,
        current_setting('fsync', true) as fsync,
        current_setting('server_encoding', true) as server_encoding
"""
"""`remote_apply` is more than we ask for, and stays."""

_TAKEN_BACK = (errors.SerializationFailure, errors.DeadlockDetected)
_NOT_NOW = (
    errors.LockNotAvailable, errors.QueryCanceled, errors.ReadOnlySqlTransaction, errors.InsufficientResources,
    errors.DiskFull, errors.OutOfMemory, errors.TooManyConnections, errors.IdleInTransactionSessionTimeout,
)  # fmt: skip
_PLACE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|::|:(?P<name>[a-z_][a-z0-9_]*)|%")
_TYPE = re.compile(r"(?P<before>(?:[(,]|\badd column)\s*\w+\s+)(?P<type>text|integer|real|blob)\b")
_TYPES = {"text": 'text collate "C"', "integer": "bigint", "real": "double precision", "blob": "bytea"}


class PostgresDb:
    """Durable PostgreSQL: synchronous commits, serializable transactions or locks taken first, bytes compared as bytes.

    `connections` is the most it opens; a thread uses one at a time.
    """

    def __init__(self, url: str, connections: int = 8) -> None:
        """Open the database at `url`; ValueError says why it cannot be used."""
        self._here = threading.local()
        try:
            with psycopg.connect(
                url, autocommit=True, connect_timeout=int(WAIT_SECONDS), row_factory=dict_row
            ) as first:
                self.engine = _engine(first)
                _configure(first)
        except psycopg.Error as wrong:
            raise ValueError(f"the PostgreSQL of OBSERVE_DATABASE_URL cannot be used: {_words(wrong)}") from wrong
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            connection_class=cast("type[Connection]", psycopg.Connection),
            kwargs={"autocommit": True, "row_factory": dict_row, "connect_timeout": int(WAIT_SECONDS)},
            min_size=1,
            max_size=connections,
            timeout=WAIT_SECONDS,
            reconnect_timeout=WAIT_SECONDS,
            configure=_configure,
            name="observe",
            open=True,
        )

    def rows(self, sql: str, params: Params = NO_PARAMS) -> list[Row]:
        try:
            return self._rows(sql, params)
        except _Lost:
            if self._mine is not None or not sql.lstrip().lower().startswith("select"):
                raise
            return self._rows(sql, params)  # reading again harms nothing, and the pool has new connections now

    def _rows(self, sql: str, params: Params) -> list[Row]:
        with self._speaking() as connection:
            return connection.execute(_translated(sql), params).fetchall()

    def run(self, sql: str, params: Params = NO_PARAMS) -> int:
        with self._speaking() as connection:
            return connection.execute(_translated(sql), params).rowcount

    def run_many(self, sql: str, params: Iterable[Params]) -> None:
        with self._speaking() as connection, connection.cursor() as cursor:
            cursor.executemany(_translated(sql), list(params))

    @contextmanager
    def atomic(self, *, locks_first: bool = False) -> Iterator[None]:
        level = "read committed" if locks_first else "serializable"
        with self._transaction(f"begin isolation level {level} read write"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with self._transaction("begin isolation level repeatable read read only"):
            yield

    @contextmanager
    def upgrading(self) -> Iterator[None]:
        with self.atomic(locks_first=True):
            self.rows("select set_config('lock_timeout', '0', true)")  # an upgrade may take its time
            self.rows(f"select pg_advisory_xact_lock({UPGRADE_LOCK})")
            yield

    def again(self, work: Callable[[], T]) -> T:
        until = time.monotonic() + PATIENCE_SECONDS
        pause_ms, clashes = 4, 0
        while True:
            try:
                return work()
            except errors.UniqueViolation:  # somebody else wrote the same key after we looked: look again
                clashes += 1
                if clashes > 2:
                    raise
            except Conflict:
                if time.monotonic() > until:
                    raise
            time.sleep(secrets.randbelow(pause_ms * 1000) / 1_000_000)
            pause_ms = min(pause_ms * 2, 500)

    def define(self, statement: str) -> None:
        self.run(in_its_own_words(statement))

    def tables(self) -> list[str]:
        found = self.rows(
            "select table_name from information_schema.tables"
            " where table_schema = current_schema() and table_type = 'BASE TABLE' order by table_name collate \"C\""
        )
        return [row["table_name"] for row in found]

    def key(self, table: str) -> list[str]:
        found = self.rows(
            "select k.column_name from information_schema.table_constraints t"
            " join information_schema.key_column_usage k on k.constraint_schema = t.constraint_schema"
            " and k.constraint_name = t.constraint_name and k.table_name = t.table_name"
            " where t.table_schema = current_schema() and t.constraint_type = 'PRIMARY KEY' and t.table_name = :table"
            " order by k.ordinal_position",
            {"table": table},
        )
        return [row["column_name"] for row in found]

    def close(self) -> None:
        self._pool.close()

    # -- connections

    @property
    def _mine(self) -> Connection | None:
        """The connection of the transaction this thread is in."""
        return getattr(self._here, "connection", None)

    @contextmanager
    def _speaking(self) -> Iterator[Connection]:
        """The transaction's connection, or one for a statement by itself."""
        connection = self._mine
        if connection is not None:
            with _plainly(connection):
                yield connection
            return
        connection = self._borrow()
        try:
            with _plainly(connection):
                yield connection
        finally:
            self._give_back(connection)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        if self._mine is not None:
            raise RuntimeError("a service opens the transaction, once")
        connection = self._begun(begin)
        try:
            self._here.connection = connection
            try:
                yield
            except _Lost as wrong:
                raise Conflict from wrong  # before the commit: nothing of it happened
            except BaseException:
                _roll_back(connection)
                raise
            finally:
                self._here.connection = None
            _commit(connection)
        finally:
            self._give_back(connection)

    def _begun(self, begin: str) -> Connection:
        """A connection in a new transaction. The first may have died while it lay in the pool; the next is new."""
        for _ in range(2):
            connection = self._borrow()
            try:
                with _plainly(connection):
                    connection.execute(begin)
            except BaseException as wrong:
                self._give_back(connection)
                if not isinstance(wrong, _Lost):
                    raise
            else:
                return connection
        raise Conflict

    def _borrow(self) -> Connection:
        try:
            return self._pool.getconn()
        except (PoolTimeout, TooManyRequests) as wrong:
            raise NotNow from wrong

    def _give_back(self, connection: Connection) -> None:
        is_lost = connection.closed
        self._pool.putconn(connection)
        if is_lost:  # the others went with it, most likely: let nobody else find that out
            self._pool.check()


class _Lost(NotNow):
    """The line to the server broke during a statement."""


def in_its_own_words(statement: str) -> str:
    """A statement written for SQLite's strict tables, as PostgreSQL says it."""
    if not statement.lower().startswith(("create table", "alter table")):
        return statement
    plain = re.sub(r"\)\s*strict\s*;?\s*$", ")", statement)
    return _TYPE.sub(lambda found: found["before"] + _TYPES[found["type"]], plain)


@lru_cache(maxsize=2048)
def _translated(sql: str) -> str:
    """`:name` as psycopg writes it; quoted text, casts and percent signs stay what they are."""
    return _PLACE.sub(_as_psycopg, sql)


def _as_psycopg(found: re.Match[str]) -> str:
    return f"%({found['name']})s" if found["name"] else found[0].replace("%", "%%")


@contextmanager
def _plainly(connection: Connection) -> Iterator[None]:
    """Errors that a caller can do something about, in the words of `db`; any other is a bug and stays what it is."""
    try:
        yield
    except _TAKEN_BACK as wrong:
        raise Conflict from wrong
    except _NOT_NOW as wrong:
        raise NotNow from wrong
    except (psycopg.OperationalError, psycopg.InterfaceError) as wrong:
        if connection.closed:
            raise _Lost from wrong
        if isinstance(wrong, psycopg.OperationalError):
            raise NotNow from wrong
        raise


def _commit(connection: Connection) -> None:
    """Commit, for certain: a transaction in which a statement failed would answer COMMIT with ROLLBACK, and no error.

    When the line breaks during the commit nobody knows whether it happened, so it must not be done again unasked.
    """
    with _plainly(connection):
        said = connection.execute("commit").statusmessage
    if said != "COMMIT":
        raise RuntimeError(f"the transaction was not committed: {said}")


def _roll_back(connection: Connection) -> None:
    try:
        connection.execute("rollback")
    except psycopg.Error:
        connection.close()  # whatever it still held, the server lets go of


def _configure(connection: Connection) -> None:
    """What every connection promises, in one round trip. RuntimeError where this server cannot."""
    seen = connection.execute(_SETTINGS).fetchone() or {}
    wanted: dict[str, set[str | None]] = {
        "synchronous_commit": {"on", "remote_apply"},
        "fsync": {"on", None},  # None: what speaks PostgreSQL's language without having this setting
        "server_encoding": {"UTF8", None},
    }
    if wrong := {name: seen[name] for name, values in wanted.items() if seen[name] not in values}:
        raise RuntimeError(f"PostgreSQL did not take the settings that keep records safe: {wrong}")
    connection.adapters.register_dumper(bool, _BoolAsNumber)
    connection.adapters.register_loader("numeric", _PlainNumber)


def _engine(connection: Connection) -> str:
    """PostgreSQL 15.13, or what else speaks its language."""
    found = connection.execute("select version() as said").fetchone()
    return (found["said"] if found else "PostgreSQL").split(" (")[0].split(" on ")[0]


def _words(wrong: psycopg.Error) -> str:
    return " ".join(str(wrong).split()) or type(wrong).__name__


class _BoolAsNumber(Dumper):
    """True is 1, as in SQLite."""

    oid = 21  # smallint, which every number takes

    def dump(self, obj: bool) -> bytes:
        return b"1" if obj else b"0"


class _PlainNumber(Loader):
    """A sum of whole numbers is a whole number, as in SQLite."""

    def load(self, data: bytes | bytearray | memoryview) -> int | float:
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdigit() else float(text)
