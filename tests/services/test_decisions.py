"""Different answers are decided by whom they belong to; held changes by an administrator; nothing is lost by either."""

from collections.abc import Mapping
from typing import Any

import pytest

from observe.domain.errors import NotHere
from observe.services import decisions, intake
from observe.services.decisions import AlreadyDecided, CannotBeReleased, Picked
from observe.services.intake import Draft
from observe.services.place import Place
from observe.store import records
from tests.builders import Cast, Device, a_cast, a_device, an_instrument, heads_of, viewer

pytestmark = pytest.mark.both_engines


@pytest.fixture
def cast(place: Place) -> Cast:
    return a_cast(place)


def at_odds(cast: Cast, observation: str, *sets: Mapping[str, Any]) -> list[Device]:
    """Each of `sets` written on a device of its own, none having seen the others."""
    record = f"observation/{observation}"
    seen = heads_of(cast.place, cast.school, record, *sets[0])
    devices = []
    for number, fields in enumerate(sets):
        device = a_device(cast.place, cast.principal, replica=f"device{number}")
        device.write(cast.school, record, fields, seen=seen)
        devices.append(device)
    return devices


def standing(cast: Cast, observation: str) -> dict[str, Any]:
    kept = records.read(cast.place.db, cast.school, f"observation/{observation}")
    assert kept
    return kept.values


def pick(cast: Cast, observation: str, by: str, replica: str) -> list[intake.Notice]:
    seen = viewer(cast.place, by)
    found = decisions.at_odds_in(cast.place, seen, cast.school, f"observation/{observation}")
    assert found
    asked = found.questions[0]
    side = next(side for side in asked.sides if side.id.startswith(replica))
    choice = decisions.choice(
        cast.place, seen, cast.school, Picked(found.record, asked.name, side.id, frozenset(asked.heads))
    )
    return intake.write(cast.place, by, [Draft(cast.school, found.record, choice.set, choice.seen)])


@pytest.mark.parametrize("status", ["draft", "signed"])
def test_one_answer_becomes_the_only_one(cast: Cast, status: str) -> None:
    observation = cast.observation(status="draft", ratings={"A1": 1})
    at_odds(cast, observation, {"rating.A1": 3, "comment.A1": "Tiga"}, {"rating.A1": 2, "comment.A1": "Dua"})
    if status == "signed":
        write = Draft(cast.school, f"observation/{observation}", {"status": "signed"})
        assert not intake.write(cast.place, cast.principal, [write])

    assert pick(cast, observation, cast.principal, "device1") == []

    assert standing(cast, observation)["rating.A1"] == 2
    assert standing(cast, observation)["comment.A1"] == "Dua"
    assert decisions.at_odds(cast.place, viewer(cast.place, cast.principal), cast.school) == []


def test_an_answer_that_came_while_the_page_was_open_is_not_overwritten(cast: Cast) -> None:
    observation = cast.observation(status="draft")
    record = f"observation/{observation}"
    at_odds(cast, observation, {"growth": "Satu"}, {"growth": "Dua"})
    seen = viewer(cast.place, cast.principal)
    found = decisions.at_odds_in(cast.place, seen, cast.school, record)
    assert found
    asked = found.questions[0]
    shown = Picked(record, asked.name, asked.sides[0].id, frozenset(asked.heads))
    a_device(cast.place, cast.principal, replica="later").write(cast.school, record, {"growth": "Tiga"})

    with pytest.raises(AlreadyDecided):
        decisions.choice(cast.place, seen, cast.school, shown)


def test_an_administrator_sees_the_answers_of_a_signed_observation_and_leaves_them_to_its_observer(cast: Cast) -> None:
    observation = cast.observation(status="draft")
    at_odds(cast, observation, {"growth": "Satu"}, {"growth": "Dua"})
    administrator = viewer(cast.place, cast.administrator)

    before = decisions.at_odds(cast.place, administrator, cast.school)
    intake.write(cast.place, cast.principal, [Draft(cast.school, f"observation/{observation}", {"status": "signed"})])
    (after,) = decisions.at_odds(cast.place, administrator, cast.school)

    assert before == []
    assert not after.is_hers_to_decide


