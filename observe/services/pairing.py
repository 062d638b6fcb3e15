"""Pairing a device with a person, and ending it again."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from observe.domain.access import Role, Viewer
from observe.domain.errors import N_, NotHere, ObserveError
from observe.domain.ids import new_replica
from observe.services import intake
from observe.services.intake import Draft
from observe.services.place import Place
from observe.services.retrying import retried
from observe.store import audit, people, replicas
from observe.store.replicas import Replica

LONGEST_NAME = 80


class NameOfDevice(ObserveError):
    """A device needs a name one can tell it by."""

    message = N_("Give this device a name of 1 to %(longest)s characters, so that it can be found again in a list.")


@dataclass(frozen=True, slots=True)
class Paired:
    """What the device keeps. The token is told once and stored nowhere here."""

    replica: str
    token: str


@retried
def pair(place: Place, person: str, name: str, key: str | None = None) -> Paired:
    """A new replica of this person's, under the name she chose. `key` seals its files (SPKI in base64)."""
    clean = " ".join(name.split())
    if not 1 <= len(clean) <= LONGEST_NAME or not clean.isprintable():
        raise NameOfDevice(longest=LONGEST_NAME)
    replica, token = new_replica(secrets.token_bytes), secrets.token_urlsafe(32)
    with place.db.atomic():
        replicas.add(place.db, replica, person, clean, digest(token), place.moment())
        schools = people.viewer(place.db, person).schools
        fields = replicas.as_record(place.db, replica) | ({"key": key} if key else {})
        intake.write_inside(place, person, [Draft(school, f"replica/{replica}", fields) for school in schools])
        _note(place, schools, person, "device-paired", replica)
    return Paired(replica, token)


@retried
def revoke(place: Place, by: Viewer, replica: str) -> None:
    """End a device's access. By its own person, or by an administrator of a school its person belongs to."""
    device = replicas.read(place.db, replica)
    if device is None or device.person is None:
        raise NotHere
    reach = _reach(place, by, device)
    if not reach and device.person != by.person:
        raise NotHere
    if device.revoked_at:
        return
    with place.db.atomic():
        replicas.revoke(place.db, replica, by.person, place.moment())
        known = replicas.schools_that_know(place.db, replica)
        told = [school for school in known if school in (reach or by.schools)]
        fields = {"revoked_at": place.moment()}
        intake.write_inside(place, by.person, [Draft(school, f"replica/{replica}", fields) for school in told])
        _note(place, reach or by.schools, by.person, "device-revoked", replica)


def may_offer(place: Place, device: Replica, name: str) -> bool:
    """Whether `device` may bring changes numbered by `name`: an earlier replica of its person's.

    A name never heard of is one whose pairing was lost with what a backup did not hold. It becomes hers once something
    is stored under it (`Sender.claims`), and not by asking.
    """
    known = replicas.read(place.db, name)
    if known is None:
        return not device.revoked_at and not replicas.is_nodes(place.db, name)
    return known.person == device.person


def of_person(place: Place, person: str) -> list[Replica]:
    """A person's own devices, the ones still in use first."""
    return sorted(replicas.of_person(place.db, person), key=lambda device: device.revoked_at is not None)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _reach(place: Place, by: Viewer, device: Replica) -> list[str]:
    """The schools through which `by`, as an administrator, looks after this device."""
    return [
        school
        for school in by.schools
        if by.has(school, Role.administrator) and people.read(place.db, school, device.person or "")
    ]


def _note(place: Place, schools: Iterable[str], by: str, action: str, replica: str) -> None:
    for school in schools:
        audit.add(place.db, audit.Entry(school, place.new_id(), place.moment(), by, action, f"replica/{replica}", ""))
