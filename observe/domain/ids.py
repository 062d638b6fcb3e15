"""Ids: UUID version 7 (RFC 9562, section 5.7) and replica names."""

import uuid
from collections.abc import Callable
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
REPLICA_LENGTH = 12


def new_id(moment: datetime, random_bytes: Callable[[int], bytes]) -> str:
    """A UUIDv7: 48 bits of milliseconds, then 74 random bits."""
    milliseconds = int(moment.timestamp() * 1000)
    value = (milliseconds << 80) | int.from_bytes(random_bytes(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=value))


def new_replica(random_bytes: Callable[[int], bytes]) -> str:
    """Twelve letters and digits, none easily mistaken for another: 60 random bits."""
    return "".join(_ALPHABET[byte & 31] for byte in random_bytes(REPLICA_LENGTH))
