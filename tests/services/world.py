"""Two schools with people, for tests of intake and feed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from observe.domain import builtin
from observe.services import intake, setup
from observe.services.intake import Draft
from observe.services.place import Place
from observe.settings import Settings
from observe.store.db import Db
from observe.store.sqlite import SqliteDb
from tests.devices import Device


def uuid(n: int) -> str:
    return f"01900000-0000-7000-8000-{n:012x}"


SCHOOL, OTHER_SCHOOL = uuid(1), uuid(2)
OBSERVER, SECOND, TEACHER, COLLEAGUE, ADMIN, STRANGER = (uuid(n) for n in range(11, 17))
LESSON = f"observation/{uuid(100)}"
ROLES = {OBSERVER: "observer", SECOND: "observer", TEACHER: "teacher", COLLEAGUE: "teacher", ADMIN: "administrator"}


@dataclass
class Clock:
    now: datetime = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@dataclass
class World:
    """A place with two schools; `device` pairs a new one."""

    place: Place
    form: str
    paired: int = 0

    def device(self, person: str, school: str = SCHOOL) -> Device:
        self.paired += 1
        return Device.paired(self.place, school, person, f"dev{self.paired:04d}")

    def start(self, device: Device, record: str = LESSON, **values: Any) -> None:
        device.write(record, observer=device.person, teacher=TEACHER, rubric=self.form, status="draft", **values)


def a_world(db: Db | None = None) -> World:
    """In memory, unless `db` is given."""
    ids = iter(range(1000, 100_000))
    place = Place(db or SqliteDb(None), Settings(), Clock(), lambda: uuid(next(ids)))
    setup.prepare(place)
    form = builtin.instrument("instruction-short")
    drafts = [
        *(
            Draft(SCHOOL, f"person/{who}", {"name": role, "nip": "1", f"role.{role}": True})
            for who, role in ROLES.items()
        ),
        Draft(OTHER_SCHOOL, f"person/{STRANGER}", {"name": "x", "role.observer": True, "role.administrator": True}),
        Draft(SCHOOL, f"rubric/{form.id}", form.fields),
        Draft(SCHOOL, f"school/{SCHOOL}", {"name": "SMP", "time_zone": "Asia/Jakarta"}),
    ]
    assert intake.found(place, drafts) == []
    return World(place, form.reference)
