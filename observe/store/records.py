"""Records as they stand: folded fields, and who may see them since when."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec

from observe.store.db import Db, Row, one
from sync.record import Field, Head, Record, conflicts, shown


class _Stay(msgspec.Struct, array_like=True):
    """A token that could see a record from one feed number until before another."""

    token: str
    since: int
    until: int | None = None

    def is_at(self, seq: int) -> bool:
        return self.since <= seq and (self.until is None or self.until > seq)


class _Group(msgspec.Struct, gc=False):
    """What one change says in a record now: the heads that it is, as the feed tells them."""

    id: str
    by: str
    at: str
    set: dict[str, Any]


class _Stored(msgspec.Struct, omit_defaults=True, gc=False):
    """The column `fields`. `seqs` has a feed number for each of `heads`: when what it says last changed.

    `later` has the numbers of fields that last changed at another, and of those that have no heads.
    """

    heads: list[_Group]
    seqs: list[int]
    later: dict[str, int] = {}
    replaced: dict[str, list[str]] = {}


class _Plain(msgspec.Struct, gc=False):
    """The same, for passing on `heads` as it stands."""

    heads: msgspec.Raw
    later: dict[str, int] = {}


class _OldHead(msgspec.Struct, array_like=True, gc=False):
    id: str
    by: str
    at: str
    value: Any


class _OldField(msgspec.Struct, array_like=True, gc=False):
    seq: int
    heads: list[_OldHead]
    replaced: list[str] = []


_BEGINNINGS = ('{"heads":[{', '{"heads":[],')
"""In the form that came before, a number stood where these have a brace or a bracket: `{"<field>":[<seq>,...`."""

_decoder = msgspec.json.Decoder(_Stored)
_plain_decoder = msgspec.json.Decoder(_Plain)
_old_decoder = msgspec.json.Decoder(dict[str, _OldField])
_audience_decoder = msgspec.json.Decoder(list[_Stay])


class Kept:
    """One record: its fields, when each last changed, and its audience over time.

    Fields are read from what is stored when they are first asked for: most records are only passed on.
    """

    __slots__ = ("_fields", "_stored", "_touched", "record", "school", "seq", "stays")

    def __init__(
        self, school: str, record: str, seq: int = 0, stored: str | None = None, stays: list[_Stay] | None = None
    ) -> None:
        self.school = school
        self.record = record
        self.seq = seq
        self.stays = stays or []
        self._stored = stored
        self._fields: Record = {}
        self._touched: dict[str, int] = {}

    @property
    def fields(self) -> Record:
        if self._stored is not None:
            self._read()
        return self._fields

    @fields.setter
    def fields(self, fields: Record) -> None:
        if self._stored is not None:
            self._read()
        self._fields = fields

    @property
    def touched(self) -> dict[str, int]:
        """The feed number at which each field last changed."""
        if self._stored is not None:
            self._read()
        return self._touched

    @touched.setter
    def touched(self, touched: dict[str, int]) -> None:
        self._touched = touched

    def _read(self) -> None:
        stored, self._stored = self._stored or "{}", None
        self._fields, self._touched = _unpacked(stored) if stored.startswith(_BEGINNINGS) else _unpacked_old(stored)

    @property
    def heads_as_stored(self) -> msgspec.Raw | None:
        """All heads as the feed tells them, without looking inside; None when there is more to tell."""
        if self._stored is None or not self._stored.startswith(_BEGINNINGS):
            return None
        plain = _plain_decoder.decode(self._stored)
        return None if plain.later else plain.heads

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
        return frozenset(stay.token for stay in self.stays if stay.is_at(seq))

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


@dataclass(frozen=True, slots=True)
class Touched:
    """That a record was touched, and who may see it since when; nothing of what it holds."""

    record: str
    seq: int
    stays: list[_Stay]

    def is_seen_by(self, tokens: frozenset[str], since: int | None = None) -> bool:
        """Whether anybody who holds `tokens` sees it now; and has, without a break, since a feed number."""
        stays = (stay for stay in self.stays if stay.until is None and stay.token in tokens)
        return any(since is None or stay.since <= since for stay in stays)

    def was_seen_by(self, tokens: frozenset[str], seq: int) -> bool:
        """Whether anybody who holds `tokens` could see it when the feed stood at `seq`."""
        return any(stay.is_at(seq) and stay.token in tokens for stay in self.stays)

    def was_seen_after(self, tokens: frozenset[str], seq: int) -> bool:
        """Whether anybody who holds `tokens` could see it at any time after the feed stood at `seq`."""
        return any(stay.token in tokens and (stay.until is None or stay.until > seq) for stay in self.stays)


def touched_of(db: Db, school: str, names: Sequence[str], at_once: int = 400) -> Iterator[Touched]:
    """The records of `names` that exist, without what they hold."""
    for start in range(0, len(names), at_once):
        part = {f"r{index}": name for index, name in enumerate(names[start : start + at_once])}
        rows = db.rows(
            "select record, seq, audience from record where school = :school"
            f" and record in ({', '.join(f':{name}' for name in part)}) order by record",
            {"school": school, **part},
        )
        yield from (_touched(row, None) for row in rows)


def touched_since(
    db: Db, school: str, after: int, tokens: frozenset[str] | None = None, at_once: int = 1000
) -> Iterator[list[Touched]]:
    """Records touched after feed number `after` in that order, those of one number together.

    With `tokens`, who may see a record is told only where that is, or was, somebody who holds one of them.
    """
    marks = None if tokens is None else [f'"{token}"' for token in tokens]
    while True:
        rows = db.rows(
            "select record, seq, audience from record where school = :school and seq > :after"
            " order by seq, record limit :limit",
            {"school": school, "after": after, "limit": at_once},
        )
        is_all = len(rows) < at_once
        touched = (_touched(row, marks) for row in rows)
        groups = [list(group) for _, group in groupby(touched, key=attrgetter("seq"))]
        if not is_all and len(groups) > 1:
            groups.pop()  # the rest of it comes next
        elif not is_all:
            at_once *= 2
            continue
        yield from groups
        if is_all:
            return
        after = groups[-1][0].seq


def _touched(row: Row, marks: list[str] | None) -> Touched:
    told: str = row["audience"]
    is_anybodys = marks is None or any(mark in told for mark in marks)
    return Touched(row["record"], row["seq"], _audience_decoder.decode(told) if is_anybodys else [])


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
    return Kept(row["school"], row["record"], row["seq"], row["fields"], _audience_decoder.decode(row["audience"]))


def _row(kept: Kept) -> Row:
    return {
        "school": kept.school,
        "record": kept.record,
        "kind": kept.kind,
        "seq": kept.seq,
        "fields": msgspec.json.encode(_packed(kept.fields, kept.touched, kept.seq)).decode(),
        "audience": msgspec.json.encode(kept.stays).decode(),
        "has_conflict": int(bool(conflicts(kept.fields))),
    }


def _packed(fields: Record, touched: Mapping[str, int], last: int) -> _Stored:
    """The fields by the changes they are heads of, so that who and when stand once for each change."""
    groups: dict[str, _Group] = {}
    seqs: dict[str, int] = {}
    later: dict[str, int] = {}
    replaced: dict[str, list[str]] = {}
    for name, folded in fields.items():
        seq = touched.get(name, last)
        is_at_another = not folded.heads
        for head in folded.heads:
            key = head.id
            group = groups.get(key)
            while group is not None and (name in group.set or group.at != head.at or group.by != head.by):
                key += "'"  # a copied device wrote under the same number
                group = groups.get(key)
            if group is None:
                group = groups[key] = _Group(head.id, head.by, head.at, {})
                seqs[key] = seq
            group.set[name] = head.value
            is_at_another = is_at_another or (head is folded.heads[0] and seqs[key] != seq)
        if is_at_another:
            later[name] = seq
        if folded.replaced:
            replaced[name] = sorted(folded.replaced)
    return _Stored(list(groups.values()), list(seqs.values()), later, replaced)


def _unpacked(text: str) -> tuple[Record, dict[str, int]]:
    stored = _decoder.decode(text)
    fields: Record = {}
    touched: dict[str, int] = {}
    for group, seq in zip(stored.heads, stored.seqs, strict=True):
        for name, value in group.set.items():
            head = Head(group.id, group.by, group.at, value)
            folded = fields.get(name)
            if folded is None:
                fields[name], touched[name] = Field([head]), seq
            else:
                folded.heads.append(head)
                folded.heads.sort(key=lambda each: each.id)
                if folded.heads[0] is head:
                    touched[name] = seq
    for name, seq in stored.later.items():
        fields.setdefault(name, Field())
        touched[name] = seq
    for name, ids in stored.replaced.items():
        fields[name].replaced = frozenset(ids)
    return fields, touched


def _unpacked_old(text: str) -> tuple[Record, dict[str, int]]:
    """As it was stored before who and when stood once for each change; such a record is stored anew when it changes."""
    stored = _old_decoder.decode(text)
    fields = {
        name: Field([Head(head.id, head.by, head.at, head.value) for head in kept.heads], frozenset(kept.replaced))
        for name, kept in stored.items()
    }
    return fields, {name: kept.seq for name, kept in stored.items()}
