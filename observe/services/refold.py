"""Folding a school's log anew, and comparing it with what is stored: a record or a row altered by hand is named."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from observe.domain import access, rubric, scoring
from observe.domain.rubric import Rubric
from observe.services import verify
from observe.services.verify import Damage
from observe.store import changes, comparison, inspection, observations, people, records, rulings, schema, steps
from observe.store.changes import LogRow
from observe.store.db import Db
from observe.store.held import Held
from observe.store.records import Kept
from observe.store.sqlite import SqliteDb
from sync.errors import NotThisProtocol
from sync.record import Field, Record, apply, conflicts, shown

_ANY_TIME = "2000-01-01T00:00:00.000Z"


def everything(db: Db) -> list[Damage]:
    """What was altered in the logs, and in what is derived from them; all as it was at one moment."""
    with db.snapshot():
        derived = [damage for name in inspection.positions(db) for damage in school(db, name)]
        return verify.log(db) + derived


def school(db: Db, school: str) -> list[Damage]:
    """Where the stored records and rows of a school are not what its log makes them."""
    held = comparison.held_rows(db, school)
    found = list(_held_damages(db, school, held))
    flags = comparison.flags(db, school)
    with closing(SqliteDb(None)) as scratch:
        schema.migrate(scratch, _ANY_TIME)
        for name in comparison.record_names(db, school):
            fold = _Fold(db, school, name, held)
            found += fold.damages(flags.get(name))
            _derive(db, scratch, fold)
        found += _row_damages(db, scratch, school)
    return found


class _Fold:
    """One record as the log makes it, and as it is stored."""

    def __init__(self, db: Db, school: str, name: str, held: Mapping[int, Held]) -> None:
        self.db = db
        self.school = school
        self.name = name
        self.record: Record = {}
        self.last_accepted = 0
        self.has_history = False
        self._ids: set[str] = set()
        ruled = rulings.of_record(db, school, name)
        for row in changes.history(db, school, name):
            self.has_history = True
            verdict = ruled[row.seq].verdict if row.seq in ruled else row.verdict
            is_released = row.seq in held and held[row.seq].standing == "released"
            if verdict == "accepted" or is_released:
                self._count(row, is_accepted=row.verdict == "accepted")
        self.values = shown(self.record)
        self.stored = records.read(db, school, name)

    def _count(self, row: LogRow, *, is_accepted: bool) -> None:
        try:
            change = row.change
        except NotThisProtocol:
            return  # the walk over the log names it
        apply(self.record, change)
        self._ids.add(change.id)
        self.last_accepted = row.seq if is_accepted else self.last_accepted

    @property
    def kind(self) -> str:
        return self.name.partition("/")[0]

    @property
    def id(self) -> str:
        return self.name.partition("/")[2]

    def damages(self, flag: tuple[str, bool] | None) -> list[Damage]:
        if self.stored is None or flag is None:
            return [self._damage("the log makes this record, and it is not stored")] if self._ids else []
        if not self._ids and any(target.heads for target in self.stored.fields.values()):
            return [self._damage("nothing in the log makes this record")]
        found = [self._damage(f"its field {name} is not what the log makes it") for name in self._wrong_fields()]
        if self.stored.seq < self.last_accepted:
            found.append(self._damage("its number is lower than that of its last change, so devices miss that"))
        if flag != (self.kind, bool(conflicts(self.record))):
            found.append(self._damage("it is marked wrongly: its kind, or whether it holds different answers"))
        if self._ids and self.stored.audience != self._audience():
            found.append(self._damage("who may see it was altered"))
        return found

    def _wrong_fields(self) -> list[str]:
        assert self.stored  # noqa: S101
        names = sorted(self.record.keys() | self.stored.fields.keys())
        return [name for name in names if self._told(self.record, name) != self._told(self.stored.fields, name)]

    def _told(self, fields: Record, name: str) -> tuple[list[Any], frozenset[str]]:
        """What a field says: its heads, and what it is told was replaced before it came."""
        target = fields.get(name) or Field()
        heads = sorted(
            ([head.id, head.by, head.at, repr(head.value)] for head in target.heads), key=lambda head: head[0]
        )
        return heads, target.replaced - self._ids

    def _audience(self) -> frozenset[str]:
        values = {name: self.values.get(name) for name in access.AUDIENCE_FIELDS}
        if self.kind == "decision":
            decided = self.values.get("change")
            row = changes.by_id(self.db, self.school, decided) if decided else None
            values["author"] = row.made_by if row else None
        return access.audience(self.kind, values, is_shared=self._is_shared())

    def _is_shared(self) -> bool:
        observation = self.values.get("observation") if self.kind == "step" else None
        if observation is None:
            return True
        parent = records.read(self.db, self.school, f"observation/{observation}") or Kept("", "")
        return bool(parent.value("status") == "signed" and parent.value("observer") == self.values.get("observer"))

    def _damage(self, detail: str) -> Damage:
        return Damage("record", self.school, 0, self.name, detail)


def _held_damages(db: Db, school: str, held: Mapping[int, Held]) -> Iterator[Damage]:
    began = comparison.verdicts(db, school)
    if comparison.has_rulings(db, school):
        return  # another server's verdicts stand here; what became of a held change is for that one to know
    standings = _standings(db, school, began)
    for seq in sorted(began.keys() | held.keys()):
        row, kept = began.get(seq), held.get(seq)
        if row is None:
            yield Damage("held", school, seq, kept.record if kept else "", "it is kept as held, and the log counts it")
        elif kept is None:
            yield Damage("held", school, seq, row.record, "the log holds it, and nobody is asked to decide on it")
        elif (kept.record, kept.made_by, kept.reason) != (row.record, row.made_by, row.reason):
            yield Damage("held", school, seq, row.record, "what is kept of it is not what the log says")
        elif kept.standing != standings.get(seq, "waiting"):
            detail = (
                f"it stands as {kept.standing}, and by the decisions in the log it is {standings.get(seq, 'waiting')}"
            )
            yield Damage("held", school, seq, row.record, detail)


def _standings(db: Db, school: str, began: Mapping[int, LogRow]) -> dict[int, str]:
    """What the decisions in the log made of each held change."""
    numbers = {f"{row.replica}.{row.n}": row for row in began.values()}
    folded: dict[str, Record] = {}
    standings: dict[int, str] = {}
    for row in comparison.decisions(db, school):
        decision = folded.setdefault(row.record, {})
        apply(decision, row.change)
        values = shown(decision)
        target = numbers.get(values.get("change") or "")
        is_of_one_batch = target and (target.replica, target.received_at) == (row.replica, row.received_at)
        if target and target.seq < row.seq and not is_of_one_batch:
            standings[target.seq] = values.get("verdict") or "waiting"
    return standings


def _derive(db: Db, scratch: Db, fold: _Fold) -> None:
    """Write the rows of a record as the program would, somewhere else."""
    was_counted = bool(fold.record) or (fold.has_history and fold.stored is not None)  # and was set aside since
    if not was_counted or fold.kind not in comparison.DERIVED:
        return
    match fold.kind:
        case "person":
            people.write_person(scratch, fold.school, fold.id, fold.values)
        case "school":
            people.write_school(scratch, fold.school, fold.values)
        case "step":
            steps.write(scratch, fold.school, fold.id, fold.values)
        case "observation":
            row = observations.row(fold.school, fold.id, fold.values, _score(db, fold.school, fold.values))
            observations.write(scratch, [row])


def _score(db: Db, school: str, values: Mapping[str, Any]) -> scoring.Score | None:
    form = _form(db, school, values.get("rubric") or "")
    if form is None:
        return None
    return scoring.score(form, {name[7:]: value for name, value in values.items() if name.startswith("rating.")})


def _form(db: Db, school: str, named: str) -> Rubric | None:
    id, _, version = named.partition("@")
    kept = records.read(db, school, f"rubric/{id}") if named else None
    return rubric.readable(kept.value(f"version.{version}")) if kept else None


def _row_damages(db: Db, scratch: Db, school: str) -> Iterator[Damage]:
    for kind, table in comparison.DERIVED.items():
        expected, found = comparison.derived(scratch, school, table), comparison.derived(db, school, table)
        for key in sorted(expected.keys() | found.keys()):
            if key not in found:
                yield Damage("row", school, 0, f"{kind}/{key}", f"its row in the table {table} is gone")
            elif key not in expected:
                yield Damage(
                    "row", school, 0, f"{kind}/{key}", f"nothing in the log makes its row in the table {table}"
                )
            elif expected[key] != found[key]:
                names = [name for name in expected[key] if expected[key][name] != found[key][name]]
                yield Damage(
                    "row", school, 0, f"{kind}/{key}", f"its row in the table {table} was altered: {', '.join(names)}"
                )
