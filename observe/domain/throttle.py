"""Slowing down whoever guesses pass-phrases, without locking anybody out.

Three things are counted for a stranger's attempt:

- the *address* it came from, generously: a whole school may share one;
- the *name* at that address: five mistakes are free, then the wait doubles up to a quarter of an hour;
- the *name* wherever the attempts come from, so that many addresses cannot share the work; the wait stays under a
  minute, because this is the one count a stranger could raise against somebody far away.

A browser in which this person has signed in before is *known*, and only its own mistakes count: whatever strangers do,
the owner still gets in on her own device. Everything is forgotten after a day without a mistake.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address


@dataclass(frozen=True, slots=True)
class Rule:
    """How many mistakes are free, and the longest wait after them."""

    free: int
    longest_seconds: int


RULES = {
    "address": Rule(30, 600),
    "name-here": Rule(5, 900),
    "name": Rule(50, 45),
    "known": Rule(10, 300),
}
MEMORY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Subjects:
    """What one attempt is counted against: digests, each under the name of its rule."""

    keys: tuple[str, ...]
    own: frozenset[str]
    """Forgotten altogether when the attempt succeeds."""


def of_stranger(login: str, address: str) -> Subjects:
    network = _network(address)
    here = _key("name-here", login, network)
    return Subjects((_key("address", network), here, _key("name", login)), frozenset({here}))


def of_known(browser: str, person: str) -> Subjects:
    key = _key("known", browser, person)
    return Subjects((key,), frozenset({key}))


def wait_seconds(key: str, failures: int, last_failed_at: datetime, now: datetime) -> int:
    """Whole seconds this subject still waits; a clock set back never makes it longer than the rule allows."""
    rule = RULES[key.partition(":")[0]]
    beyond = failures - rule.free
    if beyond < 0:
        return 0
    pause = min(rule.longest_seconds, 2 << min(beyond, 20))
    left = math.ceil(pause - (now - last_failed_at).total_seconds())
    return max(0, min(pause, left))


def _network(address: str) -> str:
    """One subscriber: an IPv4 address, or the 64 bits of an IPv6 network."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or found.exploded[:19])
    return str(found)


def _key(rule: str, *parts: str) -> str:
    digest = hashlib.sha256("\0".join(parts).encode())
    return f"{rule}:{digest.hexdigest()}"
