"""The device behind a request, by the token it was given at pairing."""

import hashlib

from flask import request

from observe.store import accounts, replicas
from observe.store.replicas import Replica
from observe.web.place import place
from observe.web.session import may_be_used_here


def device() -> Replica | None:
    """The replica whose token the request carries, revoked ones too; None without a known token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    found = replicas.by_token(place().db, hashlib.sha256(token.encode()).hexdigest())
    return found if found and may_be_used_here(accounts.read(place().db, found.person or "")) else None
