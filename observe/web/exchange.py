"""The door for devices: bytes in, changes to intake, answers out. Bearer tokens only, no cookies."""

import gzip
import io
import zlib
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response, abort, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from observe.domain.access import Viewer
from observe.services import backup, feed, intake
from observe.services.feed import MOST_RECORDS
from observe.services.intake import Receipt, Sender
from observe.services.place import Place, as_text
from observe.store import people, replicas
from observe.web import bearer
from observe.web.errors import problem
from observe.web.place import place
from sync import json_door
from sync.change import MAX_CHANGE_BYTES, Written, check, digest_of
from sync.errors import ClientTooOld, NotThisProtocol, TooLarge

blueprint = Blueprint("exchange", __name__, url_prefix="/sync/v1")

PROTOCOL = 1
MAX_CHANGES = 1000
_CHUNK = 64 * 1024


class Request(msgspec.Struct, frozen=True):
    """One exchange as a device asks for it; each change as the bytes it was written in."""

    protocol: int
    cursor: str | None = None
    changes: list[msgspec.Raw] = []
    feed: str = "heads"
    limit: int = MOST_RECORDS
    waiting: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] | None = None
    waiting_since: str | None = None
    now: str | None = None


@blueprint.post("/exchange")
def exchange() -> Response:
    """Take in a batch, answer with what is new for its person."""
    device = bearer.device()
    if device is None or device.person is None:
        return problem(401, "token-unknown", "pair this device again; nothing on it is lost")
    body = _body()
    value = json_door.parse(body)
    asked = _decode(body)
    written = [_written(raw, change) for raw, change in zip(asked.changes, value.get("changes", ()), strict=True)]
    if device.revoked_at and not written:
        return problem(403, "revoked", "an administrator ended this device's access; its records stay on it")
    if any(found.change.replica != device.replica for found in written):
        raise NotThisProtocol("a device sends only changes of its own replica")
    here = place()
    receipt = intake.take_in(here, Sender(device.replica, device.person, device.revoked_at is not None), written)
    offset, since = _offset(asked.now, here), _moment(asked.waiting_since)
    replicas.note_seen(here.db, device.replica, here.moment(), _still_waiting(asked), offset, since)
    viewer = Viewer(device.person, {}) if device.revoked_at else people.viewer(here.db, device.person)
    page = feed.heads(here, viewer, asked.cursor, max(1, min(asked.limit, MOST_RECORDS)))
    return _answer(_as_json(receipt, page, here) | {"backed_up": backup.backed_up(here, device.person)})


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
    try:
        asked = msgspec.json.decode(body, type=Request)
    except msgspec.MsgspecError as wrong:
        raise NotThisProtocol(f"not an exchange: {wrong}") from wrong
    if asked.protocol != PROTOCOL:
        raise (ClientTooOld if asked.protocol < PROTOCOL else NotThisProtocol)(
            f"this server speaks protocol {PROTOCOL}"
        )
    if len(asked.changes) > MAX_CHANGES:
        raise TooLarge(f"a request may hold {MAX_CHANGES} changes")
    if asked.feed != "heads":
        raise NotThisProtocol("a device reads the feed of heads")
    return asked


def _written(raw: msgspec.Raw, value: Any) -> Written:
    body = bytes(raw)
    if len(body) > MAX_CHANGE_BYTES:
        raise TooLarge(f"a change may hold {MAX_CHANGE_BYTES} bytes")
    change = check(value)
    text = body.decode()
    return Written(change, text, digest_of(text))


def _still_waiting(asked: Request) -> int | None:
    """What the device holds once this very request has been stored."""
    return None if asked.waiting is None else max(0, asked.waiting - len(asked.changes))


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


def _answer(value: dict[str, Any]) -> Response:
    response = current_app.response_class(msgspec.json.encode(value), mimetype="application/json")
    response.cache_control.no_store = True
    return response
