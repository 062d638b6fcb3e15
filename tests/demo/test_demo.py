"""The demonstration school is believable, the same every time, and says nothing a real school could not say."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from observe.demo.build import ACCOUNTS, PASS_PHRASE, DemoSchool, build
from observe.demo.cast import schools
from observe.demo.lessons import Lesson, lessons
from observe.demo.school_days import SchoolDays, is_open
from observe.demo.visits import Visit
from observe.domain import access, scoring
from observe.services import accounts, feed
from observe.services.accounts import Attempt
from observe.services.place import Place
from observe.settings import Settings
from observe.store import changes, held, people, places, records, replicas, schema
from observe.store.places import Identity
from observe.store.records import Kept
from observe.store.sqlite import SqliteDb

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)  # 07.30 in Jambi
OURS = schools()[0]
SIGNED = [lesson for lesson in lessons() if lesson.is_signed]
NOT_MEMBERS = frozenset({"suparman", "rosdiana"})


def a_built_place(today: date) -> tuple[Place, DemoSchool]:
    """The demonstration, on a server that is always called the same."""
    place = Place(SqliteDb(None), Settings(is_demo=True), lambda: NOW, lambda: "0" * 36)
    schema.migrate(place.db, place.moment())
    with place.db.atomic():
        places.found(place.db, Identity("epoch", "demoserver00"), place.moment())
        replicas.add(place.db, "demoserver00", None, "server", None, place.moment())
    return place, build(place, today)


@pytest.fixture(scope="module")
def built() -> tuple[Place, DemoSchool]:
    return a_built_place(TODAY)


@pytest.fixture
def place(built: tuple[Place, DemoSchool]) -> Place:
    return built[0]


@pytest.fixture
def demo(built: tuple[Place, DemoSchool]) -> DemoSchool:
    return built[1]


def log_of(place: Place, school: str) -> list[changes.LogRow]:
    return changes.walk(place.db, school, 0, 100_000)


def observations(place: Place, school: str) -> list[Kept]:
    return [kept for kept in records.of_kind(place.db, school, "observation") if kept.values]


def percents(key: str, form: str = "short") -> list[float]:
    """What this teacher's visits came to, in the order they happened."""
    seen = [lesson for lesson in SIGNED if lesson.teacher == key and lesson.form == form]
    found = [scoring.score(lesson.instrument.rubric, lesson.rating_of).percent for lesson in seen]
    return [percent for percent in found if percent is not None]


def texts_of(lesson: Lesson) -> Iterator[str]:
    yield from (note["text"] for note in lesson.note_values)
    yield from lesson.comments.values()
    yield from filter(None, (lesson.strengths, lesson.growth))
    yield from (text for step in lesson.steps for text in (step.text, step.evidence) if text)
    if lesson.answer and lesson.answer.reply:
        yield lesson.answer.reply


# -- the same every time, and all of it ordinary


def test_the_same_day_gives_the_same_log(built: tuple[Place, DemoSchool]) -> None:
    again, second = a_built_place(TODAY)

    assert second == built[1]
    for school in schools():
        assert log_of(again, school.id) == log_of(built[0], school.id)


def test_nothing_is_held_but_what_the_story_wants_held(place: Place, demo: DemoSchool) -> None:
    rows = [row for school in schools() for row in log_of(place, school.id) if row.verdict == "held"]

    assert Counter((row.school, row.reason) for row in rows) == {
        (demo.school, "signed-off"): 2,
        (demo.school, "not-allowed"): 1,
    }


def test_everything_happened_before_today_in_the_order_of_the_log(place: Place) -> None:
    for school in schools():
        dawn = SchoolDays(TODAY, school.time_zone).dawn
        rows = log_of(place, school.id)
        arrivals = [datetime.fromisoformat(row.received_at) for row in rows]

        assert arrivals == sorted(arrivals)
        assert arrivals[-1] < dawn
        assert [row.record for row in rows if datetime.fromisoformat(row.change.at) > dawn] == []


def test_nothing_arrives_before_it_was_written_or_from_a_device_not_yet_paired(place: Place) -> None:
    for row in (row for school in schools() for row in log_of(place, school.id)):
        device = replicas.read(place.db, row.replica)

        assert device is not None
        assert row.change.at <= row.received_at
        if device.person is not None:
            assert device.paired_at < row.change.at, (device.name, row.change.at)
            assert device.last_seen_at is not None and device.last_seen_at >= row.received_at, device.name


