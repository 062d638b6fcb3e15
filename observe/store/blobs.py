"""Photos and recordings: which records name them, and how much of each is here. The bytes are in `blob_files`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from observe.store.db import Db, Reader, Row, one
from sync.record import Record

PREFIX = "attachment."


@dataclass(frozen=True, slots=True)
class Use:
    """A record that names a blob, and what it says of it."""

    record: str
    bytes: int
    type: str


@dataclass(frozen=True, slots=True)
class Blob:
    """`standing`: arriving, kept or refused; `received` bytes are here. `type` is what its content was found to be."""

    school: str
    sha256: str
    standing: str
    received: int
    type: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a blob on its way, and the file it is in."""

    start: int
    length: int
    name: str


def refer(db: Db, school: str, record: str, fields: Record) -> None:
    """Note which blobs a record names now, whatever it named before. Other answers to one field are named as well."""
    named = [field for name, field in fields.items() if name.startswith(PREFIX)]
    if not named:
        return
    uses = {head.value["sha256"]: head.value for field in named for head in field.heads if head.value is not None}
    db.run("delete from blob_use where school = :school and record = :record", {"school": school, "record": record})
    db.run_many(
        "insert into blob_use (school, sha256, record, bytes, type) values (:school, :sha256, :record, :bytes, :type)",
        [
            {"school": school, "record": record} | {name: says[name] for name in ("sha256", "bytes", "type")}
            for says in uses.values()
        ],
    )


def uses(db: Reader, school: str, sha256: str) -> list[Use]:
    rows = db.rows(
        "select record, bytes, type from blob_use where school = :school and sha256 = :sha256 order by record",
        {"school": school, "sha256": sha256},
    )
    return [Use(**row) for row in rows]


_COLUMNS = "school, sha256, standing, received, type, reason"


def read(db: Reader, school: str, sha256: str) -> Blob | None:
    row = one(
        db.rows(
            f"select {_COLUMNS} from blob where school = :school and sha256 = :sha256",
            {"school": school, "sha256": sha256},
        )
    )
    return Blob(**row) if row else None


def of_record(db: Reader, school: str, record: str) -> dict[str, Blob]:
    """What is here of the blobs one record names, by digest."""
    rows = db.rows(
        f"select {_COLUMNS} from blob where school = :school"
        " and sha256 in (select sha256 from blob_use where school = :school and record = :record)",
        {"school": school, "record": record},
    )
    return {row["sha256"]: Blob(**row) for row in rows}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A blob that records name, and how large they say it is."""

    school: str
    sha256: str
    bytes: int


def to_send_up(db: Reader, schools: Iterable[str]) -> list[Blob]:
    """What is here, named by a record, and not known to be at the centre; oldest first."""
    found = []
    for school in sorted(schools):
        found += db.rows(
            f"select {_COLUMNS} from blob where school = :school and standing = 'kept' and sent_up_at is null"
            " and exists (select 1 from blob_use u where u.school = blob.school and u.sha256 = blob.sha256)"
            " order by began_at, sha256",
            {"school": school},
        )
    return [Blob(**row) for row in found]


def to_fetch(db: Reader, schools: Iterable[str]) -> list[Wanted]:
    """What records name and is not here, nor was refused here."""
    found = []
    for school in sorted(schools):
        found += db.rows(
            "select u.school as school, u.sha256 as sha256, max(u.bytes) as bytes from blob_use u"
            " where u.school = :school and not exists (select 1 from blob b where b.school = u.school"
            " and b.sha256 = u.sha256 and b.standing <> 'arriving')"
            " group by u.school, u.sha256 order by u.sha256",
            {"school": school},
        )
    return [Wanted(**row) for row in found]


def note_sent_up(db: Db, school: str, sha256: str, at: str) -> None:
    """The centre has it, or will never take it."""
    db.run(
        "update blob set sent_up_at = :at where school = :school and sha256 = :sha256",
        {"school": school, "sha256": sha256, "at": at},
    )


def kept(db: Reader) -> list[Blob]:
    """Every blob that is wholly here."""
    rows = db.rows(f"select {_COLUMNS} from blob where standing = 'kept' order by school, sha256")
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
    """Bytes of a school's blobs, those on their way too."""
    (row,) = db.rows(
        "select coalesce(sum(received), 0) as taken from blob where school = :school and standing <> 'refused'",
        {"school": school},
    )
    return int(row["taken"])


def add_part(db: Db, school: str, sha256: str, part: Part, at: str) -> None:
    """One more piece of a blob, right behind what is here already."""
    key = {"school": school, "sha256": sha256, "at": at}
    db.run(
        "insert into blob (school, sha256, standing, received, began_at, touched_at)"
        " values (:school, :sha256, 'arriving', :received, :at, :at)"
        " on conflict (school, sha256) do update set standing = 'arriving', received = excluded.received,"
        " touched_at = excluded.touched_at",
        key | {"received": part.start + part.length},
    )
    db.run(
        "insert into blob_part (school, sha256, start, length, name) values (:school, :sha256, :start, :length, :name)",
        {"school": school, "sha256": sha256, "start": part.start, "length": part.length, "name": part.name},
    )


def parts(db: Reader, school: str, sha256: str) -> list[Part]:
    rows = db.rows(
        "select start, length, name from blob_part where school = :school and sha256 = :sha256 order by start",
        {"school": school, "sha256": sha256},
    )
    return [Part(**row) for row in rows]


def settle(db: Db, found: Blob, at: str) -> None:
    """What was on its way has arrived, or was refused: no pieces any more."""
    db.run(
        "insert into blob (school, sha256, standing, received, type, reason, began_at, touched_at)"
        " values (:school, :sha256, :standing, :received, :type, :reason, :at, :at)"
        " on conflict (school, sha256) do update set standing = excluded.standing, received = excluded.received,"
        " type = excluded.type, reason = excluded.reason, touched_at = excluded.touched_at",
        {
            "school": found.school,
            "sha256": found.sha256,
            "standing": found.standing,
            "received": found.received,
            "type": found.type,
            "reason": found.reason,
            "at": at,
        },
    )
    _forget_parts(db, found.school, found.sha256)


def forget(db: Db, school: str, sha256: str) -> None:
    """As if nothing of it had ever come."""
    _forget_parts(db, school, sha256)
    db.run(
        "delete from blob where school = :school and sha256 = :sha256",
        {"school": school, "sha256": sha256},
    )


def untouched_since(db: Reader, school: str, before: str) -> list[str]:
    """Digests of what has been on its way since then without another piece, oldest first; a few at a time."""
    return _digests(
        db.rows(
            "select sha256 from blob where school = :school and standing = 'arriving' and touched_at < :before"
            " order by touched_at limit 100",
            {"school": school, "before": before},
        )
    )


def note_unused(db: Db, school: str, at: str) -> None:
    """Remember since when no record names a blob any more."""
    is_used = "exists (select 1 from blob_use u where u.school = blob.school and u.sha256 = blob.sha256)"
    db.run(
        f"update blob set unused_since = :at where school = :school and unused_since is null and not {is_used}",
        {"school": school, "at": at},
    )
    db.run(
        f"update blob set unused_since = null where school = :school and unused_since is not null and {is_used}",
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
    return {row["name"] for row in db.rows("select name from blob_part where school = :school", {"school": school})}


def _digests(rows: Sequence[Row]) -> list[str]:
    return [row["sha256"] for row in rows]


def _forget_parts(db: Db, school: str, sha256: str) -> None:
    db.run(
        "delete from blob_part where school = :school and sha256 = :sha256",
        {"school": school, "sha256": sha256},
    )
