"""Taking changes in: each is stored with a verdict, folded into its record, or held for somebody to decide.

`take_in` is for what a device sends, `write` for what a person does on a page of this server, `found` for what this
server does by its own authority. One transaction each; what they return is durable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from observe.domain import verdict
from observe.domain.access import Refusal
from observe.services.place import Place
from observe.services.retrying import retried
from observe.store import changes, held, places, replicas
from observe.store.batch import Batch
from observe.store.changes import LogRow
from observe.store.records import Kept
from sync.change import Change, Written, encode
from sync.exchange import sort_out
from sync.record import Record

SERVER = "server"
"""The author of what this server writes by its own authority."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The device a batch comes from, and the person it belongs to."""

    replica: str
    person: str
    is_revoked: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """What the author of a held change is told."""

    id: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far a replica is stored, and what of the batch is held."""

    replica: str
    stored_n: int
    held: list[Notice]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a page wants written to one record. `seen` None: everything that stands there now."""

    school: str
    record: str
    set: Mapping[str, Any]
    seen: Mapping[str, list[str]] | None = None


@retried
def take_in(place: Place, sender: Sender, sent: Sequence[Written]) -> Receipt:
    """Store a device's batch, durably; raises Gap or Fork, and then stores nothing."""
    if not sent:
        known = replicas.read(place.db, sender.replica)
        return Receipt(sender.replica, known.stored_n if known else 0, [])
    with place.db.atomic(locks_first=True):
        batch = Batch(place.db, place.moment(), sender.replica, (written.change.school for written in sent))
        stored_n = batch.stored_n
        repeated = changes.stored(place.db, sender.replica, [w.change.n for w in sent if w.change.n <= stored_n])
        fresh = sort_out(sender.replica, stored_n, {n: row.digest for n, row in repeated.items()}, sent)
        batch.load_all((written.change.school, written.change.record) for written in fresh)
        for written in fresh:
            _store(batch, sender, written)
        batch.finish()
        _release_allowed(place, batch)
    return Receipt(sender.replica, stored_n + len(fresh), _notices([*repeated.values(), *batch.log]))


@retried
def write(place: Place, by: str, drafts: Sequence[Draft]) -> list[Notice]:
    """Write what `by` did on a page; where it does not count, the notices say why."""
    with place.db.atomic(locks_first=True):
        batch = _write_here(place, by, drafts)
        _release_allowed(place, batch)
    return _notices(batch.log)


def found(place: Place, drafts: Sequence[Draft]) -> list[Notice]:
    """Write by this server's own authority: setting up a school and its first administrator."""
    return write(place, SERVER, drafts)


def _write_here(place: Place, by: str, drafts: Sequence[Draft]) -> Batch:
    identity = places.read(place.db)
    if identity is None:
        raise RuntimeError("this installation was never set up: run `observe setup`")
    sender = Sender(identity.replica, by)
    batch = Batch(place.db, place.moment(), identity.replica, (draft.school for draft in drafts))
    for n, draft in enumerate(drafts, batch.stored_n + 1):
        fields = batch.load(draft.school, draft.record).fields
        seen = draft.seen if draft.seen is not None else _heads(fields, draft.set)
        change = Change(
            id=f"{identity.replica}.{n}",
            school=draft.school,
            record=draft.record,
            by=by,
            at=place.moment(),
            set=dict(draft.set),
            seen={name: list(ids) for name, ids in seen.items() if ids},
        )
        _store(batch, sender, encode(change))
    batch.finish()
    return batch


def _store(batch: Batch, sender: Sender, written: Written) -> None:
    change = written.change
    refusal = _refusal(batch, sender, change)
    row = batch.append(written, refusal)
    if refusal is None:
        kept = batch.accept(change, row.seq)
        if kept.kind == "decision":
            _decide(batch, kept, row)


def _refusal(batch: Batch, sender: Sender, change: Change) -> Refusal | None:
    if sender.is_revoked:
        return Refusal("revoked", "this device was revoked before the change arrived")
    if change.by != sender.person:
        return Refusal("not-allowed", "this device writes for another person")
    author = None if sender.person == SERVER else batch.viewer(change.by)
    fields = batch.load(change.school, change.record).fields
    return verdict.refusal(author, change, fields, batch.rubric)


def _decide(batch: Batch, decision: Kept, made: LogRow) -> None:
    """Carry out a decision on a change that is held in the log before this batch."""
    target = batch.logged(decision.school, decision.values.get("change"))
    if target is not None and target.verdict == "held":
        batch.decide(target, decision.values.get("verdict", "waiting"), made.made_by, made.seq)


def _release_allowed(place: Place, batch: Batch) -> None:
    """Decide again on what waited for a rubric that just came; each decision is a change by this server."""
    waiting = [item for school in batch.schools_with_new_rubrics for item in held.of_school(place.db, school)]
    rows = [changes.at(place.db, item.school, item.seq) for item in waiting if item.reason == "unknown"]
    drafts = [
        Draft(
            row.school,
            f"decision/{place.new_id()}",
            {"change": row.change.id, "verdict": "released", "why": "the rubric it waited for arrived"},
        )
        for row in rows
        if row and _refusal(batch, Sender(row.replica, row.made_by), row.change) is None
    ]
    if drafts:
        _write_here(place, SERVER, drafts)


def _notices(rows: Sequence[LogRow]) -> list[Notice]:
    return [Notice(f"{row.replica}.{row.n}", row.reason, row.detail) for row in rows if row.verdict == "held"]


def _heads(fields: Record, names: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: [head.id for head in fields[name].heads] for name in names if name in fields}
