"""The device or the node behind a request, by the token it was given."""

import hashlib

from flask import request

from observe.store import accounts, nodes, replicas
from observe.store.nodes import Node
from observe.store.replicas import Replica
from observe.web.place import place
from observe.web.session import may_be_used_here


def device() -> Replica | None:
    """The replica whose token the request carries, revoked ones too; None without a known token."""
    digest = _digest()
    found = replicas.by_token(place().db, digest) if digest else None
    return found if found and may_be_used_here(accounts.read(place().db, found.person or "")) else None


def node() -> Node | None:
    """The node whose token the request carries, revoked ones too; None without a known token."""
    digest = _digest()
    return nodes.by_token(place().db, digest) if digest else None


def _digest() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    return hashlib.sha256(token.encode()).hexdigest()
