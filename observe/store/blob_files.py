"""The bytes of photos and recordings, in a folder that several processes may share.

A file gets its name only after its bytes are on the disk, so what has a name is whole. Nothing is ever written into a
file that has one.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from observe.domain.errors import NotNow

_SAFE = re.compile(r"[0-9a-f-]{32,64}")
_ARRIVING = "arriving"
_SMALL = ".small.jpg"
_SHOWN = ".shown.jpg"
MADE = frozenset({"small.jpg", "shown.jpg"})
"""How the names of what was made from a photo end."""
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Gathered:
    """The pieces of a blob, put together in a file without a name of its own yet."""

    path: Path
    sha256: str
    bytes: int


def path_of(folder: Path, school: str, sha256: str) -> Path:
    """Where a blob is when it is kept; ValueError for what could lead anywhere else."""
    if not _SAFE.fullmatch(school) or not _SAFE.fullmatch(sha256):
        raise ValueError("neither a school nor a digest may be such a name")
    return folder / school / sha256[:2] / sha256


def small_of(folder: Path, school: str, sha256: str) -> Path:
    """Where the small picture of a photo is."""
    path = path_of(folder, school, sha256)
    return path.with_name(path.name + _SMALL)


def shown_of(folder: Path, school: str, sha256: str) -> Path:
    """Where the picture is that was drawn anew from a photo, to be shown in its place."""
    path = path_of(folder, school, sha256)
    return path.with_name(path.name + _SHOWN)


def put_part(folder: Path, school: str, data: bytes) -> str:
    """The name of a new file that holds `data`, durably."""
    name = secrets.token_hex(16)
    with _where_there_is_room():
        _write(_arriving(folder, school) / name, [data])
    return name


def read_part(folder: Path, school: str, name: str) -> bytes | None:
    """A piece; None when it is gone."""
    try:
        return (_arriving(folder, school) / name).read_bytes()
    except OSError:
        return None


def gather(folder: Path, school: str, names: Iterable[str]) -> Gathered:
    """The pieces, one behind the other; FileNotFoundError when one is gone."""
    digest, size = hashlib.sha256(), 0
    path = _arriving(folder, school) / secrets.token_hex(16)

    def pieces() -> Iterator[bytes]:
        nonlocal size
        for name in names:
            piece = (_arriving(folder, school) / name).read_bytes()
            digest.update(piece)
            size += len(piece)
            yield piece

    with _where_there_is_room():
        _write(path, pieces())
    return Gathered(path, digest.hexdigest(), size)


def keep(folder: Path, school: str, gathered: Gathered, small: bytes, shown: bytes) -> None:
    """Give what was gathered its name; after this it stays."""
    keep_made(folder, school, gathered.sha256, small, shown)
    final = path_of(folder, school, gathered.sha256)
    with _where_there_is_room():
        final.parent.mkdir(parents=True, exist_ok=True)
        gathered.path.replace(final)
        _flush_folder(final.parent)
        _flush_folder(final.parent.parent)


def keep_made(folder: Path, school: str, sha256: str, small: bytes, shown: bytes) -> None:
    """What is shown of a photo. Should one be lost, it is made again."""
    for final, data in ((small_of(folder, school, sha256), small), (shown_of(folder, school, sha256), shown)):
        if data:
            half = _arriving(folder, school) / secrets.token_hex(16)
            with _where_there_is_room():
                final.parent.mkdir(parents=True, exist_ok=True)
                _write(half, [data])
                half.replace(final)


def drop(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def drop_parts(folder: Path, school: str, names: Iterable[str]) -> None:
    for name in names:
        drop(_arriving(folder, school) / name)


def drop_kept(folder: Path, school: str, sha256: str) -> None:
    drop(path_of(folder, school, sha256))
    drop(small_of(folder, school, sha256))
    drop(shown_of(folder, school, sha256))


def left_behind(folder: Path, school: str, before: float) -> list[str]:
    """Files of pieces that were last written before then, in seconds since 1970."""
    found = []
    with suppress(OSError):
        for each in _arriving(folder, school).iterdir():
            with suppress(OSError):
                if each.stat().st_mtime < before:
                    found.append(each.name)
    return found


def read(folder: Path, school: str, sha256: str) -> bytes | None:
    """A whole kept file; None when it is gone."""
    try:
        return path_of(folder, school, sha256).read_bytes()
    except OSError:
        return None


def size_of(path: Path) -> int | None:
    """How many bytes a file holds; None when it is gone."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def digest_of(path: Path) -> str | None:
    """The SHA-256 of a file; None when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as opened:
            while piece := opened.read(_CHUNK):
                digest.update(piece)
    except OSError:
        return None
    return digest.hexdigest()


def copy(source: Path, target: Path) -> str | None:
    """Copy a file durably under its new name; the SHA-256 of what is there now, None when there is nothing to copy."""
    half = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    digest = hashlib.sha256()
    try:
        opened = source.open("rb")
    except OSError:
        return None
    with opened, _where_there_is_room():
        target.parent.mkdir(parents=True, exist_ok=True)

        def pieces() -> Iterator[bytes]:
            while piece := opened.read(_CHUNK):
                digest.update(piece)
                yield piece

        _write(half, pieces())
        half.replace(target)
        _flush_folder(target.parent)
    return digest.hexdigest()


def _arriving(folder: Path, school: str) -> Path:
    if not _SAFE.fullmatch(school):
        raise ValueError("no school has such a name")
    return folder / school / _ARRIVING


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """A new file, on the disk when this returns; nothing of it when it fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as made:
            for piece in pieces:
                made.write(piece)
            made.flush()
            os.fsync(made.fileno())
        _flush_folder(path.parent)
    except BaseException:
        drop(path)
        raise


def _flush_folder(folder: Path) -> None:
    """Names are part of a folder, and reach the disk with it. Windows has no such thing, and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _where_there_is_room() -> Iterator[None]:
    """A full or broken disk may pass."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as wrong:
        raise NotNow from wrong
