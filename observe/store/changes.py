"""The log: every change that arrived, in the order of its school's feed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from observe.store.db import Db, Reader, one
from observe.store.rulings import MOVED
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
_NAMES = _COLUMNS.split(", ")


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
        ({name: getattr(row, name) for name in _NAMES} for row in rows),
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


def reach(db: Db, replica: str, after: int) -> int:
    """How far the numbers of a replica go on without a gap, when all up to `after` are there."""
    for row in db.rows(
        "select distinct n from change where replica = :replica and n > :after order by n",
        {"replica": replica, "after": after},
    ):
        if row["n"] != after + 1:
            break
        after = row["n"]
    return after


def vector(db: Db, school: str) -> dict[str, tuple[int, int]]:
    """For each replica in a school's log: how many changes of it there are, and the highest number."""
    rows = db.rows(
        "select replica, count(*) as numbers, max(n) as highest from change where school = :school group by replica",
        {"school": school},
    )
    return {row["replica"]: (row["numbers"], row["highest"]) for row in rows}


def of_replica(db: Db, replica: str, from_n: int, *, has_copies: bool = False) -> list[LogRow]:
    """What a replica wrote from this number on, in the order it was logged here; if asked, a copy of it too."""
    names = _names_in_log(replica) if has_copies else {"n0": replica}
    rows = db.rows(
        f"select {_COLUMNS} from change where replica in ({', '.join(f':{name}' for name in names)}) and n >= :from_n"
        " order by school, seq",
        {"from_n": from_n, **names},
    )
    return [LogRow(**row) for row in rows]


def authors(db: Db, replica: str) -> frozenset[str]:
    """Whoever stands in the log as the author of what this replica numbered."""
    rows = db.rows("select distinct made_by from change where replica = :replica", {"replica": replica})
    return frozenset(row["made_by"] for row in rows)


def copies(db: Db, replica: str, n: int) -> list[LogRow]:
    """Changes with this number that stand under another name, `<replica>~<digit>`, because it was taken."""
    rows = db.rows(
        f"select {_COLUMNS} from change where replica like :copy and n = :n order by replica",
        {"copy": f"{replica}{COPY}%", "n": n},
    )
    return [LogRow(**row) for row in rows]


def schools(db: Db) -> list[str]:
    """Every school there is a log of."""
    return [row["school"] for row in db.rows("select school from feed order by school")]


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


COPY = "~"
"""Between a replica's name and a digit: its number was taken here by a copied device. No name has it."""
MOST_COPIES = 9


def _names_in_log(replica: str) -> dict[str, str]:
    """The name of a replica, and those its changes stand under where a copied device took their numbers first."""
    return {"n0": replica, **{f"n{copy}": f"{replica}{COPY}{copy}" for copy in range(1, MOST_COPIES + 1)}}


def by_id(db: Db, school: str, id: str) -> LogRow | None:
    """The change with this id; where a copied device took the number here too, the one everybody else knows."""
    replica, _, n = id.rpartition(".")
    names = _names_in_log(replica)
    row = one(
        db.rows(
            f"select {_COLUMNS} from change where school = :school and n = :n"
            f" and replica in ({', '.join(f':{name}' for name in names)})"
            " order by (select count(*) from ruling r where r.school = change.school and r.seq = change.seq"
            " and r.reason = :moved), length(replica) desc, seq desc limit 1",
            {"school": school, "n": int(n), "moved": MOVED, **names},
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


def deciding(db: Reader, school: str) -> list[LogRow]:
    """Every decision and every ruling of a school, whatever became of them, oldest first."""
    rows = db.rows(
        f"select {_COLUMNS} from change where school = :school and (record >= 'decision/' and record < 'decision0'"
        " or record >= 'ruling/' and record < 'ruling0') order by seq",
        {"school": school},
    )
    return [LogRow(**row) for row in rows]


def walk(db: Reader, school: str, after: int, limit: int = 500) -> list[LogRow]:
    """The log of a school after `after`, in feed order."""
    rows = db.rows(
        f"select {_COLUMNS} from change where school = :school and seq > :after order by seq limit :limit",
        {"school": school, "after": after, "limit": limit},
    )
    return [LogRow(**row) for row in rows]
