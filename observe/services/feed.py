"""What a device has not read yet: for each record its person may see, the fields whose heads changed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from observe.domain import access
from observe.domain.access import Viewer
from observe.services.intake import Receipt
from observe.services.place import Place
from observe.store import changes, places, records
from observe.store.batch import Own, RecordKey
from observe.store.changes import LogRow
from observe.store.db import Db
from observe.store.records import Kept, Touched
from observe.store.standing import Standing
from sync import cursor as cursors
from sync.cursor import Cursor
from sync.errors import Reset, SyncError
from sync.record import Head

MOST_RECORDS = 500
MOST_LOOKED_AT = 5000
"""Records somebody may not see cost little to pass over; an answer waits for no more of them than this."""
NO_OWN: Mapping[RecordKey, Own] = {}


@dataclass(slots=True)
class Page:
    """One answer's worth of records as they travel, the cursor after them, and whether more wait."""

    cursor: str
    records: list[dict[str, Any]] = field(default_factory=list)
    has_more: bool = False


def heads(
    place: Place,
    viewer: Viewer,
    cursor: str | None,
    limit: int = MOST_RECORDS,
    own: Mapping[RecordKey, Own] = NO_OWN,
    sent: Collection[RecordKey] = (),
) -> Page:
    """What changed for `viewer` since `cursor`; Reset when the cursor is of another history.

    All of it is read at one moment: what is written meanwhile comes with the next page, whole. `own` is what the reader
    has just sent, where it folds that itself: a record that nobody else has touched since the cursor is left out.
    `sent` are all the records it has just named: what of them it may not see it forgets, though never told of it.
    """
    with place.db.snapshot():
        page = _heads(place, viewer, cursor, limit, own)
        page.records += _gone(place.db, viewer, sent, {entry["record"] for entry in page.records})
        return page


def after(
    place: Place, viewer: Viewer, cursor: str | None, receipt: Receipt, limit: int = MOST_RECORDS, *, folds: bool
) -> Page:
    """`heads` for a device that has just sent a batch, and `folds` by itself what of it is accepted.

    While it sends again what was stored before, and more of that is to come, it is told nothing but what is gone: what
    stands here holds what those later changes did, and it would lay the earlier ones over that.
    """
    if receipt.is_behind:
        with place.db.snapshot():
            return Page(cursor or "", list(_gone(place.db, viewer, receipt.sent, ())), has_more=True)
    return heads(place, viewer, cursor, limit, receipt.own if folds else NO_OWN, receipt.sent)


def _gone(db: Db, viewer: Viewer, sent: Collection[RecordKey], told: Collection[str]) -> Iterator[dict[str, Any]]:
    for school in sorted({school for school, _ in sent}):
        tokens = access.tokens(viewer, school)
        named = sorted(record for of, record in sent if of == school and record not in told)
        for touched in records.touched_of(db, school, named):
            if not touched.is_seen_by(tokens):
                yield {"record": touched.record, "gone": True}


def is_all_read(found: Standing, cursor: str) -> bool:
    """Whether nothing is new for whoever reads as `found` since `cursor`; False also when that takes a longer look."""
    try:
        before = cursors.decode(cursor)
    except SyncError:
        return False
    schools = found.viewer.schools.keys()
    if not before.is_of(found.epoch) or before.schools.keys() != {cursors.school_mark(school) for school in schools}:
        return False
    return all(_is_at_its_end(found, school, before.place_in(school)) for school in schools)


def _is_at_its_end(found: Standing, school: str, stood: cursors.Place | None) -> bool:
    if stood is None or stood.base is not None:
        return False
    end = found.ends[school]
    is_as_before = _as_reader(access.tokens(found.viewer, school)) == stood.reader
    return is_as_before and stood.seq == end.seq and stood.is_at(end.chain)


def _heads(place: Place, viewer: Viewer, cursor: str | None, limit: int, own: Mapping[RecordKey, Own]) -> Page:
    epoch, before = _before(place, cursor)
    page = Page("")
    reached: dict[str, cursors.Place] = {}
    for school in sorted({*viewer.schools, *_left(place.db, viewer, before)}):
        reader = _Reader(place.db, viewer, school, before.place_in(school), own)
        reached[school] = reader.read(page, limit)
    known = {school: stood for school, stood in reached.items() if stood.reader}
    page.cursor = cursors.encode(Cursor.of(epoch, known))
    return page


def _before(place: Place, cursor: str | None) -> tuple[str, Cursor]:
    """This server's epoch, and how far the reader has come in it; Reset when the cursor is of another history."""
    identity = places.read(place.db)
    epoch = identity.epoch if identity else ""
    before = cursors.decode(cursor) if cursor else Cursor.of(epoch, {})
    if not before.is_of(epoch):
        raise Reset("this server was restored or replaced; offer everything again and read from the start")
    return epoch, before


