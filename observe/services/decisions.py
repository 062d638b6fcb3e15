"""What waits for a person's decision: changes that are held, and parts of a record with different answers."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from observe.domain import access, question, releasing, rubric
from observe.domain.access import Role, Viewer
from observe.domain.errors import N_, NotHere, ObserveError
from observe.domain.fields import Fields
from observe.domain.question import Question
from observe.domain.rubric import Rubric
from observe.services.place import Place
from observe.store import changes, held, records, replicas
from observe.store.held import Held
from observe.store.records import Kept
from sync.change import CHANGE_ID, Change

SIGNING = frozenset({"status", "signed_at", "ended_at"})
SHOWN_DECIDED = 20


class AlreadyDecided(ObserveError):
    """Somebody else decided while the page was open."""

    message = N_("Somebody decided this while you were looking at it. Look at how it stands now.")


class CannotBeReleased(ObserveError):
    """The change does not fit the form, or is of a kind this version does not know."""

    message = N_("This cannot be put in: it does not fit the form. It stays kept; you can set it aside.")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One held change, with what stands in its place now (empty where the reader may not see the record)."""

    id: str
    change: Change
    received_at: str
    reason: str
    standing: str
    decided_by: str | None
    decided_at: str | None
    device: str
    record_values: Fields
    is_hers_to_decide: bool
    can_be_released: bool
    stands: str | None
    """For the observer, who may take a late change into what she signed: what stands there now, as one word."""


@dataclass(frozen=True, slots=True)
class AtOdds:
    """A record with different answers in it, and the questions that makes."""

    record: str
    kind: str
    values: Fields
    questions: tuple[Question, ...]
    devices: Mapping[str, str]
    is_hers_to_decide: bool


