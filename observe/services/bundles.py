"""Taking in a saved file: what a tablet without a network wrote, brought by hand.

Who brings it does not decide what may be done with it: each change is judged by its author's rights, as if her tablet
had sent it. What is in a file is believed when it is sealed with the key of the tablet, or brought by its author.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import BinaryIO

from observe.domain.errors import N_, ObserveError
from observe.domain.handed_in import Report, Told
from observe.services import intake
from observe.services.intake import Sender
from observe.services.place import Place
from observe.services.retrying import retried
from observe.store import audit, changes, people, records, replicas
from observe.store.replicas import Replica
from sync import bundle
from sync.bundle import Header, Line, NotABundle, Survey, TooLarge
from sync.change import Change, Written

AT_ONCE = 500


class NotTaken(ObserveError):
    """The file was refused as a whole, and nothing of it was stored."""

    message = N_("This file was not taken in.")


class NotASavedFile(NotTaken):
    message = N_("This is not a file that Observe saved, or it was damaged on the way. Nothing of it was taken in.")


class TooMuch(NotTaken):
    message = N_("This file is larger than the centre takes at once. Nothing of it was taken in.")


class Altered(NotTaken):
    message = N_(
        "This file was altered after %(name)s saved it on “%(device)s”. Nothing of it was taken in. Save it again on"
        " that device and bring the new file."
    )


class NotItsAuthor(NotTaken):
    message = N_(
        "This file has no seal that the centre knows, so only the person who wrote it may hand it in. Ask her or him to"
        " sign in and hand it in, here or on any other computer."
    )


class NotHers(NotTaken):
    message = N_("This file names a device that belongs to somebody else. Nothing of it was taken in.")


def take_in(place: Place, file: BinaryIO, carrier: str) -> Report:
    """Take in a saved file that the person `carrier` brought; NotTaken when all of it is refused."""
    most = place.settings.bundle_bytes
    try:
        found = bundle.survey(file, most)
        header = found.header
        if header.feed != "heads":
            raise NotASavedFile
        is_sealed = _must_be_believed(place, found, carrier)
        device = _device(place, header.replica, header.by)
        report = Report(header.by, device.name if device else "", header.made_at, found.is_cut, is_sealed)
        for name, lines in groupby(bundle.changes(file, most), key=_name):
            _take_name(place, report, header, carrier, name, list(lines))
    except TooLarge as wrong:
        raise TooMuch from wrong
    except NotABundle as wrong:
        raise NotASavedFile from wrong
    _note(place, header, carrier)
    return report


def _must_be_believed(place: Place, found: Survey, carrier: str) -> bool:
    """Whether the seal is right; where there is none that can be checked, only its author may bring the file."""
    header = found.header
    known = [records.read(place.db, school, f"replica/{header.replica}") for school in header.school]
    keys = {kept.value("key") for kept in known if kept and kept.value("person") == header.by} - {None}
    if found.seal is not None and keys:
        if any(bundle.is_sealed_by(found, key) for key in keys):
            return True
        device = _device(place, header.replica, header.by)
        raise Altered(name=_person_name(place, header), device=device.name if device else "")
    if carrier != header.by:
        raise NotItsAuthor
    return False


def _device(place: Place, name: str, author: str) -> Replica | None:
    """The replica of this name, when it is known here; NotHers when it is somebody else's."""
    known = replicas.read(place.db, name)
    if known is not None and known.person not in {author, None}:
        raise NotHers
    if known is not None and known.person is None and not known.is_guest:
        raise NotHers
    return known


def _name(line: Line) -> str:
    return line.written.change.replica if line.written else ""


def _take_name(place: Place, report: Report, header: Header, carrier: str, name: str, lines: Sequence[Line]) -> None:
    """Take in what one replica numbered, a part at a time, each in one transaction."""
    if not name:
        report.tell(Told(line.number, "unreadable", detail=line.wrong) for line in lines)
        return
    device = _device(place, name, header.by) or _recognise(place, name, report, header)
    is_revoked = device.revoked_at is not None and carrier != header.by
    schools = replicas.schools_that_know(place.db, name) if device.is_guest else None
    sender = Sender(name, header.by, is_revoked, schools)
    for start in range(0, len(lines), AT_ONCE):
        report.tell(_take_part(place, sender, lines[start : start + AT_ONCE]))


@retried
def _recognise(place: Place, name: str, report: Report, header: Header) -> Replica:
    """A name this server never heard of: its pairing was lost, or made elsewhere. From now on it is its author's."""
    with place.db.atomic():
        replicas.add(place.db, name, header.by, report.device or name, None, place.moment())
    found = replicas.read(place.db, name)
    assert found  # noqa: S101
    return found


def _take_part(place: Place, sender: Sender, lines: Sequence[Line]) -> Iterator[Told]:
    """Store what can be stored; what is here already, or cannot follow, is told."""
    pairs = [(line.number, line.written) for line in lines if line.written]
    known = replicas.read(place.db, sender.replica)
    stored = changes.stored(place.db, sender.replica, [written.change.n for _, written in pairs])
    reached = known.stored_n if known else 0
    digests = {n: row.digest for n, row in stored.items()}
    fresh: list[Written] = []
    told: dict[int, Told] = {}
    is_other = False
    for number, written in pairs:
        change = written.change
        if change.n in digests:
            is_same = digests[change.n] == written.digest
            is_other = is_other or not is_same  # what follows was written after other words than those that are here
            told[number] = _told(number, change, "here" if is_same else "other")
        elif is_other or change.n != reached + 1:
            told[number] = _told(number, change, "gap")
            continue
        else:
            digests[change.n] = written.digest
            fresh.append(written)
        reached = max(reached, change.n)
    receipt = intake.take_in(place, sender, fresh)
    held = {notice.id: notice for notice in receipt.held}
    for number, written in pairs:
        notice = held.get(written.change.id)
        if number in told:
            yield told[number]
        elif notice:
            yield _told(number, written.change, "held", notice.reason)
        else:
            yield _told(number, written.change, "new")


def _told(number: int, change: Change, outcome: str, detail: str = "") -> Told:
    return Told(number, outcome, change.id, change.record, change.at, detail)


def _person_name(place: Place, header: Header) -> str:
    found = [people.read(place.db, school, header.by) for school in header.school]
    return next((person.name for person in found if person), "")


@retried
def _note(place: Place, header: Header, carrier: str) -> None:
    """In the list of what was done at the school: who brought which file."""
    schools = people.viewer(place.db, carrier).schools
    with place.db.atomic():
        for school in schools:
            subject = f"replica/{header.replica}"
            entry = audit.Entry(
                school, place.new_id(), place.moment(), carrier, "file-taken-in", subject, header.made_at
            )
            audit.add(place.db, entry)