def _left(db: Db, viewer: Viewer, before: Cursor) -> Iterable[str]:
    """Schools she was reading in, and is not a member of now."""
    strange = before.schools.keys() - {cursors.school_mark(school) for school in viewer.schools}
    return {school for school in changes.schools(db) if cursors.school_mark(school) in strange} if strange else set()


def _as_reader(tokens: frozenset[str]) -> str:
    """A member of a school by her roles, in as few letters as a cursor can have; empty for nobody."""
    return "".join(sorted(_LETTERS[token] for token in tokens & _LETTERS.keys())) or ("m" if tokens else "")


def _tokens_of(reader: str, viewer: Viewer) -> frozenset[str]:
    """What the cursor says its reader held. Cursors of before have the tokens themselves, with spaces between."""
    if not reader:
        return frozenset()
    said = reader.split() if ":" in reader else [token for token, letter in _LETTERS.items() if letter in reader]
    return frozenset({"members", f"person:{viewer.person}", *(token for token in said if token in _LETTERS)})


def _ever_held(db: Db, viewer: Viewer, school: str) -> frozenset[str]:
    """What she may ever have read as in a school, as its log has it: a cursor is text that anybody can write."""
    found = changes.history(db, school, f"person/{viewer.person}")
    roles = {token for row in found for token in _LETTERS if row.change.set.get(token.replace(":", "."))}
    return frozenset({"members", f"person:{viewer.person}", *roles}) if found else frozenset()


_LETTERS = {"role:observer": "o", "role:teacher": "t", "role:administrator": "a"}


class _Reader:
    """Reads one school's feed for one person."""

    def __init__(
        self, db: Db, viewer: Viewer, school: str, stood: cursors.Place | None, own: Mapping[RecordKey, Own]
    ) -> None:
        self._db = db
        self._own = own
        self._viewer = viewer
        self._school = school
        self._now = access.tokens(viewer, school)
        self._reader = _as_reader(self._now)
        self._stood = stood or cursors.Place(0, "", self._reader)
        self._held = _tokens_of(self._stood.reader, viewer)
        if self._held - self._now:
            self._held &= self._now | _ever_held(db, viewer, school)
        self._base = self._stood.seq if self._stood.base is None else self._stood.base
        if not self._stood.is_at(changes.chain_at(db, school, self._stood.seq)):
            raise Reset("this server's history is not the one the cursor came from")

    def read(self, page: Page, limit: int) -> cursors.Place:
        """Add to `page` what is new; the place reached."""
        end = changes.position(self._db, self._school)
        if self._now != self._held:
            return self._read_again(page, end)
        if end.seq == self._stood.seq:
            return cursors.Place(end.seq, end.chain, self._reader)
        found, reached = self._some(max(limit - len(page.records), 0))
        self._tell(page, found)
        if reached is None:
            return cursors.Place(end.seq, end.chain, self._reader)
        page.has_more = True
        chain = changes.chain_at(self._db, self._school, reached) or ""
        return cursors.Place(reached, chain, self._reader, self._base)

    def _some(self, room: int) -> tuple[list[Touched], int | None]:
        """What there is to tell of, as much as fits, and the number it reaches; None when nothing is left behind.

        What one change touched is not split over two pages, and where it alone is too much it comes all the same.
        """
        found: list[Touched] = []
        reached, looked_at = self._stood.seq, 0
        for group in records.touched_since(self._db, self._school, self._stood.seq, self._now):
            told = [touched for touched in group if self._is_news(touched)]
            is_too_much = bool(told) and len(found) + len(told) > room and (bool(found) or room == 0)
            if is_too_much or looked_at >= MOST_LOOKED_AT:
                return found, reached
            found += told
            reached = group[0].seq
            looked_at += len(group)
        return found, None

    def _is_news(self, touched: Touched) -> bool:
        if touched.is_seen_by(self._now):
            return not self._knows(touched)
        return self._had(touched, self._now)

    def _has(self, touched: Touched) -> bool:
        """Whether the reader holds the record as it was where this reading began: it saw it ever since."""
        return self._base > 0 and touched.is_seen_by(self._now, since=self._base)

    def _had(self, touched: Touched, tokens: frozenset[str]) -> bool:
        """Whether somebody with these tokens may hold the record: from before this reading, or from a page of it."""
        if self._base > 0 and touched.was_seen_by(tokens, self._base):
            return True
        is_first_page = self._stood.base is None
        return not is_first_page and touched.was_seen_after(tokens, self._stood.seq)

    def _knows(self, touched: Touched) -> bool:
        """Whether all that happened to a record is what the reader itself has just sent."""
        own = self._own.get((self._school, touched.record))
        if own is None or own.last_seq != touched.seq:
            return False
        return own.is_new or (own.seq_before <= self._base and self._has(touched))

    def _tell(self, page: Page, found: list[Touched]) -> None:
        seen = [touched.record for touched in found if touched.is_seen_by(self._now)]
        kept = records.read_many(self._db, self._school, seen)
        for touched in found:
            if touched.record not in kept:
                page.records.append({"record": touched.record, "gone": True})
            elif self._has(touched):
                page.records.append(_part(kept[touched.record], self._base, self._hidden(touched.record)))
            else:
                page.records.append(_whole(kept[touched.record], self._hidden(touched.record)))

    def _read_again(self, page: Page, end: changes.Position) -> cursors.Place:
        """Her roles changed: everything she may see now, and the end of what she may not see any more."""
        for group in records.touched_since(self._db, self._school, 0, self._now | self._held):
            kept = records.read_many(self._db, self._school, [it.record for it in group if it.is_seen_by(self._now)])
            for touched in group:
                if touched.record in kept:
                    page.records.append(_whole(kept[touched.record], self._hidden(touched.record)))
                elif self._had(touched, self._held):
                    page.records.append({"record": touched.record, "gone": True})
        return cursors.Place(end.seq, end.chain, self._reader)

    def _hidden(self, record: str) -> frozenset[str]:
        return access.hidden_fields(self._viewer, self._school, record)