@dataclass(frozen=True, slots=True)
class Picked:
    """An answer somebody picked on a page that showed the answers `seen`."""

    record: str
    question: str
    side: str
    seen: frozenset[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """The fields to set, and the answers they replace."""

    set: Mapping[str, Any]
    seen: Mapping[str, list[str]]


def held_changes(place: Place, viewer: Viewer, school: str) -> list[Waiting]:
    """Held changes this person is told of: her own, or all of the school for an administrator."""
    found = [item for item in held.of_school(place.db, school) if access.may_see_held(viewer, school, item.made_by)]
    return [_waiting(place, viewer, item) for item in found]


def decided(place: Place, viewer: Viewer, school: str) -> list[Waiting]:
    """The latest decisions on held changes, which can be taken back."""
    found = held.decided(place.db, school, SHOWN_DECIDED)
    return [_waiting(place, viewer, item) for item in found if access.may_see_held(viewer, school, item.made_by)]


def at_odds(place: Place, viewer: Viewer, school: str) -> list[AtOdds]:
    """Records she may see that hold different answers."""
    found = records.in_conflict(place.db, school)
    return [_at_odds(place, viewer, kept) for kept in found if access.may_see(viewer, school, kept.audience)]


def at_odds_in(place: Place, viewer: Viewer, school: str, record: str) -> AtOdds | None:
    """The different answers of one record; None where there are none."""
    kept = records.read(place.db, school, record)
    if kept is None or not access.may_see(viewer, school, kept.audience):
        raise NotHere
    return _at_odds(place, viewer, kept) if question.of_record(kept.fields) else None


def count(place: Place, viewer: Viewer, school: str) -> int:
    """How many decisions wait for this very person."""
    odds = sum(len(item.questions) for item in at_odds(place, viewer, school) if item.is_hers_to_decide)
    if not viewer.has(school, Role.administrator):
        return odds
    return odds + len(held.of_school(place.db, school))


def verdict(place: Place, viewer: Viewer, school: str, change: str, shown: str, wanted: str) -> Mapping[str, Any]:
    """The fields of a decision on a held change, or of taking one back; `shown` is how it stood on the page."""
    logged = changes.by_id(place.db, school, change) if CHANGE_ID.fullmatch(change) else None
    item = held.read(place.db, school, logged.seq) if logged else None
    if item is None or not access.may_see_held(viewer, school, item.made_by):
        raise NotHere
    if item.standing != shown or wanted == shown:
        raise AlreadyDecided
    if wanted == "released" and not (logged and _can_be_released(place, viewer, item, logged.change)):
        raise CannotBeReleased
    return {"change": change, "verdict": wanted}


def amendment(place: Place, viewer: Viewer, school: str, change: str, stands: str) -> tuple[str, Mapping[str, Any]]:
    """A late change taken into a signed observation by its observer: the record, and what to write to it.

    The observation is signed again, and its teacher asked again. NotHere when it is not hers or no longer waits;
    AlreadyDecided unless the record stands as the page showed it.
    """
    logged = changes.by_id(place.db, school, change) if CHANGE_ID.fullmatch(change) else None
    item = held.read(place.db, school, logged.seq) if logged else None
    kept = records.read(place.db, school, item.record) if item else None
    if logged is None or item is None or kept is None or not access.may_see_held(viewer, school, item.made_by):
        raise NotHere
    stood = _standing_for_observer(place, viewer, item, kept, logged.change)
    if stood is None:
        raise NotHere
    if stood != stands:
        raise AlreadyDecided
    fields = {name: value for name, value in logged.change.set.items() if name not in SIGNING}
    asked_anew = {name: None for name in kept.values if name.partition(".")[0] in access.ASKED_ANEW}
    return item.record, {**fields, **asked_anew, "status": "signed", "signed_at": place.moment()}


def choice(place: Place, viewer: Viewer, school: str, picked: Picked) -> Choice:
    """What makes one answer the only one; AlreadyDecided unless the answers are still those the page showed."""
    record, name = picked.record, picked.question
    found = at_odds_in(place, viewer, school, record)
    asked = next((item for item in found.questions if item.name == name), None) if found else None
    chosen = next((item for item in asked.sides if item.id == picked.side), None) if asked else None
    if asked is None or chosen is None or picked.seen != asked.heads:
        raise AlreadyDecided
    return Choice(chosen.values, asked.seen)


def _waiting(place: Place, viewer: Viewer, item: Held) -> Waiting:
    row = changes.at(place.db, item.school, item.seq)
    if row is None:
        raise NotHere
    kept = records.read(place.db, item.school, item.record)
    is_seen = kept is not None and access.may_see(viewer, item.school, kept.audience)
    device = replicas.read(place.db, row.replica)
    decision = {"change": row.change.id, "verdict": "released"}
    return Waiting(
        id=row.change.id,
        change=row.change,
        received_at=row.received_at,
        reason=item.reason,
        standing=item.standing,
        decided_by=item.decided_by,
        decided_at=item.decided_at,
        device=device.name if device and device.person else "",
        record_values=Fields(kept.values if kept and is_seen else {}),
        is_hers_to_decide=_may_write(place, viewer, Kept(item.school, f"decision/{viewer.person}"), decision, {}),
        can_be_released=_can_be_released(place, viewer, item, row.change),
        stands=_standing_for_observer(place, viewer, item, kept, row.change) if kept else None,
    )


def _standing_for_observer(place: Place, viewer: Viewer, item: Held, kept: Kept, change: Change) -> str | None:
    """What stands where a late change would go; None unless this reader signed the record and may take it in."""
    values = kept.values
    is_late = item.reason == "signed-off" and item.standing == "waiting" and values.get("status") == "signed"
    is_hers = values.get("observer") == viewer.person
    if not is_late or not is_hers or not set(change.set) - SIGNING or not _can_be_released(place, viewer, item, change):
        return None
    heads = [
        head.id for name in ("status", *sorted(change.set)) if name in kept.fields for head in kept.fields[name].heads
    ]
    return hashlib.sha256(" ".join(heads).encode()).hexdigest()[:16]


def _can_be_released(place: Place, viewer: Viewer, item: Held, change: Change) -> bool:
    """The answer her decision would get."""
    kept = records.read(place.db, item.school, item.record) or Kept(item.school, item.record)
    form = partial(_form, place)
    return releasing.refusal(viewer, item.reason, change, kept.fields, form) is None


def _form(place: Place, school: str, named: str) -> Rubric | None:
    id, _, version = named.partition("@")
    kept = records.read(place.db, school, f"rubric/{id}")
    return rubric.readable(kept.values.get(f"version.{version}")) if kept else None


def _at_odds(place: Place, viewer: Viewer, kept: Kept) -> AtOdds:
    questions = tuple(question.of_record(kept.fields))
    names = {side.replica for asked in questions for side in asked.sides}
    found = {name: replicas.read(place.db, name) for name in names}
    first = questions[0]
    return AtOdds(
        record=kept.record,
        kind=kept.kind,
        values=Fields(kept.values),
        questions=questions,
        devices={name: device.name for name, device in found.items() if device and device.person},
        is_hers_to_decide=_may_write(place, viewer, kept, first.sides[0].values, first.seen),
    )


def _may_write(
    place: Place, viewer: Viewer, kept: Kept, fields: Mapping[str, Any], seen: Mapping[str, list[str]]
) -> bool:
    """What `access` would say if she wrote this now."""
    trial = Change("page.1", kept.school, kept.record, viewer.person, place.moment(), dict(fields), dict(seen))
    return access.refusal(viewer, trial, kept.fields) is None
