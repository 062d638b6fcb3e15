"""Exif that only says how to show a picture: which way up, how many dots an inch, where colours sit. Safari writes it.

Every value has one form, no list leads to another, and nothing stands between or behind them.
"""

from struct import error, unpack_from

from observe.quarantine.refused import Refused

HEAD = b"Exif\0\0"
_SHORT, _LONG, _RATIONAL, _BYTES = 3, 4, 5, 7
_INSIDE = 0x8769
_PLAIN: dict[int, set[tuple[int, int]]] = {
    0x0112: {(_SHORT, 1)},
    0x011A: {(_RATIONAL, 1)},
    0x011B: {(_RATIONAL, 1)},
    0x0128: {(_SHORT, 1)},
    0x0213: {(_SHORT, 1)},
    _INSIDE: {(_LONG, 1)},
}
_PLAIN_INSIDE: dict[int, set[tuple[int, int]]] = {
    0x9000: {(_BYTES, 4)},
    0x9101: {(_BYTES, 4)},
    0xA000: {(_BYTES, 4)},
    0xA001: {(_SHORT, 1)},
    0xA002: {(_SHORT, 1), (_LONG, 1)},
    0xA003: {(_SHORT, 1), (_LONG, 1)},
}
_ORIENTATION = 0x0112


def orientation(body: bytes) -> int:
    """Which way up, 1 to 8, as the only thing that Exif may decide; Refused when it says anything more."""
    tiff = body[len(HEAD) :]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4], "")
    if not order:
        raise _telling()
    told = bytearray(len(tiff))
    told[:8] = b"\1" * 8
    try:
        turned = _list(tiff, order, unpack_from(order + "I", tiff, 4)[0], _PLAIN, told)
    except (error, IndexError) as wrong:
        raise _telling() from wrong
    if any(byte for byte, is_told in zip(tiff, told, strict=True) if not is_told):
        raise _telling()
    return turned if 1 <= turned <= 8 else 1


def _list(tiff: bytes, order: str, at: int, plain: dict[int, set[tuple[int, int]]], told: bytearray) -> int:
    """Look at each entry of a list, and mark in `told` what was read; which way up it says."""
    (count,) = unpack_from(order + "H", tiff, at)
    end = at + 2 + 12 * count
    if unpack_from(order + "I", tiff, end)[0]:
        raise _telling()
    told[at : end + 4] = b"\1" * (end + 4 - at)
    turned = 1
    for each in range(at + 2, end, 12):
        tag, kind, length = unpack_from(order + "HHI", tiff, each)
        if (kind, length) not in plain.get(tag, set()):
            raise _telling()
        short, rest = unpack_from(order + "HH", tiff, each + 8)
        (value,) = unpack_from(order + "I", tiff, each + 8)
        if kind == _SHORT and rest:
            raise _telling()
        if kind == _RATIONAL:
            unpack_from(order + "II", tiff, value)
            told[value : value + 8] = b"\1" * 8
        if tag == _ORIENTATION:
            turned = short
        if tag == _INSIDE:
            _list(tiff, order, value, _PLAIN_INSIDE, told)
    return turned


def _telling() -> Refused:
    return Refused("reveals", "the picture says where, when or with what it was taken")