def a_held_change(cast: Cast) -> tuple[str, str]:
    """The observation, and the id of a change to it that came too late."""
    observation = cast.observation(growth="Satu")
    device = a_device(cast.place, cast.principal)
    later = "2026-11-23T06:00:00.000Z"
    receipt = device.write(cast.school, f"observation/{observation}", {"growth": "Terlambat"}, at=later)
    assert [item.reason for item in receipt.held] == ["signed-off"]
    return observation, receipt.held[0].id


def decide(cast: Cast, change: str, shown: str, wanted: str) -> None:
    seen = viewer(cast.place, cast.administrator)
    fields = decisions.verdict(cast.place, seen, cast.school, change, shown, wanted)
    record = f"decision/{cast.place.new_id()}"
    assert not intake.write(cast.place, cast.administrator, [Draft(cast.school, record, fields)])


def test_a_held_change_counts_once_released_and_waits_again_when_that_is_taken_back(cast: Cast) -> None:
    observation, change = a_held_change(cast)

    decide(cast, change, "waiting", "released")
    released = standing(cast, observation)["growth"]
    decide(cast, change, "released", "waiting")

    assert released == "Terlambat"  # beside "Satu", which nobody had seen when it was written
    assert standing(cast, observation)["growth"] == "Satu"
    waiting = decisions.held_changes(cast.place, viewer(cast.place, cast.administrator), cast.school)
    assert [item.id for item in waiting] == [change]


def test_what_is_set_aside_stays_kept_and_out_of_the_way(cast: Cast) -> None:
    observation, change = a_held_change(cast)

    decide(cast, change, "waiting", "set-aside")

    administrator = viewer(cast.place, cast.administrator)
    assert standing(cast, observation)["growth"] == "Satu"
    assert decisions.held_changes(cast.place, administrator, cast.school) == []
    assert [item.standing for item in decisions.decided(cast.place, administrator, cast.school)] == ["set-aside"]


def a_late_change(cast: Cast, **fields: Any) -> tuple[str, str]:
    """A signed observation its teacher agreed with, and what its observer had written elsewhere without knowing."""
    observation = cast.observation(status="signed", ratings={"A1": 1})
    record = f"observation/{observation}"
    said = {f"read.{cast.teacher}": "2026-11-02T04:00:00Z", f"stance.{cast.teacher}": "agree"}
    assert not intake.write(cast.place, cast.teacher, [Draft(cast.school, record, said)])
    late = fields or {"comment.A1": "Dari tablet lain"}
    (notice,) = a_device(cast.place, cast.principal).write(cast.school, record, late).held
    assert notice.reason == "signed-off"
    return observation, notice.id


def amend(cast: Cast, by: str, change: str, stands: str) -> None:
    record, fields = decisions.amendment(cast.place, viewer(cast.place, by), cast.school, change, stands)
    assert not intake.write(cast.place, by, [Draft(cast.school, record, fields)])


def test_a_late_change_is_taken_in_by_the_observer_who_signs_again_and_the_teacher_is_asked_again(cast: Cast) -> None:
    observation, change = a_late_change(cast)
    (item,) = decisions.held_changes(cast.place, viewer(cast.place, cast.principal), cast.school)
    record = f"observation/{observation}"
    before = heads_of(cast.place, cast.school, record, "status")

    amend(cast, cast.principal, change, str(item.stands))

    found = standing(cast, observation)
    assert (found["comment.A1"], found["status"]) == ("Dari tablet lain", "signed")
    assert heads_of(cast.place, cast.school, record, "status") != before
    assert not {f"read.{cast.teacher}", f"stance.{cast.teacher}"} & found.keys()


