"""How far a device has read, as text that only the server understands."""

import base64
import binascii

import msgspec

from sync.errors import NotThisProtocol


class Place(msgspec.Struct, array_like=True, frozen=True):
    """Where a device stands in one school's feed, and with which tokens it was reading.

    In the middle of reading, `base` is where it began: of records that were touched later than `seq` it knows what they
    were at `base`, and nothing of what became of them between the two.
    """

    seq: int
    chain: str
    tokens: list[str]
    base: int | None = None


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """One history (`epoch`), and a place in each school's feed."""

    epoch: str
    schools: dict[str, Place]


def encode(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decode(text: str) -> Cursor:
    """The cursor in `text`; NotThisProtocol when no server wrote it."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Cursor)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as wrong:
        raise NotThisProtocol("the cursor was not made by a server") from wrong
