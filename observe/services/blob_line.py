"""Photos and recordings between a node and its centre: after the words, in pieces, from where the line was cut."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import msgspec

from observe.domain.blobs import BlobAltered, BlobRefused, NoRoomForBlobs, OutOfStep
from observe.domain.errors import NotHere, NotNow
from observe.services import blobs, outgoing
from observe.services.blobs import MEDIA_TYPE, MOST_GIVERS, Node
from observe.services.line import Ask, LineDown, Said
from observe.services.place import Place
from observe.store import blob_files, uplinks
from observe.store import blobs as rows
from observe.store.blobs import Blob, Part, Wanted

PIECE_BYTES = 256 * 1024
MOST_TURNS = 4
"""How often one file may fail to go on before it is left for the next run."""
MOST_IN_A_ROW = 20
"""After so many files in a row that the centre would not take or give, it is left alone until the next run."""
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
    """Nothing goes at all: this server was shut out, or something else answers in the centre's place."""


class _NotThisOne(Exception):
    """The centre does not take or give this file now."""


def carry(place: Place, ask: Ask) -> Carried:
    """Send what the centre lacks, fetch what is lacking here; until nothing is left, words wait, or the line breaks.

    What one file meets is told at the end and keeps no other waiting, unless it meets every one.
    """
    uplink = uplinks.read(place.db)
    if uplink is None:
        return Carried()
    schools = frozenset(outgoing.schools(place))
    sent = fetched = in_a_row = 0
    problem: str | None = None
    try:
        for work in _works(place, ask, uplink.token, schools):
            try:
                done = work()
            except _NotThisOne as wrong:
                problem, in_a_row = str(wrong), in_a_row + 1
            except NotNow:  # here nobody has time to look at it
                problem, in_a_row = "busy-here", in_a_row + 1
            else:
                sent, fetched, in_a_row = sent + (done == _SENT), fetched + (done == _FETCHED), 0
            if in_a_row == MOST_IN_A_ROW:
                break
    except _WordsFirst:
        return Carried(sent, fetched, has_words=True)
    except LineDown as down:
        return Carried(sent, fetched, problem=down.problem)
    except _InTheWay as wrong:
        return Carried(sent, fetched, problem=str(wrong))
    return Carried(sent, fetched, problem=problem)


_SENT, _FETCHED, _NOTHING = "sent", "fetched", ""


def _works(place: Place, ask: Ask, token: str, schools: frozenset[str]) -> Iterator[Callable[[], str]]:
    """One thing after another that is to be done, each of them on its own."""
    for school in sorted(schools):
        yield partial(_note_lost, place, ask, token, school)
    for blob in rows.to_send_up(place.db, schools):
        yield partial(_send, place, ask, token, blob)
    for wanted in blobs.lacking(place, schools):
        yield partial(_fetch, place, ask, token, wanted)
    for school in sorted(schools):
        for sha256 in rows.not_counted(place.db, school):
            yield partial(_learn_givers, place, ask, token, school, sha256)


def _note_lost(place: Place, ask: Ask, token: str, school: str) -> str:
    """What the centre had and has lost with its disk is sent again. A centre that cannot tell has lost nothing."""
    if not rows.is_any_sent_up(place.db, school):
        return _NOTHING
    said = ask("GET", f"/sync/v1/blobs?school={school}", b"", {}, token)
    if said.status == _OK and said.headers.get("content-type", "").startswith("application/json"):
        try:
            told = msgspec.json.decode(said.body, type=_Lost)
        except msgspec.MsgspecError:
            return _NOTHING
        rows.note_not_up(place.db, school, told.lost)
    return _NOTHING


class _Lost(msgspec.Struct, frozen=True):
    lost: list[str]


