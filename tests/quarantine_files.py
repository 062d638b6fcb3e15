"""Photos and recordings, whole and spoilt, for tests."""

from io import BytesIO
from typing import Any

from PIL import Image


def a_photo(width: int = 640, height: int = 480, shade: int = 120, **save: Any) -> bytes:
    """A JPEG as a browser's canvas makes it."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    picture.paste((shade, 90, 60), (0, 0, width // 3, height // 3))
    made = BytesIO()
    picture.save(made, "JPEG", **({"quality": 80} | save))
    return made.getvalue()


def a_photo_from(latitude: float) -> bytes:
    """A JPEG as a telephone's camera makes it: it says where it was taken."""
    exif = Image.Exif()
    exif[0x0110] = "Telepon"
    exif.get_ifd(0x8825)[1] = "S"
    exif.get_ifd(0x8825)[2] = (latitude, 0.0, 0.0)
    return a_photo(exif=exif)


def element(id: int, body: bytes, size: bytes | None = None) -> bytes:
    """One part of a WebM file."""
    name = id.to_bytes((id.bit_length() + 7) // 8, "big")
    return name + (size if size is not None else (len(body) | 1 << 28).to_bytes(4, "big")) + body


UNKNOWN_SIZE = b"\x01\xff\xff\xff\xff\xff\xff\xff"


def a_recording(frames: int = 3, track: int = 2, codec: bytes = b"A_OPUS", extra: bytes = b"") -> bytes:
    """WebM as MediaRecorder writes it: the segment and its clusters do not say how long they are."""
    entry = element(0xAE, element(0xD7, b"\x01") + element(0x83, bytes([track])) + element(0x86, codec))
    block = element(0xA3, b"\x81\x00\x00\x80" + b"sound" * 40)
    cluster = element(0x1F43B675, element(0xE7, b"\x00") + block * frames, UNKNOWN_SIZE)
    inside = element(0x1549A966, b"") + element(0x1654AE6B, entry) + cluster * 2 + extra
    return element(0x1A45DFA3, element(0x4282, b"webm")) + element(0x18538067, inside, UNKNOWN_SIZE)


def box(name: bytes, body: bytes = b"") -> bytes:
    """One part of an MP4 file."""
    return (len(body) + 8).to_bytes(4, "big") + name + body


def an_mp4(handler: bytes = b"soun", extra: bytes = b"") -> bytes:
    """As Safari's MediaRecorder writes it."""
    mdia = box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(13)))
    moov = box(b"moov", box(b"mvhd", bytes(100)) + box(b"trak", mdia) + extra)
    return box(b"ftyp", b"iso5" + bytes(4)) + moov + box(b"moof", box(b"mfhd", bytes(8))) + box(b"mdat", b"sound" * 40)


def an_ogg(*comments: bytes) -> bytes:
    """Opus in Ogg, as Firefox wrote it for years."""
    listed = b"".join(len(each).to_bytes(4, "little") + each for each in comments)
    tags = b"OpusTags" + (3).to_bytes(4, "little") + b"moz" + len(comments).to_bytes(4, "little") + listed
    return _page(b"OpusHead" + bytes(11)) + _page(tags) + _page(b"sound" * 30)


def _page(packet: bytes) -> bytes:
    sizes = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
    return b"OggS\0\0" + bytes(8) + b"abcd" + bytes(8) + bytes([len(sizes)]) + sizes + packet
