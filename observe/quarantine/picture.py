"""A photo: a JPEG whose parts only say how to show one picture; and what of it is shown, which is drawn anew.

Its segments are walked first, so that the decoder only ever meets a file whose size and parts are known. What stands
in the picture's own data cannot be told from a picture, so nobody is shown that: it is drawn again from its pixels.
"""

import re
import warnings
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from struct import unpack

from PIL import Image, ImageFile, JpegImagePlugin

from observe.quarantine import exif
from observe.quarantine.refused import Refused

LONGEST_SIDE = 1600
_DECODER = JpegImagePlugin
THUMBNAIL_SIDE = 320
_THUMBNAIL_QUALITY = 72
_SHOWN_QUALITY = 85
_START, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN, _EXIF = 0xDA, 0xE1
_FRAMES = {0xC0, 0xC1, 0xC2}
"""Baseline, extended and progressive; no browser makes any other."""
_MOST_SCANS = 16
"""A picture that comes into focus does so in ten; each costs the decoder a walk over all of it, however few bytes."""
_DQT, _DHT, _DRI = 0xDB, 0xC4, 0xDD
_LEAST_ICC, _MOST_ICC = 128, 8192
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture drawn anew, in full and small: two JPEGs made of pixels alone."""

    small: bytes
    shown: bytes


def prepare() -> None:
    """Load every part of the decoder that is needed, while files can still be opened."""
    Image.preinit()


def look(data: bytes) -> Drawn:
    """The picture drawn anew; Refused says what is wrong with it."""
    turned = _walk(data)
    Image.MAX_IMAGE_PIXELS = LONGEST_SIDE * LONGEST_SIDE
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(BytesIO(data), formats=["JPEG"]) as picture:
                picture.load()
                return _drawn(picture, turned)
    except (OSError, SyntaxError, ValueError, KeyError, IndexError, TypeError, Warning) as wrong:
        raise Refused("damaged", f"the picture cannot be read: {type(wrong).__name__}") from wrong


def _walk(data: bytes) -> int:
    """Every segment from the first byte to the last; which way up the picture is, as Exif counts."""
    at, frames, scans, turned = len(_START), 0, 0, 1
    seen: Counter[int] = Counter()
    while data[at : at + 2] != _END:
        if at + 4 > len(data) or data[at] != 0xFF:
            raise Refused("damaged", "the picture is cut off, or its parts are not where they should be")
        marker, length = data[at + 1], unpack(">H", data[at + 2 : at + 4])[0]
        body = data[at + 4 : at + 2 + length]
        if len(body) != length - 2:
            raise Refused("damaged", "the picture is cut off")
        frames += marker in _FRAMES
        seen[marker] += 1
        at += 2 + length
        if marker == _SCAN:
            scans += 1
            if not body or len(body) != 4 + 2 * body[0]:
                raise _telling(marker)
            if scans > _MOST_SCANS:
                raise Refused("too-large", "the picture is drawn too often")
            at = _after_scan(data, at)
        elif marker == _EXIF and body.startswith(exif.HEAD) and seen[marker] == 1:
            turned = exif.orientation(body)
        else:
            _look_at_segment(marker, body, seen[marker])
    if frames != 1 or not scans:
        raise Refused("damaged", "the file holds no picture, or several")
    if at + 2 != len(data):
        raise Refused("hides", "something stands behind the end of the picture")
    return turned


def _after_scan(data: bytes, at: int) -> int:
    found = _NEXT_MARKER.search(data, at)
    if found is None:
        raise Refused("damaged", "the picture is cut off")
    return found.start()


def _look_at_segment(marker: int, body: bytes, times: int) -> None:
    if marker in _FRAMES:
        _refuse_large(body)
    elif marker in {_DQT, _DHT}:
        _refuse_behind_tables(marker, body)
    elif not _is_plain(marker, body) or (times > 1 and marker != _DRI):
        raise _telling(marker)


def _telling(marker: int) -> Refused:
    return Refused("reveals", f"the picture carries words of its own (segment {marker:02X})")


def _refuse_behind_tables(marker: int, body: bytes) -> None:
    at = 0
    while at < len(body):
        counts = sum(body[at + 1 : at + 17])
        at += 17 + counts if marker == _DHT else 65 + 64 * (body[at] >> 4)
    if at != len(body):
        raise _telling(marker)


def _refuse_large(frame: bytes) -> None:
    if len(frame) < 6:
        raise Refused("damaged", "the picture does not say how large it is")
    bits, height, width = unpack(">BHH", frame[:5])
    if bits != 8 or not height or not width:
        raise Refused("damaged", "the picture does not say how large it is")
    if max(height, width) > LONGEST_SIDE:
        raise Refused("too-large", f"the picture is {width} by {height}; its longest side may be {LONGEST_SIDE}")


def _is_plain(marker: int, body: bytes) -> bool:
    """Whether a segment only says how to show the picture, by its form. Nobody is shown a profile."""
    match marker:
        case 0xDD:
            return len(body) == 2
        case 0xE0:
            return len(body) == 14 and body.startswith(b"JFIF\0") and body[12:] == b"\0\0"
        case 0xEE:
            return len(body) == 12 and body.startswith(b"Adobe")
        case 0xE2:
            profile = body[14:]
            is_whole = _LEAST_ICC <= len(profile) <= _MOST_ICC and len(profile) == unpack(">I", profile[:4])[0]
            return body.startswith(b"ICC_PROFILE\0\1\1") and is_whole and profile[36:40] == b"acsp"
    return False


def _drawn(picture: Image.Image, turned: int) -> Drawn:
    plain = picture.convert("RGB")
    plain.info.clear()
    if turned in _TURNS:
        plain = plain.transpose(_TURNS[turned])
    shown = _made(plain, _SHOWN_QUALITY)
    plain.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return Drawn(_made(plain, _THUMBNAIL_QUALITY), shown)


def _made(picture: Image.Image, quality: int) -> bytes:
    made = BytesIO()
    picture.save(made, "JPEG", quality=quality, optimize=True)
    return made.getvalue()
