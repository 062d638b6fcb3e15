"""For whoever watches the server: does it answer, can it read its database, and when was that last backed up."""

from flask import Blueprint, Response, jsonify

from observe import __version__
from observe.services import backup
from observe.web.place import place

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def show() -> Response:
    """`backed_up_at` is null where there is no verified backup at all."""
    place().db.rows("select 1")
    latest = backup.latest(place())
    return jsonify(
        {
            "status": "ok",
            "version": __version__,
            "database": place().db.engine,
            "backed_up_at": latest.made_at if latest else None,
        }
    )
