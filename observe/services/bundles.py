"""Taking in a saved file: what a tablet without a network wrote, brought by hand.

What may be done with a change is decided by its author's rights, as if her tablet had sent it. A file is believed when
its author brings it. Brought by somebody else, it is believed for its seal, and no further than that reaches: in the
schools whose logs hold the key, and while the device that sealed it is not shut out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from typing import BinaryIO

from observe.domain.errors import N_, ObserveError
from observe.domain.handed_in import Report, Told
from observe.services import intake
from observe.services.intake import Sender
from observe.services.place import Place
from observe.services.retrying import retried
from observe.store import audit, changes, nodes, people, records, replicas
from observe.store.records import Kept
from observe.store.replicas import Replica
from sync import bundle
from sync.bundle import Header, Line, NotABundle, Survey, TooLarge
from sync.change import Change, Written
from sync.errors import Fork, Gap, NotThisProtocol

AT_ONCE = 500
MOST_NAMES = 50
"""So many replicas may have numbered what is in one file; a tablet has had a few."""


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


class TooManyNames(NotTaken):
    message = N_("This file names more devices than anybody can have had. Nothing of it was taken in.")


@dataclass(frozen=True, slots=True)
class _Belief:
    """How far a file is believed. `schools` None: its author brought it, and it needs no seal."""

    is_sealed: bool
    schools: frozenset[str] | None
    is_shut_out: bool = False


def take_in(place: Place, file: BinaryIO, carrier: str) -> Report:
    """Take in a saved file that the person `carrier` brought; NotTaken when all of it is refused."""
    most = place.settings.bundle_bytes
    try:
        found = bundle.survey(file, most)
        header = found.header
        if header.feed != "heads":
            raise NotASavedFile
        belief = _must_be_believed(place, found, carrier)
        device = _device(place, header.replica, header.by)
        _names_must_be_hers(place, header, bundle.changes(file, most))
        report = Report(header.by, device.name if device else "", header.made_at, found.is_cut, belief.is_sealed)
        for name, lines in groupby(_named(bundle.changes(file, most)), key=itemgetter(0)):
            _take_name(place, report, header, belief, name, [line for _, line in lines])
    except TooLarge as wrong:
        raise TooMuch from wrong
    except NotABundle as wrong:
        raise NotASavedFile from wrong
    _note(place, header, carrier)
    return report


def _must_be_believed(place: Place, found: Survey, carrier: str) -> _Belief:
    """How far the seal reaches; where there is none that can be checked, only its author may bring the file."""
    header = found.header
    is_hers = bool(carrier) and carrier == header.by
    device = _device(place, header.replica, header.by)
    keys = {school: record.value("key") for school, record in _records(place, header.replica, header.by).items()}
    known = set(keys.values()) - {None}
    right = {key for key in known if bundle.is_sealed_by(found, key)}
    if found.seal is not None and known and not right:
        raise Altered(name=_person_name(place, header), device=device.name if device else "")
    if is_hers:
        return _Belief(bool(right), None)
    if not right:
        raise NotItsAuthor
    schools = frozenset(school for school, key in keys.items() if key in right)
    return _Belief(True, schools, device is None or device.revoked_at is not None)


def _records(place: Place, name: str, author: str) -> dict[str, Kept]:
    """What the log of each school says of this device of the author's."""
    found = {
        school: records.read(place.db, school, f"replica/{name}")
        for school in replicas.schools_that_know(place.db, name)
    }
    return {school: kept for school, kept in found.items() if kept and kept.value("person") == author}


def _device(place: Place, name: str, author: str) -> Replica | None:
    """The replica of this name, when it is known here; NotHers when it is somebody else's, or a server's."""
    known = replicas.read(place.db, name)
    if known is not None and known.person not in {author, None}:
        raise NotHers
    if (
        known is not None
        and known.person is None
        and (not known.is_guest or changes.authors(place.db, name) - {author})
    ):
        raise NotHers
    if name.endswith(intake.CLERK) or any(node.replica == name for node in nodes.all_of(place.db)):
        raise NotHers
    return known


def _named(lines: Iterable[Line]) -> Iterator[tuple[str, Line]]:
    """Each line with the name of who numbered it; one that nobody can read goes with those before it."""
    name = ""
    for line in lines:
        name = line.written.change.replica if line.written else name
        yield name, line


