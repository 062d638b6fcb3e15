"""What to take, what was taken already, and what cannot be: decided before anything is written."""

from collections.abc import Mapping, Sequence

from sync.change import Written
from sync.errors import Fork, Gap


def sort_out(replica: str, stored_n: int, stored: Mapping[int, str], sent: Sequence[Written]) -> list[Written]:
    """The changes of `sent` that are new, in order of their number.

    `stored` gives the digest of each stored number that `sent` repeats. Raises Gap when a number is missing before
    one that arrived, and Fork when a number is stored with other content, or arrives twice with different content.
    """
    fresh: dict[int, Written] = {}
    for written in sorted(sent, key=lambda written: written.change.n):
        n = written.change.n
        known = stored.get(n) if n <= stored_n else fresh[n].digest if n in fresh else None
        if known is not None and known != written.digest:
            raise Fork(written.change.id)
        if known is None and n != stored_n + len(fresh) + 1:
            raise Gap(replica, stored_n + len(fresh) + 1)
        if known is None:
            fresh[n] = written
    return list(fresh.values())
