"""Hundreds of stories in which everything goes wrong that can, and in the end nothing is lost.

`python -m tests.simulation SEED` tells one of them; `make soak` lives through twenty thousand.
"""

import logging
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from observe.domain import access
from observe.services import feed, intake, outgoing, replication, uplink
from observe.store import changes, uplinks
from sync import cursor
from tests.simulation.__main__ import one
from tests.simulation.story import STEPS, Story

SEEDS = 500


def test_every_promise_is_kept_in_five_hundred_stories() -> None:
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        told = list(pool.map(one, range(SEEDS), [STEPS] * SEEDS, chunksize=10))

    assert {seed: broken[:3] for seed, broken in enumerate(told) if broken} == {}


def test_a_seed_tells_the_same_story_every_time() -> None:
    first, second = Story(7), Story(7)
    first.run(), second.run()

    assert first.told == second.told
    assert len(first.told) > STEPS // 2


def test_a_story_leaves_the_log_as_it_found_it() -> None:
    Story(7).run()

    assert not logging.getLogger("observe").disabled


def finds(first_seed: int = 0, most: int = 150) -> str:
    """The first broken promise in a number of stories; empty when all are kept."""
    return next((broken[0] for seed in range(first_seed, first_seed + most) if (broken := one(seed, STEPS))), "")


def test_it_notices_a_change_that_is_acknowledged_and_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    real = intake.sort_out

    def forgetful(replica: str, stored_n: int, stored: Any, sent: Any) -> Any:
        return [written for written in real(replica, stored_n, stored, sent) if written.change.n % 3]

    monkeypatch.setattr(intake, "sort_out", forgetful)

    assert finds()


def test_it_notices_a_counter_that_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    real = changes.advance
    monkeypatch.setattr(changes, "advance", lambda db, school, to: real(db, school, to) if to.seq % 7 else None)

    assert finds()


def test_it_notices_a_gap_that_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_gaps(replica: str, stored_n: int, stored: Any, sent: Any) -> Any:
        return [written for written in sent if written.change.n not in stored and written.change.n % 4]

    monkeypatch.setattr(intake, "sort_out", without_gaps)

    assert finds()


def test_it_notices_a_verdict_that_does_not_come_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replication.Ledger, "_rule", lambda self, row, told: None)

    assert "apart" in finds()


def test_it_notices_a_copied_device_whose_words_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replication.Ledger, "move", lambda self, replica, n, *, has_copies=False: None)

    assert finds()


def test_it_notices_rows_that_are_taken_for_forwarded(monkeypatch: pytest.MonkeyPatch) -> None:
    real = outgoing.load

    def hasty(place: Any, known: Any) -> Any:
        load = real(place, known)
        for school, seq in load.reached.items():
            uplinks.note_forwarded(place.db, school, seq)
        return load

    monkeypatch.setattr(uplink.outgoing, "load", hasty)
    monkeypatch.setattr(uplink, "_is_to_compare", lambda place: False)

    assert finds()


def test_it_notices_an_answer_that_is_written_down_in_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor is kept although the rows it stands for were not."""
    monkeypatch.setattr(replication.Ledger, "_learn_new", lambda self, told: None)
    monkeypatch.setattr(uplink, "_is_to_compare", lambda place: False)

    assert finds()


def test_it_notices_a_draft_that_others_may_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        access, "_of_observation", lambda values, *, is_shared: frozenset({"members"}) if values else frozenset()
    )

    assert "seen" in finds()


def test_it_notices_a_page_that_forgets_where_reading_began(monkeypatch: pytest.MonkeyPatch) -> None:
    real = cursor.Place

    def without_base(seq: int, chain: str, reader: str, base: int | None = None) -> cursor.Place:
        return real(seq, chain, reader)

    monkeypatch.setattr(feed.cursors, "Place", without_base)

    assert "wrong" in finds()
