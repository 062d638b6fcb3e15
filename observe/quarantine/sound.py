"""A recording: WebM, Ogg or MP4 with sound alone in it, whole, and no words beside the sound.

The container is walked from its first byte to its last; the sound itself is never decoded here.
"""

from collections.abc import Iterator
from struct import unpack

from observe.quarantine.refused import Refused

_DEEPEST = 8


def look_at_webm(data: bytes) -> None:
    """Refused unless this is WebM with nothing but sound."""
    at = _header(data)
    id, at, end = _element(data, at, len(data))
    if id != _SEGMENT or end != len(data):
        raise _damaged()
    has_tracks = has_sound = False
    for child, start, stop in _elements(data, at, end, _TOP):
        if child == _TRACKS:
            _only_sound(data, start, stop)
            has_tracks = True
        elif child == _CLUSTER:
            parts = {part for part, _, _ in _elements(data, start, stop, _IN_CLUSTER)}
            has_sound |= bool(parts & {_BLOCK, _BLOCKS})
    if not has_tracks or not has_sound:
        raise _damaged()


_SEGMENT, _TRACKS, _CLUSTER, _EMPTY = 0x18538067, 0x1654AE6B, 0x1F43B675, 0xEC
_TIME, _BLOCK, _BLOCKS = 0xE7, 0xA3, 0xA0
_TOP = {0x114D9B74, 0x1549A966, _TRACKS, _CLUSTER, 0x1C53BB6B, _EMPTY, 0xBF}
"""What comes first, about the file, tracks, clusters, cues, padding, a checksum. No tags, chapters or attachments."""
_IN_CLUSTER = {_TIME, _BLOCK, _BLOCKS, 0xAB, 0xA7, _EMPTY, 0xBF}
_IN_TRACKS = {0xAE, _EMPTY, 0xBF}
_UNKNOWN = -1
_CLUSTER_HEAD = b"\x1fC\xb6u\x01" + b"\xff" * 7
"""As MediaRecorder writes it: nobody knows yet how long it will be."""


def _header(data: bytes) -> int:
    id, start, end = _element(data, 0, len(data))
    doc_type = next((data[a:z] for part, a, z in _elements(data, start, end, None) if part == 0x4282), b"")
    if id != 0x1A45DFA3 or doc_type.rstrip(b"\0") != b"webm":
        raise Refused("unsupported", "this is no WebM recording")
    return end


def _only_sound(data: bytes, start: int, end: int) -> None:
    tracks = [span for part, *span in _elements(data, start, end, _IN_TRACKS) if part == 0xAE]
    for first, last in tracks:
        parts = {part: data[a:z] for part, a, z in _elements(data, first, last, None)}
        if parts.get(0x83) != b"\x02" or parts.get(0x86, b"").rstrip(b"\0") not in {b"A_OPUS", b"A_VORBIS"}:
            raise Refused("unsupported", "the recording holds something else than sound")
    if not tracks:
        raise _damaged()


def _elements(data: bytes, at: int, end: int, allowed: set[int] | None) -> Iterator[tuple[int, int, int]]:
    """Id, start and end of each element; one of unknown length ends where one of its parent's begins."""
    while at < end and not (allowed is _IN_CLUSTER and _is_cut_short(data, at, end)):
        id, start, stop = _element(data, at, end)
        if allowed is not None and id not in allowed:
            raise Refused("reveals", f"the recording carries words of its own (element {id:X})")
        if id == _EMPTY and data[start:stop].strip(b"\0"):
            raise Refused("hides", "the empty part of the recording is not empty")
        if stop == end and id == _CLUSTER:
            stop = _end_of_cluster(data, start, end)
        yield id, start, stop
        at = stop


def _is_cut_short(data: bytes, at: int, end: int) -> bool:
    """Whether this is the last block, or the head of a cluster, of a recording that was interrupted."""
    if end != len(data):
        return False
    rest = data[at : at + len(_CLUSTER_HEAD)]
    if at + len(rest) == end and _CLUSTER_HEAD.startswith(rest):
        return True
    if rest[0] not in {_BLOCK, _BLOCKS, _TIME}:
        return False
    try:
        _element(data, at, end)
    except Refused:
        return True
    return False


def _end_of_cluster(data: bytes, at: int, end: int) -> int:
    while at < end:
        if _is_cut_short(data, at, end):
            return end
        id, _, stop = _element(data, at, end)
        if id in _TOP - _IN_CLUSTER:
            return at
        at = stop
    return at


