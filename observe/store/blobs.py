"""Photos and recordings: which records name them, and how much of each is here. The bytes are in `blob_files`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from observe.store.db import Db, Reader, Row, one
from sync.record import Record

PREFIX = "attachment."


FILE_COSTS = 8 * 1024
"""What a file takes of the disk beyond its bytes, at most."""


@dataclass(frozen=True, slots=True)
class Use:
    """A record that names a blob, what it says of it, and the person who wrote that."""

    record: str
    bytes: int
    type: str
    author: str


@dataclass(frozen=True, slots=True)
class Blob:
    """`standing`: arriving, kept or refused; `received` bytes are here. `type` is what its content was found to be."""

    school: str
    sha256: str
    standing: str
    received: int
    type: str | None
    reason: str
    beside: int = 0
    """Bytes of what was made from it to be shown."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a blob on its way, and the file it is in."""

    start: int
    length: int
    name: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one sender has sent of a blob: `received` of `length` bytes."""

    school: str
    sha256: str
    sender: str
    length: int
    received: int


def refer(db: Db, school: str, record: str, fields: Record) -> None:
    """Note which blobs a record names now, whatever it named before. Other answers to one field are named as well."""
    named = [field for name, field in fields.items() if name.startswith(PREFIX)]
    if not named:
        return
    uses = {head.value["sha256"]: head for field in named for head in field.heads if head.value is not None}
    db.run("delete from blob_use where school = :school and record = :record", {"school": school, "record": record})
    db.run_many(
        "insert into blob_use (school, sha256, record, bytes, type, author)"
        " values (:school, :sha256, :record, :bytes, :type, :author)",
        [
            {"school": school, "record": record, "author": head.by}
            | {name: head.value[name] for name in ("sha256", "bytes", "type")}
            for head in uses.values()
        ],
    )


def uses(db: Reader, school: str, sha256: str) -> list[Use]:
    rows = db.rows(
        "select record, bytes, type, author from blob_use where school = :school and sha256 = :sha256 order by record",
        {"school": school, "sha256": sha256},
    )
    return [Use(**row) for row in rows]


def givers(db: Reader, school: str, sha256: str) -> frozenset[str]:
    """Whoever brought all the bytes of a blob to the school: only what they wrote of it counts."""
    rows = db.rows(
        "select person from blob_giver where school = :school and sha256 = :sha256",
        {"school": school, "sha256": sha256},
    )
    return frozenset(row["person"] for row in rows)


def add_givers(db: Db, school: str, sha256: str, persons: Iterable[str], at: str) -> None:
    """They brought it too; the centre is told of that."""
    fresh = sorted(set(persons) - givers(db, school, sha256))
    key = {"school": school, "sha256": sha256}
    db.run_many(
        "insert into blob_giver (school, sha256, person, given_at) values (:school, :sha256, :person, :at)"
        " on conflict (school, sha256, person) do nothing",
        [key | {"person": person, "at": at} for person in fresh],
    )
    if fresh:
        db.run("update blob set sent_up_at = null where school = :school and sha256 = :sha256", key)


_COUNTS = (
    "exists (select 1 from blob_use u join blob_giver g on g.school = u.school and g.sha256 = u.sha256"
    " and g.person = u.author where u.school = blob.school and u.sha256 = blob.sha256)"
)


_FIRST_COLUMNS = "school, sha256, standing, received, type, reason"
_COLUMNS = f"{_FIRST_COLUMNS}, beside"


def read(db: Reader, school: str, sha256: str) -> Blob | None:
    row = one(
        db.rows(
            f"select {_COLUMNS} from blob where school = :school and sha256 = :sha256",
            {"school": school, "sha256": sha256},
        )
    )
    return Blob(**row) if row else None


def of_record(db: Reader, school: str, record: str) -> dict[str, Blob]:
    """What is here of the blobs one record names and its author brought, by digest."""
    rows = db.rows(
        f"select {_COLUMNS} from blob where school = :school"
        " and sha256 in (select u.sha256 from blob_use u join blob_giver g on g.school = u.school"
        " and g.sha256 = u.sha256 and g.person = u.author where u.school = :school and u.record = :record)",
        {"school": school, "record": record},
    )
    return {row["sha256"]: Blob(**row) for row in rows}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A blob that records name, and how large they say it is, each in her own words."""

    school: str
    sha256: str
    sizes: frozenset[int]


