"""How far a device has read: short, and as true as what it stands for."""

import base64
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import cursor
from sync.cursor import Cursor, Place
from sync.errors import NotThisProtocol, Reset

EPOCH = "01936b0e-7c1a-7d3e-9a51-0d1a6b1f2c3d"
CHAIN = "19f4adde3b0d974821cf8e138f2d973bc006400af3c376a0b54e688b86daed5b"

numbers = st.integers(0, 2**53)
readers = st.sampled_from(["o", "at", "log"])
places = st.builds(Place, st.integers(1, 2**53), st.just(CHAIN[:12]), readers, st.none() | numbers) | st.builds(
    Place, st.just(0), st.just(""), readers, st.none() | numbers
)


@given(schools=st.dictionaries(st.uuids().map(str), places, max_size=5))
def test_a_place_in_each_school_comes_back(schools: dict[str, Place]) -> None:
    found = cursor.decode(cursor.encode(Cursor.of(EPOCH, schools)))

    assert found.is_of(EPOCH)
    assert not found.is_of("another")
    assert {school: found.place_in(school) for school in schools} == schools
    assert found.place_in("another") is None


def test_it_is_short() -> None:
    text = cursor.encode(Cursor.of(EPOCH, {"a school": Place(10_000, CHAIN, "o")}))

    assert len(text) <= 30


def test_a_place_is_in_the_history_that_has_its_digest() -> None:
    stood = cursor.decode(cursor.encode(Cursor.of(EPOCH, {"s": Place(7, CHAIN, "mo")}))).place_in("s")

    assert stood
    assert stood.is_at(CHAIN)
    assert not stood.is_at("29" + CHAIN[2:])
    assert not stood.is_at("")
    assert not stood.is_at(None)
    assert Place(0, "", "mo").is_at("")
    assert not Place(0, "", "mo").is_at(CHAIN)


def test_one_that_was_written_before_is_read() -> None:
    old = [EPOCH, {"s": [7, CHAIN, ["members", "person:p", "role:observer"], None]}]
    text = base64.urlsafe_b64encode(json.dumps(old).encode()).decode().rstrip("=")

    found = cursor.decode(text)

    assert found.is_of(EPOCH)
    assert found.place_in("s") == Place(7, CHAIN, "members person:p role:observer")


def test_one_of_a_later_version_begins_anew() -> None:
    with pytest.raises(Reset):
        cursor.decode(base64.urlsafe_b64encode(b"\x02whatever").decode())


@given(text=st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_whatever_else_arrives_is_a_cursor_or_a_refusal(text: str) -> None:
    with contextlib.suppress(NotThisProtocol, Reset):
        cursor.decode(text)


@pytest.mark.parametrize("text", ["", "A", "é", "W10", "eyJhIjoxfQ", "AQ", "AQEBAQEBAQE"])
def test_what_no_server_wrote_is_refused(text: str) -> None:
    with pytest.raises(NotThisProtocol):
        cursor.decode(text)


def of_before(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize("number", [str(2**63), str(10**30), "-1", "1e30", "true", "1.0", "null"])
def test_a_number_that_no_log_has_is_refused(number: str) -> None:
    with pytest.raises(NotThisProtocol):
        cursor.decode(of_before(f'["epoch",{{"school":[{number},"ab",["members"]]}}]'))


def test_a_base_that_no_log_has_and_nesting_without_end_are_refused() -> None:
    for places in (f'[0,"",["members"],{2**63}]', '[0,"",["members"],-1]', "[" * 100_000 + "]" * 100_000):
        with pytest.raises(NotThisProtocol):
            cursor.decode(of_before(f'["epoch",{{"school":{places}}}]'))
