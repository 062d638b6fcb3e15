"""What a node sends its centre next: the rows of its log that are not there yet, in order."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace

from observe.services import intake
from observe.services.place import Place
from observe.store import changes, replicas, rulings, uplinks
from observe.store.changes import COPY, LogRow
from observe.store.uplinks import Uplink, Waits

BYTES = 256 * 1024
"""What one request may weigh, compressed."""
RAW_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Status:
    """For the page and the terminal: the centre, and what of each school waits since when."""

    uplink: Uplink
    schools: list[tuple[str, Waits]]

    @property
    def waiting(self) -> int:
        return sum(waits.changes for _, waits in self.schools)

    @property
    def since(self) -> str | None:
        return min((waits.since for _, waits in self.schools if waits.since), default=None)


@dataclass(frozen=True, slots=True)
class Load:
    """What one request carries, and how far each school's log has been forwarded once it is there."""

    rows: list[LogRow]
    reached: dict[str, int]
    is_rest: bool


def load(place: Place, uplink: Uplink) -> Load:
    """The next rows of the log, in order: no more than fit into one request on this line."""
    rows: list[LogRow] = []
    reached: dict[str, int] = {}
    size = 0
    for row in _to_forward(place, reached, uplink.batch):
        size += len(row.body)
        if rows and (len(rows) >= uplink.batch or size > RAW_BYTES):
            return _light(rows, is_rest=False)
        rows.append(row)
    light = _light(rows, is_rest=True)
    return replace(light, reached=reached) if light.is_rest else light


def _to_forward(place: Place, reached: dict[str, int], at_once: int) -> Iterator[LogRow]:
    """Rows that are not at the centre yet. `reached` follows, past what is not for the centre too.

    What this server noted for itself stays here; what a copied device wrote goes up under its new name.
    """
    known = uplinks.schools(place.db)
    for school in schools(place):
        moved = rulings.moved(place.db, school)
        after = known[school].forwarded if school in known else 0
        while rows := changes.walk(place.db, school, after, at_once + 1):
            for row in rows:
                if row.seq not in moved and not row.replica.endswith(intake.CLERK):
                    yield row
                after = reached[school] = row.seq


def _light(rows: list[LogRow], *, is_rest: bool) -> Load:
    """As many of `rows` as weigh no more than a request may; one at least."""
    while len(rows) > 1 and len(gzip.compress("\n".join(row.body for row in rows).encode(), 1)) > BYTES:
        rows, is_rest = rows[: len(rows) // 2], False
    return Load(rows, {row.school: row.seq for row in rows}, is_rest)


def schools(place: Place) -> list[str]:
    """The schools the centre knows this node for; and strays: a change of a school nobody looks after here."""
    known = uplinks.schools(place.db)
    return [
        school
        for school in changes.schools(place.db)
        if (school in known and known[school].name) or not uplinks.is_known_school(place.db, school)
    ]


def vector(place: Place, school: str) -> dict[str, tuple[int, int]]:
    """What this server should have in common with the centre."""
    forked = replicas.forked(place.db)
    found: dict[str, tuple[int, int]] = {}
    for name, (numbers, highest) in changes.vector(place.db, school).items():
        if not name.endswith(intake.CLERK):
            replica = name.partition(COPY)[0]
            if replica not in forked:
                found[replica] = (numbers, highest)
    return found


def status(place: Place) -> Status | None:
    """Where things stand; None when there is no centre."""
    uplink = uplinks.read(place.db)
    if uplink is None:
        return None
    known = uplinks.schools(place.db)
    waits = [
        uplinks.waiting(place.db, school, known[school].forwarded if school in known else 0, f"%{intake.CLERK}")
        for school in schools(place)
    ]
    return Status(uplink, [(known[item.school].name if item.school in known else "", item) for item in waits])
