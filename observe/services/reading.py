"""Reading observations: a list of those a person may see, and one in full."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from observe.domain import access, rubric, scoring
from observe.domain.access import Viewer
from observe.domain.errors import NotHere
from observe.domain.fields import Fields
from observe.domain.rubric import NOT_APPLICABLE, Area, Band, Indicator, Level, Rubric
from observe.domain.scoring import AreaScore, Score
from observe.services.place import Place
from observe.store import blobs, observations, records, steps
from observe.store.observations import Filter, Listed
from observe.store.records import Kept
from sync.record import conflicts

PAGE_ROWS = 25


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list was asked for, in the reader's own terms: days are days of her school."""

    teacher: str = ""
    rubric: str = ""
    state: str = ""
    from_day: date | None = None
    to_day: date | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: the observation, the form it was made with, and its band."""

    listed: Listed
    form: Rubric | None
    band: Band | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and how many there are in all for this reader."""

    rows: list[Row]
    total: int
    first: int

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def has_further(self) -> bool:
        return self.last < self.total


@dataclass(frozen=True, slots=True)
class Note:
    """A piece of evidence: what was seen, at which second of the lesson, for which indicators."""

    id: str
    text: str
    at_s: float
    tags: tuple[str, ...]

    @property
    def minute(self) -> int:
        """Minutes count from 1, as on a clock face beside the lesson: the first sixty seconds are minute 1."""
        return int(self.at_s // 60) + 1


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo or recording; `standing` is how far it has come: arriving, kept or refused."""

    id: str
    sha256: str
    type: str
    caption: str
    at_s: float
    tags: tuple[str, ...]
    standing: str

    @property
    def minute(self) -> int:
        """As that of a note."""
        return int(self.at_s // 60) + 1

    @property
    def is_picture(self) -> bool:
        return self.type.startswith("image/")


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator as it was rated. No level and not "na": not scored."""

    indicator: Indicator
    levels: tuple[Level, ...]
    level: Level | None
    is_na: bool
    comment: str
    notes: tuple[Note, ...]
    has_conflict: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One area of the form, its lines and what it came to."""

    area: Area
    score: AreaScore
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One observation in full. `people` are the person records named in it, by id."""

    school: str
    id: str
    values: Fields
    form: Rubric | None
    score: Score | None
    parts: tuple[Part, ...]
    notes: tuple[Note, ...]
    shots: tuple[Shot, ...]
    steps: tuple[Fields, ...]
    conflicts: tuple[str, ...]
    people: Mapping[str, Fields]
    is_own: bool

    @property
    def untagged(self) -> list[Note]:
        return [note for note in self.notes if not note.tags]

    @property
    def is_signed(self) -> bool:
        return self.values.get("status") == "signed"

    @property
    def teacher(self) -> Fields:
        return self.people.get(self.values["teacher"], Fields())

    @property
    def observer(self) -> Fields:
        return self.people.get(self.values["observer"], Fields())

    def answer(self, name: str) -> Any:
        """What the teacher of this observation said: `read`, `stance` or `reply`."""
        return self.values.get(f"{name}.{self.values.get('teacher')}")


def listed(place: Place, viewer: Viewer, school: str, asked: Asked, zone: str) -> Page:
    """A page of the observations this person may see; what she may not see is not counted either."""
    scope = access.scope(viewer, school)
    narrowed = Filter(
        teacher=asked.teacher,
        rubric=asked.rubric,
        state=asked.state,
        from_at=_midnight(asked.from_day, zone),
        before_at=_midnight(_day_after(asked.to_day), zone),
    )
    total = observations.count(place.db, school, scope, narrowed)
    offset = min(max(asked.page - 1, 0) * PAGE_ROWS, max(total - 1, 0) // PAGE_ROWS * PAGE_ROWS)
    found = observations.find(place.db, school, scope, narrowed, PAGE_ROWS, offset)
    forms = _forms(place, school, {row.rubric for row in found if row.rubric})
    return Page([_row(item, forms.get(item.rubric or "")) for item in found], total, offset + 1)


def read(place: Place, viewer: Viewer, school: str, id: str) -> Reading:
    """One observation in full; NotHere when there is none, or none for this person."""
    kept = visible(place, viewer, school, f"observation/{id}")
    values = Fields(kept.values)
    form = _forms(place, school, {values.get("rubric", "")}).get(values.get("rubric", ""))
    made = scoring.score(form, _ratings(values)) if form else None
    notes = _notes(values)
    at_odds = frozenset(conflicts(kept.fields))
    return Reading(
        school=school,
        id=id,
        values=values,
        form=form,
        score=made,
        parts=_parts(form, made, values, notes, at_odds) if form and made else (),
        notes=notes,
        shots=_shots(place, kept),
        steps=_steps(place, viewer, school, id),
        conflicts=tuple(sorted(at_odds)),
        people=_people(place, school, {values["teacher"], values["observer"]}),
        is_own=values.get("observer") == viewer.person,
    )


def visible(place: Place, viewer: Viewer, school: str, record: str) -> Kept:
    """A record as it stands; NotHere when there is none, or none for this person."""
    kept = records.read(place.db, school, record)
    if kept is None or not access.may_see(viewer, school, kept.audience):
        raise NotHere
    return kept


def school_values(place: Place, school: str) -> Fields:
    """The school record: name, letterhead, head."""
    kept = records.read(place.db, school, f"school/{school}")
    return Fields(kept.values if kept else {})


def person_values(place: Place, school: str, id: str | None) -> Fields:
    """What is known of one person; nothing where there is nobody."""
    return _people(place, school, {id}).get(id or "", Fields())


def rubrics(place: Place, school: str) -> list[tuple[str, Fields, list[Rubric]]]:
    """Every instrument of a school: its id, its values, and its versions, the newest first."""
    return [(kept.id, Fields(kept.values), _versions(kept)) for kept in records.of_kind(place.db, school, "rubric")]


def rubric_version(place: Place, school: str, named: str) -> Rubric:
    """The version `<uuid>@<version>`; NotHere when the school does not have it."""
    found = _forms(place, school, {named}).get(named)
    if found is None:
        raise NotHere
    return found


def _day_after(day: date | None) -> date | None:
    """None after the last day there is: then nothing ends the list."""
    return day + timedelta(days=1) if day and day < date.max else None


def _midnight(day: date | None, zone: str) -> str:
    """The beginning of a day at school, in UTC, comparable as text with any stored time."""
    if day is None:
        return ""
    try:
        return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except OverflowError:
        return ""


def _row(item: Listed, form: Rubric | None) -> Row:
    band = form.band_of(item.percent) if form and item.percent is not None else None
    return Row(item, form, band)


def _forms(place: Place, school: str, named: set[str]) -> dict[str, Rubric]:
    wanted = {name: name.partition("@") for name in named if name}
    kept = records.read_many(place.db, school, sorted({f"rubric/{parts[0]}" for parts in wanted.values()}))
    found: dict[str, Rubric] = {}
    for name, (id, _, version) in wanted.items():
        body = kept[f"rubric/{id}"].values.get(f"version.{version}") if f"rubric/{id}" in kept else None
        form = rubric.readable(body)
        if form is not None:
            found[name] = form
    return found


def _versions(kept: Kept) -> list[Rubric]:
    bodies = [value for name, value in kept.values.items() if name.startswith("version.")]
    return sorted(filter(None, map(rubric.readable, bodies)), key=lambda form: -form.version)


def _ratings(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name[7:]: value for name, value in values.items() if name.startswith("rating.")}


def _notes(values: Mapping[str, Any]) -> tuple[Note, ...]:
    found = [
        Note(name[5:], value["text"], value["at_s"], tuple(value["tags"]))
        for name, value in values.items()
        if name.startswith("note.")
    ]
    return tuple(sorted(found, key=lambda note: (note.at_s, note.id)))


def _shots(place: Place, kept: Kept) -> tuple[Shot, ...]:
    named = [(name[11:], value) for name, value in kept.values.items() if name.startswith("attachment.")]
    here = blobs.of_record(place.db, kept.school, kept.record) if named else {}

    def shot(id: str, says: Mapping[str, Any]) -> Shot:
        standing = here[says["sha256"]].standing if says["sha256"] in here else "arriving"
        return Shot(id, says["sha256"], says["type"], says["caption"], says["at_s"], tuple(says["tags"]), standing)

    return tuple(sorted((shot(*each) for each in named), key=lambda shot: (shot.at_s, shot.id)))


def _parts(
    form: Rubric, made: Score, values: Mapping[str, Any], notes: tuple[Note, ...], at_odds: frozenset[str]
) -> tuple[Part, ...]:
    return tuple(
        Part(
            area,
            made.by_area[area.code],
            tuple(_line(form, indicator, values, notes, at_odds) for indicator in area.indicators),
        )
        for area in form.areas
    )


def _line(
    form: Rubric, indicator: Indicator, values: Mapping[str, Any], notes: tuple[Note, ...], at_odds: frozenset[str]
) -> Line:
    code = indicator.code
    rating = values.get(f"rating.{code}")
    scale = form.scale_of(indicator)
    return Line(
        indicator=indicator,
        levels=scale.levels,
        level=scale.level(rating),
        is_na=rating == NOT_APPLICABLE,
        comment=values.get(f"comment.{code}", ""),
        notes=tuple(note for note in notes if code in note.tags),
        has_conflict=bool({f"rating.{code}", f"comment.{code}"} & at_odds),
    )


def _steps(place: Place, viewer: Viewer, school: str, id: str) -> tuple[Fields, ...]:
    found = records.read_many(place.db, school, steps.of_observation(place.db, school, id))
    return tuple(Fields(kept.values) for kept in found.values() if access.may_see(viewer, school, kept.audience))


def _people(place: Place, school: str, ids: set[str | None]) -> dict[str, Fields]:
    names = sorted(f"person/{id}" for id in ids if id)
    return {kept.id: Fields(kept.values) for kept in records.read_many(place.db, school, names).values()}
