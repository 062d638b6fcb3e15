"""The rows of one write transaction: what it has read, what it appends to the log, and what it folds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from observe.domain import access, rubric, scoring
from observe.domain.access import Refusal, Viewer
from observe.domain.rubric import Rubric
from observe.store import blobs, changes, held, observations, people, records, replicas, rulings, steps
from observe.store.changes import LogRow, Position
from observe.store.db import Db, Row
from observe.store.held import Held
from observe.store.records import Kept
from observe.store.rulings import Ruling
from sync.chain import link
from sync.change import Change, Written
from sync.record import Field, Record, apply

RecordKey: TypeAlias = tuple[str, str]
"""School and name of a record."""


@dataclass(slots=True)
class Own:
    """What a batch did to a record by its changes alone: the record's number before it, 0 when it was not there."""

    seq_before: int
    last_seq: int

    @property
    def is_new(self) -> bool:
        return self.seq_before == 0


class Batch:
    """Changes decided one after another: every read sees what the batch did before it.

    To begin with it takes its place in the feed of each of `schools`, in order, and then the counter of its replica.
    Whatever belongs to these schools changes in no other transaction until this one is done, which is all that
    `Db.atomic(locks_first=True)` needs. `replica` is whose numbers the log holds; None when it holds those of many.
    """

    def __init__(self, db: Db, at: str, replica: str | None, schools: Iterable[str]) -> None:
        self._positions = {school: changes.take_position(db, school) for school in sorted(set(schools))}
        self.stored_n = replicas.take(db, replica) if replica else 0
        """How far the replica was stored before this batch."""
        self.log: list[LogRow] = []
        self._db = db
        self._at = at
        self._replica = replica
        self._kept: dict[tuple[str, str], Kept] = {}
        self._touched: dict[tuple[str, str], None] = {}
        self._own: dict[RecordKey, Own] = {}
        self._not_own: set[RecordKey] = set()
        self._viewers: dict[str, Viewer] = {}
        self._rubrics: dict[tuple[str, str], Rubric] = {}

    # -- reading

    def load_all(self, names: Iterable[tuple[str, str]]) -> None:
        """Read many records, by school and name, in few statements."""
        wanted: dict[str, list[str]] = {}
        for school, name in dict.fromkeys(names):
            if (school, name) not in self._kept:
                wanted.setdefault(school, []).append(name)
        for school, unread in wanted.items():
            found = records.read_many(self._db, school, unread)
            self._kept |= {(school, name): found.get(name) or Kept(school, name) for name in unread}

    def load(self, school: str, record: str) -> Kept:
        if (school, record) not in self._kept:
            self._kept[school, record] = records.read(self._db, school, record) or Kept(school, record)
        return self._kept[school, record]

    def viewer(self, person: str) -> Viewer:
        if person not in self._viewers:
            self._viewers[person] = people.viewer(self._db, person)
        return self._viewers[person]

    def rubric(self, school: str, named: str) -> Rubric | None:
        """The rubric version `<uuid>@<version>`, or None when it is not here, or is none."""
        if (school, named) not in self._rubrics:
            id, _, version = named.partition("@")
            form = rubric.readable(self.load(school, f"rubric/{id}").value(f"version.{version}"))
            if form is None:
                return None
            self._rubrics[school, named] = form
        return self._rubrics[school, named]

    def logged(self, school: str, id: str | None) -> LogRow | None:
        """A change that was in the log before this batch."""
        return changes.by_id(self._db, school, id) if id else None

    def objection(self, change: Change) -> str | None:
        """Why what a change says of a device cannot be right, as far as devices are known here."""
        kept = self.load(change.school, change.record)
        return replicas.objection(self._db, change.replica, kept.id, {**kept.values, **change.set})

    @property
    def own(self) -> dict[RecordKey, Own]:
        """The records that only the changes of this batch touched, by folding alone.

        Whoever sent them, and knew such a record as it stood before, has all of it: the fold is the same anywhere.
        """
        return {key: own for key, own in self._own.items() if key not in self._not_own}

    @property
    def schools_with_new_rubrics(self) -> list[str]:
        return sorted({school for school, record in self._touched if record.startswith("rubric/")})

    # -- the log

    def append(self, written: Written, refusal: Refusal | None, replica: str | None = None) -> LogRow:
        """Add a change to its school's log, with its verdict and its place in the chain.

        `replica` is the name it stands under in the log, where a copied device took its own number first.
        """
        change = written.change
        before = self._positions[change.school]
        verdict, reason, detail = ("held", refusal.reason, refusal.detail) if refusal else ("accepted", "", "")
        row = LogRow(
            school=change.school,
            seq=before.seq + 1,
            replica=replica or change.replica,
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
        self.log.append(row)
        return row

    # -- the fold

    def accept(self, change: Change, seq: int) -> Kept:
        """Fold a change into its record."""
        kept = self.load(change.school, change.record)
        own = self._own.setdefault((kept.school, kept.record), Own(kept.seq, seq))
        own.last_seq = seq
        if any(change.id in field.replaced for field in kept.fields.values()):
            self._not_own.add((kept.school, kept.record))  # its sender does not know what has replaced it
        apply(kept.fields, change)
        self._touch(kept, change.set, seq)
        if kept.kind == "person":
            self._viewers.clear()
            people.write_person(self._db, kept.school, kept.id, kept.values)
        return kept

    def decide(self, row: LogRow, standing: str, by: str, seq: int) -> None:
        """A held change now counts, or does not: fold its record anew."""
        held.decide(self._db, row.school, row.seq, standing, by, self._at)
        self._fold_anew(row.school, row.record, seq)

    def held(self, row: LogRow) -> Held | None:
        """What is kept of a change that was logged before this batch and is held; None when it is not."""
        return held.read(self._db, row.school, row.seq)

    def standing(self, row: LogRow) -> str | None:
        """What became of such a change."""
        found = self.held(row)
        return found.standing if found else None

    def rule(self, row: LogRow, ruled: Refusal | None, seq: int) -> None:
        """A change that was logged before this batch has another verdict from now on: fold its record anew."""
        verdict, reason, detail = ("held", ruled.reason, ruled.detail) if ruled else ("accepted", "", "")
        rulings.write(self._db, Ruling(row.school, row.seq, verdict, reason, detail, seq))
        if ruled and ruled.reason != rulings.MOVED:
            held.put(self._db, Held(row.school, row.seq, row.record, row.made_by, reason))
        else:
            held.remove(self._db, row.school, row.seq)
        self._fold_anew(row.school, row.record, seq)

    def _fold_anew(self, school: str, record: str, seq: int) -> None:
        kept = self.load(school, record)
        self._not_own.add((school, record))
        before, kept.fields = kept.fields, {}
        for old in self._counted(school, record):
            apply(kept.fields, old.change)
        kept.fields |= {name: Field() for name in before if name not in kept.fields}  # a device is told it is gone
        self._touch(kept, _differing(before, kept.fields), seq)
        if kept.kind == "person":
            self._viewers.clear()
            people.write_person(self._db, school, kept.id, kept.values)

    def _counted(self, school: str, record: str) -> list[LogRow]:
        """The changes that count now, by their verdicts, by rulings, and by decisions."""
        released, ruled = held.released_of(self._db, school, record), rulings.of_record(self._db, school, record)
        fresh = [new for new in self.log if (new.school, new.record) == (school, record)]
        logged = [*changes.history(self._db, school, record), *fresh]
        return [row for row in logged if row.seq in released or ruled.get(row.seq, row).verdict == "accepted"]

    def _touch(self, kept: Kept, names: Iterable[str], seq: int) -> None:
        kept.seq = seq
        kept.touched |= dict.fromkeys(names, seq)
        kept.admit(self._audience(kept), seq)
        self._touched[kept.school, kept.record] = None

    def _audience(self, kept: Kept) -> frozenset[str]:
        values = {name: kept.value(name) for name in access.AUDIENCE_FIELDS}
        if kept.kind == "decision":
            decided = self.logged(kept.school, kept.value("change"))
            values["author"] = decided.made_by if decided else None
        return access.audience(kept.kind, values, is_shared=self._is_shared(kept))

    def _is_shared(self, kept: Kept) -> bool:
        """Whether what a record hangs on may be read by others than its observer."""
        observation = kept.value("observation") if kept.kind == "step" else None
        if observation is None:
            return True
        parent = self.load(kept.school, f"observation/{observation}")
        is_signed: bool = parent.value("status") == "signed"
        return is_signed and bool(parent.value("observer") == kept.value("observer"))

    # -- writing

    def finish(self) -> None:
        """Write everything the batch changed."""
        if not self.log:
            return
        changes.append(self._db, self.log)
        for school, position in self._positions.items():
            changes.advance(self._db, school, position)
        held.add(
            self._db,
            [
                Held(row.school, row.seq, row.record, row.made_by, row.reason)
                for row in self.log
                if row.verdict == "held"
            ],
        )
        if self._replica:
            replicas.note_stored(self._db, self._replica, max(row.n for row in self.log), self._at)
        self._share_steps()
        touched = [self._kept[key] for key in self._touched]
        records.write(self._db, touched)
        seen = [kept for kept in touched if kept.kind == "observation"]
        observations.write(self._db, [self._observation_row(kept) for kept in seen])
        for kept in touched:
            self._write_row(kept)

    def _share_steps(self) -> None:
        """When an observation is signed or reopened, its steps become visible or hidden with it."""
        touched = list(self._touched)
        fresh = [self._kept[key] for key in touched if key[1].startswith("step/")]
        seen = [(school, name.partition("/")[2]) for school, name in touched if name.startswith("observation/")]
        stored = self._steps_of(seen)
        for school, id in seen:
            for step in [*stored.get((school, id), []), *fresh]:
                if step.value("observation") == id and self._audience(step) != step.audience:
                    self._touch(step, (), self._kept[school, f"observation/{id}"].seq)

    def _steps_of(self, seen: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[Kept]]:
        """The stored steps of observations, both by school and id."""
        named: dict[tuple[str, str], list[str]] = {}
        for school in dict.fromkeys(school for school, _ in seen):
            ids = [id for of, id in seen if of == school]
            for id, names in steps.of_observations(self._db, school, ids).items():
                named[school, id] = names
        self.load_all((school, name) for (school, _), names in named.items() for name in names)
        return {key: [self.load(key[0], name) for name in names] for key, names in named.items()}

    def _observation_row(self, kept: Kept) -> Row:
        values = kept.values
        return observations.row(kept.school, kept.id, values, self._score(kept.school, values))

    def _write_row(self, kept: Kept) -> None:
        match kept.kind:
            case "observation":
                blobs.refer(self._db, kept.school, kept.record, kept.fields)
            case "school":
                people.write_school(self._db, kept.school, kept.values)
            case "replica":
                replicas.introduce(self._db, kept.id, kept.values, self._at)
            case "step":
                steps.write(self._db, kept.school, kept.id, kept.values)

    def _score(self, school: str, values: Mapping[str, Any]) -> scoring.Score | None:
        form = self.rubric(school, values["rubric"]) if values.get("rubric") else None
        if form is None:
            return None
        return scoring.score(form, {name[7:]: value for name, value in values.items() if name.startswith("rating.")})


def _differing(before: Record, after: Record) -> Sequence[str]:
    names = sorted(before.keys() | after.keys())
    return [name for name in names if _ids(before, name) != _ids(after, name)]


def _ids(fields: Record, name: str) -> list[str]:
    return [head.id for head in fields[name].heads] if name in fields else []
