"""Putting the same bytes into a table in one durable transaction, with no server before it: nothing can be quicker."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.sync.bare import durable


def into_sqlite(path: Path, ids: Sequence[str], records: Sequence[dict[str, Any]]) -> float:
    """Seconds, with WAL and synchronous=FULL."""
    db = durable(path)
    db.execute("drop table if exists record")
    db.execute("create table record (id text primary key, body text not null) strict, without rowid")
    rows = _rows(ids, records)
    began = time.perf_counter()
    db.execute("begin immediate")
    db.executemany("insert into record values (?, ?)", rows)
    db.execute("commit")
    took = time.perf_counter() - began
    db.close()
    return took


def into_postgresql(url: str, ids: Sequence[str], records: Sequence[dict[str, Any]]) -> float:
    """Seconds, with synchronous_commit=on."""
    rows = _rows(ids, records)
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("drop table if exists raw_record")
        db.execute("create table raw_record (id text primary key, body text not null)")
        db.execute("set synchronous_commit = on")
        began = time.perf_counter()
        with db.transaction(), db.cursor() as cursor:
            cursor.executemany("insert into raw_record values (%s, %s)", rows)
        return time.perf_counter() - began


def _rows(ids: Sequence[str], records: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(id, json.dumps(record)) for id, record in zip(ids, records, strict=True)]
