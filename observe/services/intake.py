"""Taking changes in: each is stored with a verdict, folded into its record, or held for somebody to decide.

`take_in` is for what a device sends, `write` for what a person does on a page of this server, `found` for what this
server does by its own authority. One transaction each; what they return is durable.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from observe.domain import releasing, verdict
from observe.domain.access import Refusal, Viewer
from observe.services.place import Place
from observe.services.retrying import retried
from observe.store import changes, held, places, replicas, rulings, uplinks
from observe.store.batch import Batch, Own, RecordKey
from observe.store.changes import LogRow
from observe.store.db import Conflict
from observe.store.places import Identity
from observe.store.records import Kept
from sync.change import CHANGE_ID, Change, Written, encode
from sync.errors import Fork, NotThisProtocol
from sync.exchange import sort_out
from sync.record import Record, apply, shown

SERVER = "server"
"""The author of what this server writes by its own authority."""

CLERK = "clerk"
"""Ends the name under which a server notes what concerns it alone. No device's name has an l."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The device a batch comes from, and the person it belongs to.

    `schools` None: every school of hers. A device that was paired with another server is known in some only.
    """

    replica: str
    person: str
    is_revoked: bool = False
    schools: frozenset[str] | None = None
    claims: str | None = None
    """What to call the device, when `replica` may be an earlier name of the person's that was never heard of here."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the author of a held change is told."""

    id: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far a replica is stored, and what of the batch is held.

    Where a batch was sent, it goes no further than that: what a copied device has at later numbers was not compared.
    """

    replica: str
    stored_n: int
    held: list[Notice]
    own: Mapping[RecordKey, Own] = field(default_factory=dict)
    """The records that nothing but what was new in the batch has touched."""
    sent: frozenset[RecordKey] = frozenset()
    """All the records that the batch names."""
    is_behind: bool = False
    """Whether more of the replica was stored before than the batch goes to."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a page wants written to one record. `seen` None: everything that stands there now."""

    school: str
    record: str
    set: Mapping[str, Any]
    seen: Mapping[str, list[str]] | None = None


@retried
def take_in(place: Place, sender: Sender, sent: Sequence[Written], note: Callable[[], None] | None = None) -> Receipt:
    """Store a device's batch, durably; raises Gap or Fork, and then stores nothing.

    `note` writes down with it what else is to be known of the device, so that one flush of the disk is enough.
    """
    if not sent:
        known = replicas.read(place.db, sender.replica)
        return Receipt(sender.replica, known.stored_n if known else 0, [])
    with place.db.atomic(locks_first=True):
        batch = Batch(place.db, place.moment(), sender.replica, (written.change.school for written in sent))
        _claim(place, sender)
        stored_n = batch.stored_n
        repeated = changes.stored(place.db, sender.replica, [written.change.n for written in sent])
        fresh = sort_out(sender.replica, stored_n, {n: row.digest for n, row in repeated.items()}, sent)
        _refuse_copy(place, sender.replica, fresh)
        batch.load_all((written.change.school, written.change.record) for written in fresh)
        for written in fresh:
            _store(batch, sender, written)
        batch.finish()
        release_allowed(place, batch.schools_with_new_rubrics)
        reached = max(written.change.n for written in sent)
        if note:
            note()
    named = frozenset((written.change.school, written.change.record) for written in sent)
    told = _notices([*_as_ruled(place, sender, repeated), *batch.log])
    return Receipt(sender.replica, reached, told, batch.own, named, is_behind=stored_n > reached)


@retried
def write(place: Place, by: str, drafts: Sequence[Draft]) -> list[Notice]:
    """Write what `by` did on a page; where it does not count, the notices say why."""
    with place.db.atomic(locks_first=True):
        batch = write_inside(place, by, drafts)
        release_allowed(place, batch.schools_with_new_rubrics)
    return _notices(batch.log)


@retried
def write_found(place: Place, by: str, find: Callable[[], Sequence[Draft]]) -> list[Notice] | None:
    """`write` what `find` gives; nobody writes between its look and this. None when it finds nothing to write."""
    with place.db.atomic():
        drafts = find()
        return _notices(write_inside(place, by, drafts).log) if drafts else None


@retried
def write_in_turn(place: Place, by: str, first: Draft, then: Draft) -> list[Notice]:
    """`write` one draft, and the other only when the first counts; what is returned is durable as a whole."""
    with place.db.atomic(locks_first=True):
        log = list(write_inside(place, by, [first]).log)
        if all(row.verdict == "accepted" for row in log):
            log += write_inside(place, by, [then]).log
    return _notices(log)


def found(place: Place, drafts: Sequence[Draft]) -> list[Notice]:
    """Write by this server's own authority: setting up a school and its first administrator."""
    return write(place, SERVER, drafts)