def test_nobody_else_takes_a_late_change_in_and_not_over_what_came_since(cast: Cast) -> None:
    observation, change = a_late_change(cast)
    (item,) = decisions.held_changes(cast.place, viewer(cast.place, cast.principal), cast.school)
    (hers,) = decisions.held_changes(cast.place, viewer(cast.place, cast.administrator), cast.school)
    assert hers.stands is None
    with pytest.raises(NotHere):
        amend(cast, cast.administrator, change, str(item.stands))

    reopened = Draft(
        cast.school, f"observation/{observation}", {"status": "signed", "comment.A1": "Sudah ditulis lagi"}
    )
    assert not intake.write(cast.place, cast.principal, [reopened])
    with pytest.raises(AlreadyDecided):
        amend(cast, cast.principal, change, str(item.stands))
    assert standing(cast, observation)["comment.A1"] == "Sudah ditulis lagi"


def test_two_administrators_do_not_decide_the_same_change_over_each_other(cast: Cast) -> None:
    _, change = a_held_change(cast)
    decide(cast, change, "waiting", "released")

    with pytest.raises(AlreadyDecided):
        decide(cast, change, "waiting", "set-aside")


def test_a_held_change_is_shown_to_its_author_and_not_to_others(cast: Cast) -> None:
    _, change = a_held_change(cast)

    told = {
        name: [item.id for item in decisions.held_changes(cast.place, viewer(cast.place, person), cast.school)]
        for name, person in (("author", cast.principal), ("observer", cast.observer), ("teacher", cast.teacher))
    }

    assert told == {"author": [change], "observer": [], "teacher": []}
    with pytest.raises(NotHere):
        decisions.verdict(cast.place, viewer(cast.place, cast.observer), cast.school, change, "waiting", "released")


def test_a_value_the_form_does_not_have_can_be_set_aside_but_never_let_through(cast: Cast) -> None:
    observation = cast.observation(status="draft")
    sent = a_device(cast.place, cast.principal).write(cast.school, f"observation/{observation}", {"rating.A1": 99})

    with pytest.raises(CannotBeReleased):
        decide(cast, sent.held[0].id, "waiting", "released")

    decide(cast, sent.held[0].id, "waiting", "set-aside")


def test_a_strangers_form_is_never_let_into_the_school(cast: Cast) -> None:
    id, _body = an_instrument()
    sent = a_device(cast.place, cast.teacher).write(cast.school, f"rubric/{id}", {"version.2": {"broken": True}})

    with pytest.raises(CannotBeReleased):
        decide(cast, sent.held[0].id, "waiting", "released")


def test_an_administrator_is_not_offered_to_let_through_what_she_could_not_write_or_what_opens_a_draft(
    cast: Cast,
) -> None:
    record = f"observation/{cast.observation(status='draft')}"
    device = a_device(cast.place, cast.administrator)
    own = device.write(cast.school, record, {"growth": "Saya tulis sendiri"}).held[0].id
    opens = a_device(cast.place, cast.teacher, "phone").write(cast.school, record, {"status": "signed"}).held[0].id

    found = decisions.held_changes(cast.place, viewer(cast.place, cast.administrator), cast.school)

    assert {item.id: item.can_be_released for item in found} == {own: False, opens: False}
    for change in (own, opens):
        with pytest.raises(CannotBeReleased):
            decide(cast, change, "waiting", "released")


def test_only_what_she_may_decide_is_counted_for_her(cast: Cast) -> None:
    a_held_change(cast)
    at_odds(cast, cast.observation(status="draft"), {"growth": "Satu"}, {"growth": "Dua"})

    counts = {
        name: decisions.count(cast.place, viewer(cast.place, getattr(cast, name)), cast.school)
        for name in ("principal", "administrator", "observer", "teacher")
    }

    assert counts == {"principal": 2, "administrator": 1, "observer": 0, "teacher": 0}
