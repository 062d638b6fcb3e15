"""Walking a log and its chain, and naming what was altered behind the program's back.

`log` looks at the log alone, as a copy is looked at before it is called a backup.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from observe.domain.verdict import REASONS
from observe.store import backups, changes, inspection
from observe.store.changes import LogRow, Position
from observe.store.db import Db
from sync.chain import link
from sync.change import Change, decode, digest_of
from sync.errors import NotThisProtocol


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is not as the program left it. `seq` is 0 where no single row of the log can be named."""

    kind: str
    school: str
    seq: int
    record: str
    detail: str

    def __str__(self) -> str:
        where = f"school {self.school}" if self.school else "this installation"
        row = f", row {self.seq} of its log" if self.seq else ""
        record = f", {self.record}" if self.record else ""
        return f"{where}{row}{record}: {self.detail} [{self.kind}]"


def log(db: Db) -> list[Damage]:
    """What is wrong with the logs of all schools: their rows, their chains, and the numbers of their replicas."""
    known = inspection.positions(db)
    found = [damage for school, end in known.items() for damage in _of_school(db, school, end)]
    return found + list(_numbers(db)) + list(_against_backups(db, known))


def _of_school(db: Db, school: str, end: Position) -> Iterator[Damage]:
    previous: str | None = ""
    expected = 1
    for row in inspection.walk(db, school):
        if row.seq != expected:
            previous = None
            yield Damage("missing", school, row.seq, "", _gap(expected, row.seq))
        yield from _of_row(row, previous)
        previous, expected = row.chain, row.seq + 1
    if end.seq != expected - 1:
        yield Damage("counter", school, 0, "", f"the counter says {end.seq} rows, the log ends at {expected - 1}")
    elif previous is not None and end.chain != previous:
        yield Damage("counter", school, 0, "", "the counter's digest is not that of the last row")


def _gap(expected: int, found: int) -> str:
    last = found - 1
    if last < expected:
        return "a row stands here that the numbering has no place for"
    return f"row {expected} is gone" if last == expected else f"rows {expected} to {last} are gone"


def _of_row(row: LogRow, previous: str | None) -> Iterator[Damage]:
    is_as_arrived = digest_of(row.body) == row.digest
    if not is_as_arrived:
        yield Damage("text", row.school, row.seq, row.record, f"the text of {row.replica}.{row.n} was altered")
    if is_as_arrived and previous is not None and link(previous, row.body, row.verdict, row.reason) != row.chain:
        yield Damage("chain", row.school, row.seq, row.record, _broken_link(row, previous))
    try:
        change = decode(row.body).change
    except NotThisProtocol as wrong:
        yield Damage("text", row.school, row.seq, row.record, f"{row.replica}.{row.n} is no change: {wrong}")
        return
    wrong_columns = _wrong_columns(row, change)
    if wrong_columns and is_as_arrived:
        yield Damage("columns", row.school, row.seq, row.record, f"it says otherwise in its text: {wrong_columns}")


def _broken_link(row: LogRow, previous: str) -> str:
    verdicts = [("accepted", ""), *(("held", reason) for reason in REASONS)]
    for verdict, reason in verdicts:
        if link(previous, row.body, verdict, reason) == row.chain:
            was = f"held ({reason})" if reason else verdict
            return f"the verdict on {row.replica}.{row.n} was altered: it was {was}"
    return f"the chain breaks at {row.replica}.{row.n}: this row, or the one before it, was altered or put in"


def _wrong_columns(row: LogRow, change: Change) -> str:
    told = {
        "school": (row.school, change.school),
        "record": (row.record, change.record),
        "made_by": (row.made_by, change.by),
        "replica": (row.replica.partition("~")[0], change.replica),
        "n": (row.n, change.n),
    }
    return ", ".join(f"{name} {says!r} was {was!r}" for name, (says, was) in told.items() if says != was)


def _numbers(db: Db) -> Iterator[Damage]:
    for replica, (said, found) in sorted(inspection.numbering(db).items()):
        if found != said:
            detail = f"it is said to be stored up to {said}, and {found} of those are in the log"
            yield Damage("numbers", "", 0, f"replica {replica}", detail)


def _against_backups(db: Db, known: dict[str, Position]) -> Iterator[Damage]:
    """A log that was written anew, chain and all, still differs from what stood in it at an earlier backup."""
    chains: dict[str, dict[int, str]] = {}
    for backup in backups.all_of(db):
        for school, (seq, chain) in backup.positions.items():
            if seq:
                chains.setdefault(school, {})[seq] = chain
    for school, wanted in sorted(chains.items()):
        for seq, chain in sorted(wanted.items()):
            if seq > known.get(school, Position(0, "")).seq:
                yield Damage("history", school, seq, "", "the log was longer when a backup was made")
            elif changes.chain_at(db, school, seq) != chain:
                yield Damage("history", school, seq, "", "the log up to here is not the one a backup was made of")
