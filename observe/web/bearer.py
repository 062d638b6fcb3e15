"""The device or the node behind a request, by the token it was given."""

import hashlib

from flask import request

from observe.domain.access import Viewer
from observe.store import accounts, nodes, people, replicas
from observe.store import standing as standings
from observe.store.nodes import Node
from observe.store.replicas import Replica
from observe.store.standing import Standing
from observe.web.place import place
from observe.web.session import may_be_used_here


def device() -> Replica | None:
    """The replica whose token the request carries, revoked ones too; None without a known token."""
    digest = _digest()
    found = replicas.by_token(place().db, digest) if digest else None
    return found if found and may_be_used_here(accounts.read(place().db, found.person or "")) else None


def standing() -> Standing | None:
    """How a person's device stands whose token the request carries; None for one that has to be looked at closely.

    That is one that was shut out, that was paired elsewhere, or that belongs to the demonstration.
    """
    digest = _digest()
    found = standings.by_token(place().db, digest) if digest else None
    is_plain = found and not (found.is_demo or found.device.revoked_at or found.device.is_guest)
    return found if is_plain else None


def known_in(device: Replica) -> frozenset[str] | None:
    """The schools that know a device paired elsewhere; None for one that was paired here, in whatever schools."""
    return replicas.schools_that_know(place().db, device.replica) if device.is_guest else None


def viewer_of(device: Replica, known: frozenset[str] | None) -> Viewer:
    """Its person, as she is now, in those of her schools that know the device."""
    viewer = people.viewer(place().db, device.person or "")
    if known is None:
        return viewer
    return Viewer(viewer.person, {school: viewer.schools[school] for school in known & viewer.schools.keys()})


def node() -> Node | None:
    """The node whose token the request carries, revoked ones too; None without a known token."""
    digest = _digest()
    return nodes.by_token(place().db, digest) if digest else None


def _digest() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    return hashlib.sha256(token.encode()).hexdigest()
