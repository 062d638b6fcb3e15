"""The log: every change that arrived, in the order of its school's feed."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from observe.store.db import Db, Reader, one
from sync.change import Change, decode


@dataclass(frozen=True, slots=True)
class LogRow:
    """One stored change, as it stands in a school's log."""

    school: str
    seq: int
    replica: str
    n: int
    record: str
    made_by: str
    body: str
    digest: str
    received_at: str
    verdict: str
    reason: str
    detail: str
    chain: str

    @property
    def change(self) -> Change:
        return decode(self.body).change


@dataclass(frozen=True, slots=True)
class Position:
    """How far a school's feed has come."""

    seq: int
    chain: str


_COLUMNS = "school, seq, replica, n, record, made_by, body, digest, received_at, verdict, reason, detail, chain"


def take_position(db: Db, school: str) -> Position:
    """The counter row of `school`, made when it is new; nobody else writes to this school until we are done.

    Inside a write transaction only, and for several schools in the order of their names. Writing the row as it is takes
    it on every engine, and gives it as the one before us left it.
    """
    take = "update feed set seq = seq where school = :school returning seq, chain"
    row = one(db.rows(take, {"school": school}))
    if row is None:
        db.run("insert into feed (school) values (:school) on conflict (school) do nothing", {"school": school})
        (row,) = db.rows(take, {"school": school})
    return Position(row["seq"], row["chain"])


def position(db: Reader, school: str) -> Position:
    row = one(db.rows("select seq, chain from feed where school = :school", {"school": school}))
    return Position(row["seq"], row["chain"]) if row else Position(0, "")


def advance(db: Db, school: str, to: Position) -> None:
    db.run(
        "update feed set seq = :seq, chain = :chain where school = :school",
        {"school": school, "seq": to.seq, "chain": to.chain},
    )


def append(db: Db, rows: Iterable[LogRow]) -> None:
    db.run_many(
        f"insert into change ({_COLUMNS}) values (:school, :seq, :replica, :n, :record, :made_by, :body, :digest,"
        " :received_at, :verdict, :reason, :detail, :chain)",
        map(asdict, rows),
    )


def stored(db: Reader, replica: str, numbers: Sequence[int]) -> dict[int, LogRow]:
    """What is in the log of this replica between the lowest and the highest of `numbers`, by number."""
    if not numbers:
        return {}
    rows = db.rows(
        f"select {_COLUMNS} from change where replica = :replica and n >= :lowest and n <= :highest",
        {"replica": replica, "lowest": min(numbers), "highest": max(numbers)},
    )
    return {row["n"]: LogRow(**row) for row in rows}


def chain_at(db: Reader, school: str, seq: int) -> str | None:
    """The chain digest at `seq`; empty before the first change, None where the log does not reach."""
    if seq == 0:
        return ""
    row = one(db.rows("select chain from change where school = :school and seq = :seq", {"school": school, "seq": seq}))
    return row["chain"] if row else None


def at(db: Reader, school: str, seq: int) -> LogRow | None:
    row = one(
        db.rows(f"select {_COLUMNS} from change where school = :school and seq = :seq", {"school": school, "seq": seq})
    )
    return LogRow(**row) if row else None


def by_id(db: Reader, school: str, id: str) -> LogRow | None:
    replica, _, n = id.rpartition(".")
    row = one(
        db.rows(
            f"select {_COLUMNS} from change where school = :school and replica = :replica and n = :n",
            {"school": school, "replica": replica, "n": int(n)},
        )
    )
    return LogRow(**row) if row else None


def history(db: Reader, school: str, record: str) -> list[LogRow]:
    """Every change ever made to one record, oldest first."""
    rows = db.rows(
        f"select {_COLUMNS} from change where school = :school and record = :record order by seq",
        {"school": school, "record": record},
    )
    return [LogRow(**row) for row in rows]


def walk(db: Reader, school: str, after: int, limit: int = 500) -> list[LogRow]:
    """The log of a school after `after`, in feed order."""
    rows = db.rows(
        f"select {_COLUMNS} from change where school = :school and seq > :after order by seq limit :limit",
        {"school": school, "after": after, "limit": limit},
    )
    return [LogRow(**row) for row in rows]
