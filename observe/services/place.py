"""This installation, as a service sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from observe.settings import Settings
from observe.store.db import Db


@dataclass(frozen=True, slots=True)
class Place:
    """The database, the settings, the clock and the source of new ids."""

    db: Db
    settings: Settings
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def moment(self) -> str:
        """Now, as UTC ISO-8601 text with milliseconds."""
        return as_text(self.now())


def as_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
