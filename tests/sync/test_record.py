"""The laws of the fold: order, repeats and batches cannot matter, and nothing unseen is ever replaced."""

import itertools
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.change import Change, check
from sync.record import Record, apply, conflicts, fold, same, shown
from tests.sync.histories import RECORD, SCHOOL, histories

VECTORS = sorted((Path(__file__).parents[1] / "vectors" / "fold").glob("*.json"))


def heads(record: Record) -> dict[str, list[str]]:
    return {name: [head.id for head in field.heads] for name, field in record.items() if field.heads}


def a_change(
    id: str, seen: dict[str, list[str]] | None = None, at: str = "2026-11-22T03:00:00Z", **values: object
) -> Change:
    return Change(
        id, SCHOOL, RECORD, "p", at, {name.replace("__", "."): value for name, value in values.items()}, seen or {}
    )


@given(history=histories(), rng=st.randoms(use_true_random=False))
def test_order_and_repeats_make_no_difference(history: list[Change], rng: random.Random) -> None:
    received = history + history[::2]
    rng.shuffle(received)

    assert heads(fold(received)) == heads(fold(history))


@given(history=histories(), rng=st.randoms(use_true_random=False))
def test_folding_one_by_one_in_any_order_is_folding_all_at_once(history: list[Change], rng: random.Random) -> None:
    shuffled = rng.sample(history, len(history))
    record: Record = {}
    for change in shuffled:
        apply(record, change)

    assert heads(record) == heads(fold(history))
    assert shown(record) == shown(fold(history))


@given(history=histories(), cuts=st.lists(st.integers(0, 12), max_size=4), rng=st.randoms(use_true_random=False))
def test_three_replicas_that_hold_the_same_set_show_the_same_record(
    history: list[Change], cuts: list[int], rng: random.Random
) -> None:
    edges = [0, *sorted(cuts), len(history)]
    batches = [history[start:end] for start, end in itertools.pairwise(edges)]
    records: list[Record] = []
    for _ in range(3):
        rng.shuffle(batches)
        records.append(fold([change for batch in batches for change in batch]))

    assert heads(records[0]) == heads(records[1]) == heads(records[2])


@given(history=histories())
def test_a_value_disappears_only_when_somebody_who_saw_it_replaced_it(history: list[Change]) -> None:
    record = fold(history)

    for change in history:
        for name in change.set:
            is_replaced = any(name in other.set and change.id in other.seen.get(name, []) for other in history)
            assert (change.id in heads(record).get(name, [])) is not is_replaced


@given(history=histories())
def test_every_field_that_was_ever_set_has_a_head(history: list[Change]) -> None:
    assert heads(fold(history)).keys() == {name for change in history for name in change.set}


def test_two_people_on_different_fields_both_keep_their_work() -> None:
    record = fold([a_change("aaaa.1", rating__A1=2), a_change("bbbb.1", rating__A2=1)])

    assert shown(record) == {"rating.A1": 2, "rating.A2": 1}
    assert conflicts(record) == []


def test_two_people_on_the_same_field_are_a_conflict_until_somebody_who_saw_both_decides() -> None:
    both = [a_change("aaaa.1", rating__A1=2), a_change("bbbb.1", rating__A1=1)]
    decision = a_change("aaaa.2", {"rating.A1": ["aaaa.1", "bbbb.1"]}, rating__A1=1)

    assert conflicts(fold(both)) == ["rating.A1"]
    assert conflicts(fold([*both, decision])) == []
    assert shown(fold([*both, decision])) == {"rating.A1": 1}


def test_the_same_answer_twice_is_no_conflict() -> None:
    assert conflicts(fold([a_change("aaaa.1", rating__A1=2), a_change("bbbb.1", rating__A1=2.0)])) == []


def test_a_clock_a_year_ahead_cannot_replace_what_it_never_saw() -> None:
    ahead = a_change("aaaa.1", at="2027-11-22T03:00:00Z", rating__A1=0)
    honest = a_change("bbbb.1", rating__A1=2)

    assert [head.id for head in fold([ahead, honest])["rating.A1"].heads] == ["aaaa.1", "bbbb.1"]


def test_a_clock_a_year_ahead_is_replaced_by_whoever_saw_it() -> None:
    ahead = a_change("aaaa.1", at="2027-11-22T03:00:00Z", rating__A1=0)
    later = a_change("bbbb.1", {"rating.A1": ["aaaa.1"]}, rating__A1=2)

    assert shown(fold([later, ahead])) == {"rating.A1": 2}


def test_seen_without_a_new_value_takes_nothing_away() -> None:
    first = a_change("aaaa.1", rating__A1=2)
    eraser = a_change("bbbb.1", {"rating.A1": ["aaaa.1"]}, topic="x")

    assert shown(fold([first, eraser])) == {"rating.A1": 2, "topic": "x"}


def test_a_change_cannot_replace_itself() -> None:
    assert shown(fold([a_change("aaaa.1", {"topic": ["aaaa.1"]}, topic="x")])) == {"topic": "x"}


def test_cleared_is_not_shown_and_is_not_zero() -> None:
    cleared = a_change("aaaa.2", {"rating.A1": ["aaaa.1"]}, rating__A1=None)

    assert shown(fold([a_change("aaaa.1", rating__A1=0)])) == {"rating.A1": 0}
    assert shown(fold([a_change("aaaa.1", rating__A1=0), cleared])) == {}


@pytest.mark.parametrize(("one", "other"), [(True, 1), (False, 0), (0, None), ("1", 1), ([1], [True]), ({"a": 1}, {})])
def test_values_of_different_kinds_are_not_the_same(one: object, other: object) -> None:
    assert not same(one, other)


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_vector(path: Path) -> None:
    loaded = json.loads(path.read_text())
    for case in loaded if isinstance(loaded, list) else [loaded]:
        record = fold([check(change) for change in case["changes"]])

        assert heads(record) == case["heads"], case["name"]
        assert shown(record) == case["shown"], case["name"]
        assert conflicts(record) == case["conflicts"], case["name"]