def _names_must_be_hers(place: Place, header: Header, lines: Iterable[Line]) -> None:
    """Before anything is stored: NotHers or TooManyNames when one is another's, or they take turns without end."""
    runs = list(islice(groupby(name for name, _ in _named(lines) if name), MOST_NAMES + 1))
    if len(runs) > MOST_NAMES:
        raise TooManyNames
    for name in {name for name, _ in runs}:
        _device(place, name, header.by)


def _take_name(place: Place, report: Report, header: Header, belief: _Belief, name: str, lines: Sequence[Line]) -> None:
    """Take in what one replica numbered, a part at a time, each in one transaction."""
    run = _run(place, header, belief, name)
    for start in range(0, len(lines), AT_ONCE):
        report.tell(run.take(place, lines[start : start + AT_ONCE]))


def _run(place: Place, header: Header, belief: _Belief, name: str) -> "_Run":
    device = replicas.read(place.db, name)
    schools = replicas.schools_that_know(place.db, name) if device and device.is_guest else None
    if belief.schools is not None:
        schools = belief.schools if schools is None else belief.schools & schools
    is_shut_out = belief.is_shut_out or (belief.schools is not None and device is not None and bool(device.revoked_at))
    claims = None if device else _device_name(place, header)
    sender = Sender(name, header.by, is_shut_out, schools, claims)
    return _Run(sender, _is_reached(place, header, belief, device))


def _device_name(place: Place, header: Header) -> str:
    device = replicas.read(place.db, header.replica)
    return device.name if device else header.replica


def _is_reached(place: Place, header: Header, belief: _Belief, device: Replica | None) -> bool:
    """Whether the file may number changes for this device. A stored number is taken for good, also by a held change,
    so a seal does so only where every school that knows the device knows the seal, and once it is shut out, only for
    devices that are.
    """
    if belief.schools is None:
        return True
    if device is None or device.person is None:
        return False
    if belief.is_shut_out and device.replica != header.replica and not device.revoked_at:
        return False
    return _records(place, device.replica, header.by).keys() <= belief.schools


@dataclass(slots=True)
class _Run:
    """The changes of one replica in a file, in its order."""

    sender: Sender
    is_reached: bool
    is_other: bool = False
    """What follows was written after other words than those that are here."""

    def take(self, place: Place, lines: Sequence[Line]) -> list[Told]:
        """Store what can be stored; what is here already, or cannot follow, is told."""
        pairs = [(line.number, line.written) for line in lines if line.written]
        told = {line.number: Told(line.number, "unreadable", detail=line.wrong) for line in lines if not line.written}
        outcomes = self._sort(place, [written for _, written in pairs])
        follows = [written for (_, written), outcome in zip(pairs, outcomes, strict=True) if outcome in {"new", "next"}]
        refused, held = self._store(place, follows) if "new" in outcomes else ("", {})
        for (number, written), outcome in zip(pairs, outcomes, strict=True):
            change = written.change
            if outcome == "new" and (refused or change.id in held):
                told[number] = _told(number, change, refused or "held", held.get(change.id, ""))
            else:
                told[number] = _told(number, change, "here" if outcome == "next" else outcome)
        return [told[line.number] for line in lines]

    def _sort(self, place: Place, sent: Sequence[Written]) -> list[str]:
        """What is to become of each: `next` is here already, and is what the new ones go on from."""
        known = replicas.read(place.db, self.sender.replica)
        stored = changes.stored(place.db, self.sender.replica, [written.change.n for written in sent])
        digests = {n: row.digest for n, row in stored.items()}
        reached = known.stored_n if known else 0
        forked_n = known.forked_n if known else None
        outcomes = []
        for written in sent:
            n = written.change.n
            follows = n == reached + 1
            if n in digests:
                is_same = digests[n] == written.digest
                self.is_other = self.is_other or not is_same
                outcomes.append(("next" if follows else "here") if is_same else "other")
            elif forked_n and n >= forked_n:
                self.is_other = True
                outcomes.append("other")
            elif self.is_other or not follows:
                outcomes.append("gap")
                continue
            else:
                digests[n] = written.digest
                outcomes.append("new" if self.is_reached else "author")
            reached = n if follows else reached
        return outcomes

    def _store(self, place: Place, follows: Sequence[Written]) -> tuple[str, dict[str, str]]:
        """Why nothing was stored, when another transaction was quicker; and of what was, the reason each is held."""
        try:
            receipt = intake.take_in(place, self.sender, follows)
        except (Gap, Fork, NotThisProtocol) as met:
            self.is_other = True
            return "gap" if isinstance(met, Gap) else "other", {}
        return "", {notice.id: notice.reason for notice in receipt.held}


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
