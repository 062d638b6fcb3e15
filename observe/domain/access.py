"""Who may see and change what. Pages, feeds and files all ask here, and nowhere else.

A record has an *audience*: a set of tokens. A person holds tokens. She sees the record when the two meet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sync.change import Change
from sync.record import Record, same, shown

AUDIENCE_FIELDS = ("status", "observer", "teacher", "observation")
"""The fields that decide who may see a record."""

ANSWERS = ("read", "stance", "reply")
ASKED_ANEW = ("read", "stance")
"""What a teacher said of an observation as it stood; her reply is her own words, and stays."""
"""The fields of an observation that belong to its teacher."""


class Role(StrEnum):
    observer = "observer"
    teacher = "teacher"
    administrator = "administrator"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person, and her roles in each school she is an active member of."""

    person: str
    schools: Mapping[str, frozenset[Role]]

    def has(self, school: str, *roles: Role) -> bool:
        """Whether she has any of `roles` there; with none named, whether she is a member."""
        held = self.schools.get(school)
        return held is not None and (not roles or bool(held & set(roles)))


def tokens(viewer: Viewer, school: str) -> frozenset[str]:
    """What this person holds in `school`; nothing where she is no member."""
    roles = viewer.schools.get(school)
    if roles is None:
        return frozenset()
    return frozenset({"members", f"person:{viewer.person}", *(f"role:{role}" for role in roles)})


def audience(kind: str, values: Mapping[str, Any], *, is_shared: bool = True) -> frozenset[str]:
    """Who may see a record with these shown values.

    A decision has one value more, `author`: whose held change it decides on.
    `is_shared` is asked of records that hang on an observation: a step is its observer's alone until that
    observation is signed.
    """
    match kind:
        case "person" | "school" | "rubric":
            return frozenset({"members"})
        case "observation":
            return _of_observation(values, is_shared=values.get("status") == "signed")
        case "step":
            return _of_observation(values, is_shared=is_shared)
        case "visit":
            return frozenset({"role:observer", "role:administrator", *_persons(values, "teacher")})
        case "decision":
            return _persons(values, "author") | {"role:administrator"}
        case "replica" | "ruling":
            return frozenset()  # for servers alone: they read the log, not the feed of a person
        case _:
            return frozenset({"role:administrator"})


def _of_observation(values: Mapping[str, Any], *, is_shared: bool) -> frozenset[str]:
    if not is_shared:
        return _persons(values, "observer")
    return _persons(values, "observer", "teacher") | {"role:administrator"}


def _persons(values: Mapping[str, Any], *fields: str) -> frozenset[str]:
    return frozenset(f"person:{values[field]}" for field in fields if values.get(field))


