"""What the office wrote: visits planned, people's roles changed, and one late change set aside."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.resources import files
from itertools import groupby
from operator import attrgetter
from typing import Any, Literal

from msgspec import Struct, convert

from observe.demo.cast import School
from observe.demo.ids import record_id
from observe.demo.lessons import SHORT_NAMES
from observe.demo.pen import Delivery, Parcel, Sheet
from observe.demo.school_days import SchoolDays
from observe.demo.visits import Visit
from observe.domain.builtin import instrument
from observe.services.place import as_text


class Appointment(Struct, frozen=True, forbid_unknown_fields=True):
    """A visit still to come, in so many school days; 0 is today."""

    teacher: str
    observer: str
    form: Literal["short", "long", "plan", "eval", "own"]
    in_days: int
    at: str
    class_name: str
    topic: str


class Edit(Struct, frozen=True, forbid_unknown_fields=True):
    """A change to somebody's entry on the roster."""

    person: str
    by: str
    ago: int
    set: Mapping[str, Any]


class Desk(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything `office.toml` tells."""

    appointment: tuple[Appointment, ...]
    edit: tuple[Edit, ...]


def desk() -> Desk:
    return convert(tomllib.loads(files("observe.demo").joinpath("office.toml").read_text("utf-8")), type=Desk)


def planned(visits: list[Visit]) -> Iterator[Delivery]:
    """Past visits, as their observers planned them: several at a time, on one morning."""
    order = attrgetter("school.key", "lesson.observer", "planned_ago")
    for _, together in groupby(sorted(filter(attrgetter("was_planned"), visits), key=order), key=order):
        first, *others = together
        sheets = [visit.plan for visit in (first, *others)]
        yield (Parcel(first.school.id, first.observer.id, None, sheets[0].at, sheets),)


def appointments(school: School, days: SchoolDays) -> Iterator[Delivery]:
    """Visits of today and the days after, planned three school days ago."""
    for number, appointment in enumerate(desk().appointment):
        observer, teacher = school.member(appointment.observer), school.member(appointment.teacher)
        wrote_at = days.moment(days.before(3), "10:20") + timedelta(minutes=number)
        fields = {
            "teacher": teacher.id,
            "observer": observer.id,
            "class_name": appointment.class_name,
            "subject": teacher.subjects,
            "topic": appointment.topic,
            "planned_at": as_text(days.moment(days.after(appointment.in_days), appointment.at)),
            "rubric": instrument(SHORT_NAMES[appointment.form]).reference,
            "status": "planned",
        }
        sheet = Sheet(f"visit/{record_id('appointment', teacher.key, appointment.topic)}", wrote_at, fields)
        yield (Parcel(school.id, observer.id, None, wrote_at, [sheet]),)


def edits(school: School, days: SchoolDays) -> Iterator[Delivery]:
    for edit in desk().edit:
        at = days.moment(days.before(edit.ago), "09:15")
        sheet = Sheet(f"person/{school.member(edit.person).id}", at, edit.set)
        yield (Parcel(school.id, school.member(edit.by).id, None, at, [sheet]),)
