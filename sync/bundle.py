"""The exchange in a file: gzip of lines, a header, changes in order, and a seal over everything before it.

A file is read twice: `survey` says what it is and whether it is whole, `changes` gives what is in it. Nothing is ever
read whole into memory, and no more is inflated than is allowed.
"""

import base64
import binascii
import hashlib
import itertools
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from sync.change import MAX_CHANGE_BYTES, Written, decode
from sync.errors import NotThisProtocol
from sync.json_door import parse

PROTOCOL = 1
MOST_SCHOOLS = 50
MOST_CHANGES = 100_000
"""In one file. Without a limit a small file of empty lines would keep a server busy for minutes."""
_LONGEST_LINE = MAX_CHANGE_BYTES + 4096
_PART = 64 * 1024
_GZIP = b"\x1f\x8b"
_HALF_SIGNATURE = 32


class NotABundle(Exception):
    """The file is no bundle at all, or one that was altered. The text says what is wrong, for an operator."""


class TooLarge(NotABundle):
    """It holds more than is taken in one file."""


class Header(msgspec.Struct, frozen=True):
    """The first line: who made the file, on which replica, and how many changes it should hold."""

    observe: str
    protocol: int
    replica: str
    by: str
    made_at: str
    changes: int
    school: list[str] = []
    feed: str = "heads"
    """`log` for the whole log of a school, in feed order, as one server gives it to another."""
    follows: str = ""
    """In a part of a log: the change that stands right before it."""
    is_sealed: bool = False


class Seal(msgspec.Struct, frozen=True):
    """The last line: ECDSA P-256 with SHA-256 over every byte before it, as 64 bytes in base64."""

    observe: str
    replica: str
    signature: str
    key: str = ""
    """The public half, where whoever takes the file in may not have it yet: a fingerprint of it is then compared."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file is. `digest` is that of everything before the seal; `is_cut` when its end is missing."""

    header: Header
    changes: int
    digest: bytes
    seal: Seal | None
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line that should be a change. `written` None: nobody could read it, for the reason in `wrong`."""

    number: int
    written: Written | None
    wrong: str = ""


def survey(file: BinaryIO, most_bytes: int) -> Survey:
    """Read a file to its end; NotABundle when it cannot be relied on, whoever brings it."""
    reader = _Lines(file, most_bytes)
    lines = iter(reader)
    first = next(lines, None)
    if first is None:
        raise NotABundle("there is nothing in it that could be read")
    header = _header(first)
    digest, count, seal = hashlib.sha256(first), 0, None
    for line in lines:
        if seal is not None:
            raise NotABundle("there is something behind its seal")
        seal = _seal(line)
        if seal is None:
            digest.update(line)
            count += 1
            if count > header.changes:
                raise NotABundle("it holds more than it says")
    if seal is not None and seal.replica != header.replica:
        raise NotABundle("its seal is that of another device")
    is_short = count < header.changes or (header.is_sealed and seal is None)
    if seal is not None and count < header.changes:
        raise NotABundle("it holds less than it says")
    return Survey(header, count, digest.digest(), seal, reader.is_cut or is_short)


def changes(file: BinaryIO, most_bytes: int) -> Iterator[Line]:
    """The changes of a file, in its order. What was cut off in the middle is left out."""
    for number, line in enumerate(_Lines(file, most_bytes)):
        if number == 0 or _seal(line) is not None:
            continue
        try:
            yield Line(number, decode(line.decode("utf-8").rstrip("\n")))
        except UnicodeDecodeError:
            yield Line(number, None, "it is not text")
        except NotThisProtocol as wrong:
            yield Line(number, None, wrong.detail)


def is_sealed_by(found: Survey, key: str) -> bool:
    """Whether the seal was made with the private half of `key` (SPKI in base64) over exactly this content."""
    public = public_key(key)
    if public is None or found.seal is None:
        return False
    try:
        raw = base64.b64decode(found.seal.signature, validate=True)
        if len(raw) != 2 * _HALF_SIGNATURE:
            return False
        halves = (int.from_bytes(half, "big") for half in (raw[:_HALF_SIGNATURE], raw[_HALF_SIGNATURE:]))
        signature = utils.encode_dss_signature(*halves)
        public.verify(signature, found.digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def public_key(key: str) -> ec.EllipticCurvePublicKey | None:
    """The P-256 key written in `key`, or None when it is none."""
    try:
        found = serialization.load_der_public_key(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError, TypeError):
        return None
    is_right = isinstance(found, ec.EllipticCurvePublicKey) and isinstance(found.curve, ec.SECP256R1)
    return found if is_right else None  # type: ignore[return-value]


def write(header: Header, bodies: Iterable[str], private: ec.EllipticCurvePrivateKey | None) -> Iterator[bytes]:
    """The bytes of a file, piece by piece: sealed when there is a key."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    digest = hashlib.sha256()
    first = msgspec.structs.replace(header, is_sealed=private is not None)
    for text in itertools.chain([msgspec.json.encode(first)], (body.encode() for body in bodies)):
        digest.update(text + b"\n")
        yield packer.compress(text + b"\n")
    if private is not None:
        yield packer.compress(msgspec.json.encode(_sealed(header.replica, digest.digest(), private)) + b"\n")
    yield packer.flush()


