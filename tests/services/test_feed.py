"""What a device is told: everything that is its person's to read, nothing else, and each thing once."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observe.services import feed, intake
from observe.services.intake import Draft
from observe.store import people
from observe.store.db import Db
from sync.errors import NotThisProtocol, Reset
from tests.devices import Device, heard
from tests.services.world import (
    ADMIN,
    COLLEAGUE,
    LESSON,
    OBSERVER,
    OTHER_SCHOOL,
    SCHOOL,
    SECOND,
    STRANGER,
    TEACHER,
    World,
    a_world,
    uuid,
)

pytestmark = pytest.mark.both_engines

STEP = f"step/{uuid(200)}"


@pytest.fixture
def world(db: Db) -> World:
    return a_world(db)


def names(entries: list[dict[str, object]]) -> list[object]:
    return [entry["record"] for entry in entries]


def drafted(world: World) -> Device:
    tablet = world.device(OBSERVER)
    world.start(tablet, rating__A1=3, growth="first words")
    tablet.send()
    tablet.pull()
    return tablet


@pytest.mark.parametrize("person", [TEACHER, COLLEAGUE, SECOND, ADMIN, STRANGER])
def test_a_draft_reaches_nobody_but_its_observer(world: World, person: str) -> None:
    drafted(world)

    assert LESSON not in names(world.device(person).pull())


def test_a_second_tablet_of_the_observer_gets_the_draft_whole(world: World) -> None:
    drafted(world)
    second = world.device(OBSERVER)
    second.pull()

    assert second.shows(LESSON)["growth"] == "first words"


@pytest.mark.parametrize(
    ("person", "sees"), [(TEACHER, True), (ADMIN, True), (COLLEAGUE, False), (SECOND, False), (STRANGER, False)]
)
def test_a_signed_observation_reaches_its_teacher_and_the_administrator(world: World, person: str, sees: bool) -> None:
    tablet = drafted(world)
    device = world.device(person)
    device.pull()
    tablet.write(LESSON, status="signed")
    tablet.send()

    got = [entry for entry in device.pull() if entry["record"] == LESSON]

    assert bool(got) is sees
    assert all(entry["whole"] for entry in got)


def test_words_taken_back_before_signing_never_travel_to_the_teacher(world: World) -> None:
    tablet = drafted(world)
    tablet.write(LESSON, growth="kinder words", status="signed")
    tablet.send()

    assert "first words" not in str(world.device(TEACHER).pull())


def test_a_reopened_observation_is_gone_from_the_teachers_phone_until_it_is_signed_again(world: World) -> None:
    tablet, phone = drafted(world), world.device(TEACHER)
    tablet.write(LESSON, status="signed")
    tablet.send()
    phone.pull()
    tablet.write(LESSON, status="draft")
    tablet.send()
    assert {"record": LESSON, "gone": True} in phone.pull()

    tablet.write(LESSON, growth="new words", status="signed")
    tablet.send()

    assert [entry["whole"] for entry in phone.pull() if entry["record"] == LESSON] == [True]
    assert phone.shows(LESSON)["growth"] == "new words"


def test_another_teacher_chosen_takes_the_observation_from_the_first(world: World) -> None:
    tablet, phone = drafted(world), world.device(TEACHER)
    tablet.write(LESSON, status="signed")
    tablet.send()
    phone.pull()
    tablet.write(LESSON, teacher=COLLEAGUE, status="signed")
    tablet.send()

    assert {"record": LESSON, "gone": True} in phone.pull()
    assert LESSON in names(world.device(COLLEAGUE).pull())


def test_steps_are_read_by_the_teacher_when_their_observation_is_signed_and_not_before(world: World) -> None:
    tablet, phone = drafted(world), world.device(TEACHER)
    observation = LESSON.partition("/")[2]
    tablet.write(STEP, observer=OBSERVER, teacher=TEACHER, observation=observation, text="Beri waktu berpikir")
    tablet.send()
    assert STEP not in names(phone.pull())

    tablet.write(LESSON, status="signed")
    tablet.send()
    assert STEP in names(phone.pull())

    tablet.write(LESSON, status="draft")
    tablet.send()
    assert {"record": STEP, "gone": True} in phone.pull()


def test_steps_that_arrive_in_one_batch_with_the_signature_are_shared(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet)
    tablet.write(STEP, observer=OBSERVER, teacher=TEACHER, observation=LESSON.partition("/")[2], text="x")
    tablet.write(LESSON, status="signed")
    tablet.send()

    assert STEP in names(world.device(TEACHER).pull())


def test_what_became_of_a_held_change_is_told_to_its_author_alone(world: World) -> None:
    tablet, phone = drafted(world), world.device(TEACHER)
    change = tablet.write(LESSON, rating__A1=99)
    tablet.send()
    decision = f"decision/{uuid(400)}"
    intake.write(world.place, ADMIN, [Draft(SCHOOL, decision, {"change": change.id, "verdict": "set-aside"})])

    assert decision in names(tablet.pull())
    assert decision not in names(phone.pull())


def test_a_release_that_is_taken_back_is_taken_from_the_devices_too(world: World) -> None:
    tablet = drafted(world)
    tablet.write(LESSON, status="signed")
    tablet.send()
    late = world.device(OBSERVER)
    change = late.write(LESSON, rubric=None, topic="written on the other tablet")
    late.send()
    decision = Draft(SCHOOL, f"decision/{uuid(400)}", {"change": change.id, "verdict": "released"})
    assert not intake.write(world.place, ADMIN, [decision])
    tablet.pull()
    assert tablet.shows(LESSON)["topic"] == "written on the other tablet"

    taken_back = Draft(SCHOOL, f"decision/{uuid(400)}", {"verdict": "waiting"})
    assert not intake.write(world.place, ADMIN, [taken_back])
    assert not intake.write(world.place, ADMIN, [Draft(SCHOOL, f"person/{TEACHER}", {"name": "Since"})])
    tablet.pull()

    assert "topic" not in tablet.shows(LESSON)


def test_only_the_fields_that_changed_travel(world: World) -> None:
    tablet, second = drafted(world), world.device(OBSERVER)
    second.pull()
    tablet.write(LESSON, rating__A2=1)
    tablet.send()

    assert [head["set"] for entry in second.pull() for head in entry["heads"]] == [{"rating.A2": 1}]


def test_nothing_new_is_an_empty_answer_and_the_same_cursor(world: World) -> None:
    tablet = drafted(world)
    before = tablet.cursor

    assert tablet.pull() == []
    assert tablet.cursor == before


def test_pages_of_any_size_give_everything_once(world: World) -> None:
    tablet = drafted(world)
    for n in range(7):
        world.start(tablet, f"observation/{uuid(300 + n)}")
    tablet.send()
    all_at_once = world.device(OBSERVER)
    all_at_once.pull()

    for limit in (1, 2, 3, 5):
        paged = world.device(OBSERVER)
        assert len(set(map(str, names(paged.pull(limit))))) == len(paged.records)
        assert paged.records == all_at_once.records


def test_a_record_that_was_changed_again_later_comes_whole_on_whatever_page(world: World) -> None:
    tablet = drafted(world)
    for n in range(7):
        world.start(tablet, f"observation/{uuid(300 + n)}", growth="early words")
    tablet.write(f"observation/{uuid(300)}", topic="written last")
    tablet.send()
    intake.write(world.place, ADMIN, [Draft(SCHOOL, f"person/{TEACHER}", {"name": "Written late"})])
    all_at_once = world.device(OBSERVER)
    all_at_once.pull()

    for limit in (1, 2, 3, 5):
        paged = world.device(OBSERVER)
        paged.pull(limit)
        assert paged.records == all_at_once.records


def test_what_changes_between_two_pages_is_told_too(world: World) -> None:
    tablet = drafted(world)
    for n in range(5):
        world.start(tablet, f"observation/{uuid(300 + n)}", growth="early words")
    tablet.send()
    slow, quick = world.device(OBSERVER), world.device(OBSERVER)
    while True:
        page = feed.heads(world.place, people.viewer(world.place.db, OBSERVER), slow.cursor, 2)
        slow.cursor = page.cursor
        for entry in heard(page):
            slow._take(entry)
        if not page.has_more:
            break
        if tablet.n < 12:
            tablet.write(f"observation/{uuid(300 + tablet.n % 5)}", topic=f"written meanwhile {tablet.n}")
            tablet.send()
    quick.pull()

    assert slow.records == quick.records


def a_page(device: Device, limit: int = 1) -> list[object]:
    """One page, read as a slow device does; the records it told of."""
    page = feed.heads(device.place, people.viewer(device.place.db, device.person), device.cursor, limit)
    device.cursor = page.cursor
    for entry in heard(page):
        device._take(entry)
    return names(heard(page))


def shared_beside_others(world: World) -> tuple[Device, Device]:
    """Three signed observations, and their teacher's phone that has read nothing."""
    tablet = drafted(world)
    for n in range(3):
        world.start(tablet, f"observation/{uuid(300 + n)}", growth="words")
        tablet.write(f"observation/{uuid(300 + n)}", status="signed")
    tablet.write(LESSON, status="signed")
    tablet.send()
    return tablet, world.device(TEACHER)


