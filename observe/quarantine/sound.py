"""A recording: WebM, Ogg or MP4 with sound alone in it, whole, and beside the sound no words but names of programs.

The container is walked from its first byte to its last; the sound itself is never decoded here, so what stands among
it is not known. A name of a program is known by its form alone, and MP4 says when it was made.
"""

import re
from collections.abc import Iterator
from struct import unpack

from observe.quarantine.refused import Refused

_DEEPEST = 8
_PROGRAM = re.compile(rb"[A-Za-z][A-Za-z0-9 ._+/()-]{0,63}")
_LONGEST_NUMBER = 8


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
        elif child in {_INFO, _SEEKS, _CUES}:
            _only_numbers(data, start, stop, 0)
        elif child == _CLUSTER:
            parts = {part for part, _, _ in _elements(data, start, stop, _IN_CLUSTER)}
            has_sound |= bool(parts & {_BLOCK, _BLOCKS})
    if not has_tracks or not has_sound:
        raise _damaged()


_SEGMENT, _TRACKS, _CLUSTER, _EMPTY = 0x18538067, 0x1654AE6B, 0x1F43B675, 0xEC
_TIME, _BLOCK, _BLOCKS = 0xE7, 0xA3, 0xA0
_INFO, _SEEKS, _CUES, _CHECKSUM = 0x1549A966, 0x114D9B74, 0x1C53BB6B, 0xBF
_TOP = {_SEEKS, _INFO, _TRACKS, _CLUSTER, _CUES, _EMPTY, _CHECKSUM}
"""What comes first, about the file, tracks, clusters, cues, padding, a checksum. No tags, chapters or attachments."""
_IN_CLUSTER = {_TIME, _BLOCK, _BLOCKS, 0xAB, 0xA7, _EMPTY, 0xBF}
_IN_TRACKS = {0xAE, _EMPTY, 0xBF}
_UNKNOWN = -1
_PARENTS = {0x4DBB, 0xBB, 0xB7, 0xE1, 0xAE}
"""A seek, a cue and where it is, how sound is sampled, a track: they hold numbers."""
_PROGRAMS = {0x4D80, 0x5741}
_TELLING_ELEMENTS = {0x7BA9, 0x4461, 0x536E, 0x258688, 0x7384, 0x3C83AB, 0x3E83BB}
"""Title, date, name of a track and of a codec, names of files."""
_LONGEST = {0x4282: 16, 0x86: 32, 0x63A2: 8192}
"""What the file and its sound are, and what the decoder of the sound needs."""

_CLUSTER_HEAD = b"\x1fC\xb6u\x01" + b"\xff" * 7
"""As MediaRecorder writes it: nobody knows yet how long it will be."""


def _header(data: bytes) -> int:
    id, start, end = _element(data, 0, len(data))
    _only_numbers(data, start, end, 0)
    doc_type = next((data[a:z] for part, a, z in _elements(data, start, end, None) if part == 0x4282), b"")
    if id != 0x1A45DFA3 or doc_type.rstrip(b"\0") != b"webm":
        raise Refused("unsupported", "this is no WebM recording")
    return end


def _only_sound(data: bytes, start: int, end: int) -> None:
    tracks = [span for part, *span in _elements(data, start, end, _IN_TRACKS) if part == 0xAE]
    for first, last in tracks:
        _only_numbers(data, first, last, 0)
        parts = {part: data[a:z] for part, a, z in _elements(data, first, last, None)}
        if parts.get(0x83) != b"\x02" or parts.get(0x86, b"").rstrip(b"\0") not in {b"A_OPUS", b"A_VORBIS"}:
            raise Refused("unsupported", "the recording holds something else than sound")
    if not tracks:
        raise _damaged()


def _only_numbers(data: bytes, at: int, end: int, depth: int) -> None:
    """Refused when an element could hold words: it is no name of a program, and longer than any number."""
    seen: set[int] = set()
    for id, start, stop in _elements(data, at, end, None):
        if id in _TELLING_ELEMENTS or depth > _DEEPEST:
            raise Refused("reveals", f"the recording carries words of its own (element {id:X})")
        if id in _PARENTS:
            _only_numbers(data, start, stop, depth + 1)
        elif id in _PROGRAMS:
            _refuse_words(data[start:stop].rstrip(b"\0"))
        elif id not in {_EMPTY, _CHECKSUM} and (id in seen or stop - start > _LONGEST.get(id, _LONGEST_NUMBER)):
            raise Refused("reveals", f"the recording carries words of its own (element {id:X})")
        seen.add(id)


