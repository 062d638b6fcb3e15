"""Who reads which observations, in lists and in full; and that a list never tells what it may not show."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from observe.domain import access
from observe.domain.errors import NotHere
from observe.services import reading
from observe.services.place import Place
from observe.services.reading import PAGE_ROWS, Asked
from observe.store import records
from tests.builders import Cast, a_cast, a_place, a_rubric, a_school, an_answer, an_instrument, viewer

pytestmark = pytest.mark.both_engines

JAKARTA = "Asia/Jakarta"


@pytest.fixture
def cast(place: Place) -> Cast:
    return a_cast(place)


def ids(cast: Cast, person: str, asked: Asked | None = None) -> set[str]:
    page = reading.listed(cast.place, viewer(cast.place, person), cast.school, asked or Asked(), JAKARTA)
    assert page.total == len(page.rows) or page.total > PAGE_ROWS
    return {row.listed.observation for row in page.rows}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    made=st.lists(
        st.tuples(
            st.sampled_from(["principal", "observer"]),
            st.sampled_from(["teacher", "other_teacher", "observer"]),
            st.sampled_from(["draft", "signed"]),
        ),
        max_size=8,
    )
)
def test_a_list_holds_exactly_what_access_lets_its_reader_see(made: list[tuple[str, str, str]]) -> None:
    cast = a_cast(a_place())
    for observer, teacher, status in made:
        cast.observation(observer=getattr(cast, observer), teacher=getattr(cast, teacher), status=status)

    for name in ("principal", "observer", "teacher", "other_teacher", "administrator"):
        seen = viewer(cast.place, getattr(cast, name))
        allowed = {
            kept.id
            for kept in records.of_kind(cast.place.db, cast.school, "observation")
            if access.may_see(seen, cast.school, kept.audience)
        }

        assert ids(cast, getattr(cast, name)) == allowed, name


def test_a_stranger_to_the_school_has_no_scope_there(cast: Cast) -> None:
    cast.observation()
    stranger = viewer(cast.place, "0193a1c2-0000-7000-8000-00000000dead")

    page = reading.listed(cast.place, stranger, cast.school, Asked(), JAKARTA)

    assert (page.total, page.rows) == (0, [])


def test_what_may_not_be_seen_is_not_counted_either(cast: Cast) -> None:
    cast.observation(status="draft")
    cast.observation(teacher=cast.other_teacher)

    page = reading.listed(cast.place, viewer(cast.place, cast.teacher), cast.school, Asked(), JAKARTA)

    assert page.total == 0


def test_each_state_has_its_own_observations(cast: Cast) -> None:
    made = {state: cast.observation(status="draft" if state == "draft" else "signed") for state in _STATES}
    an_answer(cast.place, cast.school, made["read"], cast.teacher, read="2026-11-23T05:00:00.000Z")
    an_answer(cast.place, cast.school, made["answered"], cast.teacher, stance="differ")

    for state, observation in made.items():
        assert ids(cast, cast.principal, Asked(state=state)) == {observation}


_STATES = ("draft", "signed", "read", "answered")


def test_a_day_begins_at_midnight_in_the_school_and_not_in_greenwich(cast: Cast) -> None:
    early = cast.observation(started_at=datetime(2026, 11, 22, 17, 30, tzinfo=UTC))  # 00.30 on the 23rd in Jakarta
    late = cast.observation(started_at=datetime(2026, 11, 23, 16, 59, tzinfo=UTC))  # 23.59 on the 23rd
    cast.observation(started_at=datetime(2026, 11, 22, 16, 59, tzinfo=UTC))
    cast.observation(started_at=datetime(2026, 11, 23, 17, 0, tzinfo=UTC))
    day = date(2026, 11, 23)

    assert ids(cast, cast.principal, Asked(from_day=day, to_day=day)) == {early, late}


def test_a_list_is_narrowed_by_teacher_and_by_form_whatever_its_version(cast: Cast) -> None:
    short = cast.observation()
    long = cast.observation(rubric=a_rubric(cast.place, cast.school, "planning"))
    other = cast.observation(teacher=cast.other_teacher)

    assert ids(cast, cast.principal, Asked(rubric=an_instrument("planning")[0])) == {long}
    assert ids(cast, cast.principal, Asked(teacher=cast.other_teacher)) == {other}
    assert ids(cast, cast.principal, Asked(teacher=cast.teacher)) == {short, long}


def test_pages_follow_each_other_and_none_lies_beyond_the_last(cast: Cast) -> None:
    made = {cast.observation() for _ in range(PAGE_ROWS + 3)}

    first, second = (ids(cast, cast.principal, Asked(page=number)) for number in (1, 2))
    beyond = reading.listed(cast.place, viewer(cast.place, cast.principal), cast.school, Asked(page=999), JAKARTA)

    assert len(first) == PAGE_ROWS
    assert first | second == made
    assert not first & second
    assert {row.listed.observation for row in beyond.rows} == second


def test_no_text_can_widen_a_filter(cast: Cast) -> None:
    cast.observation()

    for text in ("%", "' or 1=1 --", "_" * 36, "\\"):
        assert ids(cast, cast.principal, Asked(teacher=text)) == set()
        assert ids(cast, cast.principal, Asked(rubric=text)) == set()


def test_an_observation_in_full_is_not_here_for_whoever_may_not_see_it(cast: Cast) -> None:
    draft, signed = cast.observation(status="draft"), cast.observation()

    for person, observation in (
        (cast.teacher, draft),
        (cast.administrator, draft),
        (cast.observer, draft),
        (cast.observer, signed),
        (cast.other_teacher, signed),
    ):
        with pytest.raises(NotHere):
            reading.read(cast.place, viewer(cast.place, person), cast.school, observation)


def test_an_observation_of_another_school_is_not_here(cast: Cast) -> None:
    elsewhere = a_school(cast.place, name="SMP lain")

    with pytest.raises(NotHere):
        reading.read(cast.place, viewer(cast.place, cast.principal), elsewhere, cast.observation())


def test_not_scored_not_applicable_and_the_lowest_level_are_three_things(cast: Cast) -> None:
    codes = [item["code"] for area in an_instrument()[1]["areas"] for item in area["indicators"]]
    may_be_na = [
        item["code"] for area in an_instrument()[1]["areas"] for item in area["indicators"] if item.get("may_be_na")
    ]
    observation = cast.observation(ratings={codes[0]: 1, may_be_na[0]: "na"})

    read = reading.read(cast.place, viewer(cast.place, cast.teacher), cast.school, observation)
    lines = {line.indicator.code: line for part in read.parts for line in part.lines}

    assert lines[codes[0]].level is not None
    assert lines[may_be_na[0]].is_na
    assert not lines[codes[1]].is_na
    assert lines[codes[1]].level is None


def test_a_note_lies_with_its_indicators_or_with_none(cast: Cast) -> None:
    observation = cast.observation(
        notes=[{"text": "Satu", "at_s": 59, "tags": ["A1"]}, {"text": "Dua", "at_s": 60, "tags": []}]
    )

    read = reading.read(cast.place, viewer(cast.place, cast.teacher), cast.school, observation)

    assert [(note.text, note.minute) for note in read.notes] == [("Satu", 1), ("Dua", 2)]
    assert [note.text for note in read.untagged] == ["Dua"]
    assert [note.text for note in read.parts[0].lines[0].notes] == ["Satu"]
