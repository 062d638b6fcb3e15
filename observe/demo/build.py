"""Making the demonstration school. Everything in it is an ordinary change; the same day gives the same log."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from observe.demo import office
from observe.demo.cast import Device, Member, School, devices, schools
from observe.demo.ids import record_id, spread
from observe.demo.lessons import Lesson, lessons
from observe.demo.pen import Delivery, Parcel, Pen, Sheet
from observe.demo.school_days import SchoolDays
from observe.demo.visits import Visit
from observe.domain.builtin import instruments
from observe.services import accounts
from observe.services.place import Place, as_text
from observe.store import changes, held, replicas

PASS_PHRASE = "amati-bersama-2026"  # noqa: S105 - printed at start, and refused on any address but loopback
ACCOUNTS = {"kepala": "zulfahmi", "pengamat": "sri", "guru": "yulia", "admin": "ratna"}
"""Username to the key of a person in `cast.toml`."""
FOUNDED_AGO = 230
"""School days ago the school was set up here."""


@dataclass(frozen=True, slots=True)
class DemoSchool:
    """What was made: the school, its people by key, who may sign in as whom, and how many visits are signed."""

    school: str
    name: str
    people: Mapping[str, str]
    accounts: Mapping[str, str]
    visits: int


def build(place: Place, today: date) -> DemoSchool:
    """Write the demonstration into a place that was prepared and is empty."""
    ours, *neighbours = schools()
    for school in (ours, *neighbours):
        _write_school(place, school, SchoolDays(today, school.time_zone))
    for username, key in ACCOUNTS.items():
        member = ours.member(key)
        accounts.open_account(place, member.id, username, PASS_PHRASE, nip=member.nip, is_demo=True)
    return DemoSchool(
        school=ours.id,
        name=ours.name,
        people={member.key: member.id for member in ours.members},
        accounts={username: ours.member(key).id for username, key in ACCOUNTS.items()},
        visits=sum(_is_of(ours, lesson) and lesson.is_signed for lesson in lessons()),
    )


def _write_school(place: Place, school: School, days: SchoolDays) -> None:
    pen = Pen(place)
    founded_at = days.moment(days.before(FOUNDED_AGO), "08:00")
    pen.found(school.id, founded_at, _foundation(school, founded_at))
    for member, number, device in devices(school):
        _pair(place, days, member, number, device)
    visits = [Visit(school, days, lesson) for lesson in lessons() if _is_of(school, lesson)]
    pen.write(_deliveries(school, days, visits))
    pen.write(_set_aside(place, days, visits))
    for member, number, device in devices(school):
        _part(place, days, member, number, device)


def _foundation(school: School, at: datetime) -> Iterator[Sheet]:
    yield Sheet(f"school/{school.id}", at, school.fields)
    for member in school.members:
        yield Sheet(f"person/{member.id}", at, member.fields)
    for built_in in instruments():
        yield Sheet(f"rubric/{built_in.id}", at, built_in.fields)


def _is_of(school: School, lesson: Lesson) -> bool:
    return any(member.key == lesson.teacher for member in school.members)


def _deliveries(school: School, days: SchoolDays, visits: list[Visit]) -> Iterator[Delivery]:
    for visit in visits:
        yield from visit.deliveries()
    yield from office.planned(visits)
    if school.key == schools()[0].key:
        yield from office.appointments(school, days)
        yield from office.edits(school, days)


def _set_aside(place: Place, days: SchoolDays, visits: list[Visit]) -> Iterator[Delivery]:
    """What somebody has already decided not to count."""
    for visit in visits:
        because = visit.lesson.elsewhere.set_aside_because if visit.lesson.elsewhere else ""
        waiting = held.of_school(place.db, visit.school.id) if because else []
        for item in waiting:
            row = changes.at(place.db, item.school, item.seq)
            if row and item.record == visit.observation:
                at = days.moment(days.before(1), "22:20")
                fields = {"change": row.change.id, "verdict": "set-aside", "why": because}
                sheet = Sheet(f"decision/{record_id('decision', visit.lesson.key)}", at, fields)
                yield (Parcel(item.school, visit.school.member(visit.school.head).id, None, at, [sheet]),)


def _pair(place: Place, days: SchoolDays, member: Member, number: int, device: Device) -> None:
    paired_at = days.moment(days.before(device.paired_ago), "07:10")
    with place.db.atomic():
        replicas.add(place.db, member.replica(number), member.id, device.name, None, as_text(paired_at))


def _part(place: Place, days: SchoolDays, member: Member, number: int, device: Device) -> None:
    """How the office sees the device today: when it was last heard from, and what waits on it."""
    replica = member.replica(number)
    known = replicas.read(place.db, replica)
    seen_ago = spread(1, 4, "seen", replica) if device.seen_ago is None else device.seen_ago
    seen_at = as_text(days.moment(days.before(seen_ago), "18:25") + timedelta(minutes=spread(0, 180, "at", replica)))
    with place.db.atomic():
        seen_at = max(seen_at, (known and known.last_stored_at) or seen_at)
        replicas.note_seen(place.db, replica, seen_at, device.waiting, device.clock_offset_seconds)
        if device.revoked_ago is not None:
            revoked_at = as_text(days.moment(days.before(device.revoked_ago), "08:45"))
            replicas.revoke(place.db, replica, member.id, revoked_at)
