"""True copies of a SQLite database, and reading one without ever writing to it.

A server may have the database open meanwhile: what copies it only reads, so there is still one connection that writes.
"""

import errno
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

from observe.store.db import NO_PARAMS, Params, Row
from observe.store.sqlite import SqliteDb


class CopyFailed(Exception):
    """No copy came to be, and nothing that looks like one is left. The text says why."""


class NotADatabase(Exception):
    """The file is no SQLite database, or a damaged one. The text says why."""


class InUse(Exception):
    """Somebody else has the database open."""


class SqliteReader(SqliteDb):
    """One database file, only read: SQLite itself refuses everything else."""

    def __init__(self, path: Path, *, is_still: bool = False) -> None:
        """Open `path`; `is_still` promises that nobody writes to it, as with a finished copy."""
        if not path.is_file():
            raise NotADatabase(f"there is no file {path}")
        self._connection = sqlite3.connect(
            f"file:{quote(str(path.resolve()))}?mode=ro{'&immutable=1' if is_still else ''}",
            uri=True,
            timeout=30,
            isolation_level=None,
            check_same_thread=False,
        )
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.RLock()
        self._is_writing = False
        self.admin = Database(self._connection)

    def rows(self, sql: str, params: Params = NO_PARAMS) -> list[Row]:
        try:
            return super().rows(sql, params)
        except sqlite3.DatabaseError as wrong:
            raise NotADatabase(str(wrong)) from wrong

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """A server may write meanwhile; what is read inside is of one moment all the same."""
        with self._lock:
            self._connection.execute("begin").close()
            try:
                yield
            finally:
                self._connection.rollback()

    def copy_to(self, path: Path) -> None:
        """Write everything committed so far to a new file at `path`, and have it on the disk."""
        try:
            self._connection.execute("vacuum into :path", {"path": str(path)}).close()
        except sqlite3.DatabaseError as wrong:
            raise CopyFailed(str(wrong)) from wrong

    def close(self) -> None:
        self._connection.close()


def copy(source: Path, to: Path) -> None:
    """A copy of the live database `source` as one file at `to`, which must not exist yet; flushed to the disk."""
    with closing(SqliteReader(source)) as reader, _on_a_disk_with_room():
        reader.copy_to(to)
        flush(to)
        flush(to.parent)


def put_in_place(half: Path, final: Path) -> None:
    """Give a finished file its name, in one step that a power cut cannot halve."""
    with _on_a_disk_with_room():
        half.replace(final)
        flush(final.parent)


def write_whole(path: Path, text: str) -> None:
    """Write a small file so that there is all of it or none."""
    half = path.with_name(f"{path.name}.making")
    with _on_a_disk_with_room():
        half.write_text(text, "utf-8")
        flush(half)
        half.replace(path)
        flush(path.parent)


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file piece by piece so that there is all of it or none."""
    half = path.with_name(f"{path.name}.making")
    with _on_a_disk_with_room():
        with half.open("wb") as file:
            for piece in pieces:
                file.write(piece)
        flush(half)
        half.replace(path)
        flush(path.parent)


def flush(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def faults(db: SqliteReader) -> list[str]:
    """What SQLite itself finds wrong with the file: pages, indexes, foreign keys. Empty when nothing is."""
    found = [str(row["integrity_check"]) for row in db.rows("pragma integrity_check")]
    broken = db.rows("pragma foreign_key_check")
    return [text for text in found if text != "ok"] + [
        f"a foreign key of {row['table']} leads nowhere" for row in broken
    ]


def take_alone(path: Path) -> None:
    """Make sure that nobody has `path` open, and that it is one whole file; InUse when somebody has."""
    connection = sqlite3.connect(path, timeout=1, isolation_level=None)
    try:
        mode = connection.execute("pragma journal_mode=delete").fetchone()[0]
    except sqlite3.OperationalError as wrong:
        raise InUse(str(wrong)) from wrong
    except sqlite3.DatabaseError as wrong:
        raise NotADatabase(str(wrong)) from wrong
    finally:
        connection.close()
    if mode != "delete":
        raise InUse("the journal could not be closed")


@contextmanager
def _on_a_disk_with_room() -> Iterator[None]:
    try:
        yield
    except OSError as wrong:
        why = "the disk is full" if wrong.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} else str(wrong)
        raise CopyFailed(why) from wrong
