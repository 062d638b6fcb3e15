"""The door for devices: bytes in, changes to intake, answers out. Bearer tokens only, no cookies."""

import gzip
import io
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge

from observe.domain.access import Viewer
from observe.services import backup, feed, intake, pairing, replication
from observe.services import nodes as names
from observe.services.feed import MOST_RECORDS, MOST_ROWS
from observe.services.intake import Receipt, Sender
from observe.services.place import Place, as_text
from observe.services.replication import Forwarder, Taken
from observe.store import changes, nodes, people, replicas
from observe.store.changes import LogRow
from observe.store.replicas import Replica
from observe.store.standing import Standing
from observe.web import bearer
from observe.web.errors import problem
from observe.web.place import place
from sync import json_door
from sync.change import MAX_CHANGE_BYTES, MAX_CHANGES, Written
from sync.change import read as read_change
from sync.errors import ClientTooOld, NotThisProtocol, TooLarge

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

blueprint = Blueprint("exchange", __name__, url_prefix="/sync/v1")

T = TypeVar("T")
PROTOCOL = 1
SAME_CLOCK_SECONDS = 5
A_PAGE = 200
"""Records in an answer to a device that does not say how many: what a slow tablet puts away in a second."""
_CHUNK = 64 * 1024


class Request(msgspec.Struct, frozen=True):
    """One exchange as a device asks for it; each change as the bytes it was written in.

    `terse`: it takes what is absent for what it was. `folds`: it folds by itself what it sends and is accepted.
    """

    protocol: int
    cursor: str | None = None
    changes: list[msgspec.Raw] = []
    feed: str = "heads"
    limit: int | None = None
    waiting: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] | None = None
    waiting_since: str | None = None
    now: str | None = None
    replica: str | None = None
    vectors: bool = False
    terse: bool = False
    folds: bool = False


@blueprint.post("/exchange")
def exchange() -> Response:
    """Take in a batch, answer with what is new for its person."""
    found = bearer.standing()
    device = found.device if found else bearer.device()
    if device is None or device.person is None:
        return _exchange_with_node()
    asked, written = _asked("heads")
    if found and asked.cursor and not written and asked.terse and feed.is_all_read(found, asked.cursor):
        return _nothing_new(found, asked)
    if device.revoked_at and not written:
        if asked.cursor:
            feed.heads(place(), Viewer(device.person, {}), asked.cursor, 1)  # a server that lost something asks for it
        return problem(403, "revoked", "an administrator ended this device's access; its records stay on it")
    here = place()
    replica = _numbered_by(here, device, written)
    schools = bearer.known_in(device)
    claims = device.name if replica != device.replica else None
    sender = Sender(replica, device.person, device.revoked_at is not None, schools, claims)
    receipt = intake.take_in(here, sender, written, lambda: _note_seen(here, device, asked))
    if not written:
        _note_seen(here, device, asked)
    viewer = Viewer(device.person, {}) if device.revoked_at else bearer.viewer_of(device, schools)
    room = _room(asked, A_PAGE if asked.terse else MOST_RECORDS, MOST_RECORDS)
    page = feed.after(here, viewer, asked.cursor, receipt, room, folds=asked.folds)
    answer = _as_json(receipt, page, here) | {"backed_up": backup.backed_up(here, device.person)}
    return _answer(_tersely(answer, asked) if asked.terse else answer)


def _nothing_new(found: Standing, asked: Request) -> Response:
    """The answer to a question with nothing to say, whatever is stored here."""
    here, device = place(), found.device
    _note_seen(here, device, asked)
    backed_up = backup.backed_up(here, found.viewer.person, found.epoch)
    acks = {"protocol": PROTOCOL, "acks": {device.replica: device.stored_n}}
    return _answer(acks | ({"backed_up": backed_up} if backed_up else {}))


def _room(asked: Request, usual: int, most: int) -> int:
    """How many records or rows an answer may hold."""
    return usual if asked.limit is None else max(1, min(asked.limit, most))


def _tersely(answer: dict[str, Any], asked: Request) -> dict[str, Any]:
    """Without what says nothing; the time stands in the headers."""
    said = {name: value for name, value in answer.items() if value and name != "now"}
    if said.get("cursor") == asked.cursor:
        said.pop("cursor", None)
    return {"acks": answer["acks"]} | said


