"""Becoming the node of a centre, and ceasing to be one."""

from dataclasses import replace
from typing import Any

import msgspec

from observe.domain.errors import N_, ObserveError
from observe.services import intake, line
from observe.services.intake import Draft
from observe.services.line import Post, Reply
from observe.services.place import Place
from observe.services.retrying import retried
from observe.store import changes, records, replicas, uplinks
from observe.store.uplinks import Uplink

FIRST_BATCH = 250


class NotTaken(ObserveError):
    """The centre did not let this server in."""

    message = N_("The centre did not take this server in: %(why)s")


class _School(msgspec.Struct, frozen=True):
    id: str
    name: str


class _Welcome(msgspec.Struct, frozen=True):
    token: str
    schools: list[_School]


def join(place: Place, url: str, post: Post, asked: dict[str, Any]) -> list[str]:
    """Become a node of the centre at `url`, with the sign-in of one of its administrators; the schools' names.

    `asked` holds `login`, `password`, `name`, and `schools` when not all of hers are meant.
    """
    reply = post("/sync/v1/node", msgspec.json.encode({"protocol": 1, **asked}), None)
    if reply.status != 201:
        raise NotTaken(why=_said(reply))
    welcome = msgspec.json.decode(reply.body, type=_Welcome)
    add(place, url, welcome.token)
    with place.db.atomic():
        for school in welcome.schools:
            uplinks.add_school(place.db, school.id, school.name)
    return [school.name for school in welcome.schools]


@retried
def add(place: Place, url: str, token: str) -> None:
    """Forward to the centre at `url` from now on, with a token it gave. For another centre all starts over."""
    with place.db.atomic():
        before = uplinks.read(place.db)
        if before is None or before.url != line.address(url):
            uplinks.remove(place.db)
            uplinks.write(place.db, Uplink(line.address(url), token, place.moment(), None, FIRST_BATCH))
        else:
            uplinks.write(place.db, replace(before, token=token, failures=0, problem=None, again_at=None))
    _introduce_devices(place)


@retried
def remove(place: Place) -> None:
    """Forward no more; what was taken in stays."""
    with place.db.atomic():
        uplinks.remove(place.db)


def _introduce_devices(place: Place) -> None:
    """Devices that were paired before this server had a centre become known there too."""
    for school in changes.schools(place.db):
        for device in replicas.of_school(place.db, school):
            if (
                device.person
                and not device.is_guest
                and not records.read(place.db, school, f"replica/{device.replica}")
            ):
                fields = replicas.as_record(place.db, device.replica)
                intake.write(place, device.person, [Draft(school, f"replica/{device.replica}", fields)])


def _said(reply: Reply) -> str:
    try:
        return str(msgspec.json.decode(reply.body)["detail"])
    except (msgspec.MsgspecError, KeyError, TypeError):
        return f"it answered {reply.status}"
