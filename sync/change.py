"""A change: which fields of one record were set, by whom, on which replica, having seen what."""

import hashlib
import re
from functools import lru_cache
from typing import Any

import msgspec

from sync.errors import NotThisProtocol
from sync.json_door import LARGEST_WHOLE, parse

MAX_CHANGES = 1000
"""So many may one request carry."""
MAX_CHANGE_BYTES = 256 * 1024
MAX_FIELDS = 512
FIELD = re.compile(r"[a-z_]+(\.[A-Za-z0-9_-]+)*", re.ASCII)
RECORD = re.compile(r"[a-z_]+/[A-Za-z0-9-]{1,64}", re.ASCII)
CHANGE_ID = re.compile(r"([a-z0-9]{4,32})\.([1-9][0-9]{0,14})", re.ASCII)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """One change, as its author wrote it. `body` is kept beside it: the original bytes."""

    id: str
    school: str
    record: str
    by: str
    at: str
    set: dict[str, Any]
    seen: dict[str, list[str]] = {}

    @property
    def replica(self) -> str:
        return self.id.rpartition(".")[0]

    @property
    def n(self) -> int:
        return int(self.id.rpartition(".")[2])

    @property
    def kind(self) -> str:
        return self.record.partition("/")[0]


_decoder = msgspec.json.Decoder(Change)
_PLAIN_DEPTH = 8
"""Values nested deeper than this are read by the strict reader alone, which knows how deep is too deep."""


class Written(msgspec.Struct, frozen=True):
    """A change together with the exact text it arrived as, and that text's SHA-256."""

    change: Change
    body: str
    digest: str


def decode(body: str) -> Written:
    """The change written in `body`; NotThisProtocol says what is wrong with it."""
    size = len(body.encode("utf-8", "surrogatepass"))
    if size > MAX_CHANGE_BYTES:
        raise NotThisProtocol(f"a change of {size} bytes is over the {MAX_CHANGE_BYTES} allowed")
    change = check(parse(body))
    return Written(change, body, digest_of(body))


def read(raw: bytes) -> Written:
    """The change in these bytes of JSON, as `decode`; at a tenth of the cost when it is written as we write."""
    change = _written_plainly(raw) if len(raw) <= MAX_CHANGE_BYTES else None
    if change is None:
        try:
            return decode(raw.decode("utf-8"))
        except UnicodeDecodeError as wrong:
            raise NotThisProtocol("the text is not UTF-8") from wrong
    _check_envelope(change)
    return Written(change, raw.decode(), hashlib.sha256(raw).hexdigest())


def _written_plainly(raw: bytes) -> Change | None:
    """The change in `raw` when writing it again gives these very bytes; None leaves it to the strict reader.

    Bytes that come back the same hold no key twice, no half of a character, and nothing that is not JSON. What they
    could still hold is looked for: NUL, numbers that are too large, deep nesting.
    """
    if b"\\u0000" in raw:
        return None
    try:
        change = _decoder.decode(raw)
        if not all(_is_plain(value) for value in change.set.values() if type(value) is not str):
            return None
        again = msgspec.json.encode(change)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    is_same = again == raw or (not change.seen and raw[:-1] + b',"seen":{}}' == again)
    return change if is_same else None


def _is_plain(value: Any, depth: int = _PLAIN_DEPTH) -> bool:
    if type(value) is str or value is None:
        return True
    if type(value) is int:
        return -LARGEST_WHOLE <= value <= LARGEST_WHOLE
    if type(value) is dict or type(value) is list:
        inside = value.values() if type(value) is dict else value
        return depth > 0 and all(_is_plain(item, depth - 1) for item in inside)
    return True


def check(plain: object) -> Change:
    """The Change in a parsed JSON value; NotThisProtocol names the field that is wrong."""
    try:
        change = msgspec.convert(plain, Change, strict=True)
    except msgspec.ValidationError as wrong:
        raise NotThisProtocol(f"not a change: {wrong}") from wrong
    _check_envelope(change)
    return change


def _check_envelope(change: Change) -> None:
    if not CHANGE_ID.fullmatch(change.id):
        raise NotThisProtocol("a change id is <replica>.<n>")
    if not RECORD.fullmatch(change.record):
        raise NotThisProtocol("a record is <kind>/<uuid>")
    if not TIME.fullmatch(change.at):
        raise NotThisProtocol("`at` is a UTC time such as 2026-11-22T03:15:09.120Z")
    if not 1 <= len(change.school) <= 64 or not 1 <= len(change.by) <= 64:
        raise NotThisProtocol("`school` and `by` are ids of 1 to 64 characters")
    if not 1 <= len(change.set) <= MAX_FIELDS:
        raise NotThisProtocol(f"a change sets 1 to {MAX_FIELDS} fields")
    for name in change.set.keys() | change.seen.keys() if change.seen else change.set:
        if not _is_field_name(name):
            raise NotThisProtocol(f"not a field name: {name[:140]!r}")
    if not all(CHANGE_ID.fullmatch(seen) for named in change.seen.values() for seen in named):
        raise NotThisProtocol("`seen` names change ids")


@lru_cache(maxsize=4096)
def _is_field_name(name: str) -> bool:
    return len(name) <= 128 and FIELD.fullmatch(name) is not None


def encode(change: Change) -> Written:
    """`change` as compact JSON text, with its digest."""
    body = msgspec.json.encode(change).decode()
    return Written(change, body, digest_of(body))


def digest_of(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
