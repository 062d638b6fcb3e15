"""Ids that are the same in every build: made from a name, where the product makes them from chance."""

import hashlib
from datetime import UTC, datetime

from observe.domain.ids import new_id, new_replica

FOUNDED_AT = datetime(2019, 7, 15, 1, tzinfo=UTC)
"""The moment in the ids of schools, people and devices."""


def record_id(*name: str, at: datetime = FOUNDED_AT) -> str:
    return new_id(at, lambda count: _bytes(count, *name))


def replica_id(*name: str) -> str:
    return new_replica(lambda count: _bytes(count, *name))


def spread(low: int, high: int, *name: str) -> int:
    """A whole number from `low` to `high` that looks like chance and is always the same for one name."""
    return low + int.from_bytes(_bytes(4, *name)) % (high - low + 1)


def _bytes(count: int, *name: str) -> bytes:
    return hashlib.sha256("/".join(name).encode()).digest()[:count]
