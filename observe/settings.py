"""Settings, read once from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may decide. Every name is `OBSERVE_` and the field in capitals."""

    database_path: Path = Path("var/observe.sqlite3")
    database_url: str = ""
    """`postgresql://…`: the records are there, and not in a file."""
    database_connections: int = 8
    """How many connections one process opens to PostgreSQL at most; one thread uses one at a time."""
    secret_key: str = ""
    """Signs session cookies. Empty: made once and kept beside the database file, or where that would be."""
    trusted_hosts: tuple[str, ...] = ()
    """Host names this server answers to; empty means any (fine behind a proxy that checks)."""
    is_behind_https: bool = False
    """Cookies are marked Secure, and HSTS is sent."""
    is_demo: bool = False
    """Demonstration accounts may sign in, from loopback only."""
    request_bytes: int = 1 * MIB
    """The largest form or page request."""
    exchange_bytes: int = 8 * MIB
    """The largest exchange, inflated."""
    bundle_bytes: int = 64 * MIB
    """The largest saved file that is taken in, unpacked."""
    blob_folder: str = ""
    """Where photos and recordings are. Empty: a folder beside the database file, or where that would be."""
    school_blob_bytes: int = 5 * 1024 * MIB
    """How much room one school's photos and recordings may take."""
    session_hours: int = 12
    backup_folder: Path = Path("var/backups")
    """Where verified copies of the database go."""
    backup_days: int = 30
    """How long they are kept; the newest three stay however old they are."""
    uplink_seconds: int = 300
    """How often a school's server goes to its centre by itself."""
    trusted_proxies: int = 0
    """How many proxies in front may say who the client is (X-Forwarded-For)."""

    @property
    def blobs(self) -> Path:
        """The folder of photos and recordings."""
        return Path(self.blob_folder) if self.blob_folder else self.database_path.with_suffix(".blobs")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in `environment`; ValueError names the variable that is wrong."""
    given: dict[str, object] = {}
    for name, default in _plain_fields().items():
        raw = environment.get(f"OBSERVE_{name.upper()}")
        if raw is not None:
            given[name] = _decode(name, raw, default)
    _check_url(str(given.get("database_url", "")))
    return Settings(**given)  # type: ignore[arg-type]


def _check_url(url: str) -> None:
    """Never repeats the address: a password may stand in it."""
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("OBSERVE_DATABASE_URL must begin with postgresql://")


def _plain_fields() -> dict[str, object]:
    empty = Settings()
    return {name: getattr(empty, name) for name in Settings.__slots__}


def _decode(name: str, raw: str, default: object) -> object:
    if isinstance(default, bool):
        if raw.lower() not in {"0", "1", "true", "false"}:
            raise ValueError(f"OBSERVE_{name.upper()} must be 0 or 1, not {raw!r}")
        return raw.lower() in {"1", "true"}
    if isinstance(default, int):
        if not raw.isdigit():
            raise ValueError(f"OBSERVE_{name.upper()} must be a whole number, not {raw!r}")
        return int(raw)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    return Path(raw) if isinstance(default, Path) else raw