def _refuse_words(name: bytes) -> None:
    """Only what has the form of a program's name may stand where programs name themselves."""
    if name and not _PROGRAM.fullmatch(name):
        raise Refused("reveals", "the recording carries words of its own")


def _elements(data: bytes, at: int, end: int, allowed: set[int] | None) -> Iterator[tuple[int, int, int]]:
    """Id, start and end of each element; one of unknown length ends where one of its parent's begins."""
    while at < end and not (allowed is _IN_CLUSTER and _is_cut_short(data, at, end)):
        id, start, stop = _element(data, at, end)
        if allowed is not None and id not in allowed:
            raise Refused("reveals", f"the recording carries words of its own (element {id:X})")
        if id == _CHECKSUM and stop - start != 4:
            raise Refused("hides", "the checksum of the recording is none")
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
    _refuse_words(packet[at + 4 : at + 4 + _length(packet, at)])
    at += 4 + _length(packet, at)
    count = _length(packet, at)
    at += 4
    if count > 1:
        raise Refused("reveals", "the recording carries words of its own")
    for _ in range(count):
        if not packet[at + 4 : at + 12].upper() == b"ENCODER=":
            raise Refused("reveals", "the recording carries words of its own")
        _refuse_words(packet[at + 12 : at + 4 + _length(packet, at)])
        at += 4 + _length(packet, at)
    if packet[at:].strip(b"\0") not in {b"", b"\1"}:
        raise Refused("hides", "something stands behind the recording's comments")


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
_NESTED = {
    b"moov", b"trak", b"mdia", b"moof", b"traf", b"mvex", b"edts", b"minf", b"dinf", b"stbl", b"mfra",
}  # fmt: skip
_LEAVES = {
    b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"smhd", b"nmhd", b"dref", b"stsd", b"stts", b"stsc", b"stsz", b"stz2",
    b"stco", b"co64", b"stss", b"ctts", b"sdtp", b"sgpd", b"sbgp", b"elst", b"mehd", b"trex", b"trep", b"mfhd",
    b"tfhd", b"tfdt", b"trun", b"iods", b"tfra", b"mfro", b"cslg",
}  # fmt: skip
"""Tables of numbers, and which decoder is meant. No words, no covers, no places."""
_MOST = {b"stsd": 1024, b"dref": 64, b"hdlr": 24 + 65, b"mvhd": 128, b"tkhd": 128, b"mdhd": 64, b"iods": 64}
_FREE = {b"free", b"skip"}
_LONGEST_BRANDS = 64


def _look_at_box(data: bytes, name: bytes, start: int, end: int) -> bool:
    if name not in _BOXES:
        raise Refused("reveals", f"the recording carries something else than sound ({name!r})")
    if name in {b"ftyp", b"styp"} and end - start > _LONGEST_BRANDS:
        raise Refused("reveals", "the recording carries words of its own")
    if name == b"mfra":
        _handlers(data, start, end, 0)
    if name in _FREE and data[start:end].strip(b"\0"):
        raise Refused("hides", "the empty part of the recording is not empty")
    if (name == b"moov" and not _handlers(data, start, end, 0)) or (name == b"moof" and _handlers(data, start, end, 0)):
        raise _damaged()
    return True


def _handlers(data: bytes, start: int, end: int, depth: int) -> int:
    """How many tracks there are; Refused when one is no sound, or something tells more."""
    found = 0
    for name, first, last in _boxes(data, start, end):
        if name not in _NESTED | _LEAVES | _FREE or depth > _DEEPEST or last - first > _MOST.get(name, last):
            raise Refused("reveals", f"the recording carries words of its own ({name!r})")
        if name in _FREE and data[first:last].strip(b"\0"):
            raise Refused("hides", "the empty part of the recording is not empty")
        if name == b"hdlr":
            _refuse_words(data[first + 24 : last].strip(b"\0"))
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
