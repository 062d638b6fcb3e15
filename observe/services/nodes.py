"""Servers of schools that forward to this one: letting one in, and shutting it out again."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from observe.domain.access import Role, Viewer
from observe.domain.errors import N_, NotHere, ObserveError
from observe.domain.kinds import REPLICA
from observe.services.place import Place
from observe.services.retrying import retried
from observe.store import audit, nodes, people, replicas, uplinks
from observe.store.nodes import Node

LONGEST_NAME = 80
OPERATOR = ""
"""Who lets a node in from the command line."""


class NameOfNode(ObserveError):
    """A node needs a name one can tell it by."""

    message = N_("Give this server a name of 1 to %(longest)s characters, so that it can be found again in a list.")


@dataclass(frozen=True, slots=True)
class LetIn:
    """What the node keeps. The token is told once and stored nowhere here."""

    node: str
    token: str
    schools: tuple[str, ...]


def let_in_by(place: Place, viewer: Viewer, name: str, wanted: frozenset[str] | None) -> LetIn:
    """A node of the schools this person administers, or of those among them that are `wanted`; NotHere for others."""
    hers = frozenset(school for school in viewer.schools if viewer.has(school, Role.administrator))
    schools = hers if wanted is None else wanted
    if not schools or not schools <= hers:
        raise NotHere
    return let_in(place, viewer.person, name, dict.fromkeys(schools, False))


@retried
def let_in(place: Place, by: str, name: str, schools: Mapping[str, bool]) -> LetIn:
    """A node of these schools; True for a school that began at the node and is not known here yet."""
    clean = " ".join(name.split())
    if not 1 <= len(clean) <= LONGEST_NAME or not clean.isprintable():
        raise NameOfNode(longest=LONGEST_NAME)
    id, token = place.new_id(), secrets.token_urlsafe(32)
    made = Node(id, clean, None, by, place.moment(), None, None, None, None, None)
    with place.db.atomic():
        nodes.add(place.db, made, hashlib.sha256(token.encode()).hexdigest(), schools)
        for school in schools:
            _note(place, school, by, "node-added", id)
    return LetIn(id, token, tuple(sorted(schools)))


@retried
def revoke(place: Place, by: Viewer, school: str, node: str) -> None:
    """Shut a node out of every school it was let in for. By an administrator of one of them."""
    found = nodes.read(place.db, node)
    if found is None or school not in nodes.schools(place.db, node) or not by.has(school, Role.administrator):
        raise NotHere
    if found.revoked_at:
        return
    with place.db.atomic():
        nodes.revoke(place.db, node, by.person, place.moment())
        for of in nodes.schools(place.db, node):
            _note(place, of, by.person, "node-revoked", node)


@retried
def claim(place: Place, node: Node, replica: str | None) -> str:
    """The name a node writes under; what it says first stands. Empty while it says none that can be a server's.

    Servers that share a school may share a name: it is one server, let in again.
    """
    if node.replica is not None:
        return node.replica
    known = replicas.read(place.db, replica) if replica and REPLICA.fullmatch(replica) else None
    is_ours_or_a_persons = known is not None and (known.person is not None or not known.is_guest)
    if not replica or not REPLICA.fullmatch(replica) or is_ours_or_a_persons:
        return ""
    with place.db.atomic():
        if nodes.is_anothers(place.db, node.node, replica):
            return ""
        nodes.claim(place.db, node.node, replica)
    return replica


def of_school(place: Place, school: str) -> list[Node]:
    """The nodes of a school, those in use first."""
    return sorted(nodes.of_school(place.db, school), key=lambda node: node.revoked_at is not None)


def are_there(place: Place, school: str) -> bool:
    """Whether another server has to do with this school: a centre above this one, or a node of it."""
    return uplinks.read(place.db) is not None or bool(nodes.of_school(place.db, school))


def name_of(place: Place, school: str) -> str:
    found = people.school(place.db, school)
    return found.name if found else school


def _note(place: Place, school: str, by: str, action: str, node: str) -> None:
    audit.add(place.db, audit.Entry(school, place.new_id(), place.moment(), by, action, f"node/{node}", ""))