@pytest.mark.parametrize("today", [date(2027, 1, 6), date(2026, 7, 13), date(2028, 2, 29), date(2026, 11, 22)])
def test_on_any_day_every_visit_lies_on_an_open_day_in_the_past(today: date) -> None:
    days = SchoolDays(today, OURS.time_zone)
    seen = [Visit(OURS, days, lesson) for lesson in lessons() if lesson.teacher not in NOT_MEMBERS]

    for visit in seen:
        assert is_open(days.before(visit.lesson.ago))
        for delivery in visit.deliveries():
            assert all(visit.started_at < parcel.arrived_at < days.dawn for parcel in delivery), visit.lesson.key


# -- every form is used as it allows


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.key)
def test_ratings_notes_and_steps_fit_the_form(lesson: Lesson) -> None:
    form = lesson.instrument.rubric
    codes = {indicator.code for indicator in form.indicators}

    assert [code for code, rating in lesson.rating_of.items() if not form.allows(code, rating)] == []
    for note in lesson.note_values:
        assert note["tags"] and set(note["tags"]) <= codes
        assert 0 <= note["at_s"] < lesson.minutes * 60
    assert {step.indicator for step in lesson.steps} | lesson.comments.keys() <= codes


def test_a_signed_visit_has_five_to_fourteen_notes_and_an_appraisal() -> None:
    for lesson in SIGNED:
        assert 5 <= len(lesson.notes) <= 14, lesson.key
        assert lesson.strengths and lesson.growth, lesson.key


def test_a_low_level_has_evidence_to_show_for_it() -> None:
    """On the short form, most levels of 1 carry a note tagged to them."""
    low = [
        (lesson, code) for lesson in SIGNED if lesson.form == "short" for code, r in lesson.rating_of.items() if r == 1
    ]
    shown = [pair for pair in low if any(pair[1] in note["tags"] for note in pair[0].note_values)]

    assert len(shown) > len(low) * 0.6


def test_some_indicators_were_not_scored_and_some_do_not_apply() -> None:
    scores = [scoring.score(lesson.instrument.rubric, lesson.rating_of) for lesson in SIGNED]

    assert sum(bool(score.not_scored) for score in scores) >= 3
    assert sum(bool(score.not_applicable) for score in scores) >= 3
    assert {score.band.label.id for score in scores if score.band} == {"Amat Baik", "Baik", "Cukup", "Kurang"}


def test_all_five_forms_are_in_use() -> None:
    used = Counter(lesson.form for lesson in SIGNED)

    assert 55 <= sum(used.values()) <= 70
    assert min(used[form] for form in ("short", "long", "plan", "eval", "own")) >= 3


# -- people write differently


def test_nobody_writes_the_same_sentence_again() -> None:
    written = Counter(text for lesson in lessons() for text in texts_of(lesson))

    assert [text for text, times in written.items() if times > 1] == []


def test_sentences_are_whole_and_without_marks_of_a_machine() -> None:
    for text in (text for lesson in lessons() for text in texts_of(lesson)):
        assert text == text.strip() and "  " not in text
        assert text[-1] in ".?!”", text
        assert '"' not in text and "'" not in text, text


def test_nobody_is_called_by_a_real_kind_of_number() -> None:
    for school in schools():
        for member in school.members:
            if member.nip is None:
                continue
            assert re.fullmatch(r"\d{8}\d{4}(0[1-9]|1[0-2]|21)[12]9\d\d", member.nip), member.key
            assert member.born and member.appointed
            assert 20 <= member.appointed.year - member.born.year <= 40, member.key


def test_the_roster_is_a_school() -> None:
    teachers = [member for member in OURS.members if "teacher" in member.roles]

    assert len(teachers) == 26
    assert all(member.subjects and member.classes for member in teachers)
    taught = {name for member in teachers for name in member.classes.split(", ")}
    assert taught == {f"{grade} {letter}" for grade in ("VII", "VIII", "IX") for letter in "ABCD"}
    assert len({member.nip for member in OURS.members if member.nip}) == sum(bool(m.nip) for m in OURS.members)


# -- the story


def test_the_teacher_who_grows_grows_with_every_visit() -> None:
    for key in ("yulia", "muthalib", "rahmi", "melati"):
        seen = percents(key)
        assert seen == sorted(seen) and seen[-1] - seen[0] >= 20, key


def test_the_one_who_is_stuck_stays_below_half() -> None:
    assert len(percents("hasanul")) >= 4
    assert max(percents("hasanul")) < 50


def test_three_teachers_were_never_visited(place: Place, demo: DemoSchool) -> None:
    visited = {kept.values["teacher"] for kept in observations(place, demo.school) if kept.values["status"] == "signed"}
    teachers = {member.key: member.id for member in OURS.members if "teacher" in member.roles}

    assert {key for key, id in teachers.items() if id not in visited} == {"joko", "ridwan", "eka"}


