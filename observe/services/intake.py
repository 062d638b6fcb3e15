"""Taking changes in: each is stored with a verdict, folded into its record, or held for somebody to decide.

`take_in` is for what a device sends, `write` for what a person does on a page of this server, `found` for what this
server does by its own authority. One transaction each; what they return is durable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from observe.domain import access, kinds, rubric, scoring
from observe.domain.access import Refusal, Viewer
from observe.services.place import Place
from observe.store import changes, held, observations, people, places, records, replicas, steps
from observe.store.changes import LogRow, Position
from observe.store.db import Db
from observe.store.held import Held
from observe.store.records import Kept
from sync.chain import link
from sync.change import Change, Written, encode
from sync.exchange import sort_out
from sync.record import Record, apply

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
    """What a device is told of a change that is held."""

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


def take_in(place: Place, sender: Sender, sent: Sequence[Written]) -> Receipt:
    """Store a device's batch, durably; raises Gap or Fork, and then stores nothing."""
    with place.db.atomic():
        known = replicas.read(place.db, sender.replica)
        stored_n = known.stored_n if known else 0
        repeated = changes.stored(place.db, sender.replica, [w.change.n for w in sent if w.change.n <= stored_n])
        digests = {n: row.digest for n, row in repeated.items()}
        fresh = sort_out(sender.replica, stored_n, digests, sent)
        batch = _Batch(place.db, place.moment(), sender)
        batch.store(fresh)
        batch.finish()
        _release_allowed(place, batch)
    again = [Notice(row.change.id, row.reason, row.detail) for row in repeated.values() if row.verdict == "held"]
    return Receipt(sender.replica, stored_n + len(fresh), again + batch.notices)


def write(place: Place, by: str, drafts: Sequence[Draft]) -> list[Notice]:
    """Write what `by` did on a page; what came of it is held where the notices say so."""
    return _write_here(place, by, drafts)


def found(place: Place, drafts: Sequence[Draft]) -> list[Notice]:
    """Write by this server's own authority: setting up a school and its first administrator."""
    return _write_here(place, SERVER, drafts)


def _write_here(place: Place, by: str, drafts: Sequence[Draft]) -> list[Notice]:
    with place.db.atomic():
        batch = _batch_here(place, by, drafts)
        _release_allowed(place, batch)
    return batch.notices


def _batch_here(place: Place, by: str, drafts: Sequence[Draft]) -> "_Batch":
    identity = places.read(place.db)
    if identity is None:
        raise RuntimeError("this installation was never set up: run `observe setup`")
    here = replicas.read(place.db, identity.replica)
    batch = _Batch(place.db, place.moment(), Sender(identity.replica, by))
    batch.write_drafts(drafts, here.stored_n if here else 0)
    batch.finish()
    return batch


def _release_allowed(place: Place, batch: "_Batch") -> None:
    """Decide again on what waited for a rubric; each decision is a change of its own, by this server."""
    drafts = [
        Draft(
            row.school,
            f"decision/{place.new_id()}",
            {"change": row.change.id, "verdict": "released", "why": "the rubric it waited for arrived"},
        )
        for row in batch.allowed_now()
    ]
    if drafts:
        _batch_here(place, SERVER, drafts)


