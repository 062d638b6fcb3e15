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
from observe.domain.kinds import PICTURE_TYPE
from observe.services import quarantine
from observe.services.place import Place, as_text
from observe.services.retrying import retried
from observe.store import blob_files, blobs, records
from observe.store.blob_files import Gathered
from observe.store.blobs import Arrival, Blob, Part, Use, Wanted
from observe.store.changes import take_position

MEDIA_TYPE = "application/offset+octet-stream"
"""What a piece is called on the line."""
MOST_CHUNK_BYTES = 1024 * 1024
MOST_GIVERS = 50
"""How many persons one file is vouched for at most."""
SMALL_PIECE_BYTES = 64 * 1024
"""A file of pieces holds so much at least, but for the last one of a blob."""
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
    """A server that keeps these schools: it sends and reads all that their records name.

    `vouches`: the persons who, as it says, brought it the bytes in question.
    """

    schools: frozenset[str]
    node: str = ""
    vouches: frozenset[str] = frozenset()


Asker: TypeAlias = Viewer | Node


def standing(place: Place, asker: Asker, school: str, sha256: str) -> Blob:
    """How much of a blob is here, for whoever may send it. NotHere when no record of hers names it (yet).

    Who has not brought it herself is told of her own bytes alone: naming a digest proves nothing.
    """
    _wanted(place, asker, school, sha256)
    return _standing(place, asker, school, sha256)


def givers(place: Place, school: str, sha256: str) -> frozenset[str]:
    """Whoever brought a blob that is here."""
    return blobs.givers(place.db, school, sha256)


def lacking(place: Place, schools: Iterable[str]) -> list[Wanted]:
    """What records name and is not wholly here, nor was refused here."""
    named = [wanted for school in sorted(schools) for wanted in blobs.named(place.db, school)]
    return [wanted for wanted in named if _settled(place, wanted.school, wanted.sha256) is None]


def lost(place: Place, asker: Asker, school: str) -> list[str]:
    """Digests of what was here and was lost with its disk, for a server that may have it still."""
    if not isinstance(asker, Node) or school not in asker.schools:
        raise NotHere
    kept = blobs.kept_of(place.db, school)
    return [blob.sha256 for blob in kept if _settled(place, school, blob.sha256) is None]


@retried
def vouch(place: Place, school: str, sha256: str, persons: Iterable[str]) -> None:
    """The centre says that they brought it; there is no need to tell it so."""
    with place.db.atomic():
        blobs.add_givers(place.db, school, sha256, persons, place.moment())
        blobs.note_sent_up(place.db, school, sha256, place.moment())


def take_in(place: Place, asker: Asker, school: str, sha256: str, piece: Part, data: bytes) -> Blob:
    """Keep the next piece, durably; with the last one, look at the whole. `piece.length` is that of the whole blob.

    OutOfStep says where to go on, BlobAltered to begin again, BlobRefused and NoRoomForBlobs why it is not taken.
    """
    wanted = _wanted(place, asker, school, sha256)
    if piece.length not in {use.bytes for use in wanted}:
        raise NotHere
    found = _standing(place, asker, school, sha256)
    if found.standing == "refused":
        raise BlobRefused(found.reason)
    if found.standing == "kept":
        _note_givers(place, asker, found)
        return found
    coming = _coming(place, asker, school, sha256, piece.length)
    if piece.start != coming.received or piece.start + len(data) > piece.length:
        raise OutOfStep(coming.received)
    if data:
        _keep_piece(place, coming, data)
    if piece.start + len(data) == piece.length:
        _finish(place, asker, coming, {use.type for use in wanted})
    return _standing(place, asker, school, sha256)


def shown(place: Place, asker: Asker, school: str, sha256: str, *, is_small: bool = False) -> Shown:
    """The file of a blob that is wholly here, if this person may see a record that counts for it; else NotHere.

    A record counts when whoever named the blob in it brought the bytes; who only knows a digest is shown nothing.
    """
    brought = blobs.givers(place.db, school, sha256)
    named = [use for use in blobs.uses(place.db, school, sha256) if isinstance(asker, Node) or use.author in brought]
    if not any(_may_see(place, asker, school, use.record) for use in named):
        raise NotHere
    found = _settled(place, school, sha256)
    if found is None or found.standing != "kept":
        raise NotHere
    if found.type == PICTURE_TYPE and (is_small or isinstance(asker, Viewer)):
        return Shown(_drawn(place, school, sha256, is_small=is_small), PICTURE_TYPE)
    if is_small:
        raise NotHere
    return Shown(_path(place, school, sha256), found.type or "application/octet-stream")