def test_what_is_hidden_between_two_pages_is_gone_after_the_second(world: World) -> None:
    tablet, phone = shared_beside_others(world)
    first = f"observation/{uuid(300)}"
    while first not in a_page(phone):
        assert first not in phone.records
    tablet.write(first, status="draft")
    tablet.send()

    phone.pull(1)

    assert first not in phone.records
    assert phone.records == pulled(world.device(TEACHER)).records


def test_what_is_hidden_and_shared_again_between_pages_comes_whole(world: World) -> None:
    tablet, phone = shared_beside_others(world)
    phone.pull()
    for status in ("draft", "signed"):
        tablet.write(LESSON, status="draft")
        tablet.write(f"observation/{uuid(300)}", status=status)
        tablet.send()
        assert a_page(phone)
    tablet.write(LESSON, status="signed")
    tablet.send()

    phone.pull(1)

    assert phone.records == pulled(world.device(TEACHER)).records


def test_what_was_hidden_before_her_roles_changed_between_two_pages_is_gone(world: World) -> None:
    tablet, phone = shared_beside_others(world)
    phone.pull()
    hidden, other = f"observation/{uuid(300)}", f"observation/{uuid(301)}"
    for record in (hidden, other, f"observation/{uuid(302)}"):
        tablet.write(record, status="draft")
    tablet.write(hidden, growth="not to be read")
    assert not tablet.send().held
    assert a_page(phone) == [other]
    founder = [intake.Draft(SCHOOL, f"person/{TEACHER}", {"role.observer": True})]
    assert not intake.found(world.place, founder)

    phone.pull(1)

    assert hidden not in phone.records