def may_see(viewer: Viewer, school: str, who: frozenset[str]) -> bool:
    return bool(tokens(viewer, school) & who)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which observations a list may hold: the drafts and signed ones of `person`, and every signed one if said so."""

    person: str
    is_everyones: bool


def scope(viewer: Viewer, school: str) -> Scope:
    """The same answer as `audience` and `may_see`, for a query over many observations of her school."""
    return Scope(viewer.person if viewer.has(school) else "", viewer.has(school, Role.administrator))


def may_see_held(viewer: Viewer, school: str, author: str) -> bool:
    """A held change is shown to whoever wrote it, and to an administrator."""
    return viewer.has(school) and (viewer.person == author or viewer.has(school, Role.administrator))


def may_illustrate(viewer: Viewer, school: str, kind: str, observer: str | None) -> bool:
    """Whether the photos and recordings that a record names may come from this person: it is her own observation."""
    return kind == "observation" and viewer.has(school) and observer == viewer.person


def hidden_fields(viewer: Viewer, school: str, record: str) -> frozenset[str]:
    """Fields of a visible record that this person is not shown: a colleague's staff number."""
    kind, _, id = record.partition("/")
    if kind == "person" and id != viewer.person and not viewer.has(school, Role.observer, Role.administrator):
        return frozenset({"nip"})
    return frozenset()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a change is held: a reason of SYNC.md "Verdict", and a sentence."""

    reason: str
    detail: str


def _no(detail: str) -> Refusal:
    return Refusal("not-allowed", detail)


def refusal(author: Viewer, change: Change, record: Record) -> Refusal | None:
    """Why `author` may not make this change to `record` as it stands, or None when she may."""
    if change.by != author.person:
        return _no("this device writes for another person")
    if not author.has(change.school):
        return _no("the author is not a member of this school")
    match change.kind:
        case "observation":
            return _observation_refusal(author, change, record)
        case "step":
            return _owned_refusal(author, change, shown(record))
        case "visit":
            is_allowed = author.has(change.school, Role.observer, Role.administrator)
            return None if is_allowed else _no("visits are planned by observers and administrators")
        case "rubric":
            return _administrator_refusal(author, change) or _frozen_refusal(change, record)
        case "replica":
            return _replica_refusal(author, change, shown(record))
        case _:
            return _administrator_refusal(author, change)


def _administrator_refusal(author: Viewer, change: Change) -> Refusal | None:
    if author.has(change.school, Role.administrator):
        return None
    return _no("only a school administrator changes this")


def _frozen_refusal(change: Change, record: Record) -> Refusal | None:
    values = shown(record)
    for name, value in change.set.items():
        if name.startswith("version.") and name in values and not same(values[name], value):
            return Refusal("invalid", "a rubric version never changes; publish a new one")
    return None


def _replica_refusal(author: Viewer, change: Change, values: Mapping[str, Any]) -> Refusal | None:
    """A device is its person's: she makes it known and may end it; an administrator may end it."""
    for name in ("person", "token", "key"):
        if values.get(name) is not None and not same(change.set.get(name, values[name]), values[name]):
            return Refusal("invalid", "whose a device is and what it is known by never changes; pair anew")
    owner = values.get("person") or change.set.get("person")
    if owner == author.person:
        return None
    is_ending = change.set.keys() == {"revoked_at"} and owner is not None
    return None if is_ending and author.has(change.school, Role.administrator) else _no("this is another's device")


def _owned_refusal(author: Viewer, change: Change, values: Mapping[str, Any]) -> Refusal | None:
    """A record of an observer's own: she makes it in her own name, and it stays hers."""
    owner = values.get("observer")
    if owner is None and not author.has(change.school, Role.observer):
        return _no("only an observer starts this")
    if owner is None and change.set.get("observer") != author.person:
        return _no("an observer starts this in her own name")
    if owner is not None and owner != author.person:
        return _no("this belongs to another observer")
    if owner is not None and change.set.get("observer", owner) != owner:
        return _no("the observer of a record does not change")
    return None


def _observation_refusal(author: Viewer, change: Change, record: Record) -> Refusal | None:
    values = shown(record)
    answers = {name for name in change.set if name.partition(".")[0] in ANSWERS}
    if answers and not _asks_anew(change, answers):
        return _answer_refusal(author, change, values, answers)
    refused = _owned_refusal(author, change, values)
    if refused or values.get("status") != "signed":
        return refused
    if _has_seen(change, record, "status") or _is_decision(change, record):
        return None
    return Refusal("signed-off", "the observation was signed, and this was written without having seen that")


def _asks_anew(change: Change, answers: set[str]) -> bool:
    """Whether an observation is opened or signed again, and its teacher is no longer taken to have read and agreed."""
    is_cleared = all(name.partition(".")[0] in ASKED_ANEW and change.set[name] is None for name in answers)
    return is_cleared and "status" in change.set


def _answer_refusal(author: Viewer, change: Change, values: Mapping[str, Any], answers: set[str]) -> Refusal | None:
    if answers != change.set.keys() or any(name.partition(".")[2] != author.person for name in answers):
        return _no("an answer holds only the teacher's own words")
    if values.get("teacher") != author.person or values.get("status") != "signed":
        return _no("only the teacher answers, and only what was signed")
    return None


def _has_seen(change: Change, record: Record, name: str) -> bool:
    """Whether the change sets `name` knowing everything that stands there."""
    if name not in change.set:
        return False
    return {head.id for head in record[name].heads} <= set(change.seen.get(name, []))


def _is_decision(change: Change, record: Record) -> bool:
    """Whether the change only picks among different answers that are already there."""
    return all(
        name in record
        and record[name].is_conflict
        and _has_seen(change, record, name)
        and any(same(head.value, value) for head in record[name].heads)
        for name, value in change.set.items()
    )
