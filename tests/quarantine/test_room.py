"""What is looked at in the quarantine is taken for what it is, or refused with a reason; it breaks nothing."""

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from observe.quarantine.picture import Drawn
from observe.quarantine.refused import Refused
from observe.quarantine.room import look
from tests.quarantine_files import a_photo, a_photo_from, a_recording, an_mp4, an_ogg, box, element


def test_a_photo_is_known_and_is_drawn_anew_in_two_sizes() -> None:
    type_, drawn = look(a_photo(1600, 900, exif=_exif(_turned(6))))

    assert type_ == "image/jpeg"
    for made, size in ((drawn.small, (180, 320)), (drawn.shown, (900, 1600))):
        with Image.open(BytesIO(made)) as picture:
            assert picture.size == size
            assert not picture.getexif()
            assert "icc_profile" not in picture.info


@pytest.mark.parametrize(
    ("data", "type_"), [(a_recording(), "audio/webm"), (an_mp4(), "audio/mp4"), (an_ogg(b"ENCODER=x"), "audio/ogg")]
)
def test_a_recording_is_known_by_its_container(data: bytes, type_: str) -> None:
    assert look(data) == (type_, Drawn(b"", b""))


def test_what_browsers_write_beside_the_sound_is_taken() -> None:
    about = (
        element(0x2AD7B1, b"\x0f\x42\x40") + element(0x4D80, b"QTmuxingAppLibWebM-0.0.1") + element(0x5741, b"Chrome")
    )
    cues = element(0x1C53BB6B, element(0xBB, element(0xB3, b"\0") + element(0xB7, element(0xF7, b"\1"))))

    look(a_recording(extra=element(0x1549A966, about) + cues + element(0xEC, bytes(90))))
    look(an_mp4(extra=box(b"free", bytes(40)) + box(b"mvex", box(b"trex", bytes(24)))))
    look(an_ogg(b"ENCODER=Mozilla128.0"))


def test_a_recording_that_was_interrupted_is_taken_as_far_as_it_came() -> None:
    whole = a_recording(frames=9)
    first_block = whole.index(b"\xa3\x10\x00\x00\xcc") + 209

    taken = [_reason(whole[:end]) for end in range(first_block, len(whole) + 1)]

    assert set(taken) == {""}
    assert _reason(whole[: first_block - 5]) == "damaged"


def _reason(data: bytes) -> str:
    try:
        look(data)
    except Refused as refused:
        return refused.reason
    return ""


def _png(width: int, height: int) -> bytes:
    made = BytesIO()
    Image.new("1", (width, height)).save(made, "PNG")
    return made.getvalue()


def _with_size(data: bytes, width: int, height: int) -> bytes:
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 4 :]


def _with_segment(data: bytes, marker: int, body: bytes) -> bytes:
    return data[:2] + bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body + data[2:]


def _exif(*lists: bytes) -> bytes:
    return b"Exif\0\0II*\0" + (8).to_bytes(4, "little") + b"".join(lists)


def _list(*entries: bytes, then: int = 0) -> bytes:
    return len(entries).to_bytes(2, "little") + b"".join(entries) + then.to_bytes(4, "little")


def _turned(way: int, then: int = 0) -> bytes:
    return _list(struct.pack("<HHIHH", 0x0112, 3, 1, way, 0), then=then)


def _place(at: int) -> bytes:
    """A list that leads to a latitude; it stands at `at`."""
    return _list(struct.pack("<HHII", 0x8825, 4, 1, at + 18)) + _list(struct.pack("<HHI4s", 1, 2, 2, b"S\0\0\0"))


WORDS = b"-6.914744,107.609810 SDN 1, 09:41 22-11-2026"
PHOTO = a_photo()


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        _exif(_turned(1)),
        _exif(_list(struct.pack("<HHII", 0x8769, 4, 1, 26)), _list(struct.pack("<HHI4s", 0x9000, 7, 4, b"0221"))),
        _exif(_list(struct.pack("<HHII", 0x011A, 5, 1, 26)), struct.pack("<II", 72, 1)),
    ],
)
def test_exif_that_only_says_how_to_show_a_picture_is_taken(exif: bytes) -> None:
    look(a_photo(exif=exif))


def test_a_colour_profile_is_taken_and_not_shown() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    assert profile[:64] not in look(a_photo(icc_profile=profile))[1].shown


