"""Bringing a database to this version's schema: numbered files, each applied once, in order."""

from importlib import resources

from observe.store.db import Db

_LEDGER = (
    "create table if not exists migration (number integer primary key, name text not null, applied_at text not null)"
)


def migrations() -> list[tuple[int, str, str]]:
    """Number, file name and SQL text of every migration, in order."""
    files = [file for file in resources.files("observe.store.migrations").iterdir() if file.name.endswith(".sql")]
    return sorted((int(file.name[:4]), file.name, file.read_text("utf-8")) for file in files)


def migrate(db: Db, at: str) -> list[str]:
    """Apply what is missing, all of it or nothing; the names of what was applied.

    Several processes may start at once: one does it, the others wait and find it done.
    """
    with db.upgrading():
        return bring_up(db, at)


def bring_up(db: Db, at: str) -> list[str]:
    """As `migrate`, inside a transaction that was begun with `Db.upgrading`."""
    db.define(_LEDGER)
    done = {row["number"] for row in db.rows("select number from migration")}
    missing = [found for found in migrations() if found[0] not in done]
    for number, name, text in missing:
        for statement in _statements(text):
            db.define(statement)
        db.run(
            "insert into migration (number, name, applied_at) values (:number, :name, :at)",
            {"number": number, "name": name, "at": at},
        )
    return [name for _, name, _ in missing]


def _statements(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return [part.strip() for part in "\n".join(lines).split(";\n") if part.strip()]
