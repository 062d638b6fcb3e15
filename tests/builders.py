"""Things a test needs, made the way the product makes them: through `intake`, on real SQLite.

Name only what matters: `an_observation(place, school, rubric=form, ratings={"A1": 3})`.
"""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from observe.domain.access import Viewer
from observe.domain.ids import new_id
from observe.services import intake, setup
from observe.services.intake import Draft, Notice, Receipt, Sender
from observe.services.place import Place, as_text
from observe.settings import Settings
from observe.store import people, records, replicas
from observe.store.db import Db
from observe.store.sqlite import SqliteDb
from sync.change import Change, encode

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)  # 12.00 in Jakarta, a Monday
INSTRUMENTS = Path(intake.__file__).parent.parent / "domain" / "instruments"


@dataclass(slots=True)
class Clock:
    """A clock that stands until it is told to go on."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **much: float) -> None:
        self.at += timedelta(**much)


def ids(clock: Callable[[], datetime]) -> Callable[[], str]:
    """New ids that are the same in every run."""
    numbers = itertools.count(1)
    return lambda: new_id(clock(), lambda size: next(numbers).to_bytes(size, "big"))


def a_place(db: Db | None = None, *, clock: Callable[[], datetime] | None = None, **settings: Any) -> Place:
    """An installation with nothing in it, in memory unless `db` is given."""
    now = clock or Clock()
    made = Place(db or SqliteDb(None), Settings(**settings), now, ids(now))
    setup.prepare(made)
    return made


def a_school(place: Place, **fields: Any) -> str:
    """The id of a new school."""
    school = place.new_id()
    values = {
        "name": "SMP Negeri 2 Muaro Jambi",
        "npsn": "10500001",
        "address": "Jalan Lintas Timur, Muaro Jambi",
        "letterhead": "PEMERINTAH KABUPATEN MUARO JAMBI\nDINAS PENDIDIKAN DAN KEBUDAYAAN",
        "time_zone": "Asia/Jakarta",
    }
    _found(place, Draft(school, f"school/{school}", values | fields))
    return school


def a_person(place: Place, school: str, *roles: str, person: str | None = None, **fields: Any) -> str:
    """The id of a new member of `school` (or of `person`, made a member here too)."""
    id = person or place.new_id()
    values = {"name": f"Orang {id[-4:]}"} | {f"role.{role}": True for role in roles or ("teacher",)}
    _found(place, Draft(school, f"person/{id}", values | fields))
    return id


def an_instrument(code: str = "instruction-short") -> tuple[str, dict[str, Any]]:
    """A built-in instrument: its id and the body of its version."""
    read = json.loads((INSTRUMENTS / f"{code}.json").read_text())
    return read["id"], read["version"]


def a_rubric(place: Place, school: str, code: str = "instruction-short", **body: Any) -> str:
    """`<uuid>@<version>` of an instrument, now known to `school`; `body` replaces parts of the version."""
    id, version = an_instrument(code)
    version |= body
    values = {
        "code": version["code"],
        "area": version["area"],
        "title": version["title"],
        "active": True,
        f"version.{version['version']}": version,
    }
    _found(place, Draft(school, f"rubric/{id}", values))
    return f"{id}@{version['version']}"


def an_observation(
    place: Place,
    school: str,
    *,
    teacher: str,
    observer: str,
    rubric: str,
    id: str | None = None,
    status: str = "signed",
    ratings: Mapping[str, Any] | None = None,
    comments: Mapping[str, str] | None = None,
    notes: Sequence[Mapping[str, Any]] = (),
    started_at: datetime | None = None,
    **fields: Any,
) -> str:
    """The id of an observation written by its observer: first as a draft, then, if asked, signed."""
    observation = id or place.new_id()
    began = started_at or place.now() - timedelta(hours=2)
    written = {
        "teacher": teacher,
        "observer": observer,
        "rubric": rubric,
        "status": "draft",
        "class_name": "VIII B",
        "subject": "IPA",
        "started_at": as_text(began),
        "ended_at": as_text(began + timedelta(minutes=40)),
        **{f"rating.{code}": value for code, value in (ratings or {}).items()},
        **{f"comment.{code}": text for code, text in (comments or {}).items()},
        **{f"note.{place.new_id()}": {"at_s": 0, "tags": []} | dict(note) for note in notes},
        **fields,
    }
    record = f"observation/{observation}"
    assert not intake.write(place, observer, [Draft(school, record, written)])
    if status == "signed":
        signing = {"status": "signed", "signed_at": as_text(place.now())}
        assert not intake.write(place, observer, [Draft(school, record, signing)])
    return observation


def an_answer(place: Place, school: str, observation: str, teacher: str, **words: Any) -> None:
    """The teacher's own words on a signed observation: `read=…, stance=…, reply=…`."""
    written = {f"{name}.{teacher}": value for name, value in words.items()}
    assert not intake.write(place, teacher, [Draft(school, f"observation/{observation}", written)])