def test_some_teachers_see_it_differently_and_some_have_not_read_yet() -> None:
    answers = [lesson.answer for lesson in SIGNED]

    assert sum(answer is None for answer in answers) >= 4
    stances = Counter(answer.stance for answer in answers if answer)
    assert stances["differ"] >= 5 and stances["agree"] >= 30 and stances[None] >= 1


# -- what each account opens on


def test_each_account_signs_in_as_whom_it_is_for(place: Place, demo: DemoSchool) -> None:
    expected = {
        "kepala": {"observer", "administrator"},
        "pengamat": {"observer", "teacher"},
        "guru": {"teacher"},
        "admin": {"administrator"},
    }
    for username in ACCOUNTS:
        account = accounts.sign_in(place, Attempt(username, PASS_PHRASE, "127.0.0.1", is_local=True))

        assert account.is_demo
        assert people.viewer(place.db, account.person).schools == {demo.school: expected[username]}


def test_the_teacher_has_one_fresh_feedback_she_has_not_read(place: Place, demo: DemoSchool) -> None:
    me = demo.accounts["guru"]
    mine = [kept.values for kept in observations(place, demo.school) if kept.values["teacher"] == me]
    unread = [values for values in mine if f"read.{me}" not in values]

    assert len(mine) >= 5
    assert len(unread) == 1
    assert NOW - datetime.fromisoformat(unread[0]["signed_at"]) < timedelta(days=3)


def test_both_observers_have_drafts_that_nobody_else_sees(place: Place, demo: DemoSchool) -> None:
    drafts = [kept for kept in observations(place, demo.school) if kept.values["status"] == "draft"]

    assert Counter(kept.values["observer"] for kept in drafts) == {
        demo.accounts["kepala"]: 2,
        demo.accounts["pengamat"]: 2,
    }
    assert all(kept.audience == {f"person:{kept.values['observer']}"} for kept in drafts)


def test_visits_are_planned_for_today_and_the_days_after(place: Place, demo: DemoSchool) -> None:
    planned = [values for values in values_of(place, demo, "visit") if values["status"] == "planned"]
    when = [datetime.fromisoformat(values["planned_at"]) for values in planned]
    days = SchoolDays(TODAY, OURS.time_zone)

    assert all(moment > days.dawn for moment in when)
    assert sum(moment < days.dawn + timedelta(days=1) for moment in when) >= 1
    assert {demo.accounts["kepala"], demo.accounts["pengamat"]} <= {values["observer"] for values in planned}


def test_promises_are_due_soon_and_one_is_overdue(place: Place, demo: DemoSchool) -> None:
    due = [
        date.fromisoformat(values["due_on"]) for values in values_of(place, demo, "step") if values["status"] == "open"
    ]

    assert sum(TODAY <= day <= TODAY + timedelta(days=7) for day in due) >= 5
    assert sum(day < TODAY for day in due) >= 1


def test_the_decisions_page_has_one_conflict_and_two_waiting_and_one_decided(place: Place, demo: DemoSchool) -> None:
    (conflict,) = records.in_conflict(place.db, demo.school)

    assert {name for name, kept in conflict.fields.items() if kept.is_conflict} == {"rating.B4", "comment.B4"}
    assert conflict.values["status"] == "signed"
    assert Counter(item.reason for item in held.of_school(place.db, demo.school)) == {"signed-off": 1, "not-allowed": 1}
    assert [item.decided_by for item in held.of_school(place.db, demo.school, "set-aside")] == [demo.accounts["kepala"]]


def test_the_devices_page_has_a_quiet_a_wrong_clocked_and_a_revoked_device(place: Place, demo: DemoSchool) -> None:
    devices = replicas.of_school(place.db, demo.school)

    assert len(devices) >= 20
    assert any(device.waiting for device in devices)
    assert any(device.revoked_at for device in devices)
    assert any((device.clock_offset_seconds or 0) > 600 for device in devices)


def test_the_neighbour_sees_nothing_of_ours(place: Place, demo: DemoSchool) -> None:
    head = next(school for school in schools() if school.id != demo.school).members[0]
    viewer = people.viewer(place.db, head.id)

    page = feed.heads(place, viewer, None)

    assert {entry["school"] for entry in page.records} == set(viewer.schools)
    assert demo.school not in viewer.schools
    assert access.tokens(viewer, demo.school) == frozenset()


def values_of(place: Place, demo: DemoSchool, kind: str) -> list[dict[str, Any]]:
    return [kept.values for kept in records.of_kind(place.db, demo.school, kind)]