def to_send_up(db: Reader, schools: Iterable[str]) -> list[Blob]:
    """What is here, counts for a record, and is not known to be at the centre; oldest first."""
    found = []
    for school in sorted(schools):
        found += db.rows(
            f"select {_COLUMNS} from blob where school = :school and standing = 'kept' and sent_up_at is null"
            f" and {_COUNTS} order by began_at, sha256",
            {"school": school},
        )
    return [Blob(**row) for row in found]


def named(db: Reader, school: str) -> list[Wanted]:
    """All that records of a school name."""
    sizes: dict[str, set[int]] = {}
    for row in db.rows("select sha256, bytes from blob_use where school = :school order by sha256", {"school": school}):
        sizes.setdefault(row["sha256"], set()).add(row["bytes"])
    return [Wanted(school, sha256, frozenset(of)) for sha256, of in sizes.items()]


def not_counted(db: Reader, school: str) -> list[str]:
    """Digests of what is here and was named by somebody who did not bring it here; a few at a time."""
    return _digests(
        db.rows(
            "select distinct u.sha256 as sha256 from blob_use u join blob b on b.school = u.school"
            " and b.sha256 = u.sha256 where u.school = :school and b.standing = 'kept' and not exists"
            " (select 1 from blob_giver g where g.school = u.school and g.sha256 = u.sha256 and g.person = u.author)"
            " order by u.sha256 limit 100",
            {"school": school},
        )
    )


def note_sent_up(db: Db, school: str, sha256: str, at: str) -> None:
    """The centre has it, or will never take it."""
    db.run(
        "update blob set sent_up_at = :at where school = :school and sha256 = :sha256",
        {"school": school, "sha256": sha256, "at": at},
    )


def is_any_sent_up(db: Reader, school: str) -> bool:
    """Whether the centre is known to have anything of this school from here."""
    found = db.rows("select 1 from blob where school = :school and sent_up_at is not null limit 1", {"school": school})
    return bool(found)


def note_not_up(db: Db, school: str, digests: Iterable[str]) -> None:
    """The centre has lost them."""
    db.run_many(
        "update blob set sent_up_at = null where school = :school and sha256 = :sha256",
        [{"school": school, "sha256": sha256} for sha256 in digests],
    )


def kept_of(db: Reader, school: str) -> list[Blob]:
    """Every blob of a school that should wholly be here."""
    rows = db.rows(
        f"select {_COLUMNS} from blob where standing = 'kept' and school = :school order by sha256",
        {"school": school},
    )
    return [Blob(**row) for row in rows]


def kept(db: Reader) -> list[Blob]:
    """Every blob that is wholly here. Backups of the version that brought blobs are read as well."""
    rows = db.rows(f"select {_FIRST_COLUMNS} from blob where standing = 'kept' order by school, sha256")
    return [Blob(**row) for row in rows]


def is_known(db: Reader) -> bool:
    """Whether this database is of a version that knows of blobs."""
    return bool(db.rows("select 1 from migration where name = '0040_blobs.sql'"))


def all_uses(db: Reader, school: str) -> dict[str, set[str]]:
    """For each record, the digests it is said to name."""
    found: dict[str, set[str]] = {}
    for row in db.rows("select record, sha256 from blob_use where school = :school", {"school": school}):
        found.setdefault(row["record"], set()).add(row["sha256"])
    return found


def room_taken(db: Reader, school: str) -> int:
    """Bytes of the disk that a school's blobs take, those on their way and what was made from them too."""
    (kept_,) = db.rows(
        "select coalesce(sum(received + beside), 0) as taken, count(*) as files from blob"
        " where school = :school and standing = 'kept'",
        {"school": school},
    )
    (coming,) = db.rows(
        "select coalesce(sum(length), 0) as taken, count(*) as files from blob_arrival_part where school = :school",
        {"school": school},
    )
    return sum(int(row["taken"]) + int(row["files"]) * FILE_COSTS for row in (kept_, coming))


_KEY = "school = :school and sha256 = :sha256 and sender = :sender"