def _sealed(replica: str, digest: bytes, private: ec.EllipticCurvePrivateKey) -> Seal:
    signature = private.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    halves = [half.to_bytes(_HALF_SIGNATURE, "big") for half in utils.decode_dss_signature(signature)]
    return Seal("seal", replica, base64.b64encode(b"".join(halves)).decode(), told(private))


def told(private: ec.EllipticCurvePrivateKey) -> str:
    """The public half of a key, as it is told to others: SPKI in base64."""
    public = private.public_key()
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(public.public_bytes(serialization.Encoding.DER, kind)).decode()


def fingerprint(key: str) -> str:
    """A short name for a public key, for two people to compare on the telephone."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    return "-".join(digest[start : start + 4] for start in range(0, 20, 4))


def _header(line: bytes) -> Header:
    try:
        header = msgspec.convert(parse(line), Header, strict=True)
    except (NotThisProtocol, msgspec.ValidationError) as wrong:
        raise NotABundle("its first line is not that of a saved file") from wrong
    if header.observe != "bundle" or header.protocol != PROTOCOL:
        raise NotABundle("it was not saved by this program, or by a version this one does not know")
    if len(header.school) > MOST_SCHOOLS or header.changes < 0:
        raise NotABundle("its first line is not that of a saved file")
    if header.changes > MOST_CHANGES:
        raise TooLarge(f"it says it holds more than {MOST_CHANGES} changes")
    return header


def _seal(line: bytes) -> Seal | None:
    """The seal in this line, when it is one: no change has a key `observe`."""
    if not line.startswith(b'{"observe"'):
        return None
    try:
        seal = msgspec.json.decode(line, type=Seal)
    except (msgspec.MsgspecError, UnicodeDecodeError) as wrong:
        raise NotABundle("its seal is damaged") from wrong
    if seal.observe != "seal":
        raise NotABundle("its seal is damaged")
    return seal


class _Lines:
    """The lines of a file, each with its line end. A last one without is dropped, and the file called cut."""

    def __init__(self, file: BinaryIO, most_bytes: int) -> None:
        self._file = file
        self._left = most_bytes
        self.is_cut = False

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        rest = b""
        for part in self._inflated():
            self._left -= len(part)
            if self._left < 0:
                raise TooLarge("it holds more than is taken in one file")
            *whole, rest = (rest + part).split(b"\n")
            if len(rest) > _LONGEST_LINE or any(len(line) > _LONGEST_LINE for line in whole):
                raise NotABundle("a line is longer than any change can be")
            yield from (line + b"\n" for line in whole)
        self.is_cut = self.is_cut or rest != b""

    def _inflated(self) -> Iterator[bytes]:
        first = self._file.read(_PART)
        if not first.startswith(_GZIP):
            while first:
                yield first
                first = self._file.read(_PART)
            return
        yield from self._unpacked(first)

    def _unpacked(self, packed: bytes) -> Iterator[bytes]:
        unpacker = zlib.decompressobj(31)
        try:
            while packed:
                yield unpacker.decompress(packed, _PART)
                if unpacker.eof:
                    break
                packed = unpacker.unconsumed_tail or self._file.read(_PART)
            yield unpacker.decompress(b"", _PART)  # what it had no room for in its last answer
        except zlib.error as wrong:
            raise NotABundle("it was altered or damaged on the way") from wrong
        self.is_cut = not unpacker.eof
        if unpacker.eof and (unpacker.unused_data or self._file.read(1)):
            raise NotABundle("there is something behind its end")
