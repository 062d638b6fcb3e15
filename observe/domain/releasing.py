"""Which held changes may be let through, and by whom. The page of decisions asks here, and so does every verdict."""

from observe.domain import access, verdict
from observe.domain.access import Refusal, Viewer
from observe.domain.verdict import FindRubric
from sync.change import Change
from sync.record import Record, shown

REASONS = frozenset({"not-allowed", "signed-off", "revoked"})
"""The rest cannot be shown by this version, or breaks the form; it may only be set aside."""
NEVER = frozenset({"rubric", "decision", "replica", "ruling"})
"""A version never changes, a decision is made and not let through, and the rest is between servers."""
OPENS = {"observation": frozenset({"status", "observer"}), "step": frozenset({"observation", "observer"})}
"""What would show to others what an observer has not signed: hers alone to set."""


def refusal(
    decider: Viewer | None, held_as: str, change: Change, record: Record, find_rubric: FindRubric
) -> Refusal | None:
    """Why this decider may not let through a change held for the reason `held_as`; None when she may.

    Whether she decides at all is for `access` to say. None: the server's own authority, over what waited for
    something this version did not know.
    """
    if verdict.refusal(None, change, record, find_rubric) is not None:
        return _no("what it would let through does not fit")
    if decider is None:
        return None
    if held_as not in REASONS or change.kind in NEVER:
        return _no("this kind of change is never let through")
    if OPENS.get(change.kind, frozenset()) & change.set.keys() and _owner(change, record) != change.by:
        return _no("who may read an observation is for its observer to say")
    if change.by == decider.person and not _is_hers(decider, change, record):
        return _no("nobody lets through what she was not allowed to write herself")
    return None


def _owner(change: Change, record: Record) -> object:
    return shown(record).get("observer") or change.set.get("observer")


def _is_hers(decider: Viewer, change: Change, record: Record) -> bool:
    """Whether she has the right to write this; coming late, after her own signature, takes it from nobody."""
    refused = access.refusal(decider, change, record)
    return refused is None or refused.reason == "signed-off"


def _no(detail: str) -> Refusal:
    return Refusal("not-allowed", detail)
