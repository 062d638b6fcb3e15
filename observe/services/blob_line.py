"""Photos and recordings between a node and its centre: after the words, in pieces, from where the line was cut."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from observe.domain.blobs import BlobAltered, BlobRefused, NoRoomForBlobs, OutOfStep
from observe.services import blobs, outgoing
from observe.services.blobs import Node
from observe.services.line import Ask, LineDown, Said
from observe.services.place import Place
from observe.store import blob_files, uplinks
from observe.store import blobs as rows
from observe.store.blobs import Blob, Part, Wanted

PIECE_BYTES = 256 * 1024
MOST_TURNS = 4
"""How often one file may fail to go on before it is left for the next run."""
_MEDIA_TYPE = "application/offset+octet-stream"
_OK, _PART, _NO_CONTENT, _NOT_HERE, _CONFLICT, _REFUSED = 200, 206, 204, 404, 409, 422

Tell: TypeAlias = Callable[["Carried"], None]


@dataclass(frozen=True, slots=True)
class Carried:
    """What a run did. `has_words`: something was written meanwhile, and goes first; `problem`: what was in the way."""

    sent: int = 0
    fetched: int = 0
    has_words: bool = False
    problem: str | None = None


class _WordsFirst(Exception):
    """Something that was written waits."""


class _InTheWay(Exception):
    """The centre takes or gives no more now."""


def carry(place: Place, ask: Ask) -> Carried:
    """Send what the centre lacks, fetch what is lacking here; until nothing is left, words wait, or the line breaks."""
    uplink = uplinks.read(place.db)
    if uplink is None:
        return Carried()
    schools = frozenset(outgoing.schools(place))
    sent = fetched = 0
    try:
        for blob in rows.to_send_up(place.db, schools):
            sent += _send(place, ask, uplink.token, blob)
        for wanted in rows.to_fetch(place.db, schools):
            fetched += _fetch(place, ask, uplink.token, wanted)
    except _WordsFirst:
        return Carried(sent, fetched, has_words=True)
    except LineDown as down:
        return Carried(sent, fetched, problem=down.problem)
    except _InTheWay as wrong:
        return Carried(sent, fetched, problem=str(wrong))
    return Carried(sent, fetched)


def _send(place: Place, ask: Ask, token: str, blob: Blob) -> bool:
    """Whether the centre has it now. One that it does not know of yet, or will not take, is passed over."""
    address = _address(blob.school, blob.sha256)
    data = blob_files.read(place.settings.blobs, blob.school, blob.sha256)
    if data is None:
        return False
    said, turns, before = _known(ask("HEAD", address, b"", {}, token)), 0, -1
    while turns < MOST_TURNS:
        if said.status in {_NOT_HERE, _REFUSED}:
            return False
        if said.headers.get("observe-standing") in {"kept", "refused"}:
            rows.note_sent_up(place.db, blob.school, blob.sha256, place.moment())
            return said.headers["observe-standing"] == "kept"
        if said.status == _CONFLICT:
            said, turns = _known(ask("HEAD", address, b"", {}, token)), turns + 1
            continue
        _let_words_go_first(place)
        offset = _offset(said)
        piece = data[offset : offset + PIECE_BYTES]
        turns, before = turns + (offset <= before), offset
        headers = {"Content-Type": _MEDIA_TYPE, "Upload-Offset": str(offset), "Upload-Length": str(len(data))}
        said = _known(ask("PATCH", address, piece, headers, token))
    return False


def _fetch(place: Place, ask: Ask, token: str, wanted: Wanted) -> bool:
    """Whether it is here now, looked at like one that a device brought."""
    node, turns = Node(frozenset({wanted.school})), 0
    here = blobs.standing(place, node, wanted.school, wanted.sha256)
    while here.standing == "arriving" and turns < MOST_TURNS:
        _let_words_go_first(place)
        data = b"" if here.received == wanted.bytes else _piece(ask, token, wanted, here.received)
        if data is None:
            return False
        turns += not data
        try:
            here = blobs.take_in(place, node, wanted.school, wanted.sha256, Part(here.received, wanted.bytes, ""), data)
        except (OutOfStep, BlobAltered):
            here, turns = blobs.standing(place, node, wanted.school, wanted.sha256), turns + 1
        except (BlobRefused, NoRoomForBlobs):
            return False
    if here.standing == "kept":
        rows.note_sent_up(place.db, wanted.school, wanted.sha256, place.moment())
    return here.standing == "kept"


def _piece(ask: Ask, token: str, wanted: Wanted, offset: int) -> bytes | None:
    """The next bytes of it; None when the centre does not have it either."""
    last = min(offset + PIECE_BYTES, wanted.bytes) - 1
    said = _known(ask("GET", _address(wanted.school, wanted.sha256), b"", {"Range": f"bytes={offset}-{last}"}, token))
    if said.status == _OK:
        return said.body[offset : last + 1]
    return said.body if said.status == _PART else None


def _known(said: Said) -> Said:
    """An answer of a centre. One of another status waits for the next run, and so does a page in the centre's place."""
    if said.status in {_NOT_HERE, _CONFLICT, _REFUSED, _PART}:
        return said
    is_ours = "upload-offset" in said.headers or said.headers.get("content-type", "").startswith(("image/", "audio/"))
    if said.status in {_OK, _NO_CONTENT}:
        if not is_ours:
            raise _InTheWay("portal")
        return said
    raise _InTheWay({401: "shut-out", 403: "shut-out", 507: "no-room"}.get(said.status, "server"))


def _offset(said: Said) -> int:
    told = said.headers.get("upload-offset", "")
    if not told.isdigit():
        raise _InTheWay("portal")
    return int(told)


def _let_words_go_first(place: Place) -> None:
    now = outgoing.status(place)
    if now and now.waiting:
        raise _WordsFirst


def _address(school: str, sha256: str) -> str:
    return f"/sync/v1/blobs/{sha256}?school={school}"