def _note_seen(here: Place, device: Replica, asked: Request) -> None:
    """Put down what the device says of itself; not again within a minute, when it says the same.

    Each time costs a flush of the disk, which is most of what a question with nothing to say would cost.
    """
    waiting, offset = _still_waiting(asked), _offset(asked.now, here)
    is_same = waiting in {None, device.waiting} and (waiting == 0 or asked.waiting_since is None)
    is_same_clock = offset is None or abs(offset - (device.clock_offset_seconds or 0)) <= SAME_CLOCK_SECONDS
    minute_ago = as_text(here.now() - timedelta(minutes=1))
    if not (is_same and is_same_clock and (device.last_seen_at or "") > minute_ago):
        since = _moment(asked.waiting_since)
        replicas.note_seen(here.db, device.replica, here.moment(), waiting, offset, since)


def _numbered_by(here: Place, device: Replica, written: list[Written]) -> str:
    """The replica these changes are numbered by: the device's own, or an earlier one of the same person."""
    names = {found.change.replica for found in written} or {device.replica}
    if len(names) > 1:
        raise NotThisProtocol("a request carries changes of one replica")
    (name,) = names
    if name != device.replica and not pairing.may_offer(here, device, name):
        raise NotThisProtocol("a device sends only changes of its own person's replicas")
    return name


def _exchange_with_node() -> Response:
    """Take over what a server of a school forwards, answer with the log of its schools."""
    node = bearer.node()
    if node is None:
        return problem(401, "token-unknown", "pair this device again; nothing on it is lost")
    if node.revoked_at:
        return problem(403, "revoked", "an administrator shut this server out; its records stay on it")
    asked, written = _asked("log")
    here = place()
    schools = nodes.schools(here.db, node.node)
    name = names.claim(here, node, asked.replica)
    feed.log(here, schools, asked.cursor, 0)  # a node of another history begins again before anything of it is judged
    taken = replication.take_over(here, Forwarder(name, schools), written)
    offset, since = _offset(asked.now, here), _moment(asked.waiting_since)
    nodes.note_seen(here.db, node.node, here.moment(), _still_waiting(asked), since, offset)
    page = feed.log(here, schools, asked.cursor, _room(asked, MOST_RECORDS, MOST_ROWS))
    return _answer(_for_node(taken, page, here, schools) | _vectors(asked, here, schools))


def _for_node(taken: Taken, page: feed.LogPage, here: Place, schools: Iterable[str]) -> dict[str, Any]:
    names = {school.school: school.name for school in people.schools(here.db)}
    return {
        "protocol": PROTOCOL,
        "acks": taken.acks,
        "forks": taken.forks,
        "held": [{"id": item.id, "reason": item.reason, "detail": item.detail} for item in taken.held],
        "changes": [_row(row) for row in page.rows],
        "chains": {school: (end.seq, end.chain) for school, end in page.ends.items()},
        "schools": [{"id": school, "name": names.get(school) or school} for school in schools],
        "more": page.has_more,
        "now": here.moment(),
    } | ({"cursor": page.cursor} if page.cursor else {})


def _row(row: LogRow) -> dict[str, Any]:
    """One row of the log; the change as the very bytes it was written in."""
    verdict = {"verdict": row.verdict, "reason": row.reason, "detail": row.detail}
    return {"seq": row.seq, "received_at": row.received_at, **verdict, "change": msgspec.Raw(row.body.encode())}


def _vectors(asked: Request, here: Place, schools: Iterable[str]) -> dict[str, Any]:
    """How many changes of each replica are here, for a node that wants to be sure."""
    return {"vectors": {school: changes.vector(here.db, school) for school in schools}} if asked.vectors else {}


def _asked(feed: str) -> tuple[Request, list[Written]]:
    """The request, and each change in it with the bytes it was written in."""
    body = _body()
    asked = _decode(body)
    _refuse_what_is_not_strict(body, asked)
    if asked.feed != feed:
        raise NotThisProtocol("a device reads the feed of heads, a node the feed of the log")
    return asked, [_written(bytes(raw)) for raw in asked.changes]


