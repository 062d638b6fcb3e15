"""A record as it is stored: by the changes it is made of, and in the form that came before."""

from contextlib import closing

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observe.store import records, schema
from observe.store.db import Db
from observe.store.records import Kept
from observe.store.sqlite import SqliteDb
from sync.change import Change
from sync.record import Field, Head, Record, apply, shown
from tests.sync.histories import RECORD, SCHOOL, histories

AT = "2026-11-22T03:15:09.120Z"


def folded(changes: list[Change]) -> Kept:
    """The record these make, each having come as the feed's next."""
    kept = Kept(SCHOOL, RECORD)
    for kept.seq, change in enumerate(changes, 1):
        apply(kept.fields, change)
        kept.touched |= dict.fromkeys(change.set, kept.seq)
    kept.admit(frozenset({"members"}), kept.seq)
    return kept


def plain(fields: Record) -> dict[str, tuple[list[Head], set[str]]]:
    return {name: (field.heads, field.replaced) for name, field in fields.items()}


def stored(db: Db, kept: Kept) -> Kept:
    with db.atomic():
        records.write(db, [kept])
    found = records.read(db, SCHOOL, RECORD)
    assert found
    return found


@given(changes=histories(), order=st.randoms(use_true_random=False), emptied=st.booleans())
def test_what_is_stored_comes_back_as_it_was(changes: list[Change], order: object, emptied: bool) -> None:
    order.shuffle(changes)  # type: ignore[attr-defined]
    kept = folded(changes)
    if emptied:
        kept.fields["topic"] = Field()
        kept.touched["topic"] = kept.seq
    with closing(SqliteDb(None)) as db:
        schema.migrate(db, AT)

        found = stored(db, kept)

    assert plain(found.fields) == plain(kept.fields)
    assert found.touched == kept.touched


@given(changes=histories())
def test_what_is_passed_on_without_a_look_inside_says_the_same(changes: list[Change]) -> None:
    kept = folded(changes)
    with closing(SqliteDb(None)) as db:
        schema.migrate(db, AT)
        raw = stored(db, kept).heads_as_stored

    said = [Head(head["id"], head["by"], head["at"], value) for head in _decoded(raw) for value in head["set"].values()]

    if raw is not None:
        heads = [head for field in kept.fields.values() for head in field.heads]
        assert sorted(map(repr, said)) == sorted(map(repr, heads))


@pytest.mark.both_engines
def test_a_record_in_the_form_that_came_before_is_read_and_passed_on(db: Db) -> None:
    old = '{"growth":[3,[["dev1.1","p","2026-11-22T03:15:09.120Z","words"]]],"topic":[4,[],["dev1.9"]]}'
    insert = (
        "insert into record (school, record, kind, seq, fields, audience)"
        " values (:school, :record, 'observation', 4, :fields, '[]')"
    )
    with db.atomic():
        db.run(insert, {"school": SCHOOL, "record": RECORD, "fields": old})

    found = records.read(db, SCHOOL, RECORD)

    assert found
    assert found.heads_as_stored is None
    assert shown(found.fields) == {"growth": "words"}
    assert found.fields["topic"].replaced == {"dev1.9"}
    assert found.touched == {"growth": 3, "topic": 4}


@pytest.mark.both_engines
def test_two_changes_under_one_number_both_stay(db: Db) -> None:
    kept = Kept(SCHOOL, RECORD, 2)
    kept.fields["growth"] = Field([Head("dev1.1", "p", AT, "mine"), Head("dev1.1", "p", AT, "the copy's")])
    kept.touched["growth"] = 2

    found = stored(db, kept)

    assert plain(found.fields) == plain(kept.fields)


@pytest.mark.both_engines
@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_what_one_change_touched_is_told_together(db: Db, at_once: int) -> None:
    seqs = [1, 2, 2, 2, 3, 4, 4]
    with db.atomic():
        records.write(db, [Kept(SCHOOL, f"step/{number}", seq) for number, seq in enumerate(seqs)])

    groups = [[touched.seq for touched in group] for group in records.touched_since(db, SCHOOL, 0, at_once=at_once)]

    assert groups == [[1], [2, 2, 2], [3], [4, 4]]


@pytest.mark.both_engines
def test_who_may_see_a_record_is_told_to_whom_it_concerns(db: Db) -> None:
    hers, theirs = Kept(SCHOOL, "step/1", 1), Kept(SCHOOL, "step/2", 2)
    hers.admit(frozenset({"person:a", "role:x"}), 1)
    hers.admit(frozenset({"role:x"}), 2)
    theirs.admit(frozenset({"person:b"}), 1)
    with db.atomic():
        records.write(db, [hers, theirs])

    ((first,), (second,)) = records.touched_since(db, SCHOOL, 0, frozenset({"person:a"}))

    assert first.was_seen_by(frozenset({"person:a"}), 1)
    assert not first.is_seen_by(frozenset({"person:a"}))
    assert not second.stays


def _decoded(raw: msgspec.Raw | None) -> list[dict[str, dict[str, object]]]:
    return [] if raw is None else msgspec.json.decode(raw)  # type: ignore[no-any-return]
