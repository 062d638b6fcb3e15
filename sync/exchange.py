"""What to take, what was taken already, and what cannot be: decided before anything is written."""

from collections.abc import Mapping, Sequence

from sync.change import Written
from sync.errors import Fork, Gap


def sort_out(replica: str, stored_n: int, stored: Mapping[int, str], sent: Sequence[Written]) -> list[Written]:
    """The changes of `sent` that are new, in order of their number.

    `stored_n` says up to which number nothing is missing for this replica, `stored` gives the digest of each number of
    `sent` that is stored, also beyond: another server may have brought it. Raises Gap when a number is missing before
    one that arrived, and Fork when a number is stored with other content, or arrives twice with different content.
    """
    fresh: dict[int, Written] = {}
    reached = stored_n
    for written in sorted(sent, key=lambda written: written.change.n):
        n = written.change.n
        known = stored.get(n) or (fresh[n].digest if n in fresh else None)
        if known is not None and known != written.digest:
            raise Fork(written.change.id)
        if n > reached + 1:
            raise Gap(replica, reached + 1)
        reached = max(reached, n)
        if known is None:
            fresh[n] = written
    return list(fresh.values())
