"""Static files under one fingerprint: `/static/<build>/...`, so relative imports work and nothing goes stale."""

import hashlib
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, send_from_directory

from observe.pages import folder

blueprint = Blueprint("assets", __name__)
_YEAR_SECONDS = 31_536_000


def fingerprint(*roots: Path) -> str:
    """Twelve hex digits over the names and bytes of every file below `roots`."""
    digest = hashlib.sha256()
    for root in roots:
        for path in files(root):
            digest.update(path.encode() + b"\0" + (root / path).read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def static_url(path: str) -> str:
    """The address of a static file of this build."""
    return f"/static/{current_app.config['BUILD']}/{path}"


@blueprint.get("/static/<build>/<path:path>")
def serve(build: str, path: str) -> Response:
    if build != current_app.config["BUILD"]:
        abort(404)
    response = send_from_directory(folder("static"), path, max_age=_YEAR_SECONDS)
    response.cache_control.public = True
    response.cache_control.immutable = True
    return response