@retried
def look_again(place: Place) -> None:
    """After an upgrade: what was held because this server did not know it is decided again."""
    with place.db.atomic():
        release_allowed(place, changes.schools(place.db))


def write_inside(place: Place, by: str, drafts: Sequence[Draft]) -> Batch:
    """`write` within a transaction that is open already."""
    identity = here(place)
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
    store(batch, written, refusal(batch, sender, written.change))


def store(batch: Batch, written: Written, refused: Refusal | None, replica: str | None = None) -> LogRow:
    """Put a change into the log with its verdict, and fold it when it counts."""
    row = batch.append(written, refused, replica)
    if refused is None:
        kept = batch.accept(written.change, row.seq)
        if kept.kind == "decision":
            carry_out(batch, kept, row)
    return row


def refusal(batch: Batch, sender: Sender, change: Change) -> Refusal | None:
    """Why a change of this sender's does not count, or None when it does."""
    if sender.is_revoked:
        return Refusal("revoked", "this device was revoked before the change arrived")
    if change.by != sender.person:
        return Refusal("not-allowed", "this device writes for another person")
    if sender.schools is not None and change.school not in sender.schools:
        return Refusal("not-allowed", "this device is not known in this school")
    return judged(batch, None if sender.person == SERVER else batch.viewer(change.by), change)


def judged(batch: Batch, author: Viewer | None, change: Change) -> Refusal | None:
    """Why a change of this author's does not count, whatever brought it; None when it does, or is the server's own."""
    fields = batch.load(change.school, change.record).fields
    is_hers = author is not None and change.kind == "decision" and _is_taken_in(batch, author, change, fields)
    refused = verdict.refusal(None if is_hers else author, change, fields, batch.rubric)
    if refused is None and change.kind == "replica" and (objection := batch.objection(change)):
        return Refusal("invalid", objection)
    if refused is None and change.kind == "decision":
        return _release_refusal(batch, author, change, fields)
    return refused


def _is_taken_in(batch: Batch, author: Viewer, decision: Change, fields: Record) -> bool:
    named = decision.set.get("change")
    is_new = not any(field.heads for field in fields.values())
    is_named = isinstance(named, str) and CHANGE_ID.fullmatch(named)
    target = batch.logged(decision.school, named) if is_new and is_named else None
    found = batch.held(target) if target else None
    if target is None or (found and found.standing == "released"):
        return False
    record = batch.load(target.school, target.record).fields
    return releasing.is_taken_in(author, decision, target.change, found.reason if found else None, record)


def _release_refusal(batch: Batch, author: Viewer | None, decision: Change, fields: Record) -> Refusal | None:
    """Why this decision may not let through what it names; None when it may, or lets nothing through."""
    folded = deepcopy(fields)
    apply(folded, decision)
    says = shown(folded)
    if says.get("verdict") != "released":
        return None
    target = batch.logged(decision.school, says.get("change"))
    if target is None:
        return Refusal("not-allowed", "what this would let through is not here")
    found = batch.held(target)
    if found is None or found.standing == "released":
        return None
    record = batch.load(target.school, target.record).fields
    return releasing.refusal(author, found.reason, target.change, record, batch.rubric)


def carry_out(batch: Batch, decision: Kept, made: LogRow) -> None:
    """Carry out a decision that counts, on a change that is held in the log before this batch."""
    target = batch.logged(decision.school, decision.values.get("change"))
    wanted = decision.values.get("verdict", "waiting")
    if target is not None and batch.standing(target) not in (None, wanted):
        batch.decide(target, wanted, made.made_by, made.seq)


def release_allowed(place: Place, schools: Sequence[str]) -> None:
    """Decide again on what waited for what this server did not know, and now knows; within an open transaction.

    Each decision is a change by this server. On a node it is a ruling instead, which stays here, and only until the
    centre has spoken.
    """
    waiting = [item for school in schools for item in held.of_school(place.db, school) if item.reason == "unknown"]
    if not waiting:
        return
    trial = Batch(place.db, place.moment(), None, schools)
    rows = [row for item in waiting if (row := changes.at(place.db, item.school, item.seq))]
    allowed = [row for row in rows if refusal(trial, Sender(row.replica, row.made_by), row.change) is None]
    if allowed and uplinks.read(place.db):
        rule(place, [(row, None) for row in allowed if rulings.read(place.db, row.school, row.seq) is None])
    elif allowed:
        write_inside(place, SERVER, [_release(place, row) for row in allowed])


def _release(place: Place, row: LogRow) -> Draft:
    fields = {"change": row.change.id, "verdict": "released", "why": "what it waited for arrived"}
    return Draft(row.school, f"decision/{place.new_id()}", fields)