def arrival(db: Reader, school: str, sha256: str, sender: str) -> Arrival | None:
    """What this sender has sent of a blob; None when nothing of it is here, or all was settled."""
    row = one(
        db.rows(
            f"select school, sha256, sender, length, received from blob_arrival where {_KEY}",
            {"school": school, "sha256": sha256, "sender": sender},
        )
    )
    return Arrival(**row) if row else None


def add_part(db: Db, coming: Arrival, part: Part, at: str) -> None:
    """One more piece of a blob, up to `coming.received`; it stands for those that were at its place or behind it."""
    key = {"school": coming.school, "sha256": coming.sha256, "sender": coming.sender}
    db.run(
        "insert into blob_arrival (school, sha256, sender, length, received, touched_at)"
        " values (:school, :sha256, :sender, :length, :received, :at)"
        " on conflict (school, sha256, sender) do update set length = excluded.length, received = excluded.received,"
        " touched_at = excluded.touched_at",
        key | {"length": coming.length, "received": coming.received, "at": at},
    )
    db.run(f"delete from blob_arrival_part where {_KEY} and start >= :start", key | {"start": part.start})
    db.run(
        "insert into blob_arrival_part (school, sha256, sender, start, length, name)"
        " values (:school, :sha256, :sender, :start, :length, :name)",
        key | {"start": part.start, "length": part.length, "name": part.name},
    )


def parts(db: Reader, school: str, sha256: str, sender: str) -> list[Part]:
    rows = db.rows(
        f"select start, length, name from blob_arrival_part where {_KEY} order by start",
        {"school": school, "sha256": sha256, "sender": sender},
    )
    return [Part(**row) for row in rows]


def forget_arrival(db: Db, school: str, sha256: str, sender: str) -> None:
    """As if this sender had sent nothing of it."""
    key = {"school": school, "sha256": sha256, "sender": sender}
    db.run(f"delete from blob_arrival_part where {_KEY}", key)
    db.run(f"delete from blob_arrival where {_KEY}", key)


def settle(db: Db, found: Blob, at: str) -> None:
    """All of it has been here and was looked at."""
    db.run(
        "insert into blob (school, sha256, standing, received, type, reason, beside, began_at, touched_at)"
        " values (:school, :sha256, :standing, :received, :type, :reason, :beside, :at, :at)"
        " on conflict (school, sha256) do update set standing = excluded.standing, received = excluded.received,"
        " type = excluded.type, reason = excluded.reason, beside = excluded.beside, touched_at = excluded.touched_at",
        {
            "school": found.school,
            "sha256": found.sha256,
            "standing": found.standing,
            "received": found.received,
            "type": found.type,
            "reason": found.reason,
            "beside": found.beside,
            "at": at,
        },
    )


def forget(db: Db, school: str, sha256: str) -> None:
    """As if it had never come; whoever sends it at this moment goes on."""
    for table in ("blob_giver", "blob"):
        db.run(
            f"delete from {table} where school = :school and sha256 = :sha256",
            {"school": school, "sha256": sha256},
        )


def untouched_since(db: Reader, school: str, before: str) -> list[Arrival]:
    """What has been on its way since then without another piece, oldest first; a few at a time."""
    rows = db.rows(
        "select school, sha256, sender, length, received from blob_arrival"
        " where school = :school and touched_at < :before order by touched_at limit 100",
        {"school": school, "before": before},
    )
    return [Arrival(**row) for row in rows]


def note_unused(db: Db, school: str, at: str) -> None:
    """Remember since when no record of anybody who brought a blob names it any more."""
    db.run(
        f"update blob set unused_since = :at where school = :school and unused_since is null and not {_COUNTS}",
        {"school": school, "at": at},
    )
    db.run(
        f"update blob set unused_since = null where school = :school and unused_since is not null and {_COUNTS}",
        {"school": school},
    )


def unused_since(db: Reader, school: str, before: str) -> list[str]:
    """Digests of what no record has named since then; a few at a time."""
    return _digests(
        db.rows(
            "select sha256 from blob where school = :school and unused_since < :before order by unused_since limit 100",
            {"school": school, "before": before},
        )
    )


def names_in_use(db: Reader, school: str) -> set[str]:
    """The files that hold pieces."""
    return {
        row["name"] for row in db.rows("select name from blob_arrival_part where school = :school", {"school": school})
    }


def _digests(rows: Sequence[Row]) -> list[str]:
    return [row["sha256"] for row in rows]
