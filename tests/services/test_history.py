"""History shows who set what and when, and nothing that its reader could not see while it stood."""

import pytest

from observe.services import history, intake, reading
from observe.services.history import UNKNOWN, Event
from observe.services.intake import Draft
from observe.services.place import Place
from tests.builders import Cast, a_cast, a_device, an_answer, heads_of, viewer

pytestmark = pytest.mark.both_engines


@pytest.fixture
def cast(place: Place) -> Cast:
    return a_cast(place)


def events(cast: Cast, person: str, observation: str) -> list[Event]:
    seen = viewer(cast.place, person)
    kept = reading.visible(cast.place, seen, cast.school, f"observation/{observation}")
    return history.read(cast.place, seen, cast.school, kept)


def values(found: list[Event]) -> list[object]:
    return [value for event in found for moved in event.moved for value in (moved.before, moved.after)]


def a_revised_observation(cast: Cast) -> str:
    """Its observer wrote hard words, took them back, and then signed."""
    observation = cast.observation(status="draft", growth="Gurunya malas.", ratings={"A1": 1})
    write(cast, observation, growth="Mulai tepat waktu.", **{"rating.A1": 3})
    write(cast, observation, status="signed")
    return observation


def write(cast: Cast, observation: str, **fields: object) -> None:
    record = f"observation/{observation}"
    assert not intake.write(cast.place, cast.principal, [Draft(cast.school, record, fields)])


@pytest.mark.parametrize("name", ["teacher", "administrator"])
def test_words_taken_back_before_signing_reach_nobody_but_their_observer(cast: Cast, name: str) -> None:
    observation = a_revised_observation(cast)

    theirs = values(events(cast, getattr(cast, name), observation))
    hers = values(events(cast, cast.principal, observation))

    assert "Gurunya malas." not in theirs
    assert 1 not in theirs
    assert "Gurunya malas." in hers


def test_words_changed_in_the_very_change_that_signs_do_not_show_what_stood_before(cast: Cast) -> None:
    observation = cast.observation(status="draft", growth="Gurunya malas.")
    write(cast, observation, growth="Mulai tepat waktu.", status="signed")

    (signing,) = events(cast, cast.teacher, observation)
    moved = {item.field: item for item in signing.moved}

    assert moved["growth"].after == "Mulai tepat waktu."
    assert moved["growth"].before is UNKNOWN


def test_a_correction_after_signing_shows_both_values_to_the_teacher(cast: Cast) -> None:
    observation = cast.observation(growth="Satu")
    write(cast, observation, growth="Dua", status="signed")

    latest = events(cast, cast.teacher, observation)[0]

    assert [(item.before, item.after) for item in latest.moved if item.field == "growth"] == [("Satu", "Dua")]


def test_what_is_rewritten_while_reopened_stays_with_its_observer(cast: Cast) -> None:
    observation = cast.observation(growth="Satu")
    write(cast, observation, status="draft")
    write(cast, observation, growth="Kasar sekali")
    write(cast, observation, growth="Dua")
    write(cast, observation, status="signed")

    theirs = values(events(cast, cast.teacher, observation))

    assert "Kasar sekali" not in theirs
    assert "Kasar sekali" in values(events(cast, cast.principal, observation))


def test_a_change_that_does_not_count_is_shown_to_its_author_and_an_administrator_alone(cast: Cast) -> None:
    observation = cast.observation(teacher=cast.other_teacher, observer=cast.observer)
    a_device(cast.place, cast.other_teacher).write(
        cast.school, f"observation/{observation}", {"growth": "Saya tulis sendiri"}
    )

    told = {
        name: "Saya tulis sendiri" in values(events(cast, getattr(cast, name), observation))
        for name in ("other_teacher", "administrator", "observer")
    }

    assert told == {"other_teacher": True, "administrator": True, "observer": False}


def test_the_device_and_both_times_are_told(cast: Cast) -> None:
    observation = cast.observation(status="draft")
    record = f"observation/{observation}"
    tablet = a_device(cast.place, cast.principal, name="Tablet kepala")
    seen = heads_of(cast.place, cast.school, record, "growth")
    tablet.write(cast.school, record, {"growth": "Satu"}, seen=seen, at="2027-11-23T05:00:00.000Z")

    latest = events(cast, cast.principal, observation)[0]

    assert (latest.device, latest.made_at) == ("Tablet kepala", "2027-11-23T05:00:00.000Z")
    assert latest.received_at == cast.place.moment()


def test_an_answer_stands_in_the_history_of_both(cast: Cast) -> None:
    observation = cast.observation()
    an_answer(cast.place, cast.school, observation, cast.teacher, reply="Terima kasih")

    assert events(cast, cast.teacher, observation)[0].by == cast.teacher
    assert events(cast, cast.principal, observation)[0].by == cast.teacher
