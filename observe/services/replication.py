"""Whole logs between servers: what a node forwards to a centre, and what the centre's log tells the node.

`take_over` is for the centre: it judges every change by its author's rights, as if the author's device had brought it.
`Ledger.learn` is for the node: the centre's verdict stands, whatever was decided here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from observe.domain import kinds, rubric
from observe.domain.access import Refusal
from observe.domain.ids import REPLICA_LENGTH
from observe.domain.kinds import Misfit
from observe.domain.rubric import RubricInvalid
from observe.services import intake
from observe.services.intake import SERVER, Notice
from observe.services.place import Place
from observe.services.retrying import retried
from observe.store import changes, people, places, replicas, rulings
from observe.store.batch import Batch
from observe.store.changes import COPY, LogRow
from observe.store.replicas import Replica
from observe.store.rulings import Ruling
from sync.change import Change, Written, encode


@dataclass(frozen=True, slots=True)
class Forwarder:
    """The node a batch comes from: the name it writes under, and its schools; True for one that began there."""

    replica: str
    schools: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Told:
    """One row of the centre's log. `refused` None: it counts."""

    written: Written
    refused: Refusal | None


@dataclass(slots=True)
class Taken:
    """How far each replica of the batch is stored, and from which number on its changes are other ones here."""

    acks: dict[str, int] = field(default_factory=dict)
    forks: dict[str, int] = field(default_factory=dict)
    held: list[Notice] = field(default_factory=list)


@retried
def take_over(place: Place, node: Forwarder, sent: Sequence[Written]) -> Taken:
    """Store what a node forwards, durably, and in the order it was sent."""
    if not sent:
        return Taken()
    with place.db.atomic(locks_first=True):
        ledger = Ledger(place, (written.change.school for written in sent))
        ledger.look_up(sent)
        taken = Taken(forks=_forks(ledger, node, sent))
        for written in sent:
            change = written.change
            if ledger.stored(change) is None and change.n < taken.forks.get(change.replica, change.n + 1):
                ledger.add(written, _refusal(ledger, node, change))
        ledger.close()
        intake.release_allowed(place, ledger.schools_with_new_rubrics)
        names = {written.change.replica for written in sent}
        taken.acks = {name: known.stored_n for name in names if (known := replicas.read(place.db, name))}
        taken.held = [Notice(row.change.id, row.reason, row.detail) for row in ledger.log if row.verdict == "held"]
    return taken


def _forks(ledger: "Ledger", node: Forwarder, sent: Sequence[Written]) -> dict[str, int]:
    """For each replica that went on differently here, or is not this node's to bring: the lowest number that is so."""
    here = intake.here(ledger.place)
    forks: dict[str, int] = {}
    seen: dict[str, str] = {}
    for written in sent:
        change = written.change
        stored = ledger.stored(change)
        known = stored.digest if stored else seen.setdefault(change.id, written.digest)
        is_ours = stored is None and (change.replica == here.replica or not _may_bring(ledger, node, change))
        if known != written.digest or is_ours:
            forks[change.replica] = min(change.n, forks.get(change.replica, change.n))
    return forks


def _may_bring(ledger: "Ledger", node: Forwarder, change: Change) -> bool:
    """Nobody numbers changes for a device that none of her schools knows, or for people who are in none of them.

    A device goes to a server that knows it by its record. One without a token is an earlier name of its person's.
    """
    db, known = ledger.place.db, ledger.replica(change.replica)
    if known is None or known.person is None:
        return True
    if replicas.has_token(db, known.replica):
        return bool(replicas.schools_that_know(db, known.replica) & node.schools.keys())
    return any(people.read(db, school, known.person) for school in node.schools)


def _refusal(ledger: "Ledger", node: Forwarder, change: Change) -> Refusal | None:
    known = ledger.replica(change.replica)
    if known and known.revoked_at:
        return Refusal("revoked", "this device was revoked before the change arrived")
    if change.school not in node.schools:
        return Refusal("not-allowed", "it came by way of a server that does not keep the records of this school")
    owner = known.person if known else None
    introduced = ledger.batch.load(change.school, f"replica/{change.replica}").value("person")
    if change.by not in {owner or introduced or change.by}:
        return Refusal("not-allowed", "this device writes for another person")
    if change.by == SERVER and not _has_authority(ledger, node, change):
        return Refusal("not-allowed", "only a server sets a school up, where the school begins")
    author = None if change.by == SERVER else ledger.batch.viewer(change.by)
    if change.kind == "decision":
        ledger.flush()  # it is judged by what is in the log
    return intake.judged(ledger.batch, author, change)


