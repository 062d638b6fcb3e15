"""Different answers become questions; what belongs together is asked together."""

from typing import Any

from observe.domain import question
from sync.change import Change
from sync.record import fold

SCHOOL, RECORD = "0193a1c2-0000-7000-8000-000000000001", "observation/0193a1c2-0000-7000-8000-000000000002"


def a_change(id: str, set: dict[str, Any], seen: dict[str, list[str]] | None = None, *, minute: int = 0) -> Change:
    return Change(id, SCHOOL, RECORD, id.partition(".")[0], f"2026-11-23T05:{minute:02}:00.000Z", set, seen or {})


def test_the_level_and_the_words_about_it_are_one_question() -> None:
    record = fold(
        [
            a_change("tablet.1", {"rating.B3": 3, "comment.B3": "Bertanya balik."}),
            a_change("laptop.1", {"rating.B3": 4, "comment.B3": "Menanggapi teman."}, minute=1),
        ]
    )

    (asked,) = question.of_record(record)

    assert asked.name == "indicator.B3"
    assert asked.fields == ("rating.B3", "comment.B3")
    assert [dict(side.values) for side in asked.sides] == [
        {"rating.B3": 3, "comment.B3": "Bertanya balik."},
        {"rating.B3": 4, "comment.B3": "Menanggapi teman."},
    ]


def test_answers_that_say_the_same_ask_nothing() -> None:
    record = fold([a_change("tablet.1", {"rating.B3": 3}), a_change("laptop.1", {"rating.B3": 3.0})])

    assert question.of_record(record) == []


def test_a_side_that_said_nothing_about_a_part_keeps_what_stands_there() -> None:
    record = fold(
        [
            a_change("tablet.1", {"rating.B3": 3, "comment.B3": "Satu"}),
            a_change("laptop.1", {"rating.B3": 4}, minute=1),
            a_change("phone.1", {"comment.B3": "Dua"}, minute=2),
        ]
    )

    (asked,) = question.of_record(record)
    laptop = next(side for side in asked.sides if side.by == "laptop")

    assert laptop.own == {"rating.B3"}
    assert laptop.values == {"rating.B3": 4, "comment.B3": "Dua"}


def test_a_choice_names_every_answer_it_replaces() -> None:
    record = fold(
        [
            a_change("tablet.1", {"growth": "a"}),
            a_change("laptop.1", {"growth": "b"}),
            a_change("phone.1", {"growth": "c"}),
        ]
    )

    (asked,) = question.of_record(record)

    assert asked.heads == {"tablet.1", "laptop.1", "phone.1"}
    assert sorted(asked.seen["growth"]) == sorted(asked.heads)


def test_two_people_at_one_machine_are_two_sides() -> None:
    first = Change("server.1", SCHOOL, RECORD, "dina", "2026-11-23T05:00:00.000Z", {"subject": "Biologi"})
    second = Change("server.2", SCHOOL, RECORD, "ratna", "2026-11-23T05:00:00.000Z", {"subject": "Fisika"})

    (asked,) = question.of_record(fold([first, second]))

    assert [(side.by, side.values["subject"]) for side in asked.sides] == [("dina", "Biologi"), ("ratna", "Fisika")]


def test_one_person_who_answered_twice_without_seeing_it_can_choose_either() -> None:
    record = fold([a_change("server.1", {"growth": "a"}), a_change("server.2", {"growth": "b"}, minute=1)])

    (asked,) = question.of_record(record)

    assert [side.values["growth"] for side in asked.sides] == ["a", "b"]
    assert len({side.id for side in asked.sides}) == 2
