"""The device or the node behind a request, by the token it was given."""

import hashlib

from flask import request

from observe.store import accounts, nodes, replicas
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


def node() -> Node | None:
    """The node whose token the request carries, revoked ones too; None without a known token."""
    digest = _digest()
    return nodes.by_token(place().db, digest) if digest else None


def _digest() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    return hashlib.sha256(token.encode()).hexdigest()
