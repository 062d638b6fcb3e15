"""Photos and recordings: taken in piece by piece after the words that name them, looked at, and shown to few."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

from observe.domain import access
from observe.domain.access import Viewer
from observe.domain.blobs import BlobAltered, BlobRefused, NoRoomForBlobs, OutOfStep
from observe.domain.errors import NotHere
from observe.services import quarantine
from observe.services.place import Place, as_text
from observe.services.retrying import retried
from observe.store import blob_files, blobs, records
from observe.store.blobs import Blob, Part, Use
from observe.store.changes import take_position

MOST_CHUNK_BYTES = 1024 * 1024
HALF_SENT_STAYS = timedelta(days=14)
UNUSED_STAYS = timedelta(days=30)
"""How long the bytes stay after no record names them any more: somebody may bring a note back."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A file for somebody who may see it, and what it is."""

    path: Path
    type: str


@dataclass(frozen=True, slots=True)
class Node:
    """A server that keeps these schools: it sends and reads all that their records name."""

    schools: frozenset[str]


Asker: TypeAlias = Viewer | Node


def standing(place: Place, asker: Asker, school: str, sha256: str) -> Blob:
    """How much of a blob is here, for whoever may send it. NotHere when no record of hers names it (yet)."""
    _wanted(place, asker, school, sha256)
    return _read(place, school, sha256)


def take_in(place: Place, asker: Asker, school: str, sha256: str, piece: Part, data: bytes) -> Blob:
    """Keep the next piece, durably; with the last one, look at the whole. `piece.length` is that of the whole blob.

    OutOfStep says where to go on, BlobAltered to begin again, BlobRefused and NoRoomForBlobs why it is not taken.
    """
    wanted = _wanted(place, asker, school, sha256)
    if piece.length not in {use.bytes for use in wanted}:
        raise NotHere
    found = _read(place, school, sha256)
    if found.standing == "refused":
        raise BlobRefused(found.reason)
    if found.standing == "kept":
        return found
    if piece.start != found.received or piece.start + len(data) > piece.length:
        raise OutOfStep(found.received)
    if data:
        _keep_piece(place, school, sha256, piece, data)
    if piece.start + len(data) == piece.length:
        _finish(place, school, sha256, {use.type for use in wanted})
    return _read(place, school, sha256)


def shown(place: Place, asker: Asker, school: str, sha256: str, *, is_small: bool = False) -> Shown:
    """The file of a blob that is wholly here, if this person may see a record that names it; else NotHere."""
    if not any(_may_see(place, asker, school, use.record) for use in blobs.uses(place.db, school, sha256)):
        raise NotHere
    found = _read(place, school, sha256)
    folder = place.settings.blobs
    path = blob_files.small_of(folder, school, sha256) if is_small else _path(place, school, sha256)
    if found.standing != "kept" or not path.is_file():
        raise NotHere
    return Shown(path, found.type or "application/octet-stream")


def _may_see(place: Place, asker: Asker, school: str, record: str) -> bool:
    if isinstance(asker, Node):
        return school in asker.schools
    kept = records.read(place.db, school, record)
    return kept is not None and access.may_see(asker, school, kept.audience)


def _wanted(place: Place, asker: Asker, school: str, sha256: str) -> list[Use]:
    """What records that she may write say of a blob; NotHere when none of them names it."""
    wanted = [use for use in blobs.uses(place.db, school, sha256) if _may_send(place, asker, school, use.record)]
    if not wanted:
        raise NotHere
    return wanted


def _may_send(place: Place, asker: Asker, school: str, record: str) -> bool:
    if isinstance(asker, Node):
        return school in asker.schools
    kept = records.read(place.db, school, record)
    return kept is not None and access.may_illustrate(asker, school, kept.kind, kept.value("observer"))


def _read(place: Place, school: str, sha256: str) -> Blob:
    """What is here; of a file that was lost with its disk, nothing is, and it may be sent again."""
    found = blobs.read(place.db, school, sha256)
    is_lost = found is not None and found.standing == "kept" and not _path(place, school, sha256).is_file()
    return Blob(school, sha256, "arriving", 0, None, "") if found is None or is_lost else found


def _path(place: Place, school: str, sha256: str) -> Path:
    return blob_files.path_of(place.settings.blobs, school, sha256)


