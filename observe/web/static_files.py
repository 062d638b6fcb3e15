"""Static files under one fingerprint: `/static/<build>/...`, so relative imports work and nothing goes stale."""

import gzip
import hashlib
from functools import lru_cache
from mimetypes import guess_type
from pathlib import Path

import brotli
from flask import Blueprint, Response, abort, current_app, request
from werkzeug.security import safe_join

from observe.pages import folder
from observe.web.field_script import FIELD_SCRIPT, whole

blueprint = Blueprint("assets", __name__)
_YEAR_SECONDS = 31_536_000
_TEXTS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}
"""What packing makes smaller, with its type: the operating system's own table of types is not asked."""
EVERY_PAGE = "css/every-page.css"
"""The sheets that every page has, as one file: on a bad line each request before the first paint costs a round trip."""
ON_EVERY_PAGE = (
    "css/tokens.css",
    "css/base.css",
    "css/layout.css",
    "css/components/button.css",
    "css/components/form.css",
    "css/components/state.css",
    "css/components/listing.css",
    "css/components/notice.css",
    "css/components/dialog.css",
    "css/print.css",
)


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
    if build != current_app.config["BUILD"] or not _is_there(path):
        abort(404)
    text = _TEXTS.get(Path(path).suffix)
    packing = request.accept_encodings.best_match(("br", "gzip")) if text else None
    response = Response(_packed(path, build, packing), mimetype=text or guess_type(path)[0])
    if packing:
        response.content_encoding = packing
    response.cache_control.public = True
    response.cache_control.max_age = _YEAR_SECONDS
    response.cache_control.immutable = True
    return response


def _is_there(path: str) -> bool:
    return path in (EVERY_PAGE, FIELD_SCRIPT) or Path(safe_join(str(folder("static")), path) or "").is_file()


@lru_cache(maxsize=1000)
def _packed(path: str, _build: str, packing: str | None) -> bytes:
    """The file as it travels, as small as it gets: packed once, then remembered for this build."""
    content = _content(folder("static"), path)
    if packing == "br":
        return bytes(brotli.compress(content, quality=11))
    return gzip.compress(content, mtime=0) if packing == "gzip" else content


def _content(static: Path, path: str) -> bytes:
    if path == FIELD_SCRIPT:
        return whole(static).encode()
    return b"".join((static / part).read_bytes() for part in (ON_EVERY_PAGE if path == EVERY_PAGE else (path,)))
