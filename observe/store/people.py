"""Rows of people and schools, written again whenever their records are folded."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from observe.domain.access import Role, Viewer
from observe.store.db import Db, Row, one


@dataclass(frozen=True, slots=True)
class Person:
    """One member of one school's roster."""

    school: str
    person: str
    name: str
    nip: str | None
    is_observer: bool
    is_teacher: bool
    is_administrator: bool
    is_active: bool

    @property
    def roles(self) -> frozenset[Role]:
        held = {
            Role.observer: self.is_observer,
            Role.teacher: self.is_teacher,
            Role.administrator: self.is_administrator,
        }
        return frozenset(role for role, is_held in held.items() if is_held)


@dataclass(frozen=True, slots=True)
class School:
    """One school. `time_zone` is an IANA name."""

    school: str
    name: str
    time_zone: str


_PERSON = "school, person, name, nip, is_observer, is_teacher, is_administrator, is_active"
COLUMNS = tuple(_PERSON.split(", "))


def write_person(db: Db, school: str, person: str, values: Mapping[str, Any]) -> None:
    row = Person(
        school,
        person,
        values.get("name") or "",
        values.get("nip"),
        bool(values.get("role.observer")),
        bool(values.get("role.teacher")),
        bool(values.get("role.administrator")),
        values.get("active") is not False,
    )
    db.run(
        f"insert into person ({_PERSON}) values (:school, :person, :name, :nip, :is_observer, :is_teacher,"
        " :is_administrator, :is_active) on conflict (school, person) do update set name = excluded.name,"
        " nip = excluded.nip, is_observer = excluded.is_observer, is_teacher = excluded.is_teacher,"
        " is_administrator = excluded.is_administrator, is_active = excluded.is_active",
        {name: int(value) if isinstance(value, bool) else value for name, value in asdict(row).items()},
    )


def write_school(db: Db, school: str, values: Mapping[str, Any]) -> None:
    db.run(
        "insert into school (school, name, time_zone) values (:school, :name, :zone)"
        " on conflict (school) do update set name = excluded.name, time_zone = excluded.time_zone",
        {"school": school, "name": values.get("name") or "", "zone": values.get("time_zone") or "Asia/Jakarta"},
    )


def viewer(db: Db, person: str) -> Viewer:
    """This person's roles in every school where she is an active member."""
    return as_viewer(person, db.rows(f"select {_PERSON} from person where person = :person", {"person": person}))


def as_viewer(person: str, rows: Iterable[Row]) -> Viewer:
    """Somebody by her rows in the schools whose roster she is on."""
    found = [_person(row) for row in rows]
    return Viewer(person, {row.school: row.roles for row in found if row.is_active and row.roles})


def of_school(db: Db, school: str) -> list[Person]:
    rows = db.rows(f"select {_PERSON} from person where school = :school order by name, person", {"school": school})
    return [_person(row) for row in rows]


def read(db: Db, school: str, person: str) -> Person | None:
    row = one(
        db.rows(
            f"select {_PERSON} from person where school = :school and person = :person",
            {"school": school, "person": person},
        )
    )
    return _person(row) if row else None


def school(db: Db, school: str) -> School | None:
    row = one(db.rows("select school, name, time_zone from school where school = :school", {"school": school}))
    return School(**row) if row else None


def schools(db: Db) -> list[School]:
    return [School(**row) for row in db.rows("select school, name, time_zone from school order by name, school")]


def _person(row: Row) -> Person:
    flags = {name: bool(value) for name, value in row.items() if name.startswith("is_")}
    return Person(**(row | flags))
