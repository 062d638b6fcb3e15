"""Taking changes in: stored once, with a verdict; counted, or held where somebody is told."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from observe.domain import builtin
from observe.services import intake
from observe.services.intake import Draft, Sender
from observe.store import changes, held, records
from observe.store.db import Db
from sync.chain import link
from sync.errors import Fork, Gap
from sync.record import fold
from tests.crashing import Crash, CrashingDb
from tests.devices import Device
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


@pytest.fixture
def world(db: Db) -> World:
    return a_world(db)


def values(world: World, record: str = LESSON, school: str = SCHOOL) -> dict[str, Any]:
    kept = records.read(world.place.db, school, record)
    return kept.values if kept else {}


def log_length(world: World) -> int:
    return sum(changes.position(world.place.db, school).seq for school in (SCHOOL, OTHER_SCHOOL))


def reasons(receipt: intake.Receipt) -> list[str]:
    return [notice.reason for notice in receipt.held]


def sign(world: World) -> Device:
    tablet = world.device(OBSERVER)
    world.start(tablet, rating__A1=3)
    tablet.write(LESSON, status="signed", signed_at="2026-11-02T03:00:00Z")
    assert reasons(tablet.send()) == []
    return tablet


def test_a_batch_is_acknowledged_and_folded(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet)
    tablet.write(LESSON, rating__A1=3)

    receipt = tablet.send()

    assert (receipt.stored_n, receipt.held) == (2, [])
    assert values(world)["rating.A1"] == 3


def test_sending_again_changes_nothing(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet)
    batch = list(tablet.outbox)
    tablet.send()
    before = log_length(world)

    again = intake.take_in(world.place, Sender(tablet.replica, OBSERVER), batch)

    assert (again.stored_n, log_length(world)) == (1, before)


def test_the_same_number_with_other_content_is_a_fork_and_stores_nothing(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet)
    tablet.send()
    clone = Device(world.place, SCHOOL, OBSERVER, tablet.replica)
    world.start(clone, topic="other")
    clone.write(LESSON, rating__A1=1)
    before = log_length(world)

    with pytest.raises(Fork):
        clone.send()

    assert log_length(world) == before


def test_a_copy_is_not_told_that_numbers_it_never_sent_are_stored(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet)
    copy = replace(tablet, outbox=list(tablet.outbox))
    tablet.write(LESSON, topic="of the one")
    tablet.send()
    copy.write(LESSON, topic="of the other")

    first = intake.take_in(world.place, Sender(copy.replica, OBSERVER), copy.outbox[:1])

    assert first.stored_n == 1, "the second number is stored with words of somebody else's"


def test_a_gap_names_the_number_to_go_on_from_and_stores_nothing(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet)
    tablet.write(LESSON, topic="x")
    tablet.outbox.pop(0)
    before = log_length(world)

    with pytest.raises(Gap) as gap:
        tablet.send()

    assert (gap.value.expected, log_length(world)) == (1, before)


def test_one_bad_change_does_not_block_the_queue_behind_it(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet)
    tablet.write(LESSON, rating__A1=99)
    tablet.write(LESSON, mystery="field of a newer version")
    tablet.write(f"spell/{uuid(5)}", x=1)
    tablet.write(LESSON, rating__A2=2)

    receipt = tablet.send()

    assert receipt.stored_n == 5
    assert reasons(receipt) == ["invalid", "unknown", "unknown"]
    assert "rating.A1" not in values(world)
    assert values(world)["rating.A2"] == 2


def test_a_lost_response_does_not_hide_that_a_change_is_held(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet)
    tablet.write(LESSON, rating__A1=99)
    batch = list(tablet.outbox)
    tablet.send()

    again = intake.take_in(world.place, Sender(tablet.replica, OBSERVER), batch)

    assert reasons(again) == ["invalid"]


@pytest.mark.parametrize("author", [SECOND, TEACHER, COLLEAGUE, ADMIN])
def test_nobody_else_changes_an_observers_draft(world: World, author: str) -> None:
    world_tablet = world.device(OBSERVER)
    world.start(world_tablet)
    world_tablet.send()
    intruder = world.device(author)
    intruder.write(LESSON, rating__A1=1)

    assert reasons(intruder.send()) == ["not-allowed"]
    assert "rating.A1" not in values(world)


def test_a_device_cannot_write_in_another_persons_name(world: World) -> None:
    tablet = world.device(SECOND)
    tablet.write(LESSON, by=OBSERVER, observer=OBSERVER, status="draft")

    assert reasons(tablet.send()) == ["not-allowed"]


def test_a_teacher_cannot_start_an_observation(world: World) -> None:
    phone = world.device(TEACHER)
    world.start(phone)

    assert reasons(phone.send()) == ["not-allowed"]


def test_an_observation_stays_its_observers(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet)
    tablet.write(LESSON, observer=SECOND)

    assert reasons(tablet.send()) == ["not-allowed"]


def test_another_schools_member_writes_nothing_here(world: World) -> None:
    stranger = world.device(STRANGER)
    stranger.write(LESSON, observer=STRANGER, status="draft")

    assert reasons(stranger.send()) == ["not-allowed"]


def test_what_a_revoked_device_sends_is_kept_but_does_not_count(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet)

    receipt = tablet.send(is_revoked=True)

    assert (receipt.stored_n, reasons(receipt)) == (1, ["revoked"])
    assert values(world) == {}
    assert [item.reason for item in held.of_school(world.place.db, SCHOOL)] == ["revoked"]


def test_after_signing_a_late_change_is_held(world: World) -> None:
    sign(world)
    other_tablet = world.device(OBSERVER)
    other_tablet.write(LESSON, rating__A1=1)

    assert reasons(other_tablet.send()) == ["signed-off"]
    assert values(world)["rating.A1"] == 3


def test_the_observer_who_saw_the_signature_may_reopen(world: World) -> None:
    tablet = sign(world)
    tablet.pull()
    tablet.write(LESSON, status="draft", rating__A1=2)

    assert reasons(tablet.send()) == []
    assert (values(world)["status"], values(world)["rating.A1"]) == ("draft", 2)


def test_reopening_without_having_seen_the_signature_is_held(world: World) -> None:
    sign(world)
    stale = world.device(OBSERVER)
    stale.write(LESSON, status="draft")

    assert reasons(stale.send()) == ["signed-off"]


def test_a_conflict_that_arrived_with_the_signature_can_still_be_decided(world: World) -> None:
    first, second = world.device(OBSERVER), world.device(OBSERVER)
    world.start(first)
    first.send()
    first.pull(), second.pull()
    second.write(LESSON, rating__A1=1)
    second.send()
    first.write(LESSON, rating__A1=3)
    first.write(LESSON, status="signed")
    first.send()
    second.pull()
    assert sorted(second.shows(LESSON)["rating.A1"]) == [1, 3]

    second.write(LESSON, rating__A1=2)
    assert reasons(second.send()) == ["signed-off"], "a third answer is no decision between the two"
    second.pull()
    second.write(LESSON, rating__A1=3)
    assert reasons(second.send()) == []
    assert records.in_conflict(world.place.db, SCHOOL) == []


def test_who_opens_a_signed_observation_again_asks_its_teacher_anew(world: World) -> None:
    tablet, phone = sign(world), world.device(TEACHER)
    answers = {f"read__{TEACHER}": "2026-11-02T04:00:00Z", f"stance__{TEACHER}": "agree", f"reply__{TEACHER}": "Baik"}
    phone.write(LESSON, **answers)
    phone.send()
    tablet.pull()
    cleared = {f"read__{TEACHER}": None, f"stance__{TEACHER}": None}

    tablet.write(LESSON, **cleared)
    assert reasons(tablet.send()) == ["not-allowed"], "her answer is hers while the observation stays signed"
    tablet.pull()
    tablet.write(LESSON, status="signed", rating__A1=4, **cleared, **{f"reply__{TEACHER}": None})
    assert reasons(tablet.send()) == ["not-allowed"], "her words are never taken away"
    tablet.pull()
    tablet.write(LESSON, status="signed", rating__A1=4, **cleared)
    assert reasons(tablet.send()) == []

    found = values(world)
    assert (found["status"], found["rating.A1"], found[f"reply.{TEACHER}"]) == ("signed", 4, "Baik")
    assert not {f"read.{TEACHER}", f"stance.{TEACHER}"} & found.keys()


@pytest.mark.parametrize("field", ["read", "stance", "reply"])
def test_only_the_teacher_answers_and_only_what_was_signed(world: World, field: str) -> None:
    answer = {f"{field}__{TEACHER}": "2026-11-02T04:00:00Z" if field == "read" else "agree"}
    tablet = world.device(OBSERVER)
    world.start(tablet)
    tablet.send()
    phone, colleague = world.device(TEACHER), world.device(COLLEAGUE)
    phone.write(LESSON, **answer)
    assert reasons(phone.send()) == ["not-allowed"], "not before it is signed"

    tablet.write(LESSON, status="signed")
    tablet.send()
    phone.write(LESSON, **answer)
    colleague.write(LESSON, **answer)
    tablet.write(LESSON, **answer)

    assert reasons(phone.send()) == []
    assert reasons(colleague.send()) == ["not-allowed"]
    assert reasons(tablet.send()) == ["not-allowed"]


def test_a_teacher_cannot_slip_a_rating_in_beside_her_reply(world: World) -> None:
    sign(world)
    phone = world.device(TEACHER)
    phone.write(LESSON, rating__A1=4, **{f"reply__{TEACHER}": "Terima kasih"})

    assert reasons(phone.send()) == ["not-allowed"]


def test_a_rubric_version_never_changes(world: World) -> None:
    short = builtin.instrument("instruction-short")
    altered = json.loads(json.dumps(short.body)) | {"source": "altered"}

    notices = intake.write(world.place, ADMIN, [Draft(SCHOOL, f"rubric/{short.id}", {"version.1": altered})])

    assert [notice.reason for notice in notices] == ["invalid"]


def test_ratings_wait_for_their_rubric_and_count_when_it_comes(world: World) -> None:
    planning = builtin.instrument("planning")
    code = planning.rubric.areas[0].indicators[0].code
    tablet = world.device(OBSERVER)
    tablet.write(LESSON, observer=OBSERVER, teacher=TEACHER, status="draft")
    tablet.write(LESSON, rubric=planning.reference, **{f"rating__{code}": 2})
    assert reasons(tablet.send()) == ["unknown"]

    intake.write(world.place, ADMIN, [Draft(SCHOOL, f"rubric/{planning.id}", planning.fields)])

    assert values(world)[f"rating.{code}"] == 2
    assert held.of_school(world.place.db, SCHOOL) == []


def test_a_released_change_counts_and_can_be_taken_back(world: World) -> None:
    sign(world)
    late = world.device(OBSERVER)
    change = late.write(LESSON, growth="written on the other tablet")
    late.send()
    decision = f"decision/{uuid(70)}"

    intake.write(world.place, ADMIN, [Draft(SCHOOL, decision, {"change": change.id, "verdict": "released"})])
    assert values(world)["growth"] == "written on the other tablet"

    intake.write(world.place, ADMIN, [Draft(SCHOOL, decision, {"verdict": "waiting"})])
    assert "growth" not in values(world)


def test_only_an_administrator_decides_on_held_changes(world: World) -> None:
    sign(world)
    late = world.device(OBSERVER)
    change = late.write(LESSON, growth="x")
    late.send()

    notices = intake.write(
        world.place, OBSERVER, [Draft(SCHOOL, f"decision/{uuid(70)}", {"change": change.id, "verdict": "released"})]
    )

    assert [notice.reason for notice in notices] == ["not-allowed"]


def heads(world: World, record: str, field: str) -> dict[str, list[str]]:
    kept = records.read(world.place.db, SCHOOL, record)
    assert kept
    return {field: [head.id for head in kept.fields[field].heads]}


def decide(world: World, change: str, wanted: str = "released", by: str = ADMIN) -> list[str]:
    """By a device of hers, as a program of her own might; why it is held, when it is."""
    device = world.device(by)
    device.write(f"decision/{world.place.new_id()}", change=change, verdict=wanted)
    return reasons(device.send())


def make_second_an_administrator(world: World) -> None:
    assert intake.found(world.place, [Draft(SCHOOL, f"person/{SECOND}", {"role.administrator": True})]) == []


def test_a_frozen_form_is_not_overwritten_by_letting_a_held_change_through(world: World) -> None:
    short = builtin.instrument("instruction-short")
    record = f"rubric/{short.id}"
    device = world.device(ADMIN)
    change = device.write(record, seen=heads(world, record, "version.1"), version__1={"version": 1, "areas": "broken"})
    assert reasons(device.send()) == ["invalid"]
    make_second_an_administrator(world)

    assert decide(world, change.id, by=ADMIN) == decide(world, change.id, by=SECOND) == ["not-allowed"]
    assert values(world, record)["version.1"] == short.body
    assert [item.standing for item in held.of_record(world.place.db, SCHOOL, record)] == ["waiting"]


def test_a_form_of_a_teachers_own_is_let_through_by_nobody(world: World) -> None:
    short = builtin.instrument("instruction-short")
    phone = world.device(TEACHER)
    change = phone.write(f"rubric/{short.id}", version__2=short.body)
    phone.send()

    assert decide(world, change.id) == ["not-allowed"]


def test_what_is_let_through_in_the_batch_that_brings_it_does_not_count(world: World) -> None:
    short = builtin.instrument("instruction-short")
    device = world.device(ADMIN)
    change = device.write(f"rubric/{short.id}", version__1={"version": 1, "areas": "broken"})
    device.write(f"decision/{uuid(70)}", change=change.id, verdict="released")

    assert reasons(device.send()) == ["invalid", "not-allowed"]


def test_a_decision_that_is_changed_into_a_release_is_judged_as_one(world: World) -> None:
    short = builtin.instrument("instruction-short")
    device = world.device(ADMIN)
    change = device.write(f"rubric/{short.id}", version__1={"version": 1, "areas": "broken"})
    device.send()
    device.write(f"decision/{uuid(70)}", change=change.id, verdict="waiting")
    device.send()
    device.write(f"decision/{uuid(70)}", verdict="released")

    assert reasons(device.send()) == ["not-allowed"]


def test_a_form_that_is_broken_in_the_database_stops_nobody_else(world: World) -> None:
    short = builtin.instrument("instruction-short")
    tablet = world.device(OBSERVER)
    world.start(tablet, rating__A1=3)
    tablet.send()
    kept = records.read(world.place.db, SCHOOL, f"rubric/{short.id}")
    assert kept
    kept.fields["version.1"].heads = [structs.replace(kept.fields["version.1"].heads[0], value={"areas": "broken"})]
    kept.touched["version.1"] = kept.seq
    with world.place.db.atomic():
        records.write(world.place.db, [kept])

    tablet.write(LESSON, growth="still kept")
    tablet.write(LESSON, rating__A1=2)

    assert reasons(tablet.send()) == ["unknown"]
    assert values(world)["growth"] == "still kept"


def test_nobody_opens_anothers_draft(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet)
    tablet.send()
    make_second_an_administrator(world)
    device = world.device(ADMIN)
    signing = device.write(LESSON, seen=heads(world, LESSON, "status"), status="signed")
    taking = device.write(LESSON, seen=heads(world, LESSON, "observer"), observer=ADMIN)
    assert reasons(device.send()) == ["not-allowed", "not-allowed"]

    for change in (signing, taking):
        for by in (ADMIN, SECOND):
            assert decide(world, change.id, by=by) == ["not-allowed"]
    assert (values(world)["status"], values(world)["observer"]) == ("draft", OBSERVER)


def test_nobody_signs_a_draft_that_has_not_arrived_yet(world: World) -> None:
    device = world.device(TEACHER)
    change = device.write(LESSON, status="signed")
    device.send()

    assert decide(world, change.id) == ["not-allowed"]


def test_a_step_of_a_draft_is_not_moved_to_where_others_read_it(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet)
    step = f"step/{uuid(300)}"
    tablet.write(step, observer=OBSERVER, teacher=TEACHER, observation=LESSON.partition("/")[2], text="x")
    tablet.send()
    phone = world.device(TEACHER)
    change = phone.write(step, observation=uuid(999))
    assert reasons(phone.send()) == ["not-allowed"]

    assert decide(world, change.id) == ["not-allowed"]


def test_another_administrator_lets_through_what_its_author_may_not_let_through_herself(world: World) -> None:
    sign(world)
    make_second_an_administrator(world)
    device = world.device(ADMIN)
    change = device.write(LESSON, growth="Saya tulis sendiri")
    assert reasons(device.send()) == ["not-allowed"]

    assert decide(world, change.id, by=ADMIN) == ["not-allowed"]
    assert decide(world, change.id, by=SECOND) == []
    assert values(world)["growth"] == "Saya tulis sendiri"


def test_who_observes_and_administers_lets_her_own_late_change_through(world: World) -> None:
    assert intake.found(world.place, [Draft(SCHOOL, f"person/{OBSERVER}", {"role.administrator": True})]) == []
    sign(world)
    late = world.device(OBSERVER)
    change = late.write(LESSON, growth="written on the other tablet")
    assert reasons(late.send()) == ["signed-off"]

    assert decide(world, change.id, by=OBSERVER) == []
    assert values(world)["growth"] == "written on the other tablet"


def test_only_the_observer_who_signed_puts_her_late_change_away_and_does_no_more_with_it(world: World) -> None:
    sign(world)
    late = world.device(OBSERVER)
    change = late.write(LESSON, growth="x")
    late.send()
    other = world.device(TEACHER)
    foreign = other.write(LESSON, growth="y")
    other.send()

    assert decide(world, change.id, "set-aside", by=SECOND) == ["not-allowed"]
    assert decide(world, change.id, "set-aside", by=TEACHER) == ["not-allowed"]
    assert decide(world, foreign.id, "set-aside", by=OBSERVER) == ["not-allowed"]
    assert decide(world, "nowhere.1", "set-aside", by=OBSERVER) == ["not-allowed"]
    for wanted in ("released", "waiting"):
        assert decide(world, change.id, wanted, by=OBSERVER) == ["not-allowed"]
    assert decide(world, change.id, "set-aside", by=OBSERVER) == []
    assert [item.standing for item in held.of_record(world.place.db, SCHOOL, LESSON)] == ["set-aside", "waiting"]


def test_what_goes_with_a_change_that_is_held_is_not_written(world: World) -> None:
    sign(world)
    late = world.device(OBSERVER)
    change = late.write(LESSON, growth="x")
    late.send()
    amended = Draft(SCHOOL, LESSON, {"status": "signed", "rating.A1": 99})
    decision = Draft(SCHOOL, f"decision/{uuid(70)}", {"change": change.id, "verdict": "set-aside"})

    notices = intake.write_in_turn(world.place, OBSERVER, amended, decision)

    assert [notice.reason for notice in notices] == ["invalid"]
    assert [item.standing for item in held.of_record(world.place.db, SCHOOL, LESSON)] == ["waiting", "waiting"]


def test_two_administrators_on_one_person_overwrite_nothing(world: World) -> None:
    record = f"person/{TEACHER}"
    kept = records.read(world.place.db, SCHOOL, record)
    assert kept
    saw = {"name": [head.id for head in kept.fields["name"].heads]}

    intake.write(world.place, ADMIN, [Draft(SCHOOL, record, {"name": "Siti"}, saw)])
    intake.write(world.place, ADMIN, [Draft(SCHOOL, record, {"name": "Sitti"}, saw)])

    both = records.read(world.place.db, SCHOOL, record)
    assert both
    assert sorted(head.value for head in both.fields["name"].heads) == ["Siti", "Sitti"]


def test_every_row_carries_the_chain(world: World) -> None:
    sign(world)
    chain = ""

    for row in changes.walk(world.place.db, SCHOOL, 0):
        chain = link(chain, row.body, row.verdict, row.reason)
        assert row.chain == chain

    assert changes.position(world.place.db, SCHOOL).chain == chain


def test_a_crash_at_any_statement_stores_nothing_and_the_retry_everything(world: World) -> None:
    tablet = world.device(OBSERVER)
    world.start(tablet)
    tablet.write(LESSON, rating__A1=3)
    tablet.write(LESSON, rating__A1=99)
    sender = Sender(tablet.replica, OBSERVER)
    before = log_length(world)

    crashes = 0
    while True:
        crashing = replace(world.place, db=CrashingDb(world.place.db, on=crashes + 1))
        try:
            receipt = intake.take_in(crashing, sender, tablet.outbox)
        except Crash:
            crashes += 1
            assert log_length(world) == before
        else:
            break

    assert crashes > 10
    assert (receipt.stored_n, log_length(world)) == (3, before + 3)
    assert values(world)["rating.A1"] == 3


@settings(max_examples=40, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_any_split_into_batches_with_lost_responses_gives_the_same_record(rng: random.Random) -> None:
    world = a_world()
    codes = [indicator.code for indicator in builtin.instrument("instruction-short").rubric.indicators][:3]
    tablets = [world.device(OBSERVER) for _ in range(3)]
    world.start(tablets[0])
    tablets[0].send()
    for tablet in tablets:
        tablet.pull()
    for _ in range(rng.randint(1, 15)):
        tablet = rng.choice(tablets)
        tablet.write(LESSON, **{f"rating__{rng.choice(codes)}": rng.randint(1, 4)})
        if rng.random() < 0.4:
            sent = tablet.outbox[: rng.randint(1, len(tablet.outbox))]
            intake.take_in(world.place, Sender(tablet.replica, OBSERVER), sent)
        if rng.random() < 0.4:
            tablet.send()
        if rng.random() < 0.3:
            tablet.send()
            tablet.pull(limit=rng.randint(1, 3))
    for tablet in tablets:
        tablet.send()
    for tablet in tablets:
        tablet.pull()

    kept = records.read(world.place.db, SCHOOL, LESSON)
    logged = fold([row.change for row in changes.history(world.place.db, SCHOOL, LESSON)])
    assert kept
    assert {name: sorted(h.id for h in f.heads) for name, f in kept.fields.items()} == {
        name: sorted(h.id for h in f.heads) for name, f in logged.items()
    }
    assert tablets[0].shows(LESSON) == tablets[1].shows(LESSON) == tablets[2].shows(LESSON)
    world.place.db.close()
