"""The two servers of the simulation: real services on real SQLite, that may die at any write."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from flask import Flask

from observe.app import create_app
from observe.domain import builtin, kinds
from observe.services import intake, joining, nodes, pairing, setup, uplink
from observe.services.intake import Draft
from observe.services.line import LineDown, Reply
from observe.services.place import Place
from observe.settings import Settings
from observe.store import backups, places, restoring
from observe.store.sqlite import SqliteDb
from observe.web import place as web_place
from tests.crashing import Crash, CrashingDb
from tests.services.two_servers import held_in_common

BEGIN = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
LATER_FIELD = "mood"
"""A field that servers know after their upgrade."""
_LATER = {**kinds.KINDS, "observation": {**kinds.KINDS["observation"], LATER_FIELD: lambda value: True}}
_NOW = kinds.KINDS


def uuid(n: int) -> str:
    return f"01900000-0000-7000-8000-{n:012x}"


SCHOOL, OTHER_SCHOOL = uuid(1), uuid(2)
PEOPLE = {
    uuid(11): ("observer",),
    uuid(12): ("observer", "teacher"),
    uuid(13): ("teacher",),
    uuid(14): ("teacher",),
    uuid(15): ("administrator",),
    uuid(16): ("observer", "administrator"),
    uuid(17): ("observer",),
}
OBSERVERS = (uuid(11), uuid(12), uuid(16), uuid(17))
TEACHERS = (uuid(13), uuid(14))
ADMINISTRATORS = (uuid(15), uuid(16))
IN_BOTH = uuid(17)
"""An observer of both schools; the node keeps the first."""


def a_form(version: int) -> tuple[str, dict[str, Any]]:
    """A rubric of two indicators: its reference, and the fields of its record."""
    built_in = builtin.instrument("instruction-short")
    body = {**built_in.body, "areas": built_in.body["areas"][:1], "version": version}
    plain = {name: value for name, value in built_in.fields.items() if not name.startswith("version.")}
    return f"{built_in.id}@{version}", {**plain, f"version.{version}": body}


FORM, FORM_FIELDS = a_form(1)
NEXT_FORM, NEXT_FORM_FIELDS = a_form(2)
FORM_RECORD = f"rubric/{FORM.partition('@')[0]}"


@dataclass
class Clock:
    """One for the whole world; each site and each device is off by its own."""

    now: datetime = BEGIN

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def copy_of(db: SqliteDb) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    db._connection.backup(copy)
    return copy


@dataclass
class Chance:
    """Where names and tokens come from: the same ones in every run of a seed."""

    rng: Random

    def token_bytes(self, size: int) -> bytes:
        return self.rng.randbytes(size)

    def token_urlsafe(self, size: int) -> str:
        return self.rng.randbytes(size).hex()


@dataclass
class Site:
    """One server. `crash_on` n: it dies on the n-th statement from now."""

    name: str
    db: SqliteDb
    clock: Clock
    ids: Iterator[int]
    chance: Chance = field(default_factory=lambda: Chance(Random(0)))
    offset_seconds: float = 0
    is_new: bool = False
    crash_on: int = 0
    copy: sqlite3.Connection | None = None
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        self.place = Place(self.db, Settings(secret_key="x"), self._time, lambda: uuid(next(self.ids)))

    def _time(self) -> datetime:
        return self.clock.now + timedelta(seconds=self.offset_seconds)

    @contextmanager
    def awake(self) -> Iterator[Place]:
        """This server doing something: with what it knows of kinds, and dying when it must."""
        known, chance = kinds.KINDS, pairing.secrets
        kinds.KINDS = _LATER if self.is_new else _NOW  # type: ignore[misc]
        pairing.secrets = self.chance  # type: ignore[attr-defined]
        crashing = replace(self.place, db=CrashingDb(self.db, self.crash_on)) if self.crash_on else self.place
        self.crash_on = 0
        try:
            yield crashing
        finally:
            kinds.KINDS, pairing.secrets = known, chance  # type: ignore[misc, attr-defined]

    def upgrade(self) -> None:
        self.is_new = True
        with self.awake() as place:
            intake.look_again(place)

    def back_up(self) -> None:
        """A copy, and the note that lets devices forget what is in it."""
        found = places.read(self.db)
        assert found
        reach = backups.reach_of_log(self.db)
        at = self.place.moment()
        self.copy = copy_of(self.db)
        with self.db.atomic():
            backups.note(self.db, backups.Receipt(at, at, "copy", 0, "", found.epoch, {}, reach))

    def restore(self) -> None:
        """The last copy again, as `observe restore` begins its new life."""
        doors = restoring.doors(self.db)
        assert self.copy
        self.copy.backup(self.db._connection)
        with self.db.atomic():
            restoring.keep_shut(self.db, doors)
            name = f"{self.name}{next(self.ids):x}"
            restoring.begin_anew(self.db, self.place.new_id(), name, self.place.moment())


@dataclass
class Wire:
    """The line from the node to the centre. `fault` is what happens to the next request."""

    app: Flask
    centre: Site
    rng: Random
    is_faulty: bool = True
    broken: list[int] = field(default_factory=list)

    def __call__(self, path: str, body: bytes, token: str | None) -> Reply:
        fault = self.rng.random() if self.is_faulty else 1.0
        if fault < 0.15:
            raise LineDown(self.rng.choice(["offline", "timeout"]), "lost")
        if 0.15 <= fault < 0.25:
            self.centre.crash_on = self.rng.randint(1, 60)
        is_dying = bool(self.centre.crash_on)
        with self.centre.awake() as place:
            web_place.install(self.app, place)
            headers = {"Authorization": f"Bearer {token}"}
            answer = self.app.test_client().post(path, data=body, content_type="application/json", headers=headers)
        if answer.status_code >= 500 and not is_dying:
            self.broken.append(answer.status_code)
        if 0.25 <= fault < 0.4:
            raise LineDown(self.rng.choice(["offline", "timeout"]), "the answer was lost")
        if 0.4 <= fault < 0.43:
            return Reply(200, b"<html>Welcome to our network</html>")
        return Reply(answer.status_code, answer.get_data())


def run_uplink(node: Site, wire: Wire) -> bool:
    """One run of the node's uplink; whether everything is at both. A crash in the middle is a run too."""
    try:
        with node.awake() as place:
            return uplink.run(place, wire, wire.rng.random, lambda progress: None).is_done
    except Crash:
        return False