def _written(raw: bytes) -> Written:
    if len(raw) > MAX_CHANGE_BYTES:
        raise TooLarge(f"a change may hold {MAX_CHANGE_BYTES} bytes")
    return read_change(raw)


def _refuse_what_is_not_strict(body: bytes, asked: Request) -> None:
    """Everything around the changes, as `json_door.parse` would refuse it; each change is looked at by itself.

    A body whose members can be put together again as they stood has none of them twice; any other is read as a whole.
    """
    members = _decoded(body, dict[str, msgspec.Raw])
    changes = b"[" + b",".join(asked.changes) + b"]"
    if bytes(members.get("changes", b"[]")) == changes and _joined(members) == body:
        members["changes"] = msgspec.Raw(b"[]")
        body = _joined(members)
    json_door.parse(body)


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as wrong:
        raise NotThisProtocol(f"not an exchange: {wrong}") from wrong


def _joined(members: dict[str, msgspec.Raw]) -> bytes:
    return b"{" + b",".join(b"%b:%b" % (msgspec.json.encode(name), raw) for name, raw in members.items()) + b"}"


def _body() -> bytes:
    """The request's bytes, inflated; never more than the limit, whatever was promised."""
    if request.mimetype != "application/json":
        abort(problem(415, "media-type", "send application/json"))
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding not in {"identity", "gzip"}:
        abort(problem(415, "media-type", f"content encoding {encoding[:20]!r} is not known here; use gzip"))
    most = place().settings.exchange_bytes
    request.max_content_length = most
    try:
        raw = request.get_data(cache=False)
    except RequestEntityTooLarge as wrong:
        raise TooLarge(f"a request may hold {most} bytes; send fewer changes at once") from wrong
    return _inflate(raw, most) if encoding == "gzip" else raw


def _inflate(raw: bytes, most: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
            inflated = packed.read(most + 1)
    except (OSError, EOFError, zlib.error) as wrong:
        raise NotThisProtocol("the gzip body is damaged or cut off") from wrong
    if len(inflated) > most:
        raise TooLarge(f"a request may hold {most} bytes, inflated; send fewer changes at once")
    return inflated


def _decode(body: bytes) -> Request:
    asked = _decoded(body, Request)
    if asked.protocol != PROTOCOL:
        raise (ClientTooOld if asked.protocol < PROTOCOL else NotThisProtocol)(
            f"this server speaks protocol {PROTOCOL}"
        )
    if len(asked.changes) > MAX_CHANGES:
        raise TooLarge(f"a request may hold {MAX_CHANGES} changes")
    return asked


def _still_waiting(asked: Request) -> int | None:
    """What the device holds once this very request has been stored; None when it did not say."""
    if asked.waiting is None:
        return 0 if asked.terse else None
    return max(0, asked.waiting - len(asked.changes))


def _moment(said: str | None) -> str | None:
    """A time the device told, as we write times; None when it told none that can be one."""
    try:
        told = datetime.fromisoformat(said) if said else None
        return as_text(told) if told and told.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _offset(device_time: str | None, here: Place) -> int | None:
    """How many seconds the device's clock is ahead; None when it did not say."""
    try:
        said = datetime.fromisoformat(device_time) if device_time else None
        return int((said.astimezone(UTC) - here.now()).total_seconds()) if said and said.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _as_json(receipt: Receipt, page: feed.Page, here: Place) -> dict[str, Any]:
    return {
        "protocol": PROTOCOL,
        "acks": {receipt.replica: receipt.stored_n},
        "held": [{"id": item.id, "reason": item.reason, "detail": item.detail} for item in receipt.held],
        "records": page.records,
        "cursor": page.cursor,
        "more": page.has_more,
        "now": here.moment(),
    }


class _Answer(Response):
    """What a device is told; stored nowhere, so that nothing need say what a copy would depend on."""

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        headers = super().get_wsgi_headers(environ)
        headers.remove("Vary")
        return headers


def _answer(value: dict[str, Any]) -> Response:
    response = _Answer(msgspec.json.encode(value), mimetype="application/json")
    response.cache_control.no_store = True
    return response