def _drawn(place: Place, school: str, sha256: str, *, is_small: bool) -> Path:
    """What people are shown of a photo: never the bytes that somebody sent. It is made again when it is gone."""
    folder = place.settings.blobs
    path = (blob_files.small_of if is_small else blob_files.shown_of)(folder, school, sha256)
    if not path.is_file():
        with quarantine.turn():
            looked = quarantine.look(_path(place, school, sha256))
        if looked.finding.refused:
            raise NotHere
        blob_files.keep_made(folder, school, sha256, looked.small, looked.shown)
    return path


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


def _standing(place: Place, asker: Asker, school: str, sha256: str) -> Blob:
    """What is here, as far as it is the asker's to know."""
    found = _settled(place, school, sha256)
    if found and (isinstance(asker, Node) or asker.person in blobs.givers(place.db, school, sha256)):
        return found
    coming = blobs.arrival(place.db, school, sha256, _sender(asker))
    return Blob(school, sha256, "arriving", coming.received if coming else 0, None, "")


def _settled(place: Place, school: str, sha256: str) -> Blob | None:
    """A blob that was looked at; None for a file that was lost with its disk or cut short, which may be sent again."""
    found = blobs.read(place.db, school, sha256)
    if found and found.standing == "kept" and blob_files.size_of(_path(place, school, sha256)) != found.received:
        return None
    return found


def _path(place: Place, school: str, sha256: str) -> Path:
    return blob_files.path_of(place.settings.blobs, school, sha256)


def _sender(asker: Asker) -> str:
    return f"node:{asker.node}" if isinstance(asker, Node) else f"person:{asker.person}"


def _coming(place: Place, asker: Asker, school: str, sha256: str, length: int) -> Arrival:
    """What the asker has sent of it; nothing, when she sends one of another length now."""
    found = blobs.arrival(place.db, school, sha256, _sender(asker))
    return found if found and found.length == length else Arrival(school, sha256, _sender(asker), length, 0)


def _keep_piece(place: Place, coming: Arrival, data: bytes) -> None:
    """The bytes first, on the disk; then the row that counts them, if nobody else was quicker."""
    if coming.received == 0:
        sweep(place, coming.school)
    start, data = _with_the_small_one_before(place, coming, data)
    name = blob_files.put_part(place.settings.blobs, coming.school, data)
    try:
        replaced = _note_piece(place, coming, Part(start, len(data), name))
    except BaseException:
        blob_files.drop_parts(place.settings.blobs, coming.school, [name])
        raise
    blob_files.drop_parts(place.settings.blobs, coming.school, replaced)


def _with_the_small_one_before(place: Place, coming: Arrival, data: bytes) -> tuple[int, bytes]:
    """A file costs a block of the disk and more, however few bytes it holds: small pieces become one file."""
    parts = blobs.parts(place.db, coming.school, coming.sha256, coming.sender)
    if not coming.received or not parts or parts[-1].length >= SMALL_PIECE_BYTES:
        return coming.received, data
    if parts[-1].start + parts[-1].length != coming.received:
        raise OutOfStep(parts[-1].start + parts[-1].length)
    before = blob_files.read_part(place.settings.blobs, coming.school, parts[-1].name)
    if before is None:  # another request was quicker, or a folder was emptied by hand
        _begin_again(place, coming, parts)
        raise OutOfStep(0)
    return parts[-1].start, before + data


@retried
def _note_piece(place: Place, coming: Arrival, part: Part) -> list[str]:
    """Count a piece; the names of those that it stands for now."""
    school, sha256, sender = coming.school, coming.sha256, coming.sender
    with place.db.atomic():
        found = blobs.arrival(place.db, school, sha256, sender)
        before = [each for each in blobs.parts(place.db, school, sha256, sender) if each.start >= part.start]
        received = found.received if found and found.length == coming.length else 0
        if received != coming.received:
            raise OutOfStep(received)
        if blobs.room_taken(place.db, school) + coming.length - received > place.settings.school_blob_bytes:
            raise NoRoomForBlobs
        after = Arrival(school, sha256, sender, coming.length, part.start + part.length)
        blobs.add_part(place.db, after, part, place.moment())
        return [each.name for each in before]


