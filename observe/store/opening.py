"""Which database this installation has, and opening it."""

from urllib.parse import urlsplit

from observe.settings import Settings
from observe.store.db import Db
from observe.store.sqlite import SqliteDb


def is_postgresql(database: str) -> bool:
    """Whether this names a PostgreSQL, and not a file."""
    return database.startswith(("postgresql://", "postgres://"))


def open_database(settings: Settings) -> Db:
    """The PostgreSQL of `database_url` when there is one, else the SQLite file; ValueError says why it cannot be."""
    if not settings.database_url:
        return SqliteDb(settings.database_path)
    return open_postgresql(settings.database_url, settings.database_connections)


def open_postgresql(url: str, connections: int) -> Db:
    """The PostgreSQL at `url`. Only who has one needs its driver."""
    try:
        from observe.store.postgres import PostgresDb  # noqa: PLC0415
    except ImportError as missing:
        raise ValueError('PostgreSQL needs its driver: pip install "observe[postgres]"') from missing
    return PostgresDb(url, connections)


def where(settings: Settings) -> str:
    """Where the records are, for an operator to read: a file, or an address without its password."""
    if not settings.database_url:
        return str(settings.database_path.resolve())
    parts = urlsplit(settings.database_url)
    who, at, hosts = parts.netloc.rpartition("@")
    return f"{parts.scheme}://{who.partition(':')[0]}{at}{hosts}{parts.path}"
