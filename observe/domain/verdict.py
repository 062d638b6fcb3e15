"""Whether a change counts: the kind's schema, then its author's rights, then the rubric it rates with."""

from collections.abc import Callable, Mapping
from typing import Any

from observe.domain import access, kinds, rubric
from observe.domain.access import Refusal, Viewer
from observe.domain.rubric import Rubric, RubricInvalid
from sync.change import Change
from sync.record import Record

REASONS = ("not-allowed", "signed-off", "invalid", "unknown", "revoked")
"""Why a change may be held: docs/sync-protocol.md "A verdict"."""

FindRubric = Callable[[str, str], Rubric | None]
"""School and `<uuid>@<version>` to the rubric version, or None when it is not here yet."""


def refusal(author: Viewer | None, change: Change, fields: Record, find_rubric: FindRubric) -> Refusal | None:
    """Why this change to a record with `fields` is held, or None when it is accepted.

    `author` None is the server's own authority: what it writes must fit, and need not be allowed.
    """
    try:
        kinds.check(change)
    except kinds.Misfit as misfit:
        return Refusal(misfit.reason, misfit.detail)
    refused = access.refusal(author, change, fields) if author else None
    if refused:
        return refused
    if change.kind == "observation":
        return _rating_refusal(change, fields, find_rubric)
    return _version_refusal(change.set) if change.kind == "rubric" else None


def _rating_refusal(change: Change, fields: Record, find_rubric: FindRubric) -> Refusal | None:
    ratings = {name[7:]: value for name, value in change.set.items() if name.startswith("rating.")}
    if not ratings and "rubric" not in change.set:
        return None
    stands = fields.get("rubric")
    named = change.set.get("rubric") or (stands.shown.value if stands and stands.heads else None)
    form = find_rubric(change.school, named) if named else None
    if form is None:
        return Refusal("unknown", "this server does not have the rubric version of this observation yet")
    for code, value in ratings.items():
        if value is not None and not form.allows(code, value):
            return Refusal("invalid", f"the rubric does not allow this rating of {code}")
    return None


def _version_refusal(fields: Mapping[str, Any]) -> Refusal | None:
    for name, body in fields.items():
        if name.startswith("version.") and body is not None:
            try:
                rubric.from_value(body)
            except RubricInvalid as wrong:
                return Refusal("invalid", f"{name}: {wrong}")
    return None