def _has_authority(ledger: "Ledger", node: Forwarder, change: Change) -> bool:
    """A school begins on the server that set it up; and what this very server once wrote may come back to it."""
    begins_there = node.schools[change.school] and change.replica == node.replica
    known = ledger.replica(change.replica)
    is_our_own = known is not None and known.person is None and not known.is_guest
    return begins_there or is_our_own


class Ledger:
    """Changes of many replicas, written within one open transaction in the order they are given."""

    def __init__(self, place: Place, schools: Iterable[str]) -> None:
        self.place = place
        self.log: list[LogRow] = []
        self.schools_with_new_rubrics: list[str] = []
        self._schools = sorted(set(schools))
        self._stored: dict[tuple[str, int], LogRow] = {}
        self._replicas: dict[str, Replica | None] = {}
        self.batch = self._begin()

    def _begin(self) -> Batch:
        return Batch(self.place.db, self.place.moment(), None, self._schools)

    def look_up(self, sent: Iterable[Written]) -> None:
        """Read in few statements what `stored` and `add` will ask for."""
        numbers: dict[str, list[int]] = {}
        wanted = []
        for written in sent:
            numbers.setdefault(written.change.replica, []).append(written.change.n)
            wanted.append((written.change.school, written.change.record))
        for replica, ns in numbers.items():
            found = changes.stored(self.place.db, replica, ns)
            self._stored |= {(replica, n): row for n, row in found.items()}
        self.batch.load_all(wanted)

    def stored(self, change: Change) -> LogRow | None:
        """The row that has this change's number, as `look_up` found it or as it was added since."""
        return self._stored.get((change.replica, change.n))

    def replica(self, name: str) -> Replica | None:
        if name not in self._replicas:
            self._replicas[name] = replicas.read(self.place.db, name)
        return self._replicas[name]

    def add(self, written: Written, refused: Refusal | None) -> LogRow:
        """Put a change into the log with this verdict."""
        if written.change.kind in {"decision", "replica"}:
            self.flush()  # a decision finds only what is in the log, and a device is known once its record is written
        row = intake.store(self.batch, written, refused)
        self._stored[row.replica, row.n] = row
        if written.change.kind == "replica":
            self.flush()
        return row

    def flush(self) -> None:
        """Write what has come together, so that everything after it sees it."""
        self.batch.finish()
        self.log += self.batch.log
        self.schools_with_new_rubrics += self.batch.schools_with_new_rubrics
        self._replicas.clear()
        self.batch = self._begin()

    def close(self) -> None:
        """Write the rest, and how far each replica is stored without a gap."""
        self.flush()
        db, at = self.place.db, self.place.moment()
        for replica in sorted({row.replica for row in self.log if COPY not in row.replica}):
            replicas.meet(db, replica, at)
            known = replicas.read(db, replica)
            replicas.note_stored(db, replica, changes.reach(db, replica, known.stored_n if known else 0), at)

    # -- at the node

    def learn(self, told: Told) -> str | None:
        """Take in one row of the centre's log: from now on its verdict stands here too.

        The new name of a copied device, when it turns out here that one was copied.
        """
        change = told.written.change
        mine, heir = self._mine(told.written)
        if mine is None:
            self._learn_new(told)
        elif self._standing(mine) != _verdict(told.refused):
            self._rule(mine, told)
        elif told.refused is not None:
            self._note_held(mine, told.refused)
        if mine is not None and told.refused is None and change.kind == "decision":
            self._carry_out_again(mine)
        return heir

    def _mine(self, written: Written) -> tuple[LogRow | None, str | None]:
        """The row here that holds this very change. What a copied device wrote here under its number makes way."""
        change = written.change
        row = self.stored(change)
        if row is None or row.digest == written.digest:
            return row, None
        copies = changes.copies(self.place.db, change.replica, change.n)
        same = [copy for copy in copies if copy.digest == written.digest]
        heir = self.move(change.replica, change.n) if not same and not self._is_moved(row) else None
        return same[0] if same else None, heir

    def _is_moved(self, row: LogRow) -> bool:
        return self._standing(row) == ("held", rulings.MOVED)

    def _learn_new(self, told: Told) -> None:
        change = told.written.change
        is_beyond = told.refused is None and not _is_understood(change)
        refused = Refusal("unknown", "the centre counts this; this server does not know it yet") if is_beyond else None
        taken = self.stored(change) is not None
        name = _copy_name(self.place, change) if taken else None
        row = self.add_as(told.written, refused or told.refused, name)
        if is_beyond:
            self.flush()
            rulings.put_beyond(self.place.db, row.school, row.seq)
        elif told.refused is not None:
            self._note_held(row, told.refused)

    def _note_held(self, row: LogRow, refused: Refusal) -> None:
        """The centre has spoken: nobody here lets the change through because a rubric came."""
        rulings.write(self.place.db, Ruling(row.school, row.seq, "held", refused.reason, refused.detail, row.seq))

    def add_as(self, written: Written, refused: Refusal | None, name: str | None) -> LogRow:
        """`add`, in the log under another replica's name when its own number is taken here."""
        if name is None:
            return self.add(written, refused)
        return intake.store(self.batch, written, refused, name)

    def _standing(self, row: LogRow) -> tuple[str, str]:
        ruled = rulings.read(self.place.db, row.school, row.seq)
        return (ruled.verdict, ruled.reason) if ruled else (row.verdict, row.reason)

    def _rule(self, row: LogRow, told: Told) -> None:
        if told.refused is None and not _is_understood(told.written.change):
            rulings.put_beyond(self.place.db, row.school, row.seq)
            return
        self.flush()
        intake.rule(self.place, [(row, told.refused)])
        self.batch = self._begin()

    def _carry_out_again(self, row: LogRow) -> None:
        """The order of the centre's log decides which decision on a change is the last."""
        self.flush()
        decision = self.batch.load(row.school, row.record)
        target = self.batch.logged(row.school, decision.value("change"))
        wanted = decision.value("verdict") or "waiting"
        if target is not None and self.batch.standing(target) not in {None, wanted}:
            intake.stand(self.place, target, wanted, row.made_by)
            self.batch = self._begin()

    def move(self, replica: str, n: int, *, has_copies: bool = False) -> str | None:
        """A copied device: what it wrote here from `n` on is written again under a new name, which is returned.

        `has_copies`: with what the centre once had under these numbers, and has lost since.
        """
        self.flush()
        found = changes.of_replica(self.place.db, replica, n, has_copies=has_copies)
        rows = [row for row in found if not self._is_moved(row)]
        replicas.note_fork(self.place.db, replica, n)
        self._replicas.clear()
        if not rows:
            return None
        self._schools = sorted({*self._schools, *(row.school for row in rows)})
        self.batch = self._begin()
        heir = self._new_name(replica)
        renamed: dict[str, str] = {}
        for number, row in enumerate(rows, 1):
            self.add(_under(row.change, f"{heir}.{number}", renamed), self._refused(row))
            renamed[row.change.id] = f"{heir}.{number}"
        self.flush()
        said = "a copied device wrote this under a number that another change has; it stands under {}"
        moved = [(row, Refusal(rulings.MOVED, said.format(renamed[row.change.id]))) for row in rows]
        intake.rule(self.place, moved)
        self.batch = self._begin()
        return heir

    def _new_name(self, replica: str) -> str:
        """A name nobody has; this server's own from now on, when it was this server that was copied."""
        name = self.place.new_id().replace("-", "")[-REPLICA_LENGTH:]
        if replica == intake.here(self.place).replica:
            own = self.place.new_id().replace("-", "")[-REPLICA_LENGTH:]
            replicas.add(self.place.db, own, None, "server", None, self.place.moment())
            places.rename(self.place.db, own)
        return name

    def _refused(self, row: LogRow) -> Refusal | None:
        verdict, reason = self._standing(row)
        return Refusal(reason, row.detail) if verdict == "held" else None

    def look_beyond(self) -> None:
        """After an upgrade: what the centre counts, and this version now understands, counts here too."""
        for school, seq in rulings.beyond(self.place.db):
            row = changes.at(self.place.db, school, seq)
            if row and _is_understood(row.change):
                self.flush()
                intake.rule(self.place, [(row, None)])
                rulings.take_from_beyond(self.place.db, school, seq)
                self.batch = self._begin()


def _verdict(refused: Refusal | None) -> tuple[str, str]:
    return ("held", refused.reason) if refused else ("accepted", "")


def _is_understood(change: Change) -> bool:
    """Whether this version can read what a change says; whether it is right, the centre has decided."""
    try:
        kinds.check(change)
        for name, body in change.set.items():
            if change.kind == "rubric" and name.startswith("version.") and body is not None:
                rubric.from_value(body)
    except (Misfit, RubricInvalid):
        return False
    return True


def _under(change: Change, id: str, renamed: Mapping[str, str]) -> Written:
    seen = {name: [renamed.get(known, known) for known in ids] for name, ids in change.seen.items()}
    return encode(
        Change(id=id, school=change.school, record=change.record, by=change.by, at=change.at, set=change.set, seen=seen)
    )


def _copy_name(place: Place, change: Change) -> str:
    taken = len(changes.copies(place.db, change.replica, change.n))
    return f"{change.replica}{COPY}{taken + 1}"
