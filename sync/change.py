"""A change: which fields of one record were set, by whom, on which replica, having seen what."""

import hashlib
import re
from typing import Any

import msgspec

from sync.errors import NotThisProtocol
from sync.json_door import parse

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
    for name in change.set.keys() | change.seen.keys():
        if len(name) > 128 or not FIELD.fullmatch(name):
            raise NotThisProtocol(f"not a field name: {name[:140]!r}")
    if not all(CHANGE_ID.fullmatch(seen) for named in change.seen.values() for seen in named):
        raise NotThisProtocol("`seen` names change ids")


def encode(change: Change) -> Written:
    """`change` as compact JSON text, with its digest."""
    body = msgspec.json.encode(change).decode()
    return Written(change, body, digest_of(body))


def digest_of(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
