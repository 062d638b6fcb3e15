"""The centre of this server, and the servers that keep a school too: what waits, since when, what arrived."""

from datetime import datetime

from flask import Blueprint, current_app, flash, redirect, url_for
from werkzeug import Response

from observe.domain.access import Role
from observe.domain.errors import N_, NotHere
from observe.services import nodes, outgoing
from observe.store.nodes import Node
from observe.web.office_frame import page
from observe.web.office_words import how_long
from observe.web.place import place
from observe.web.session import require
from observe.web.translated import gettext as _

blueprint = Blueprint("servers", __name__, url_prefix="/office/<school>/servers")

PROBLEMS = {
    "offline": N_("The centre could not be reached. Nothing is lost; it is tried again by itself."),
    "timeout": N_("The line is very slow. Less is sent at once from now on; nothing is lost."),
    "certificate": N_(
        "The centre could not prove that it is the centre, so nothing was sent. Is this computer's clock right?"
    ),
    "portal": N_("Something else answered, perhaps the sign-in page of the network. Open it once in a browser."),
    "shut-out": N_("The centre has shut this server out. Ask its administrator to let it in again."),
    "refused": N_("The centre did not understand what was sent. One of the two needs a newer version."),
    "altered": N_(
        "What came from the centre does not fit together, so it was not taken in. Ask whoever looks after it."
    ),
    "no-room": N_(
        "The centre has no room left for photos and recordings. They stay here; what was written has arrived."
    ),
    "server": N_("The centre could not answer just now. It is tried again by itself."),
}


@blueprint.get("")
def index(school: str) -> str:
    me = require(school, Role.administrator)
    status = outgoing.status(place())
    found = nodes.of_school(place(), school)
    return page(
        "office/servers/index.html",
        me,
        school,
        status=status,
        problem=_(PROBLEMS.get(status.uplink.problem, PROBLEMS["server"])) if status and status.uplink.problem else "",
        in_use=[node for node in found if not node.revoked_at],
        revoked=[node for node in found if node.revoked_at],
        ago=_ago,
    )


@blueprint.post("/send")
def send(school: str) -> Response:
    """Go to the centre now; the page shows how far it has come."""
    require(school, Role.administrator)
    current_app.extensions["courier"].now()
    flash(_("It is on its way. This page shows what has arrived."), "done")
    return redirect(url_for(".index", school=school), 303)


@blueprint.get("/<node>/revoke")
def ask_revoke(school: str, node: str) -> str:
    me = require(school, Role.administrator)
    return page("office/servers/revoke.html", me, school, node=_node(school, node))


@blueprint.post("/<node>/revoke")
def revoke(school: str, node: str) -> Response:
    me = require(school, Role.administrator)
    found = _node(school, node)
    nodes.revoke(place(), me, school, node)
    flash(_("%(name)s is shut out. What it sent before stays.", name=found.name), "done")
    return redirect(url_for(".index", school=school), 303)


def _ago(at: str) -> str:
    """How long ago, in words."""
    seconds = (place().now() - datetime.fromisoformat(at)).total_seconds()
    return _("just now") if seconds < 60 else _("%(long)s ago", long=how_long(seconds))


def _node(school: str, node: str) -> Node:
    found = next((item for item in nodes.of_school(place(), school) if item.node == node), None)
    if found is None:
        raise NotHere
    return found
