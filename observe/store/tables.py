"""Whole tables, whatever is in them: for moving an installation from one database to another."""

import hashlib
from collections.abc import Iterator

import msgspec

from observe.store.db import Db, Row

LEDGER = "migration"
"""The schema's own table: every database fills it itself."""
_AT_ONCE = 500


def holding(db: Db) -> list[str]:
    """The tables that hold what people and devices gave us, or what we keep of ourselves."""
    return [table for table in db.tables() if table != LEDGER]


def count(db: Db, table: str) -> int:
    return int(db.rows(f"select count(*) as found from {table}")[0]["found"])


def pages(db: Db, table: str) -> Iterator[list[Row]]:
    """Every row of a table, a few at a time, in the order of its key, which is the same on every engine."""
    key = db.key(table)
    columns, places = ", ".join(key), ", ".join(f":{name}" for name in key)
    rows = db.rows(f"select * from {table} order by {columns} limit {_AT_ONCE}")
    while rows:
        yield rows
        after = {name: rows[-1][name] for name in key}
        rows = db.rows(
            f"select * from {table} where ({columns}) > ({places}) order by {columns} limit {_AT_ONCE}", after
        )


def digest(db: Db, table: str) -> str:
    """A SHA-256 over every row, column by column in the order of their names."""
    found = hashlib.sha256()
    for rows in pages(db, table):
        for row in rows:
            found.update(msgspec.json.encode([[name, row[name]] for name in sorted(row)]))
            found.update(b"\n")
    return found.hexdigest()


def copy(source: Db, target: Db, table: str) -> int:
    """Add the rows of a table of `source` to that of `target`; how many there were."""
    copied = 0
    for rows in pages(source, table):
        names = list(rows[0])
        target.run_many(
            f"insert into {table} ({', '.join(names)}) values ({', '.join(f':{name}' for name in names)})", rows
        )
        copied += len(rows)
    return copied


def clear(db: Db) -> None:
    """Forget everything that is in the database. Inside a write transaction."""
    for table in holding(db):
        db.run(f"delete from {table}")
