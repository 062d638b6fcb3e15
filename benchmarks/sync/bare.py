"""The least a centre could do, as a yardstick: a gzip batch of whole records, put as they are into one transaction.

No merging, no rights, no log. `python -m benchmarks.sync.bare FILE PORT`.
"""

import gzip
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import waitress
from flask import Flask, Response, jsonify, request
from flask_compress import Compress

TABLE = (
    "create table if not exists record (place text not null, id text not null, seq integer not null,"
    " body text not null, primary key (place, id)) strict, without rowid"
)


def durable(path: Path) -> sqlite3.Connection:
    """SQLite as Observe opens it: WAL, and every commit really flushed."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=full")
    return db


def app(path: Path) -> Flask:
    made = Flask("bare")
    made.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    Compress(made)
    with durable(path) as first:
        first.execute(TABLE)
        first.execute("create index if not exists by_seq on record (place, seq)")

    @made.post("/<place>")
    def take(place: str) -> Response:
        rows = json.loads(gzip.decompress(request.get_data()))
        db = durable(path)
        db.execute("begin immediate")
        (seq,) = db.execute("select coalesce(max(seq), 0) from record where place = ?", (place,)).fetchone()
        db.executemany(
            "insert into record values (?, ?, ?, ?)"
            " on conflict (place, id) do update set seq = excluded.seq, body = excluded.body",
            [(place, row["id"], seq + n, json.dumps(row["record"])) for n, row in enumerate(rows, 1)],
        )
        db.execute("commit")
        db.close()
        return jsonify(seq=seq + len(rows))

    @made.get("/<place>")
    def give(place: str) -> Response:
        db = durable(path)
        since = int(request.args.get("since", 0))
        found = db.execute("select id, seq, body from record where place = ? and seq > ? order by seq", (place, since))
        rows: list[dict[str, Any]] = []
        reached = since
        for id, seq, body in found:
            rows.append({"id": id, "record": json.loads(body)})
            reached = seq
        db.close()
        return jsonify(rows=rows, reached=reached)

    return made


if __name__ == "__main__":
    waitress.serve(app(Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), threads=8, _quiet=True)
