"""The whole log of a school in files, from one server to another where no line joins them: what `uplink` does, by hand.

Each part is sealed with the key of the server that wrote it. Whoever takes the first one in compares the fingerprint of
that key with the one the other server shows; from then on the key is known. It is kept beside the log, never in it:
what a log says of keys is what tablets have, and a tablet seals nothing but what its person wrote.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from observe.domain.errors import ObserveError
from observe.domain.handed_in import Report, Told
from observe.services import intake, replication
from observe.services.place import Place
from observe.services.replication import Forwarder
from observe.services.retrying import retried
from observe.store import changes, nodes, places, replicas, server_keys
from observe.store.changes import LogRow
from observe.store.db import Db
from sync import bundle
from sync.bundle import Header, Line, NotABundle, Survey
from sync.change import Written

AT_ONCE = 500
MOST_CHANGES = 20_000
"""In one part."""


class CannotPack(ObserveError):
    """There is nothing to write."""

    message = "nothing was written: %(why)s"


class ParcelRefused(ObserveError):
    """Nothing of the file was taken in."""

    message = "%(file)s was not taken in: %(why)s"


@dataclass(frozen=True, slots=True)
class Part:
    """One file to write: the rows of the log it holds, and its bytes, piece by piece."""

    first: int
    last: int
    changes: int
    pieces: Iterator[bytes]


def parts(db: Db, school: str, after: int, key: EllipticCurvePrivateKey, at: str) -> Iterator[Part]:
    """The log of a school behind row `after`, in as many files as it takes."""
    identity = places.read(db)
    if identity is None or changes.position(db, school).seq <= after:
        raise CannotPack(why=f"there is nothing of school {school} behind row {after} here")
    forked = replicas.forked(db)
    before = changes.at(db, school, after) if after else None
    follows = before.change.id if before and _travels(before, forked) else ""
    rows = (row for row in _walk(db, school, after) if _travels(row, forked))
    while part := _fitting(rows):
        header = Header(
            "bundle", bundle.PROTOCOL, identity.replica, intake.SERVER, at, len(part), [school], "log", follows
        )
        yield Part(part[0].seq, part[-1].seq, len(part), bundle.write(header, (row.body for row in part), key))
        follows = part[-1].change.id


def _fitting(rows: Iterator[LogRow]) -> list[LogRow]:
    return list(islice(rows, MOST_CHANGES))


def _walk(db: Db, school: str, after: int) -> Iterator[LogRow]:
    while rows := changes.walk(db, school, after):
        yield from rows
        after = rows[-1].seq


def _travels(row: LogRow, forked: dict[str, int]) -> bool:
    """What a server noted for itself stays there, as on the line."""
    return not row.replica.endswith(intake.CLERK) and row.n < forked.get(row.replica, row.n + 1)


def take_in(place: Place, file: BinaryIO, name: str, trusted: str = "") -> Report:
    """Take in one part; ParcelRefused when all of it is. `trusted` is the fingerprint somebody compared."""
    most = place.settings.bundle_bytes
    try:
        found = bundle.survey(file, most)
        new_key = _must_be_believed(place, found, name, trusted)
        header = found.header
        report = Report(header.by, header.replica, header.made_at, found.is_cut, is_sealed=True)
        node = Forwarder(header.replica, _schools(place, header))
        lines = bundle.changes(file, most)
        while part := list(islice(lines, AT_ONCE)):
            report.tell(_take_part(place, node, part))
    except NotABundle as wrong:
        raise ParcelRefused(file=name, why=str(wrong)) from wrong
    if new_key:
        _remember(place, header.school[0], header.replica, new_key)
    return report


def _must_be_believed(place: Place, found: Survey, name: str, trusted: str) -> str | None:
    """ParcelRefused unless the seal is right. The key it is sealed with, when it has to be remembered."""
    header, seal = found.header, found.seal
    if header.feed != "log" or len(header.school) != 1:
        raise ParcelRefused(file=name, why="it is not the log of a school")
    if seal is None:
        raise ParcelRefused(
            file=name, why="its end, with the seal, is missing; copy it again from where it was written"
        )
    school = header.school[0]
    known = server_keys.read(place.db, school, header.replica)
    key = known or seal.key
    if not known and bundle.fingerprint(key) != trusted:
        raise ParcelRefused(
            file=name,
            why=f"it is sealed by a server that is not known here, with the key {bundle.fingerprint(key)}. Compare that"
            " with what `observe bundle key` says there; when it is the same, say --key and it",
        )
    if not bundle.is_sealed_by(found, key):
        raise ParcelRefused(file=name, why="it was altered after it was sealed")
    if header.follows and changes.by_id(place.db, school, header.follows) is None:
        raise ParcelRefused(
            file=name, why=f"the part that ends with {header.follows} comes before it; take that in first"
        )
    return None if known else key


@retried
def _remember(place: Place, school: str, replica: str, key: str) -> None:
    with place.db.atomic():
        server_keys.keep(place.db, school, replica, key, place.moment())


def _schools(place: Place, header: Header) -> dict[str, bool]:
    """Where the other server may found what it brings: where it was let in for that, or the school began there."""
    school = header.school[0]
    let_in = [nodes.schools(place.db, node.node) for node in nodes.all_of(place.db) if node.replica == header.replica]
    first = changes.at(place.db, school, 1)
    began_there = first is None or (first.made_by, first.replica) == (intake.SERVER, header.replica)
    return {school: began_there or any(schools.get(school, False) for schools in let_in)}


def _take_part(place: Place, node: Forwarder, lines: Sequence[Line]) -> Iterator[Told]:
    written = [line.written for line in lines if line.written]
    before = _stored(place, written)
    taken = replication.take_over(place, node, written)
    held = {notice.id: notice for notice in taken.held}
    for line in lines:
        change = line.written.change if line.written else None
        if change is None or line.written is None:
            yield Told(line.number, "unreadable", detail=line.wrong)
            continue
        known = before.get(change.id)
        notice = held.get(change.id)
        outcome = "held" if notice else "new"
        if known is not None:
            outcome = "here" if known == line.written.digest else "other"
        elif change.n >= taken.forks.get(change.replica, change.n + 1):
            outcome = "other"
        yield Told(line.number, outcome, change.id, change.record, change.at, notice.reason if notice else "")


def _stored(place: Place, written: Iterable[Written]) -> dict[str, str]:
    """The digest of each of these changes that is here already, by its id."""
    numbers: dict[str, list[int]] = {}
    for each in written:
        numbers.setdefault(each.change.replica, []).append(each.change.n)
    found: dict[str, str] = {}
    for replica, ns in numbers.items():
        found |= {f"{replica}.{n}": row.digest for n, row in changes.stored(place.db, replica, ns).items()}
    return found