def rule(place: Place, ruled: Sequence[tuple[LogRow, Refusal | None]]) -> None:
    """Give changes in the log another verdict; within an open transaction.

    Each ruling is itself a row of the log, written under a second name of this server that is never forwarded.
    """
    batch = _clerks_batch(place, (row.school for row, _ in ruled))
    for row, refused in ruled:
        words = {"verdict": "held", "reason": refused.reason, "detail": refused.detail} if refused else _ACCEPTED
        made = _note(place, batch, row, words)
        batch.rule(row, refused, made.seq)
        if refused and row.change.kind == "decision":
            _undo(place, batch, row, made)
    batch.finish()


_ACCEPTED = {"verdict": "accepted"}


def _undo(place: Place, batch: Batch, decision: LogRow, made: LogRow) -> None:
    """A decision does not count after all: what it decided on stands as everything else in the log left it."""
    named = decision.change.set.get("change") or batch.load(decision.school, decision.record).value("change")
    target = batch.logged(decision.school, named)
    if target is None or batch.standing(target) is None:
        return
    standing = "waiting"
    decisions: dict[str, Record] = {}
    for row in changes.deciding(place.db, decision.school):
        folded = decisions.setdefault(row.record, {})
        ruled = rulings.read(place.db, row.school, row.seq) or row
        if row.change.kind == "decision" and ruled.verdict == "accepted":
            apply(folded, row.change)
            says = shown(folded)
            if says.get("change") == named and row.seq > target.seq:
                standing = says.get("verdict", "waiting")
        elif row.change.kind == "ruling" and row.change.set.get("change") == named:
            standing = row.change.set.get("standing", standing)
    if standing != batch.standing(target):
        batch.decide(target, standing, made.made_by, made.seq)


def stand(place: Place, row: LogRow, standing: str, by: str) -> None:
    """A held change in the log was released or set aside elsewhere, later than here; as `rule`."""
    batch = _clerks_batch(place, [row.school])
    made = _note(place, batch, row, {"standing": standing})
    batch.decide(row, standing, by, made.seq)
    batch.finish()


def _clerks_batch(place: Place, schools: Iterable[str]) -> Batch:
    clerk = clerk_of(here(place))
    replicas.meet(place.db, clerk, place.moment())
    return Batch(place.db, place.moment(), clerk, schools)


def _note(place: Place, batch: Batch, row: LogRow, words: Mapping[str, str]) -> LogRow:
    change = Change(
        id=f"{clerk_of(here(place))}.{batch.stored_n + len(batch.log) + 1}",
        school=row.school,
        record=f"ruling/{place.new_id()}",
        by=SERVER,
        at=place.moment(),
        set={"change": row.change.id, **words},
    )
    return store(batch, encode(change), None)


def here(place: Place) -> Identity:
    """Who this installation is."""
    identity = places.read(place.db)
    if identity is None:
        raise RuntimeError("this installation was never set up: run `observe setup`")
    return identity


def clerk_of(identity: Identity) -> str:
    """The name under which this server notes what concerns this server alone."""
    return f"{identity.replica}{CLERK}"


def _claim(place: Place, sender: Sender) -> None:
    """A name never heard of becomes hers together with what she brings under it, or not at all."""
    if sender.claims is None:
        return
    known = replicas.read(place.db, sender.replica)
    if known is None and not replicas.claim(place.db, sender.replica, sender.person, sender.claims, place.moment()):
        raise Conflict
    if known is not None and known.person != sender.person:
        raise NotThisProtocol("a device sends only changes of its own person's replicas")


def _refuse_copy(place: Place, replica: str, fresh: Sequence[Written]) -> None:
    """Fork when the centre knows this device by other changes: it was copied, and goes on under a new name."""
    known = replicas.read(place.db, replica)
    if known and known.forked_n and any(written.change.n >= known.forked_n for written in fresh):
        raise Fork(f"{replica}.{known.forked_n}")


def _as_ruled(place: Place, sender: Sender, rows: Mapping[int, LogRow]) -> list[LogRow]:
    ruled = rulings.of_replica(place.db, sender.replica, list(rows))
    return [
        replace(row, verdict=ruled[n].verdict, reason=ruled[n].reason, detail=ruled[n].detail) if n in ruled else row
        for n, row in rows.items()
    ]


def _notices(rows: Sequence[LogRow]) -> list[Notice]:
    return [Notice(f"{row.replica}.{row.n}", row.reason, row.detail) for row in rows if row.verdict == "held"]


def _heads(fields: Record, names: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: [head.id for head in fields[name].heads] for name in names if name in fields}