def pulled(device: Device) -> Device:
    device.pull()
    return device


def test_a_colleagues_staff_number_is_not_shown_to_a_teacher(world: World) -> None:
    phone, tablet = world.device(TEACHER), world.device(OBSERVER)
    phone.pull(), tablet.pull()

    assert "nip" not in phone.shows(f"person/{COLLEAGUE}")
    assert "nip" in phone.shows(f"person/{TEACHER}")
    assert "nip" in tablet.shows(f"person/{COLLEAGUE}")


def test_a_new_role_brings_what_it_may_see_and_a_lost_one_takes_it_away(world: World) -> None:
    tablet, device = drafted(world), world.device(COLLEAGUE)
    tablet.write(LESSON, status="signed")
    tablet.send()
    assert LESSON not in names(device.pull())

    intake.write(world.place, ADMIN, [Draft(SCHOOL, f"person/{COLLEAGUE}", {"role.administrator": True})])
    assert LESSON in names(device.pull())

    intake.write(world.place, ADMIN, [Draft(SCHOOL, f"person/{COLLEAGUE}", {"role.administrator": False})])
    assert {"record": LESSON, "gone": True} in device.pull()
    assert LESSON not in device.records


def test_a_new_role_in_one_school_and_news_in_the_next_fit_on_one_page(world: World) -> None:
    intake.found(world.place, [Draft(OTHER_SCHOOL, f"person/{COLLEAGUE}", {"name": "Both", "role.teacher": True})])
    device = world.device(COLLEAGUE)
    device.pull()
    intake.found(world.place, [Draft(OTHER_SCHOOL, f"person/{uuid(300)}", {"name": "New"})])
    intake.write(world.place, ADMIN, [Draft(SCHOOL, f"person/{COLLEAGUE}", {"role.administrator": True})])

    assert f"person/{uuid(300)}" in names(device.pull(limit=2))


