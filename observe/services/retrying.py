"""Doing a use-case again when its transaction met another one."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from observe.services.place import Place

P = ParamSpec("P")
T = TypeVar("T")


def retried(verb: Callable[Concatenate[Place, P], T]) -> Callable[Concatenate[Place, P], T]:
    """A verb that opens one transaction and does nothing else outside the database: it may be done from its start.

    A `with` block cannot run twice, so what opens `place.db.atomic()` is decorated with this; a test sees to it.
    """

    @wraps(verb)
    def patiently(place: Place, /, *args: P.args, **named: P.kwargs) -> T:
        return place.db.again(lambda: verb(place, *args, **named))

    return patiently