@cache
def _template() -> tuple[sqlite3.Connection, sqlite3.Connection]:
    """A centre with two schools and a node of the first that has read everything: made once, copied for each seed."""
    ids = iter(range(10_000, 1_000_000))
    clock = Clock()
    centre = Site("centre", SqliteDb(None), clock, ids)
    setup.prepare(centre.place)
    drafts = [
        Draft(SCHOOL, f"school/{SCHOOL}", {"name": "SMP", "time_zone": "Asia/Jakarta"}),
        Draft(SCHOOL, FORM_RECORD, FORM_FIELDS),
        Draft(OTHER_SCHOOL, f"school/{OTHER_SCHOOL}", {"name": "SMA", "time_zone": "Asia/Jakarta"}),
        Draft(OTHER_SCHOOL, f"person/{IN_BOTH}", {"name": "both", "role.observer": True}),
        *(
            Draft(SCHOOL, f"person/{who}", {"name": who[-2:], **{f"role.{role}": True for role in roles}})
            for who, roles in PEOPLE.items()
        ),
    ]
    assert not intake.found(centre.place, drafts)
    node = Site("node", SqliteDb(None), clock, ids)
    setup.prepare(node.place)
    made = nodes.let_in(centre.place, "", "node", {SCHOOL: False})
    joining.add(node.place, "https://centre.example", made.token)
    wire = Wire(app(centre), centre, Random(0), is_faulty=False)
    assert run_uplink(node, wire)
    copies = copy_of(centre.db), copy_of(node.db)
    centre.db.close(), node.db.close()
    return copies


def two_servers(rng: Random, clock: Clock) -> tuple[Site, Site, Wire]:
    """A centre and its node, as of the first day."""
    ids = iter(range(1_000_000, 100_000_000))
    made = []
    for name, copy in zip(("centre", "node"), _template(), strict=True):
        db = SqliteDb(None)
        copy.backup(db._connection)
        site = Site(name, db, clock, ids, Chance(rng), offset_seconds=rng.choice([0, 0, 30, -3600, 86400 * 400]))
        site.copy = copy
        made.append(site)
    return made[0], made[1], Wire(app(made[0]), made[0], rng)


@cache
def _app() -> Flask:
    db = SqliteDb(None)
    made = create_app(Settings(secret_key="x"), db=db)
    made.testing = True
    made.config["PROPAGATE_EXCEPTIONS"] = False
    return made


@contextmanager
def without_a_log() -> Iterator[None]:
    """Crashes are the story's own doing: their places fill no log while it is told."""
    log = logging.getLogger("observe")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def app(centre: Site) -> Flask:
    web_place.install(_app(), centre.place)
    return _app()


def everything(site: Site, school: str) -> dict[str, dict[str, list[tuple[str, Any]]]]:
    return held_in_common(site.place, school)