def _drawn_again(data: bytes, times: int) -> bytes:
    """A picture whose last scan stands in it again and again."""
    return data[:-2] + data[data.rindex(b"\xff\xda") : -2] * times + data[-2:]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "unsupported"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "unsupported"),
        (b"<!doctype html><script>1</script>", "unsupported"),
        (b"GIF89a/*" + bytes(50), "unsupported"),
        (b"%PDF-1.7 " + bytes(50), "unsupported"),
        (_png(8, 8), "unsupported"),
        (_png(20_000, 20_000), "unsupported"),
        (zlib.compress(bytes(1_000_000)), "unsupported"),
        (PHOTO[: len(PHOTO) // 2], "damaged"),
        (PHOTO[:20], "damaged"),
        (PHOTO[:-2], "damaged"),
        (PHOTO + b"<script>alert(1)</script>", "hides"),
        (PHOTO + PHOTO, "hides"),
        (PHOTO + b"PK\x03\x04" + bytes(30), "hides"),
        (_with_segment(PHOTO, 0xFE, b"*/=alert(1)/*"), "reveals"),
        (_with_segment(PHOTO, 0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"), "reveals"),
        (_with_segment(PHOTO, 0xED, b"Photoshop 3.0\0" + bytes(9)), "reveals"),
        (a_photo_from(1.6), "reveals"),
        (_with_segment(PHOTO, 0xE1, _exif(_turned(1, then=26), _place(26))), "reveals"),
        (_with_segment(_with_segment(PHOTO, 0xE1, _exif(_place(8))), 0xE1, _exif(_turned(1))), "reveals"),
        (_with_segment(PHOTO, 0xE1, _exif(_turned(1)) + WORDS), "reveals"),
        (_with_segment(PHOTO, 0xE1, _exif(_list(struct.pack("<HHII", 0x0112, 2, 44, 26)), WORDS)), "reveals"),
        (_with_segment(PHOTO, 0xE1, _exif(_list(struct.pack("<HHIHH", 0x0112, 3, 1, 1, 0x4142)))), "reveals"),
        (_with_segment(PHOTO, 0xE1, _exif(b"\xff\xff")), "reveals"),
        (_with_segment(PHOTO, 0xE2, b"ICC_PROFILE\0\1\1<x:xmpmeta>" + WORDS * 100), "reveals"),
        (_with_segment(PHOTO, 0xDB, b"\3" + (WORDS * 2)[:70]), "reveals"),
        (_with_segment(PHOTO, 0xC4, bytes(17) + WORDS), "reveals"),
        (_with_segment(PHOTO, 0xE0, b"JFIF\0" + bytes(2000)), "reveals"),
        (_with_segment(PHOTO, 0xE1, b"Exif\0\0MM\0*" + bytes(2000)), "reveals"),
        (_with_segment(PHOTO, 0xE2, b"ICC_PROFILE\0\1\1" + bytes(9000)), "reveals"),
        (a_photo(1601, 20), "too-large"),
        (_drawn_again(a_photo(progressive=True), 300), "too-large"),
        (_with_size(PHOTO, 65_000, 65_000), "too-large"),
        (_with_size(PHOTO, 0, 10), "damaged"),
        (a_recording(track=1, codec=b"V_VP8"), "unsupported"),
        (a_recording(codec=b"A_PCM/INT/LIT"), "unsupported"),
        (a_recording(extra=element(0x1254C367, b"place")), "reveals"),
        (a_recording(extra=element(0x1941A469, b"file")), "reveals"),
        (a_recording(extra=element(0xEC, b"<script>")), "hides"),
        (a_recording(extra=b"<script>alert(1)</script>"), "damaged"),
        (a_recording(frames=0), "damaged"),
        (a_recording()[:90], "damaged"),
        (a_recording() + b"\xec\x90<script>", "damaged"),
        (b"\x1aE\xdf\xa3", "damaged"),
        (an_mp4(handler=b"vide"), "unsupported"),
        (an_mp4(extra=box(b"udta", b"\xa9xyz")), "reveals"),
        (an_mp4() + box(b"uuid", b"x"), "reveals"),
        (an_mp4() + box(b"free", b"<script>"), "hides"),
        (an_mp4()[:-3], "damaged"),
        (box(b"ftyp", b"isom"), "damaged"),
        (an_ogg(b"LOCATION=-1.6,103.6"), "reveals"),
        (an_ogg(b"ENCODER=" + WORDS), "reveals"),
        (an_ogg(b"ENCODER=a", b"ENCODER=b"), "reveals"),
        (
            an_ogg()
            .replace(b"moz" + bytes(4), b"moz" + bytes(4) + b"WORDS")
            .replace(b"\x01\x13OpusT", b"\x01\x18OpusT"),
            "hides",
        ),
        (a_recording(extra=element(0xBF, WORDS)), "hides"),
        (a_recording(extra=element(0x1C53BB6B, WORDS)), "damaged"),
        (a_recording(extra=element(0x1C53BB6B, element(0xBB, element(0xB3, WORDS)))), "reveals"),
        (a_recording(extra=element(0x1549A966, element(0x7BA9, b"SDN 1"))), "reveals"),
        (a_recording(extra=element(0x1549A966, element(0x4461, bytes(8)))), "reveals"),
        (a_recording(extra=element(0x1549A966, element(0x4D80, WORDS))), "reveals"),
        (a_recording(extra=element(0x1654AE6B, element(0xAE, element(0x536E, WORDS)))), "reveals"),
        (an_mp4(extra=box(b"free", WORDS)), "hides"),
        (an_mp4(extra=box(b"\xa9xyz", WORDS)), "reveals"),
        (an_mp4(extra=box(b"ilst", box(b"covr"))), "reveals"),
        (an_mp4(extra=box(b"stbl", box(b"udta", WORDS))), "reveals"),
        (an_mp4() + box(b"mfra", box(b"name", WORDS)), "reveals"),
        (an_ogg() + b"more", "damaged"),
        (an_ogg()[:60], "damaged"),
    ],
)
def test_anything_else_is_refused_and_the_reason_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        look(data)

    assert refused.value.reason == reason


@given(st.data())
def test_no_spoilt_byte_ends_in_anything_but_an_answer(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([PHOTO[:700] + PHOTO[-200:], a_recording(), an_mp4(), an_ogg(b"ENCODER=x")]))
    at = data.draw(st.integers(0, len(whole) - 1))
    spoilt = whole[:at] + data.draw(st.binary(max_size=6)) + whole[at + data.draw(st.integers(0, 4)) :]

    try:
        type_, _ = look(spoilt)
    except Refused as refused:
        assert refused.reason in {"unsupported", "damaged", "too-large", "reveals", "hides"}
    else:
        assert type_ in {"image/jpeg", "audio/webm", "audio/mp4", "audio/ogg"}
