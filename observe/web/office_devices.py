"""Devices: what has not arrived, from whom, since when; and shutting a lost one out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, url_for
from werkzeug import Response

from observe.domain.access import Role
from observe.domain.errors import NotHere
from observe.services import backup, pairing
from observe.store import people, replicas
from observe.store.replicas import Replica
from observe.web.office_frame import page
from observe.web.office_words import how_long
from observe.web.place import place
from observe.web.session import require
from observe.web.translated import gettext as _

blueprint = Blueprint("devices", __name__, url_prefix="/office/<school>/devices")

SILENT = timedelta(days=7)
BACKUP_IS_OLD = timedelta(days=2)
CLOCK_OFF_SECONDS = 10 * 60


@dataclass(frozen=True, slots=True)
class Device:
    """One device, its person, and how long it has been silent."""

    row: Replica
    person_name: str
    heard_at: str
    is_silent: bool

    @property
    def waiting(self) -> int:
        return self.row.waiting or 0

    @property
    def since(self) -> str:
        """Since when the oldest of what waits has waited."""
        return self.row.waiting_since or self.heard_at

    @property
    def is_clock_off(self) -> bool:
        return abs(self.row.clock_offset_seconds or 0) > CLOCK_OFF_SECONDS


@blueprint.get("")
def index(school: str) -> str:
    me = require(school, Role.administrator)
    found = _devices(school)
    in_use = [device for device in found if not device.row.revoked_at]
    copy = backup.latest(place())
    return page(
        "office/devices/index.html",
        me,
        school,
        late=sorted((device for device in in_use if device.waiting), key=lambda device: device.since),
        silent=[device for device in in_use if device.is_silent and not device.waiting],
        in_use=in_use,
        revoked=[device for device in found if device.row.revoked_at],
        backup=copy,
        is_backup_old=copy is not None and place().now() - datetime.fromisoformat(copy.made_at) > BACKUP_IS_OLD,
        ago=_ago,
        how_long=how_long,
    )


@blueprint.get("/<replica>/revoke")
def ask_revoke(school: str, replica: str) -> str:
    me = require(school, Role.administrator)
    return page("office/devices/revoke.html", me, school, device=_device(school, replica), ago=_ago)


@blueprint.post("/<replica>/revoke")
def revoke(school: str, replica: str) -> Response:
    me = require(school, Role.administrator)
    device = _device(school, replica)
    pairing.revoke(place(), me, replica)
    flash(_("%(name)s is shut out. What it sent before stays.", name=device.row.name), "done")
    return redirect(url_for(".index", school=school), 303)


def _devices(school: str) -> list[Device]:
    names = {person.person: person.name for person in people.of_school(place().db, school)}
    return [_with_person(row, names) for row in replicas.of_school(place().db, school)]


def _device(school: str, replica: str) -> Device:
    found = next((device for device in _devices(school) if device.row.replica == replica), None)
    if found is None:
        raise NotHere
    return found


def _with_person(row: Replica, names: dict[str, str]) -> Device:
    heard_at = row.last_seen_at or row.paired_at
    silent_for = place().now() - datetime.fromisoformat(heard_at)
    return Device(row, names.get(row.person or "", ""), heard_at, silent_for > SILENT)


def _ago(at: str) -> str:
    """How long ago, in words."""
    seconds = (place().now() - datetime.fromisoformat(at)).total_seconds()
    return _("just now") if seconds < 60 else _("%(long)s ago", long=how_long(seconds))