def test_who_leaves_the_school_forgets_everything_of_it(world: World) -> None:
    tablet = drafted(world)
    intake.write(world.place, ADMIN, [Draft(SCHOOL, f"person/{OBSERVER}", {"active": False})])

    tablet.pull()

    assert tablet.records == {}


def test_another_history_is_a_reset(world: World) -> None:
    tablet = drafted(world)
    other = a_world()

    with pytest.raises(Reset):
        feed.heads(other.place, people.viewer(other.place.db, OBSERVER), tablet.cursor)
    other.place.db.close()


def test_a_history_that_was_cut_short_is_a_reset(world: World) -> None:
    tablet = drafted(world)
    world.place.db.run("update change set chain = 'x' where seq = (select max(seq) from change)")

    with pytest.raises(Reset):
        tablet.pull()


@pytest.mark.parametrize("cursor", ["", "x", "!!", "e30", "WzEsMl0"])
def test_a_cursor_no_server_wrote_is_refused_or_read_as_none(world: World, cursor: str) -> None:
    device = replace(world.device(OBSERVER), cursor=cursor)

    if cursor:
        with pytest.raises(NotThisProtocol):
            device.pull()
    else:
        assert device.pull()


# -- what the reader has sent itself


def send_and_hear(tablet: Device) -> list[object]:
    """One exchange of a device that folds what it sends by itself: the records it was told of."""
    receipt = tablet.send()
    own = feed.NO_OWN if receipt.held else receipt.own  # a device of these tests begins anew when something is held
    viewer = people.viewer(tablet.place.db, tablet.person)
    page = feed.heads(tablet.place, viewer, tablet.cursor, 500, own, receipt.sent)
    tablet.cursor = page.cursor
    told = heard(page)
    for entry in told:
        tablet._take(entry)
    return names(told)


def test_what_is_new_and_ones_own_alone_does_not_come_back(world: World) -> None:
    tablet = world.device(OBSERVER)
    tablet.pull()
    world.start(tablet, rating__A1=3)
    first = send_and_hear(tablet)
    tablet.write(LESSON, growth="words", rating__A1=2)

    assert (first, send_and_hear(tablet)) == ([], [])
    assert tablet.pull() == []
    assert shown_by(world.device(OBSERVER)) == shown_by(tablet)


def test_a_first_question_that_brings_something_is_told_the_rest(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet, rating__A1=3)

    told = send_and_hear(tablet)

    assert LESSON not in told
    assert f"person/{OBSERVER}" in told


def test_what_another_wrote_in_the_same_record_comes_with_ones_own(world: World) -> None:
    tablet, second = drafted(world), world.device(OBSERVER)
    second.pull()
    second.write(LESSON, growth="theirs")
    second.send()
    tablet.write(LESSON, growth="mine", rating__A1=1)

    told = send_and_hear(tablet)

    assert told == [LESSON]
    assert {head["value"] for head in tablet.records[LESSON]["growth"]} == {"mine", "theirs"}


def test_what_is_sent_a_second_time_comes_back_whole(world: World) -> None:
    tablet = world.device(OBSERVER)
    tablet.pull()
    world.start(tablet)
    lost = list(tablet.outbox)
    tablet.send()
    tablet.outbox = lost

    assert send_and_hear(tablet) == [LESSON]


def test_what_she_brought_and_may_not_see_is_gone(world: World) -> None:
    """Her answer was lost, and before she asked again she was no member any more: she was never told of the record."""
    tablet = world.device(OBSERVER)
    world.start(tablet)
    lost = list(tablet.outbox)
    tablet.send()
    tablet.outbox = lost
    assert not intake.found(world.place, [intake.Draft(SCHOOL, f"person/{OBSERVER}", {"active": False})])

    assert LESSON in send_and_hear(tablet)
    assert tablet.records == {}


