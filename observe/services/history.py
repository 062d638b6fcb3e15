"""Who set what in a record, and when, as far as the person asking could see the record at that time.

A superseded value is shown only to somebody who could see the record while it stood: a teacher never reads the words
her observer took back before signing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from observe.domain import access
from observe.domain.access import Viewer
from observe.services.place import Place
from observe.store import changes, held, replicas
from observe.store.changes import LogRow
from observe.store.records import Kept
from sync.record import Record, apply

UNKNOWN = object()
"""What stood before is not for this person to know."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One field that a change set. `before` is UNKNOWN when it is not hers to read, None when nothing stood there."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Event:
    """One change in a record's history. `standing` is empty for a change that was accepted at once."""

    by: str
    made_at: str
    received_at: str
    device: str
    moved: tuple[Moved, ...]
    standing: str = ""

    @property
    def is_counted(self) -> bool:
        return self.standing in {"", "released"}


def read(place: Place, viewer: Viewer, school: str, kept: Kept) -> list[Event]:
    """The history of a record she may see now, the newest first."""
    standings = {item.seq: item.standing for item in held.of_record(place.db, school, kept.record)}
    tokens = access.tokens(viewer, school)
    hidden = access.hidden_fields(viewer, school, kept.record)
    devices = _Devices(place)
    fields: Record = {}
    could_see = False
    events: list[Event] = []
    for row in changes.history(place.db, school, kept.record):
        standing = standings.get(row.seq, "")
        is_counted = row.verdict == "accepted" or standing == "released"
        moved = _fold(fields, row, could_see=could_see) if is_counted else _asked(fields, row, could_see=could_see)
        could_see = bool(kept.audience_at(row.seq) & tokens) if is_counted else could_see
        is_hers = could_see if is_counted else access.may_see_held(viewer, school, row.made_by)
        shown = tuple(item for item in moved if item.field not in hidden)
        if is_hers and shown:
            events.append(
                Event(row.made_by, row.change.at, row.received_at, devices.name(row.replica), shown, standing)
            )
    return events[::-1]


def _fold(fields: Record, row: LogRow, *, could_see: bool) -> list[Moved]:
    """Apply one change; the fields in which it came to stand."""
    change = row.change
    before = {name: _shown(fields, name) for name in change.set}
    apply(fields, change)
    return [
        Moved(name, before[name] if could_see else UNKNOWN, value)
        for name, value in change.set.items()
        if any(head.id == change.id for head in fields[name].heads)
    ]


def _asked(fields: Record, row: LogRow, *, could_see: bool) -> list[Moved]:
    """What a change that does not count would have set."""
    change: Mapping[str, Any] = row.change.set
    return [Moved(name, _shown(fields, name) if could_see else UNKNOWN, value) for name, value in change.items()]


def _shown(fields: Record, name: str) -> Any:
    return fields[name].shown.value if name in fields and fields[name].heads else None


class _Devices:
    """Names of devices, each read once."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._names: dict[str, str] = {}

    def name(self, replica: str) -> str:
        """What its person called it; empty for this server itself."""
        if replica not in self._names:
            found = replicas.read(self._place.db, replica)
            self._names[replica] = found.name if found and found.person else ""
        return self._names[replica]