class _Batch:
    """The changes of one transaction, decided and folded one after another."""

    def __init__(self, db: Db, at: str, sender: Sender) -> None:
        self.notices: list[Notice] = []
        self._db = db
        self._at = at
        self._sender = sender
        self._log: list[LogRow] = []
        self._kept: dict[tuple[str, str], Kept] = {}
        self._touched: dict[tuple[str, str], None] = {}
        self._positions: dict[str, Position] = {}
        self._viewers: dict[str, Viewer] = {}
        self._rubrics: dict[tuple[str, str], rubric.Rubric | None] = {}

    def write_drafts(self, drafts: Sequence[Draft], stored_n: int) -> None:
        for n, draft in enumerate(drafts, stored_n + 1):
            fields = self._load(draft.school, draft.record).fields
            seen = draft.seen if draft.seen is not None else _heads(fields, draft.set)
            change = Change(
                id=f"{self._sender.replica}.{n}",
                school=draft.school,
                record=draft.record,
                by=self._sender.person,
                at=self._at,
                set=dict(draft.set),
                seen={name: list(ids) for name, ids in seen.items() if ids},
            )
            self.store([encode(change)])

    def store(self, fresh: Sequence[Written]) -> None:
        self._load_all(fresh)
        for written in fresh:
            refusal = self.refusal(written.change)
            self._append(written, refusal)
            if refusal is None:
                self._accept(written.change)

    def finish(self) -> None:
        """Write everything the batch changed."""
        if not self._log:
            return
        self._write_log()
        touched = [self._kept[key] for key in self._touched]
        records.write(self._db, touched)
        for kept in touched:
            self._write_rows(kept)
        self._share_steps(touched)

    # -- the verdict

    def refusal(self, change: Change) -> Refusal | None:
        if self._sender.is_revoked:
            return Refusal("revoked", "this device was revoked before the change arrived")
        try:
            kinds.check(change)
        except kinds.Misfit as misfit:
            return Refusal(misfit.reason, misfit.detail)
        fields = self._load(change.school, change.record).fields
        return self._author_refusal(change, fields) or self._content_refusal(change, fields)

    def _author_refusal(self, change: Change, fields: Record) -> Refusal | None:
        if self._sender.person == SERVER:
            return None
        if change.by != self._sender.person:
            return Refusal("not-allowed", "this device writes for another person")
        return access.refusal(self._viewer(change.by), change, fields)

    def _content_refusal(self, change: Change, fields: Record) -> Refusal | None:
        if change.kind == "observation":
            return self._rating_refusal(change, fields)
        if change.kind == "rubric":
            return _rubric_refusal(change)
        return None

    def _rating_refusal(self, change: Change, fields: Record) -> Refusal | None:
        ratings = {name[7:]: value for name, value in change.set.items() if name.startswith("rating.")}
        named = change.set.get("rubric") or _value(fields, "rubric")
        if not ratings and "rubric" not in change.set:
            return None
        form = self._rubric(change.school, named) if isinstance(named, str) else None
        if form is None:
            return Refusal("unknown", "this server does not have the rubric version of this observation yet")
        for code, value in ratings.items():
            if value is not None and not form.allows(code, value):
                return Refusal("invalid", f"the rubric does not allow this rating of {code}")
        return None

    # -- the log

    def _append(self, written: Written, refusal: Refusal | None) -> None:
        change = written.change
        before = self._position(change.school)
        verdict, reason, detail = ("held", refusal.reason, refusal.detail) if refusal else ("accepted", "", "")
        row = LogRow(
            school=change.school,
            seq=before.seq + 1,
            replica=change.replica,
            n=change.n,
            record=change.record,
            made_by=change.by,
            body=written.body,
            digest=written.digest,
            received_at=self._at,
            verdict=verdict,
            reason=reason,
            detail=detail,
            chain=link(before.chain, written.body, verdict, reason),
        )
        self._positions[change.school] = Position(row.seq, row.chain)
        self._log.append(row)
        if refusal:
            self.notices.append(Notice(change.id, reason, detail))

    def _write_log(self) -> None:
        changes.append(self._db, self._log)
        for school, position in self._positions.items():
            changes.advance(self._db, school, position)
        for row in self._log:
            if row.verdict == "held":
                held.add(self._db, Held(row.school, row.seq, row.record, row.made_by, row.reason, "waiting", None, None))
        replicas.note_stored(self._db, self._sender.replica, max(row.n for row in self._log), self._at)

    # -- the fold

    def _accept(self, change: Change) -> None:
        kept = self._load(change.school, change.record)
        seq = self._position(change.school).seq
        apply(kept.fields, change)
        self._touch(kept, change.set, seq)
        if kept.kind == "person":
            self._viewers.clear()
            people.write_person(self._db, kept.school, kept.id, kept.values)
        if kept.kind == "decision":
            self._decide(kept, change.by, seq)

    def _touch(self, kept: Kept, names: Mapping[str, Any], seq: int) -> None:
        kept.seq = seq
        kept.touched |= dict.fromkeys(names, seq)
        kept.admit(access.audience(kept.kind, kept.values, is_shared=self._is_shared(kept)), seq)
        self._touched[kept.school, kept.record] = None

    def _is_shared(self, kept: Kept) -> bool:
        """Whether what a record hangs on may be read by others than its observer."""
        observation = kept.values.get("observation") if kept.kind == "step" else None
        if observation is None:
            return True
        values = self._load(kept.school, f"observation/{observation}").values
        return values.get("status") == "signed" and values.get("observer") == kept.values.get("observer")

    def _share_steps(self, touched: Sequence[Kept]) -> None:
        """When an observation is signed or reopened, its steps become visible or hidden with it."""
        moved: list[Kept] = []
        for observation in touched:
            if observation.kind != "observation":
                continue
            for name in steps.of_observation(self._db, observation.school, observation.id):
                step = self._load(observation.school, name)
                wanted = access.audience("step", step.values, is_shared=self._is_shared(step))
                if wanted != step.audience:
                    step.seq = observation.seq
                    step.admit(wanted, observation.seq)
                    moved.append(step)
        records.write(self._db, moved)

    # -- decisions on held changes

    def _decide(self, decision: Kept, by: str, seq: int) -> None:
        values = decision.values
        row = self._logged(decision.school, values.get("change", ""))
        if row is None or row.verdict != "held":
            return
        if not any(logged.seq == row.seq and logged.school == row.school for logged in self._log):
            held.decide(self._db, row.school, row.seq, values.get("verdict", "waiting"), by, self._at)
            self._refold(row.school, row.record, seq)

    def _logged(self, school: str, id: str) -> LogRow | None:
        return changes.by_id(self._db, school, id) if id else None

    def _refold(self, school: str, record: str, seq: int) -> None:
        """Fold a record anew from its accepted and released changes."""
        kept = self._load(school, record)
        before = kept.fields
        released = held.released_of(self._db, school, record)
        rows = changes.history(self._db, school, record) + [
            row for row in self._log if row.school == school and row.record == record
        ]
        kept.fields = {}
        for row in rows:
            if row.verdict == "accepted" or row.seq in released:
                apply(kept.fields, row.change)
        names = [name for name in before.keys() | kept.fields.keys() if _ids(before, name) != _ids(kept.fields, name)]
        self._touch(kept, dict.fromkeys(names), seq)

    def allowed_now(self) -> list[LogRow]:
        """What waited for a rubric that this batch brought, and may count now."""
        schools = sorted({kept.school for kept in self._kept.values() if kept.kind == "rubric" and self._is_touched(kept)})
        waiting = [item for school in schools for item in held.of_school(self._db, school) if item.reason == "unknown"]
        rows = [changes.at(self._db, item.school, item.seq) for item in waiting]
        return [row for row in rows if row and self._is_allowed_now(row.change)]

    def _is_touched(self, kept: Kept) -> bool:
        return (kept.school, kept.record) in self._touched

    def _is_allowed_now(self, change: Change) -> bool:
        author = Sender(change.replica, change.by)
        return _Batch(self._db, self._at, author).refusal(change) is None

    # -- rows for queries

    def _write_rows(self, kept: Kept) -> None:
        match kept.kind:
            case "observation":
                values = kept.values
                observations.write(self._db, kept.school, kept.id, values, self._score(kept.school, values))
            case "school":
                people.write_school(self._db, kept.school, kept.values)
            case "step":
                steps.write(self._db, kept.school, kept.id, kept.values)

    def _score(self, school: str, values: Mapping[str, Any]) -> scoring.Score | None:
        form = self._rubric(school, values["rubric"]) if values.get("rubric") else None
        if form is None:
            return None
        return scoring.score(form, {name[7:]: value for name, value in values.items() if name.startswith("rating.")})

    # -- what the batch has read

    def _load_all(self, fresh: Sequence[Written]) -> None:
        wanted: dict[str, list[str]] = {}
        for written in fresh:
            key = (written.change.school, written.change.record)
            if key not in self._kept:
                wanted.setdefault(key[0], []).append(key[1])
        for school, names in wanted.items():
            unique = list(dict.fromkeys(names))
            found = records.read_many(self._db, school, unique)
            self._kept |= {(school, name): found.get(name) or Kept(school, name) for name in unique}

    def _load(self, school: str, record: str) -> Kept:
        key = (school, record)
        if key not in self._kept:
            self._kept[key] = records.read(self._db, school, record) or Kept(school, record)
        return self._kept[key]

    def _position(self, school: str) -> Position:
        if school not in self._positions:
            self._positions[school] = changes.take_position(self._db, school)
        return self._positions[school]

    def _viewer(self, person: str) -> Viewer:
        if person not in self._viewers:
            self._viewers[person] = people.viewer(self._db, person)
        return self._viewers[person]

    def _rubric(self, school: str, named: str) -> rubric.Rubric | None:
        """The rubric version `<uuid>@<version>`, as it stands in this batch."""
        if self._rubrics.get((school, named)) is None:
            id, _, version = named.partition("@")
            body = _value(self._load(school, f"rubric/{id}").fields, f"version.{version}")
            self._rubrics[school, named] = rubric.decode(body) if body is not None else None
        return self._rubrics[school, named]


def _heads(fields: Record, names: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: [head.id for head in fields[name].heads] for name in names if name in fields}


def _ids(fields: Record, name: str) -> list[str]:
    return [head.id for head in fields[name].heads] if name in fields else []


def _value(fields: Record, name: str) -> Any:
    return fields[name].shown.value if name in fields and fields[name].heads else None


def _rubric_refusal(change: Change) -> Refusal | None:
    for name, body in change.set.items():
        if name.startswith("version.") and body is not None:
            try:
                rubric.decode(body)
            except rubric.BadRubric as wrong:
                return Refusal("invalid", f"{name}: {wrong}")
    return None