def _whole(kept: Kept, hidden: frozenset[str]) -> dict[str, Any]:
    heads = None if hidden else kept.heads_as_stored
    if heads is not None:
        return {"record": kept.record, "school": kept.school, "whole": True, "heads": heads}
    return _entry(kept, kept.fields.keys() - hidden, is_whole=True)


def _part(kept: Kept, since: int, hidden: frozenset[str]) -> dict[str, Any]:
    names = {name for name, seq in kept.touched.items() if seq > since}
    return _entry(kept, names - hidden, is_whole=False)


def _entry(kept: Kept, names: Iterable[str], *, is_whole: bool) -> dict[str, Any]:
    by_change: dict[str, dict[str, Any]] = {}
    for name in sorted(names):
        for head in kept.fields[name].heads if name in kept.fields else ():
            _group(by_change, head)["set"][name] = head.value
    cleared = sorted(name for name in names if name not in kept.fields or not kept.fields[name].heads)
    entry = {"record": kept.record, "school": kept.school, "whole": is_whole, "heads": list(by_change.values())}
    return entry | ({"cleared": cleared} if cleared else {})


def _group(by_change: dict[str, dict[str, Any]], head: Head) -> dict[str, Any]:
    return by_change.setdefault(head.id, {"id": head.id, "by": head.by, "at": head.at, "set": {}})


@dataclass(slots=True)
class LogPage:
    """Rows of the log in feed order, school by school; in `ends`, where each school's log stands after them."""

    cursor: str
    rows: list[LogRow] = field(default_factory=list)
    ends: dict[str, changes.Position] = field(default_factory=dict)
    has_more: bool = False


MOST_ROWS = 1000
MOST_BYTES = 2 * 1024 * 1024
_WHOLE_LOG = "log"
"""Reads the log of a school as nobody in particular."""


def log(place: Place, schools: Iterable[str], cursor: str | None, limit: int, most_bytes: int = MOST_BYTES) -> LogPage:
    """Every change of these schools since `cursor`, with its verdict; Reset when the cursor is of another history."""
    with place.db.snapshot():
        return _log(place, schools, cursor, limit, most_bytes)


def _log(place: Place, schools: Iterable[str], cursor: str | None, limit: int, most_bytes: int) -> LogPage:
    epoch, before = _before(place, cursor)
    page = LogPage("")
    reached: dict[str, cursors.Place] = {}
    for school in sorted(schools):
        stood = before.place_in(school) or cursors.Place(0, "", _WHOLE_LOG)
        chain = changes.chain_at(place.db, school, stood.seq)
        if stood.reader != _WHOLE_LOG or chain is None or not stood.is_at(chain):
            raise Reset("this server's history is not the one the cursor came from")
        rows = _some(place.db, school, stood.seq, limit - len(page.rows), most_bytes - _size(page.rows))
        page.rows += rows
        last = rows[-1] if rows else None
        end = changes.Position(last.seq, last.chain) if last else changes.Position(stood.seq, chain)
        page.has_more = page.has_more or end.seq < changes.position(place.db, school).seq
        page.ends[school] = end
        reached[school] = cursors.Place(end.seq, end.chain, _WHOLE_LOG)
    page.cursor = cursors.encode(Cursor.of(epoch, reached))
    return page


def _some(db: Db, school: str, after: int, room: int, most_bytes: int) -> list[LogRow]:
    """The next rows that fit; at least one where there is room for any."""
    found = changes.walk(db, school, after, room) if room > 0 and most_bytes > 0 else []
    size = 0
    for index, row in enumerate(found):
        size += len(row.body)
        if size > most_bytes and index:
            return found[:index]
    return found


def _size(rows: Iterable[LogRow]) -> int:
    return sum(len(row.body) for row in rows)