def _keep_piece(place: Place, school: str, sha256: str, piece: Part, data: bytes) -> None:
    """The bytes first, on the disk; then the row that counts them, if nobody else was quicker."""
    if piece.start == 0:
        sweep(place, school)
    name = blob_files.put_part(place.settings.blobs, school, data)
    try:
        _note_piece(place, school, sha256, Part(piece.start, len(data), name), piece.length)
    except BaseException:
        blob_files.drop_parts(place.settings.blobs, school, [name])
        raise


@retried
def _note_piece(place: Place, school: str, sha256: str, part: Part, whole: int) -> None:
    with place.db.atomic():
        found = _read(place, school, sha256)
        if found.standing != "arriving" or found.received != part.start:
            raise OutOfStep(found.received)
        if blobs.room_taken(place.db, school) + whole - found.received > place.settings.school_blob_bytes:
            raise NoRoomForBlobs
        blobs.add_part(place.db, school, sha256, part, place.moment())


def _finish(place: Place, school: str, sha256: str, types: set[str]) -> None:
    """All pieces are here: put them together, look at them, and give the file its name or none."""
    folder = place.settings.blobs
    parts = blobs.parts(place.db, school, sha256)
    try:
        gathered = blob_files.gather(folder, school, [part.name for part in parts])
    except FileNotFoundError:  # another request was quicker, or a folder was emptied by hand
        return _begin_again(place, school, sha256, parts)
    try:
        if gathered.sha256 != sha256:
            _begin_again(place, school, sha256, parts)
            raise BlobAltered
        looked = quarantine.look(gathered.path)
        if looked.finding.refused:
            _settle(place, Blob(school, sha256, "refused", 0, None, looked.finding.refused))
            raise BlobRefused(looked.finding.refused, looked.finding.detail)
        if looked.finding.type not in types:  # the record is wrong, not the file: another one may name it rightly
            _begin_again(place, school, sha256, parts)
            raise BlobRefused("unsupported", f"the record says otherwise than {looked.finding.type}")
        blob_files.keep(folder, school, gathered, looked.small)
        _settle(place, Blob(school, sha256, "kept", gathered.bytes, looked.finding.type, ""))
    finally:
        blob_files.drop(gathered.path)
    return None


def _settle(place: Place, settled: Blob) -> None:
    """Durable, and only then without the pieces."""
    parts = blobs.parts(place.db, settled.school, settled.sha256)
    _note_settled(place, settled)
    blob_files.drop_parts(place.settings.blobs, settled.school, [part.name for part in parts])


@retried
def _note_settled(place: Place, settled: Blob) -> None:
    with place.db.atomic():
        found = blobs.read(place.db, settled.school, settled.sha256)
        if found is None or found.standing == "arriving":
            blobs.settle(place.db, settled, place.moment())


def _begin_again(place: Place, school: str, sha256: str, parts: list[Part]) -> None:
    """What came is worth nothing; unless somebody else has begun again already, or has finished."""
    if _forget_pieces(place, school, sha256, parts):
        blob_files.drop_parts(place.settings.blobs, school, [part.name for part in parts])


@retried
def _forget_pieces(place: Place, school: str, sha256: str, parts: list[Part]) -> bool:
    with place.db.atomic():
        is_ours = blobs.parts(place.db, school, sha256) == parts
        if is_ours and _read(place, school, sha256).standing == "arriving":
            blobs.forget(place.db, school, sha256)
        return is_ours


def sweep(place: Place, school: str) -> None:
    """Throw away what was half sent long ago, what no record has named for long, and files nobody knows of."""
    now = place.now()
    for sha256 in blobs.untouched_since(place.db, school, as_text(now - HALF_SENT_STAYS)):
        _begin_again(place, school, sha256, blobs.parts(place.db, school, sha256))
    _drop_files(place, school, _forget_unused(place, school, as_text(now), as_text(now - UNUSED_STAYS)))
    old = blob_files.left_behind(place.settings.blobs, school, (now - HALF_SENT_STAYS).timestamp())
    known = blobs.names_in_use(place.db, school)
    blob_files.drop_parts(place.settings.blobs, school, [name for name in old if name not in known])


@retried
def _forget_unused(place: Place, school: str, now: str, before: str) -> list[str]:
    """No record of the school changes until this is done, so nothing is forgotten that is named again just now."""
    with place.db.atomic(locks_first=True):
        take_position(place.db, school)
        blobs.note_unused(place.db, school, now)
        found = blobs.unused_since(place.db, school, before)
        for sha256 in found:
            blobs.forget(place.db, school, sha256)
        return found


def _drop_files(place: Place, school: str, digests: Iterable[str]) -> None:
    for sha256 in digests:
        blob_files.drop_kept(place.settings.blobs, school, sha256)