def _element(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    id, at = _number(data, at, end, keeps_marker=True)
    size, at = _number(data, at, end, keeps_marker=False)
    stop = end if size == _UNKNOWN else at + size
    if stop > end:
        raise _damaged()
    return id, at, stop


def _number(data: bytes, at: int, end: int, *, keeps_marker: bool) -> tuple[int, int]:
    """One of EBML's numbers of one to eight bytes."""
    first = data[at] if at < end else 0
    length = 9 - first.bit_length()
    if not first or at + length > end:
        raise _damaged()
    value = int.from_bytes(data[at : at + length], "big")
    if keeps_marker:
        return value, at + length
    value &= (1 << (7 * length)) - 1
    return (_UNKNOWN if value == (1 << (7 * length)) - 1 else value), at + length


def look_at_ogg(data: bytes) -> None:
    """Refused unless this is one Ogg stream of Opus or Vorbis."""
    at, serials, pending = 0, set(), b""
    packets: list[bytes] = []
    while at < len(data):
        head = data[at : at + 27]
        if len(head) < 27 or head[:5] != b"OggS\0":
            raise _damaged()
        sizes = data[at + 27 : at + 27 + head[26]]
        body = data[at + 27 + len(sizes) : at + 27 + len(sizes) + sum(sizes)]
        if len(sizes) != head[26] or len(body) != sum(sizes):
            raise _damaged()
        serials.add(head[14:18])
        if len(packets) < 2:
            pending = _into_packets(body, sizes, pending, packets)
        at += 27 + len(sizes) + len(body)
    if len(serials) != 1 or len(packets) < 2 or not packets[0].startswith((b"OpusHead", b"\x01vorbis")):
        raise Refused("unsupported", "the recording holds something else than sound")
    _refuse_comments(packets[1])


def _into_packets(body: bytes, sizes: bytes, pending: bytes, packets: list[bytes]) -> bytes:
    at = 0
    for size in sizes:
        pending += body[at : at + size]
        at += size
        if size < 255:
            packets.append(pending)
            pending = b""
    return pending


def _refuse_comments(packet: bytes) -> None:
    """The second packet names the program that made it, and may name anything else: it may name nothing else."""
    at = 8 if packet.startswith(b"OpusTags") else 7
    at += 4 + _length(packet, at)
    count = _length(packet, at)
    at += 4
    for _ in range(count):
        if not packet[at + 4 : at + 12].upper() == b"ENCODER=":
            raise Refused("reveals", "the recording carries words of its own")
        at += 4 + _length(packet, at)


def _length(packet: bytes, at: int) -> int:
    if at + 4 > len(packet):
        raise _damaged()
    return int.from_bytes(packet[at : at + 4], "little")


def look_at_mp4(data: bytes) -> None:
    """Refused unless this is MP4 with nothing but sound."""
    found = [name for name, start, end in _boxes(data, 0, len(data)) if _look_at_box(data, name, start, end)]
    if found[:1] != [b"ftyp"] or b"moov" not in found or b"mdat" not in found:
        raise _damaged()


_BOXES = {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"mfra", b"sidx", b"free", b"skip"}
_TELLING = {b"udta", b"meta", b"uuid", b"loci"}
_NESTED = {b"moov", b"trak", b"mdia", b"moof", b"traf", b"mvex", b"edts", b"minf"}


def _look_at_box(data: bytes, name: bytes, start: int, end: int) -> bool:
    if name not in _BOXES:
        raise Refused("reveals", f"the recording carries something else than sound ({name!r})")
    if name in {b"free", b"skip"} and data[start:end].strip(b"\0"):
        raise Refused("hides", "the empty part of the recording is not empty")
    if (name == b"moov" and not _handlers(data, start, end, 0)) or (name == b"moof" and _handlers(data, start, end, 0)):
        raise _damaged()
    return True


def _handlers(data: bytes, start: int, end: int, depth: int) -> int:
    """How many tracks there are; Refused when one is no sound, or something tells more."""
    found = 0
    for name, first, last in _boxes(data, start, end):
        if name in _TELLING or depth > _DEEPEST:
            raise Refused("reveals", "the recording carries words of its own")
        if name == b"hdlr" and depth == 2:
            found += 1
            if data[first + 8 : first + 12] != b"soun":
                raise Refused("unsupported", "the recording holds something else than sound")
        if name in _NESTED:
            found += _handlers(data, first, last, depth + 1)
    return found


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while at < end:
        if at + 8 > end:
            raise _damaged()
        size, name = unpack(">I4s", data[at : at + 8])
        first = at + 8
        if size == 1:
            size, first = int.from_bytes(data[first : first + 8], "big"), first + 8
        stop = end if size == 0 else at + size
        if stop < first or stop > end:
            raise _damaged()
        yield name, first, stop
        at = stop


def _damaged() -> Refused:
    return Refused("damaged", "the recording is cut off, or its parts are not where they should be")
