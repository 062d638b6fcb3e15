"""Which held changes may be let through or put away, and by whom. Pages and verdicts on decisions ask here."""

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


def is_taken_in(decider: Viewer, decision: Change, change: Change, held_as: str | None, record: Record) -> bool:
    """Whether a new decision only puts away a late change to what its decider signed, who took it in by signing again.

    That is hers to say, and needs no administrator. `held_as` None: the change is not held here, and nothing happens.
    """
    values = shown(record)
    return (
        decision.set.get("verdict") == "set-aside"
        and decider.has(decision.school)
        and held_as in {None, "signed-off"}
        and change.kind == "observation"
        and (values.get("observer"), values.get("status")) == (decider.person, "signed")
    )


def _owner(change: Change, record: Record) -> object:
    return shown(record).get("observer") or change.set.get("observer")


def _is_hers(decider: Viewer, change: Change, record: Record) -> bool:
    """Whether she has the right to write this; coming late, after her own signature, takes it from nobody."""
    refused = access.refusal(decider, change, record)
    return refused is None or refused.reason == "signed-off"


def _no(detail: str) -> Refusal:
    return Refusal("not-allowed", detail)
