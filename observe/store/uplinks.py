"""The centre this server forwards to, and how far that has come. At most one."""

from dataclasses import asdict, dataclass

from observe.store.db import Db, one


@dataclass(frozen=True, slots=True)
class Uplink:
    """The centre, the token it gave, and how the last exchanges went. Times are UTC ISO-8601 texts.

    `batch` is how many changes one request may hold, as learnt on this line; `failures` counts those in a row.
    """

    url: str
    token: str
    added_at: str
    cursor: str | None
    batch: int
    tried_at: str | None = None
    arrived_at: str | None = None
    compared_at: str | None = None
    failures: int = 0
    problem: str | None = None
    again_at: str | None = None
    running_until: str | None = None


@dataclass(frozen=True, slots=True)
class UplinkSchool:
    """How far a school's log was forwarded, and how far the centre's log of it was read and found whole."""

    school: str
    name: str
    forwarded: int = 0
    their_seq: int = 0
    their_chain: str = ""


_COLUMNS = (
    "url, token, added_at, cursor, batch, tried_at, arrived_at, compared_at, failures, problem, again_at, running_until"
)
_SCHOOL = "school, name, forwarded, their_seq, their_chain"


def read(db: Db) -> Uplink | None:
    row = one(db.rows(f"select {_COLUMNS} from uplink"))
    return Uplink(**row) if row else None


def write(db: Db, uplink: Uplink) -> None:
    """This centre and no other from now on."""
    names = _COLUMNS.split(", ")
    db.run(
        f"insert into uplink (id, {_COLUMNS}) values (1, {', '.join(f':{name}' for name in names)})"
        f" on conflict (id) do update set {', '.join(f'{name} = excluded.{name}' for name in names)}",
        asdict(uplink),
    )


def remove(db: Db) -> None:
    """Forward no more. What was taken in stays."""
    db.run("delete from uplink")
    db.run("delete from uplink_school")
    db.run("update blob set sent_up_at = null where sent_up_at is not null")


def take_turn(db: Db, now: str, until: str) -> bool:
    """Whether it is this process's turn to forward; nobody else's is it until `until`, or until `give_up_turn`."""
    taken = db.run(
        "update uplink set running_until = :until, tried_at = :now where running_until is null or running_until < :now",
        {"now": now, "until": until},
    )
    return taken > 0


def keep_turn(db: Db, until: str) -> None:
    db.run("update uplink set running_until = :until", {"until": until})


def give_up_turn(db: Db) -> None:
    db.run("update uplink set running_until = null")


def note_failure(db: Db, problem: str, again_at: str | None) -> None:
    db.run(
        "update uplink set failures = failures + 1, problem = :problem, again_at = :again_at",
        {"problem": problem, "again_at": again_at},
    )


def forget_wait(db: Db) -> None:
    """The timer may try at once."""
    db.run("update uplink set again_at = null")


def note_answer(db: Db, cursor: str | None, at: str) -> None:
    db.run(
        "update uplink set cursor = :cursor, arrived_at = :at, failures = 0, problem = null, again_at = null",
        {"cursor": cursor, "at": at},
    )


def note_compared(db: Db, at: str | None) -> None:
    db.run("update uplink set compared_at = :at", {"at": at})


def set_batch(db: Db, batch: int) -> None:
    db.run("update uplink set batch = :batch", {"batch": batch})


def forget_cursor(db: Db) -> None:
    """Read the centre's log from its start: it is another history now."""
    db.run("update uplink set cursor = null, compared_at = null")
    db.run("update uplink_school set their_seq = 0, their_chain = ''")


def offer_again(db: Db, school: str | None = None) -> None:
    """Forward everything from the start, of one school or of all."""
    db.run("update uplink_school set forwarded = 0 where :school = '' or school = :school", {"school": school or ""})
    db.run(
        "update blob set sent_up_at = null where sent_up_at is not null and (:school = '' or school = :school)",
        {"school": school or ""},
    )


def schools(db: Db) -> dict[str, UplinkSchool]:
    rows = db.rows(f"select {_SCHOOL} from uplink_school order by school")
    return {row["school"]: UplinkSchool(**row) for row in rows}


def add_school(db: Db, school: str, name: str) -> None:
    db.run(
        "insert into uplink_school (school, name) values (:school, :name)"
        " on conflict (school) do update set name = excluded.name",
        {"school": school, "name": name},
    )


def note_forwarded(db: Db, school: str, seq: int) -> None:
    """Everything in the log up to `seq` is at the centre."""
    db.run(
        "insert into uplink_school (school, name, forwarded) values (:school, '', :seq)"
        " on conflict (school) do update set forwarded = excluded.forwarded"
        " where excluded.forwarded > uplink_school.forwarded",
        {"school": school, "seq": seq},
    )


def note_read(db: Db, school: str, seq: int, chain: str) -> None:
    db.run(
        "update uplink_school set their_seq = :seq, their_chain = :chain where school = :school",
        {"school": school, "seq": seq, "chain": chain},
    )


@dataclass(frozen=True, slots=True)
class Waits:
    """How many changes of a school's log are not at the centre yet, and since when the oldest of them is here."""

    school: str
    changes: int
    since: str | None


def waiting(db: Db, school: str, after: int, clerk: str) -> Waits:
    row = one(
        db.rows(
            "select count(*) as found, min(received_at) as since from change"
            " where school = :school and seq > :after and replica not like :clerk",
            {"school": school, "after": after, "clerk": clerk},
        )
    )
    return Waits(school, int(row["found"]), row["since"]) if row else Waits(school, 0, None)


def is_known_school(db: Db, school: str) -> bool:
    """Whether this server looks after the school itself, rather than having been handed a stray change of it."""
    return bool(db.rows("select 1 from school where school = :school", {"school": school}))