def _finish(place: Place, asker: Asker, coming: Arrival, types: set[str]) -> None:
    """All pieces are here: put them together, look at them, and give the file its name or none.

    NotNow at once when two others are being looked at: nobody waits here with a thread of this server's.
    """
    parts = blobs.parts(place.db, coming.school, coming.sha256, coming.sender)
    with quarantine.turn():
        try:
            gathered = blob_files.gather(place.settings.blobs, coming.school, [part.name for part in parts])
        except FileNotFoundError:  # another request was quicker, or a folder was emptied by hand
            return _begin_again(place, coming, parts)
        try:
            _judge(place, asker, coming, gathered, types)
        except (BlobAltered, _SaidOtherwise):
            _begin_again(place, coming, parts)
            raise
        finally:
            blob_files.drop(gathered.path)
    return None


def _judge(place: Place, asker: Asker, coming: Arrival, gathered: Gathered, types: set[str]) -> None:
    """Settle what was found, unless it is not what the record names."""
    if gathered.sha256 != coming.sha256:
        raise BlobAltered
    settled = _settled(place, coming.school, coming.sha256) or _look(place, coming.school, gathered)
    if settled.standing == "kept" and settled.type not in types:
        raise _SaidOtherwise("unsupported", f"the record says otherwise than {settled.type}")
    _settle(place, asker, coming, settled)
    if settled.standing == "refused":
        raise BlobRefused(settled.reason)


class _SaidOtherwise(BlobRefused):
    """The record is wrong, not the file: another one may name it rightly."""


def _look(place: Place, school: str, gathered: Gathered) -> Blob:
    """What a file was found to be; it has its name when it is taken."""
    looked = quarantine.look(gathered.path)
    if looked.finding.refused:
        return Blob(school, gathered.sha256, "refused", 0, None, looked.finding.refused)
    blob_files.keep(place.settings.blobs, school, gathered, looked.small, looked.shown)
    beside = len(looked.small) + len(looked.shown)
    return Blob(school, gathered.sha256, "kept", gathered.bytes, looked.finding.type, "", beside)


def _settle(place: Place, asker: Asker, coming: Arrival, settled: Blob) -> None:
    """Durable, and only then without the pieces."""
    names = _note_settled(place, asker, coming, settled)
    blob_files.drop_parts(place.settings.blobs, coming.school, names)


@retried
def _note_settled(place: Place, asker: Asker, coming: Arrival, settled: Blob) -> list[str]:
    with place.db.atomic():
        names = [part.name for part in blobs.parts(place.db, coming.school, coming.sha256, coming.sender)]
        blobs.settle(place.db, settled, place.moment())
        blobs.forget_arrival(place.db, coming.school, coming.sha256, coming.sender)
        blobs.add_givers(place.db, coming.school, coming.sha256, _brought_by(asker), place.moment())
        return names


@retried
def _note_givers(place: Place, asker: Asker, found: Blob) -> None:
    """A server may learn later that others brought the same bytes as well."""
    with place.db.atomic():
        blobs.add_givers(place.db, found.school, found.sha256, _brought_by(asker), place.moment())


def _brought_by(asker: Asker) -> frozenset[str]:
    return asker.vouches if isinstance(asker, Node) else frozenset({asker.person})


def _begin_again(place: Place, coming: Arrival, parts: list[Part]) -> None:
    """What came is worth nothing; unless somebody else has begun again already, or has finished."""
    if _forget_pieces(place, coming, parts):
        blob_files.drop_parts(place.settings.blobs, coming.school, [part.name for part in parts])


@retried
def _forget_pieces(place: Place, coming: Arrival, parts: list[Part]) -> bool:
    with place.db.atomic():
        is_ours = blobs.parts(place.db, coming.school, coming.sha256, coming.sender) == parts
        if is_ours:
            blobs.forget_arrival(place.db, coming.school, coming.sha256, coming.sender)
        return is_ours


def sweep(place: Place, school: str) -> None:
    """Throw away what was half sent long ago, what no record has named for long, and files nobody knows of."""
    now = place.now()
    for coming in blobs.untouched_since(place.db, school, as_text(now - HALF_SENT_STAYS)):
        _begin_again(place, coming, blobs.parts(place.db, school, coming.sha256, coming.sender))
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
