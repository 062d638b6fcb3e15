"""A photo: a JPEG that is one whole picture and says nothing else.

Its segments are walked first, so that the decoder only ever meets a file whose size and parts are known.
"""

import re
import warnings
from io import BytesIO
from struct import unpack

from PIL import Image, ImageFile, JpegImagePlugin, TiffImagePlugin

from observe.quarantine.refused import Refused

LONGEST_SIDE = 1600
_DECODERS = (JpegImagePlugin, TiffImagePlugin)  # the second reads Exif
THUMBNAIL_SIDE = 320
_THUMBNAIL_QUALITY = 72
_START, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN, _EXIF, _ICC, _JFIF, _ADOBE = 0xDA, 0xE1, 0xE2, 0xE0, 0xEE
_FRAMES = {0xC0, 0xC1, 0xC2}
"""Baseline, extended and progressive; no browser makes any other."""
_MOST_SCANS = 16
"""A picture that comes into focus does so in ten; each costs the decoder a walk over all of it, however few bytes."""
_PLAIN = {
    _JFIF: (b"JFIF\0", 14),
    _EXIF: (b"Exif\0\0", 256),
    _ICC: (b"ICC_PROFILE\0", 8192),
    _ADOBE: (b"Adobe", 16),
}
"""How a segment begins that only says how to show the picture, and how long it may be: no second one fits."""
_TABLES = {0xC4, 0xDB, 0xDD}
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_HARMLESS = {0x0112, 0x011A, 0x011B, 0x0128, 0x0213, 0x8769}
"""Which way up, how many dots an inch, where colours sit, and the block of `_HARMLESS_INSIDE`: Safari writes these."""
_HARMLESS_INSIDE = {0x9000, 0x9101, 0xA000, 0xA001, 0xA002, 0xA003}


def prepare() -> None:
    """Load every part of the decoder that is needed, while files can still be opened."""
    Image.preinit()


def look(data: bytes) -> bytes:
    """A small JPEG of the picture; Refused says what is wrong with it."""
    _walk(data)
    Image.MAX_IMAGE_PIXELS = LONGEST_SIDE * LONGEST_SIDE
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(BytesIO(data), formats=["JPEG"]) as picture:
                _refuse_exif(picture)
                picture.load()
                return _small(picture)
    except (OSError, SyntaxError, ValueError, KeyError, IndexError, TypeError, Warning) as wrong:
        raise Refused("damaged", f"the picture cannot be read: {type(wrong).__name__}") from wrong


def _walk(data: bytes) -> None:
    """Every segment from the first byte to the last."""
    at, frames, scans = len(_START), 0, 0
    while data[at : at + 2] != _END:
        if at + 4 > len(data) or data[at] != 0xFF:
            raise Refused("damaged", "the picture is cut off, or its parts are not where they should be")
        marker, length = data[at + 1], unpack(">H", data[at + 2 : at + 4])[0]
        body = data[at + 4 : at + 2 + length]
        if len(body) != length - 2:
            raise Refused("damaged", "the picture is cut off")
        frames += marker in _FRAMES
        at += 2 + length
        if marker == _SCAN:
            scans += 1
            if scans > _MOST_SCANS:
                raise Refused("too-large", "the picture is drawn too often")
            at = _after_scan(data, at)
        else:
            _look_at_segment(marker, body)
    if frames != 1 or not scans:
        raise Refused("damaged", "the file holds no picture, or several")
    if at + 2 != len(data):
        raise Refused("hides", "something stands behind the end of the picture")


def _after_scan(data: bytes, at: int) -> int:
    found = _NEXT_MARKER.search(data, at)
    if found is None:
        raise Refused("damaged", "the picture is cut off")
    return found.start()


def _look_at_segment(marker: int, body: bytes) -> None:
    if marker in _FRAMES:
        _refuse_large(body)
    elif marker not in _TABLES and not _is_plain(marker, body):
        raise Refused("reveals", f"the picture carries words of its own (segment {marker:02X})")


def _refuse_large(frame: bytes) -> None:
    if len(frame) < 6:
        raise Refused("damaged", "the picture does not say how large it is")
    bits, height, width = unpack(">BHH", frame[:5])
    if bits != 8 or not height or not width:
        raise Refused("damaged", "the picture does not say how large it is")
    if max(height, width) > LONGEST_SIDE:
        raise Refused("too-large", f"the picture is {width} by {height}; its longest side may be {LONGEST_SIDE}")


def _is_plain(marker: int, body: bytes) -> bool:
    """Whether a segment only says how to show the picture. What stands in Exif is looked at on its own."""
    begins, most = _PLAIN.get(marker, (b"", 0))
    return body.startswith(begins) and len(body) <= most


def _refuse_exif(picture: Image.Image) -> None:
    exif = picture.getexif()
    if not set(exif) <= _HARMLESS or not set(exif.get_ifd(0x8769)) <= _HARMLESS_INSIDE:
        raise Refused("reveals", "the picture says where, when or with what it was taken")


def _small(picture: Image.Image) -> bytes:
    small = picture.convert("RGB")
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    made = BytesIO()
    small.save(made, "JPEG", quality=_THUMBNAIL_QUALITY, optimize=True)
    return made.getvalue()
