"""For whoever watches the server: does it answer, and can it read its database."""

from flask import Blueprint, Response, jsonify

from observe import __version__
from observe.web.place import place

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def show() -> Response:
    place().db.rows("select 1")
    return jsonify({"status": "ok", "version": __version__, "database": place().db.engine})
