"""An Observe with schools to measure in: people, and devices that are paired already."""

import random
import secrets
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from benchmarks.sync.records import SEED, form, new_uuid
from observe.domain.ids import new_id
from observe.services import intake, pairing, setup
from observe.services.intake import Draft
from observe.services.place import Place
from observe.settings import Settings
from observe.store.opening import open_database

CROWD = 20
"""Observers of one school who come back into reach at the same moment."""


def places(sizes: list[int]) -> list[dict[str, Any]]:
    """As many places as `sizes` has numbers, each with ids for so many records; a peer needs no more than this."""
    chance = random.Random(SEED)  # noqa: S311 - ids to measure with
    return [{"school": new_uuid(chance), "ids": [new_uuid(chance) for _ in range(size)]} for size in sizes]


def found(settings: Settings, wanted: list[dict[str, Any]], crowded: slice) -> None:
    """Make the places in Observe's database, those of `crowded` with a crowd, and note in each who is there."""
    with closing(open_database(settings)) as db:
        here = Place(db, settings, _now, lambda: new_id(_now(), secrets.token_bytes))
        setup.prepare(here)
        for place in wanted:
            _found_school(here, place, CROWD if place in wanted[crowded] else 0)


def _found_school(here: Place, place: dict[str, Any], many: int) -> None:
    school = place["school"]
    place["person"], place["teacher"] = here.new_id(), here.new_id()
    crowd = [here.new_id() for _ in range(many)]
    people = [
        *(Draft(school, f"person/{id}", _person("observer")) for id in (place["person"], *crowd)),
        Draft(school, f"person/{place['teacher']}", _person("teacher")),
    ]
    records = [
        Draft(school, f"school/{school}", {"name": "SMP Negeri 2 Muaro Jambi", "time_zone": "Asia/Jakarta"}),
        Draft(school, f"rubric/{form().id}", form().fields),
    ]
    if refused := intake.found(here, [*records, *people]):
        raise RuntimeError(f"the school cannot begin like this: {refused[0].detail}")
    place["devices"] = [_device(here, place["person"]) for _ in range(2)]
    place["crowd"] = [_device(here, person) for person in crowd]


def _person(role: str) -> dict[str, Any]:
    return {"name": "Orang yang mengukur", f"role.{role}": True, "active": True}


def _device(here: Place, person: str) -> dict[str, str]:
    paired = pairing.pair(here, person, "Tablet")
    return {"replica": paired.replica, "token": paired.token, "person": person}


def _now() -> datetime:
    return datetime.now(UTC)
