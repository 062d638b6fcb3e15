"""How far a device has read, as text that only the server understands.

It travels with every question, also with those that have nothing to ask, so it is packed: instead of names it has
marks, which need not be long to tell one history of a school from another.
"""

import base64
import binascii
import hashlib
from typing import Any

import msgspec

from sync.errors import NotThisProtocol, Reset

VERSION = 1
_EPOCH_BYTES, _SCHOOL_BYTES, _CHAIN_BYTES = 6, 4, 6
_LARGEST = 2**63 - 1
_MOST_LATER = 31
"""A first byte up to this is a later version's; beyond begin the cursors of before, which are JSON."""


class Place(msgspec.Struct, frozen=True):
    """Where a device stands in one school's feed.

    `chain` is the beginning of the chain digest there, empty at the start of the feed. `reader` says in the feed's own
    words as who it was reading. In the middle of reading, `base` is where it began: of records that were touched later
    than `seq` it knows what they were at `base`, and nothing of what became of them between the two.
    """

    seq: int
    chain: str
    reader: str
    base: int | None = None

    def is_at(self, chain: str | None) -> bool:
        """Whether this place is in the history that has this digest at its number; None where the log ends before."""
        return chain is not None and bool(chain) == bool(self.chain) and chain.startswith(self.chain)


class Cursor(msgspec.Struct, frozen=True):
    """One history, by the mark of its epoch, and a place in each school's feed, by the mark of the school."""

    epoch: str
    schools: dict[str, Place]

    @classmethod
    def of(cls, epoch: str, schools: dict[str, Place]) -> "Cursor":
        return cls(_mark(epoch, _EPOCH_BYTES), {school_mark(school): place for school, place in schools.items()})

    def is_of(self, epoch: str) -> bool:
        return self.epoch == _mark(epoch, _EPOCH_BYTES)

    def place_in(self, school: str) -> Place | None:
        return self.schools.get(school_mark(school))


def school_mark(school: str) -> str:
    return _mark(school, _SCHOOL_BYTES)


def encode(cursor: Cursor) -> str:
    packed = bytes([VERSION]) + bytes.fromhex(cursor.epoch) + b"".join(map(_packed, cursor.schools.items()))
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(text: str) -> Cursor:
    """The cursor in `text`; NotThisProtocol when no server wrote it, Reset when a later one did."""
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if packed[0] == VERSION:
            return _unpacked(packed[1:])
        if packed[0] > _MOST_LATER:
            return _of_before(packed)
    except (
        binascii.Error,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
        RecursionError,
        msgspec.MsgspecError,
    ) as wrong:
        raise NotThisProtocol("the cursor was not made by a server") from wrong
    raise Reset("a later version of this server wrote the cursor; offer everything again and read from the start")


def _mark(name: str, size: int) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[: 2 * size]


def _packed(item: tuple[str, Place]) -> bytes:
    mark, place = item
    reader = place.reader.encode()
    chain = bytes.fromhex(place.chain[: 2 * _CHAIN_BYTES]) if place.seq else b""
    numbers = _number(place.seq) + _number(0 if place.base is None else place.base + 1)
    return bytes.fromhex(mark) + numbers + _number(len(reader)) + reader + chain


def _unpacked(packed: bytes) -> Cursor:
    epoch, rest = packed[:_EPOCH_BYTES], packed[_EPOCH_BYTES:]
    if len(epoch) < _EPOCH_BYTES:
        raise ValueError(packed)
    schools: dict[str, Place] = {}
    while rest:
        mark, rest = _cut(rest, _SCHOOL_BYTES)
        seq, rest = _read_number(rest)
        base, rest = _read_number(rest)
        size, rest = _read_number(rest)
        reader, rest = _cut(rest, size)
        chain, rest = _cut(rest, _CHAIN_BYTES if seq else 0)
        schools[mark.hex()] = Place(seq, chain.hex(), reader.decode(), base - 1 if base else None)
    return Cursor(epoch.hex(), schools)


def _of_before(packed: bytes) -> Cursor:
    """As servers wrote it before: JSON, with names in full."""
    epoch, schools = msgspec.json.decode(packed, type=tuple[str, dict[str, list[Any]]])
    return Cursor.of(epoch, {school: _place_of_before(*place) for school, place in schools.items()})


def _place_of_before(seq: int, chain: str, tokens: list[str], base: int | None = None) -> Place:
    if not all(type(number) is int and 0 <= number <= _LARGEST for number in (seq, base or 0)):
        raise ValueError(seq, base)
    return msgspec.convert({"seq": seq, "chain": chain, "reader": " ".join(tokens), "base": base}, Place)


def _number(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def _read_number(packed: bytes) -> tuple[int, bytes]:
    value = 0
    for index, byte in enumerate(packed[:9]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, packed[index + 1 :]
    raise ValueError(packed)


def _cut(packed: bytes, size: int) -> tuple[bytes, bytes]:
    if len(packed) < size:
        raise ValueError(packed)
    return packed[:size], packed[size:]