@dataclass(slots=True)
class Device:
    """A tablet as the server sees it: it numbers its own changes and knows what it was showing."""

    place: Place
    replica: str
    person: str
    n: int = 0
    sent: list[Change] = field(default_factory=list)

    def change(
        self,
        school: str,
        record: str,
        set: Mapping[str, Any],
        seen: Mapping[str, list[str]] | None = None,
        at: str = "",
    ) -> Change:
        """The next change of this device, not sent yet."""
        self.n += 1
        made = Change(
            id=f"{self.replica}.{self.n}",
            school=school,
            record=record,
            by=self.person,
            at=at or self.place.moment(),
            set=dict(set),
            seen={name: list(known) for name, known in (seen or {}).items()},
        )
        self.sent.append(made)
        return made

    def send(self, *changes: Change) -> Receipt:
        return intake.take_in(self.place, Sender(self.replica, self.person), [encode(change) for change in changes])

    def write(self, school: str, record: str, set: Mapping[str, Any], **more: Any) -> Receipt:
        """Make one change and send it."""
        return self.send(self.change(school, record, set, **more))


def a_device(place: Place, person: str, replica: str = "tablet1", name: str = "Tablet ruang guru") -> Device:
    with place.db.atomic():
        replicas.add(place.db, replica, person, name, None, place.moment())
    return Device(place, replica, person)


def heads_of(place: Place, school: str, record: str, *names: str) -> dict[str, list[str]]:
    """The change ids a device shows for these fields of a record, when it has read everything."""
    kept = records.read(place.db, school, record)
    assert kept
    return {name: [head.id for head in kept.fields[name].heads] for name in names if name in kept.fields}


def viewer(place: Place, person: str) -> Viewer:
    return people.viewer(place.db, person)


@dataclass(frozen=True, slots=True)
class Cast:
    """One school with one person of each kind and one instrument."""

    place: Place
    school: str
    principal: str
    observer: str
    teacher: str
    other_teacher: str
    administrator: str
    rubric: str

    def observation(self, **given: Any) -> str:
        """An observation of the teacher by the principal, unless it says otherwise."""
        who = {"teacher": self.teacher, "observer": self.principal, "rubric": self.rubric}
        return an_observation(self.place, self.school, **(who | given))


def a_cast(place: Place) -> Cast:
    school = a_school(place)
    principal = a_person(
        place, school, "observer", "administrator", name="Hj. Ratna Dewi, M.Pd.", nip="197203151998022001",
        honorific="Ibu", position="Kepala Sekolah",
    )  # fmt: skip
    found = Cast(
        place=place,
        school=school,
        principal=principal,
        observer=a_person(place, school, "observer", "teacher", name="Yusuf Hamdani, S.Pd.", honorific="Bapak"),
        teacher=a_person(
            place, school, "teacher", name="Siti Aminah, S.Pd.", nip="198501012010012001", honorific="Ibu",
            subjects="IPA", classes="VIII A, VIII B",
        ),
        other_teacher=a_person(place, school, "teacher", name="Budi Santoso, S.Pd.", honorific="Bapak"),
        administrator=a_person(place, school, "administrator", name="Dina Marlina", honorific="Ibu"),
        rubric=a_rubric(place, school),
    )  # fmt: skip
    _found(place, Draft(school, f"school/{school}", {"head": principal}))
    return found


def _found(place: Place, *drafts: Draft) -> None:
    notices: list[Notice] = intake.found(place, drafts)
    assert not notices, notices
