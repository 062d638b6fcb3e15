"""A saved file is believed whole, or refused: cut and altered anywhere, packed to burst, or no such file at all."""

import gzip
import io
import json
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import bundle
from sync.bundle import NotABundle, TooLarge
from sync.change import Change
from tests.saved_file import a_file, new_key, plain, told

MOST = 1024 * 1024
SCHOOL = "01900000-0000-7000-8000-000000000001"
KEY = new_key()


def some(count: int = 3, replica: str = "tablet1") -> list[Change]:
    record = "observation/01900000-0000-7000-8000-000000000064"
    return [
        Change(f"{replica}.{n}", SCHOOL, record, "somebody", "2026-11-23T03:00:00.000Z", {"topic": f"½ – {n} " * 9})
        for n in range(1, count + 1)
    ]


SEALED = a_file("tablet1", "somebody", SCHOOL, some(), KEY).getvalue()
OPEN = a_file("tablet1", "somebody", SCHOOL, some()).getvalue()


def ids(file: io.BytesIO) -> list[str]:
    return [line.written.change.id for line in bundle.changes(file, MOST) if line.written]


def bodies(file: io.BytesIO) -> list[str]:
    return [line.written.body for line in bundle.changes(file, MOST) if line.written]


@pytest.mark.parametrize("shape", [lambda file: file, plain])
def test_what_was_saved_is_read_again_and_its_seal_is_right(shape: Callable[[io.BytesIO], io.BytesIO]) -> None:
    file = shape(io.BytesIO(SEALED))

    found = bundle.survey(file, MOST)

    assert (found.changes, found.is_cut, found.header.replica) == (3, False, "tablet1")
    assert bundle.is_sealed_by(found, told(KEY))
    assert not bundle.is_sealed_by(found, told(new_key()))
    assert ids(file) == ["tablet1.1", "tablet1.2", "tablet1.3"]


@pytest.mark.parametrize("shape", [lambda file: file, plain])
@pytest.mark.parametrize("whole", [SEALED, OPEN])
def test_cut_after_any_byte_it_is_called_cut_and_holds_only_whole_changes(
    shape: Callable[[io.BytesIO], io.BytesIO], whole: bytes
) -> None:
    data = shape(io.BytesIO(whole)).getvalue()
    for length in range(len(data)):
        file = io.BytesIO(data[:length])
        try:
            found = bundle.survey(file, MOST)
        except NotABundle:
            continue  # not even its first line is there
        is_whole_all_the_same = found.changes == 3 and (whole is OPEN or bundle.is_sealed_by(found, told(KEY)))

        assert found.is_cut or is_whole_all_the_same, length
        assert is_whole_all_the_same or not bundle.is_sealed_by(found, told(KEY))
        assert ids(file) == [f"tablet1.{n}" for n in range(1, found.changes + 1)]


def test_with_any_byte_altered_a_right_seal_still_means_the_very_same_changes() -> None:
    for data in (SEALED, plain(io.BytesIO(SEALED)).getvalue()):
        for place in range(len(data)):
            altered = io.BytesIO(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
            try:
                found = bundle.survey(altered, MOST)
            except NotABundle:
                continue

            if bundle.is_sealed_by(found, told(KEY)):
                assert bodies(altered) == bodies(io.BytesIO(SEALED)), "only a byte that says nothing was altered"


@given(st.binary(max_size=400))
def test_anything_at_all_is_read_or_refused(data: bytes) -> None:
    for file in (io.BytesIO(data), io.BytesIO(gzip.compress(data)), io.BytesIO(SEALED[:60] + data)):
        try:
            bundle.survey(file, MOST)
            list(bundle.changes(file, MOST))
        except NotABundle:
            pass


def test_a_bomb_goes_off_in_nobodys_memory() -> None:
    bomb = io.BytesIO(gzip.compress(b"x" * 50_000_000))
    lines = io.BytesIO(gzip.compress(gzip.decompress(OPEN) + b"\n" * 50_000_000))

    with pytest.raises(NotABundle):
        bundle.survey(bomb, MOST)
    with pytest.raises(NotABundle):
        bundle.survey(lines, 100 * MOST)
    with pytest.raises(TooLarge):
        bundle.survey(_again(OPEN, changes=bundle.MOST_CHANGES + 1), MOST)
    with pytest.raises(TooLarge):
        bundle.survey(io.BytesIO(SEALED), 100)


def _again(data: bytes, **header: object) -> io.BytesIO:
    """The same lines under an altered header."""
    first, _, rest = gzip.decompress(data).partition(b"\n")
    return io.BytesIO(json.dumps(json.loads(first) | header).encode() + b"\n" + rest)


@pytest.mark.parametrize(
    "file",
    [
        io.BytesIO(),
        io.BytesIO(b"PK\x03\x04 something else"),
        io.BytesIO(b"{}\n"),
        io.BytesIO(b"[" * 100_000),
        _again(OPEN, protocol=99),
        _again(OPEN, changes=1),
        _again(OPEN, changes=-1),
        _again(OPEN, school=["x"] * 1000),
        _again(SEALED, changes=4),
        io.BytesIO(SEALED + SEALED),
        io.BytesIO(OPEN + b"more"),
        io.BytesIO(gzip.decompress(SEALED) + b"{}\n"),
        io.BytesIO(gzip.decompress(OPEN) + b'{"observe":"seal"}\n'),
        io.BytesIO(zlib.compress(gzip.decompress(OPEN))),
    ],
)
def test_what_is_no_saved_file_is_refused(file: io.BytesIO) -> None:
    with pytest.raises(NotABundle):
        bundle.survey(file, MOST)


def test_a_line_nobody_can_read_is_told_and_the_others_are_read() -> None:
    lines = gzip.decompress(OPEN).split(b"\n")
    lines[2] = b'{"id": "../../etc/passwd"}'
    file = io.BytesIO(b"\n".join(lines))

    read = list(bundle.changes(file, MOST))

    assert [(line.number, line.written is not None) for line in read] == [(1, True), (2, False), (3, True)]
    assert "not a change" in read[1].wrong


@pytest.mark.parametrize("key", ["", "x", "AAAA", told(KEY)[:-8], "=" * 200])
def test_what_is_no_key_seals_nothing(key: str) -> None:
    assert bundle.public_key(key) is None
    assert not bundle.is_sealed_by(bundle.survey(io.BytesIO(SEALED), MOST), key)