def _send(place: Place, ask: Ask, token: str, blob: Blob) -> str:
    """Bring it to the centre. One that it does not know of yet, or will not take, is passed over."""
    address = _address(blob.school, blob.sha256)
    data = blob_files.read(place.settings.blobs, blob.school, blob.sha256)
    if data is None:
        return _NOTHING
    vouches = ",".join(sorted(blobs.givers(place, blob.school, blob.sha256))[:MOST_GIVERS])
    said, turns, before = _known(ask("HEAD", address, b"", {}, token)), 0, -1
    has_sent = False
    while turns < MOST_TURNS:
        if said.status in {_NOT_HERE, _REFUSED}:
            return _NOTHING
        is_kept = said.headers.get("observe-standing") == "kept"
        if said.headers.get("observe-standing") == "refused" or (is_kept and _names(said) >= set(vouches.split(","))):
            rows.note_sent_up(place.db, blob.school, blob.sha256, place.moment())
            return _SENT if is_kept and has_sent else _NOTHING
        if said.status == _CONFLICT:
            said, turns = _known(ask("HEAD", address, b"", {}, token)), turns + 1
            continue
        _let_words_go_first(place)
        offset = len(data) if is_kept else _offset(said)
        piece = data[offset : offset + PIECE_BYTES]
        turns, before, has_sent = turns + (offset <= before), offset, has_sent or bool(piece)
        headers = {"Content-Type": MEDIA_TYPE, "Upload-Offset": str(offset), "Upload-Length": str(len(data))}
        said = _known(ask("PATCH", address, piece, headers | {"Observe-Givers": vouches}, token))
    return _NOTHING


def _names(said: Said) -> set[str]:
    """Whoever brought it, as the centre knows."""
    return set(said.headers.get("observe-givers", "").split(","))


def _fetch(place: Place, ask: Ask, token: str, wanted: Wanted) -> str:
    """Bring it here, looked at like one that a device brought."""
    node, turns = Node(frozenset({wanted.school})), 0
    here = blobs.standing(place, node, wanted.school, wanted.sha256)
    while here.standing == "arriving" and turns < MOST_TURNS:
        _let_words_go_first(place)
        found = _piece(ask, token, wanted, here.received)
        if found is None:
            return _NOTHING
        data, whole, brought = found
        turns += not data
        bringing = replace(node, vouches=frozenset(brought))
        try:
            piece = Part(here.received, whole, "")
            here = blobs.take_in(place, bringing, wanted.school, wanted.sha256, piece, data)
        except (OutOfStep, BlobAltered):
            here, turns = blobs.standing(place, node, wanted.school, wanted.sha256), turns + 1
        except (BlobRefused, NoRoomForBlobs, NotHere):
            return _NOTHING
    if here.standing == "kept":
        rows.note_sent_up(place.db, wanted.school, wanted.sha256, place.moment())
    return _FETCHED if here.standing == "kept" else _NOTHING


def _learn_givers(place: Place, ask: Ask, token: str, school: str, sha256: str) -> str:
    """Whether somebody whose naming of it does not count here has brought it to the centre meanwhile."""
    said = _known(ask("HEAD", _address(school, sha256), b"", {}, token))
    told = _names(said) - {""}
    if said.status == _OK and told:
        blobs.vouch(place, school, sha256, told)
    return _NOTHING


def _piece(ask: Ask, token: str, wanted: Wanted, offset: int) -> tuple[bytes, int, set[str]] | None:
    """The next bytes of it, how many there are in all, and who brought them; None when the centre lacks it too.

    How many there are is what the centre holds, not what a record says of it: some record may say anything.
    """
    first = max(0, offset - 1)  # one that is here, so that there is always something to ask for
    last = offset + PIECE_BYTES - 1
    said = _known(ask("GET", _address(wanted.school, wanted.sha256), b"", {"Range": f"bytes={first}-{last}"}, token))
    if said.status == _OK:
        return said.body[offset : last + 1], len(said.body), _names(said) - {""}
    whole = said.headers.get("content-range", "").rpartition("/")[2]
    if said.status != _PART or not whole.isdigit():
        return None
    return said.body[offset - first :], int(whole), _names(said) - {""}


def _known(said: Said) -> Said:
    """An answer of a centre. One of another status waits for the next run, and so does a page in the centre's place."""
    if said.status in {_NOT_HERE, _CONFLICT, _REFUSED, _PART}:
        return said
    is_ours = "upload-offset" in said.headers or said.headers.get("content-type", "").startswith(("image/", "audio/"))
    if said.status in {_OK, _NO_CONTENT}:
        if not is_ours:
            raise _InTheWay("portal")
        return said
    if said.status in {401, 403}:
        raise _InTheWay("shut-out")
    raise _NotThisOne({507: "no-room", 413: "refused"}.get(said.status, "server"))


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
