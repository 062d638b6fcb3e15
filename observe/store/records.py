"""Records as they stand: folded fields, and who may see them since when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from observe.store.db import Db, Row, one
from sync.record import Field, Head, Record, conflicts, shown


class _Stay(msgspec.Struct, array_like=True):
    """A token that could see a record from one feed number until before another."""

    token: str
    since: int
    until: int | None = None


class _Head(msgspec.Struct, array_like=True):
    id: str
    by: str
    at: str
    value: Any


class _Field(msgspec.Struct, array_like=True):
    seq: int
    heads: list[_Head]
    replaced: list[str] = []


_fields_decoder = msgspec.json.Decoder(dict[str, _Field])
_audience_decoder = msgspec.json.Decoder(list[_Stay])


@dataclass(slots=True)
class Kept:
    """One record: its fields, when each last changed, and its audience over time."""

    school: str
    record: str
    seq: int = 0
    fields: Record = field(default_factory=dict)
    touched: dict[str, int] = field(default_factory=dict)
    stays: list[_Stay] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.record.partition("/")[0]

    @property
    def id(self) -> str:
        return self.record.partition("/")[2]

    @property
    def values(self) -> dict[str, Any]:
        return shown(self.fields)

    def value(self, name: str) -> Any:
        """What is shown of one field; None when it is empty."""
        found = self.fields.get(name)
        return found.shown.value if found and found.heads else None

    @property
    def audience(self) -> frozenset[str]:
        return frozenset(stay.token for stay in self.stays if stay.until is None)

    def audience_at(self, seq: int) -> frozenset[str]:
        """Who could see the record when the feed stood at `seq`."""
        return frozenset(
            stay.token for stay in self.stays if stay.since <= seq and (stay.until is None or stay.until > seq)
        )

    def admit(self, audience: frozenset[str], seq: int) -> None:
        """From `seq` on, exactly `audience` sees the record."""
        present = self.audience
        for stay in self.stays:
            if stay.until is None and stay.token not in audience:
                stay.until = seq
        self.stays += [_Stay(token, seq) for token in sorted(audience - present)]


def read(db: Db, school: str, record: str) -> Kept | None:
    row = one(
        db.rows(
            "select school, record, seq, fields, audience from record where school = :school and record = :record",
            {"school": school, "record": record},
        )
    )
    return _kept(row) if row else None


def read_many(db: Db, school: str, names: Sequence[str], at_once: int = 400) -> dict[str, Kept]:
    """The records of `names` that exist, by name."""
    found: dict[str, Kept] = {}
    for start in range(0, len(names), at_once):
        part = names[start : start + at_once]
        places = ", ".join(f":r{index}" for index in range(len(part)))
        rows = db.rows(
            f"select school, record, seq, fields, audience from record where school = :school and record in ({places})",
            {"school": school} | {f"r{index}": name for index, name in enumerate(part)},
        )
        found |= {row["record"]: _kept(row) for row in rows}
    return found


def since(db: Db, school: str, after: int, limit: int) -> list[Kept]:
    """Records touched after feed number `after`, in the order they were last touched."""
    rows = db.rows(
        "select school, record, seq, fields, audience from record where school = :school and seq > :after"
        " order by seq, record limit :limit",
        {"school": school, "after": after, "limit": limit},
    )
    return [_kept(row) for row in rows]


def of_kind(db: Db, school: str, kind: str) -> list[Kept]:
    rows = db.rows(
        "select school, record, seq, fields, audience from record where school = :school and kind = :kind"
        " order by record",
        {"school": school, "kind": kind},
    )
    return [_kept(row) for row in rows]


def in_conflict(db: Db, school: str) -> list[Kept]:
    """Records that hold different answers for one field, oldest first."""
    rows = db.rows(
        "select school, record, seq, fields, audience from record where school = :school and has_conflict = 1"
        " order by seq",
        {"school": school},
    )
    return [_kept(row) for row in rows]


def write(db: Db, kept: Iterable[Kept]) -> None:
    db.run_many(
        "insert into record (school, record, kind, seq, fields, audience, has_conflict)"
        " values (:school, :record, :kind, :seq, :fields, :audience, :has_conflict)"
        " on conflict (school, record) do update set seq = excluded.seq, fields = excluded.fields,"
        " audience = excluded.audience, has_conflict = excluded.has_conflict",
        map(_row, kept),
    )


def _kept(row: Row) -> Kept:
    stored = _fields_decoder.decode(row["fields"])
    return Kept(
        school=row["school"],
        record=row["record"],
        seq=row["seq"],
        fields={
            name: Field([Head(head.id, head.by, head.at, head.value) for head in kept.heads], set(kept.replaced))
            for name, kept in stored.items()
        },
        touched={name: kept.seq for name, kept in stored.items()},
        stays=_audience_decoder.decode(row["audience"]),
    )


def _row(kept: Kept) -> Row:
    fields = {
        name: _Field(
            kept.touched.get(name, kept.seq),
            [_Head(head.id, head.by, head.at, head.value) for head in folded.heads],
            sorted(folded.replaced),
        )
        for name, folded in kept.fields.items()
    }
    return {
        "school": kept.school,
        "record": kept.record,
        "kind": kept.kind,
        "seq": kept.seq,
        "fields": msgspec.json.encode(fields).decode(),
        "audience": msgspec.json.encode(kept.stays).decode(),
        "has_conflict": int(bool(conflicts(kept.fields))),
    }
