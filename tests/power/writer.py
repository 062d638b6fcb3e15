"""`python -m tests.power.writer make|write FILE`: a small school in SQLite, and a tablet whose changes it takes in.

`write` says on standard output what was acknowledged, so that whoever records its calls finds both in one order.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from observe.services import intake
from observe.services.place import Place
from observe.store.sqlite import SqliteDb
from sync.change import Written
from tests.builders import NOON, Clock, a_cast, a_place
from tests.devices import Device

REPLICA = "writer000000"
BATCHES = 24
LONG = "kata " * 900


def uuid(n: int) -> str:
    return f"0190bbbb-0000-7000-8000-{n:012x}"


def batches(place: Place, school: str, person: str) -> Iterator[list[Written]]:
    """What the tablet sends, batch by batch: the same each time."""
    device = Device(place, school, person, REPLICA)
    for batch in range(BATCHES):
        for lesson in range(12):
            device.write(
                f"observation/{uuid(1_000 + lesson)}", growth=f"{batch} {LONG}", status="draft", observer=person
            )
        yield device.outbox[-12:]


def make(path: str) -> None:
    with closing(SqliteDb(Path(path))) as db:
        place = a_place(db, clock=Clock(NOON - timedelta(hours=1)))
        cast = a_cast(place)
        Device.paired(place, cast.school, cast.principal, REPLICA)
        sys.stdout.write(f"{cast.school} {cast.principal}")


def write(path: str, school: str, person: str) -> None:
    with closing(SqliteDb(Path(path))) as db:
        place = a_place(db, clock=Clock(NOON))
        for sent in batches(place, school, person):
            receipt = intake.take_in(place, intake.Sender(REPLICA, person), sent)
            os.write(1, b"ACK %d\n" % receipt.stored_n)


if __name__ == "__main__":
    {"make": make, "write": write}[sys.argv[1]](*sys.argv[2:])