def test_what_she_may_not_see_is_gone_though_more_of_what_is_stored_is_still_to_come(world: World) -> None:
    """The answer was lost, and the batches have become smaller: the next one does not name the record again."""
    tablet, other = world.device(OBSERVER), f"observation/{uuid(300)}"
    world.start(tablet)
    world.start(tablet, other)
    first, *_ = list(tablet.outbox)
    tablet.send()
    assert not intake.found(world.place, [intake.Draft(SCHOOL, f"person/{OBSERVER}", {"active": False})])

    receipt = intake.take_in(world.place, intake.Sender(tablet.replica, OBSERVER), [first])
    page = feed.after(world.place, people.viewer(world.place.db, OBSERVER), None, receipt, folds=True)

    assert heard(page) == [{"record": LESSON, "gone": True}]
    assert page.has_more


def test_a_record_that_becomes_hers_by_her_own_change_comes_whole(world: World) -> None:
    """She could not see it before, so she does not have what her change was laid over."""
    tablet = drafted(world)
    tablet.write(LESSON, status="signed")
    tablet.send()
    admin = world.device(ADMIN)
    tablet.write(f"visit/{uuid(400)}", teacher=TEACHER, status="planned", topic="hers")
    tablet.send()
    second = world.device(SECOND)  # a device that has read nothing yet
    second.write(f"visit/{uuid(400)}", class_name="VII A")

    assert f"visit/{uuid(400)}" in send_and_hear(second)
    assert second.shows(f"visit/{uuid(400)}")["topic"] == "hers"
    assert LESSON in names(admin.pull())


def test_ones_own_takes_no_room_on_a_page(world: World) -> None:
    tablet = world.device(OBSERVER)
    tablet.pull()
    for n in range(5):
        world.start(tablet, f"observation/{uuid(300 + n)}")
    receipt = tablet.send()

    page = feed.heads(world.place, people.viewer(world.place.db, OBSERVER), tablet.cursor, 1, receipt.own)

    assert (page.records, page.has_more) == ([], False)


def test_what_a_decision_of_the_same_batch_folds_anew_is_told(world: World) -> None:
    tablet, admin = drafted(world), world.device(ADMIN)
    tablet.write(LESSON, status="signed")
    tablet.send()
    second = world.device(OBSERVER)
    second.write(LESSON, seen={}, growth="late words")
    (notice,) = second.send().held
    admin.pull()
    admin.write(f"decision/{uuid(500)}", change=notice.id, verdict="released")

    assert LESSON in send_and_hear(admin)
    assert {head["value"] for head in admin.records[LESSON]["growth"]} == {"first words", "late words"}


@given(steps=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.booleans()), max_size=25))
@settings(max_examples=40, deadline=None)
def test_a_device_that_folds_its_own_shows_what_one_that_is_told_everything_shows(
    steps: list[tuple[int, int, bool]],
) -> None:
    """Two tablets of one observer and one of her teacher write and exchange in any order; one answer may be lost."""
    world = a_world()
    tablets = [world.device(OBSERVER), world.device(OBSERVER), world.device(TEACHER)]
    world.start(tablets[0])
    for turn, (which, what, is_lost) in enumerate(steps):
        tablet = tablets[which]
        if LESSON in tablet.records or which == 0:
            values: list[dict[str, Any]] = [
                {"growth": f"words {turn}"}, {"rating__A1": turn % 3}, {"status": "signed"}, {"status": "draft"},
            ]  # fmt: skip
            is_teacher = tablet.person == TEACHER
            tablet.write(LESSON, **({f"reply__{TEACHER}": f"{turn}"} if is_teacher else values[what]))
        if is_lost:
            sent = list(tablet.outbox)
            known = (tablet.cursor, dict(tablet.records))
            tablet.send()
            tablet.outbox, (tablet.cursor, tablet.records) = sent, known
        else:
            send_and_hear(tablet)
    for _ in range(2):
        for tablet in tablets:
            send_and_hear(tablet)
    for tablet in tablets:
        whole = replace(tablet, cursor=None, records={})
        whole.pull()
        assert shown_by(tablet) == shown_by(whole)


def shown_by(tablet: Device) -> dict[str, dict[str, list[object]]]:
    """By record and field, every answer there is; a device need not keep what was emptied."""
    if tablet.cursor is None:
        tablet.pull()
    return {
        record: {name: sorted(map(repr, (head["value"] for head in heads))) for name, heads in fields.items() if heads}
        for record, fields in tablet.records.items()
        if any(fields.values())
    }
