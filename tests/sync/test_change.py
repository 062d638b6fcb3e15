"""The envelope of a change, and the one strict way JSON comes in."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.change import MAX_CHANGE_BYTES, decode, read
from sync.errors import NotThisProtocol
from sync.json_door import parse

GOOD: dict[str, Any] = {
    "id": "k3f9q2m8xw4t.17",
    "school": "0193a1c2-0000-7000-8000-000000000000",
    "record": "observation/0193a1c2-0000-7000-8000-000000000001",
    "by": "0193a1c2-0000-7000-8000-000000000002",
    "at": "2026-11-22T03:15:09.120Z",
    "set": {"rating.B3": 3},
    "seen": {"rating.B3": ["k3f9q2m8xw4t.9"]},
}


def test_a_change_keeps_the_bytes_it_arrived_as() -> None:
    body = json.dumps(GOOD, indent=3)

    assert decode(body).body == body


def test_what_a_newer_client_adds_does_no_harm() -> None:
    assert decode(json.dumps(GOOD | {"mood": "new"})).change.n == 17


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "k3f9q2m8xw4t"},
        {"id": "k3f9q2m8xw4t.0"},
        {"id": "k3f9q2m8xw4t.01"},
        {"id": "K3F9.1"},
        {"id": "k3f9q2m8xw4t.1\n"},
        {"record": "observation"},
        {"record": "../etc/passwd"},
        {"at": "yesterday"},
        {"at": "2026-11-22T03:15:09"},
        {"set": {}},
        {"set": {"Rating": 1}},
        {"set": {"rating." + "x" * 200: 1}},
        {"set": {f"note.{n}": 1 for n in range(513)}},
        {"set": [1]},
        {"seen": {"rating.B3": "k3f9q2m8xw4t.9"}},
        {"seen": {"rating.B3": ["me"]}},
        {"school": ""},
        {"by": None},
    ],
)
def test_an_envelope_that_is_not_this_protocol_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotThisProtocol):
        decode(json.dumps(GOOD | wrong))


def test_a_change_over_the_limit_is_refused() -> None:
    with pytest.raises(NotThisProtocol, match="over the"):
        decode(json.dumps(GOOD | {"set": {"growth": "x" * MAX_CHANGE_BYTES}}))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "NaN"),
        ("[Infinity]", "Infinity"),
        ("1e999", "too large"),
        ("9007199254740992", "too large"),
        ("-9007199254740992", "too large"),
        ("1" * 5000, "too large"),
        ('{"a": 1, "a": 2}', "twice"),
        ('"\\ud800"', "surrogate"),
        ('{"\\udc00": 1}', "surrogate"),
        ('"a\\u0000b"', "NUL"),
        ("[" * 100_000, "deep"),
        ("[" * 33 + "]" * 33, "deep"),
        ("{", "not JSON"),
        (b"\xff", "UTF-8"),
        ("", "not JSON"),
    ],
)
def test_the_door_refuses(text: str | bytes, reason: str) -> None:
    with pytest.raises(NotThisProtocol, match=reason):
        parse(text)


def test_a_written_backslash_is_not_a_nul() -> None:
    assert parse('"\\\\u0000"') == "\\u0000"


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert parse('"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=20,
)


@given(value=_values, is_ascii=st.booleans())
def test_the_door_takes_every_value_that_both_databases_can_hold(value: object, is_ascii: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=is_ascii)) == value


@given(body=st.text() | st.binary())
def test_whatever_arrives_is_a_value_or_a_refusal(body: str | bytes) -> None:
    with contextlib.suppress(NotThisProtocol):
        parse(body)


_any_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(
    fields=st.dictionaries(st.sampled_from(["growth", "rating.B3", "Wrong"]), _any_values, min_size=1),
    seen=st.sampled_from([None, {}, {"growth": ["k3f9q2m8xw4t.9"]}]),
    is_ascii=st.booleans(),
    separators=st.sampled_from([(",", ":"), (", ", ": ")]),
)
def test_the_quick_reader_says_what_the_strict_one_says(
    fields: dict[str, Any], seen: object, is_ascii: bool, separators: tuple[str, str]
) -> None:
    plain = {**GOOD, "set": fields, "seen": seen}
    if seen is None:
        del plain["seen"]
    raw = json.dumps(plain, ensure_ascii=is_ascii, separators=separators).encode("utf-8", "surrogatepass")

    assert _said_by_the_quick_one(raw) == _said_by_the_strict_one(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":2}',
        b'{"a":9007199254740992}',
        b'{"a":1e999}',
        b'{"a":"\\u0000"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'{"a":NaN}',
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_the_quick_reader_refuses_what_the_strict_one_refuses(raw: bytes) -> None:
    body = json.dumps(GOOD, separators=(",", ":")).encode().replace(b'{"rating.B3":3}', raw)

    with pytest.raises(NotThisProtocol):
        read(body)


def _said_by_the_quick_one(raw: bytes) -> object:
    try:
        return read(raw)
    except NotThisProtocol:
        return "refused"


def _said_by_the_strict_one(raw: bytes) -> object:
    try:
        return decode(raw.decode("utf-8"))
    except (NotThisProtocol, UnicodeDecodeError):
        return "refused"
