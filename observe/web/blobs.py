"""Photos and recordings over the line: sent in pieces by a device's token, shown to a token or a signed-in browser."""

import re

from flask import Blueprint, Response, abort, jsonify, make_response, request, send_file
from werkzeug.exceptions import RequestEntityTooLarge

from observe.domain.blobs import BlobAltered, BlobRefused, NoRoomForBlobs, OutOfStep
from observe.domain.errors import NotHere
from observe.domain.kinds import DIGEST, MAX_BLOB_BYTES, UUID
from observe.services import blobs
from observe.services.blobs import MEDIA_TYPE, MOST_CHUNK_BYTES, MOST_GIVERS, Asker, Node
from observe.store import nodes
from observe.store.blobs import Blob, Part
from observe.web import bearer
from observe.web.errors import problem
from observe.web.place import place
from observe.web.session import require_viewer
from sync.errors import NotThisProtocol, TooLarge

blueprint = Blueprint("blobs", __name__, url_prefix="/sync/v1/blobs")

GIVERS = "Observe-Givers"
_NUMBER = re.compile(r"[0-9]{1,10}")
_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
_ENDINGS = {"image/jpeg": "jpg", "audio/webm": "weba", "audio/ogg": "ogg", "audio/mp4": "m4a"}


@blueprint.get("")
def lost() -> Response:
    """A school's server is told what was lost here with a disk: it may have it still."""
    asker, school = _program(), request.args.get("school", "")
    if not UUID.fullmatch(school):
        raise NotHere
    response = jsonify({"lost": blobs.lost(place(), asker, school)})
    response.cache_control.no_store = True
    return response


@blueprint.get("/<sha256>")
def show(sha256: str) -> Response:
    """The whole file. A device that asks with HEAD is told how much of what it sends is here."""
    school = _school(sha256)
    if request.method == "HEAD" and "Authorization" in request.headers:
        asker = _program()
        return _told(asker, _standing(blobs.standing(place(), asker, school, sha256)), school, sha256)
    return _file(school, sha256, is_small=False)


@blueprint.get("/<sha256>/small")
def small(sha256: str) -> Response:
    """A small picture of a photo."""
    return _file(_school(sha256), sha256, is_small=True)


@blueprint.patch("/<sha256>")
def append(sha256: str) -> Response:
    """Take in the next piece: it begins at `Upload-Offset` of a file of `Upload-Length` bytes."""
    asker = _program()
    school = _school(sha256)
    piece = Part(_number("Upload-Offset"), _number("Upload-Length"), "")
    if piece.length > MAX_BLOB_BYTES:
        raise TooLarge(f"a photo or recording may hold {MAX_BLOB_BYTES} bytes")
    try:
        return _told(asker, _standing(blobs.take_in(place(), asker, school, sha256, piece, _body())), school, sha256)
    except OutOfStep as wrong:
        return problem(409, "offset", str(wrong), expected=wrong.received)
    except BlobAltered as wrong:
        return problem(409, "offset", str(wrong), expected=0)
    except BlobRefused as wrong:
        return problem(422, "blob-refused", str(wrong), reason=wrong.reason)
    except NoRoomForBlobs as wrong:
        return problem(507, "no-room", str(wrong))


def _program() -> Asker:
    """The device's person, or the server of some schools."""
    device, node = bearer.device(), bearer.node()
    if device is not None and device.person is not None:
        if device.revoked_at:
            abort(problem(403, "revoked", "an administrator ended this device's access; its records stay on it"))
        return bearer.viewer_of(device, bearer.known_in(device))
    if node is None:
        abort(problem(401, "token-unknown", "pair this device again; nothing on it is lost"))
    if node.revoked_at:
        abort(problem(403, "revoked", "an administrator shut this server out; its records stay on it"))
    return Node(frozenset(nodes.schools(place().db, node.node)), node.node, _vouched())


def _vouched() -> frozenset[str]:
    """The persons who brought the file to the server that sends it, as it says."""
    said = request.headers.get(GIVERS, "")
    return frozenset(person for person in said.split(",")[:MOST_GIVERS] if UUID.fullmatch(person))


def _told(asker: Asker, response: Response, school: str, sha256: str) -> Response:
    """Servers alone are told who brought it."""
    if isinstance(asker, Node):
        response.headers[GIVERS] = ",".join(sorted(blobs.givers(place(), school, sha256))[:MOST_GIVERS])
    return response


def _school(sha256: str) -> str:
    """The school that is asked for; whatever can be no school or digest is not here."""
    school = request.args.get("school", "")
    if not DIGEST.fullmatch(sha256) or not UUID.fullmatch(school):
        raise NotHere
    return school


def _number(name: str) -> int:
    said = request.headers.get(name, "")
    if not _NUMBER.fullmatch(said):
        raise NotThisProtocol(f"say {name}, in bytes")
    return int(said)


def _body() -> bytes:
    if request.mimetype != MEDIA_TYPE or request.headers.get("Content-Encoding", "identity") != "identity":
        abort(problem(415, "media-type", f"send {MEDIA_TYPE}, not packed"))
    request.max_content_length = MOST_CHUNK_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as wrong:
        raise TooLarge(f"a piece may hold {MOST_CHUNK_BYTES} bytes; send less at once") from wrong


def _standing(blob: Blob) -> Response:
    response = make_response(b"", 204 if request.method == "PATCH" else 200)
    response.headers["Upload-Offset"] = str(blob.received)
    response.headers["Observe-Standing"] = blob.standing
    if blob.reason:
        response.headers["Observe-Reason"] = blob.reason
    response.cache_control.no_store = True
    return response


def _file(school: str, sha256: str, *, is_small: bool) -> Response:
    asker = _program() if "Authorization" in request.headers else require_viewer()
    found = blobs.shown(place(), asker, school, sha256, is_small=is_small)
    response = send_file(
        found.path,
        mimetype=found.type,
        download_name=f"{sha256[:12]}.{_ENDINGS.get(found.type, 'bin')}",
        conditional=True,
        etag=f"{sha256}{'-small' if is_small else ''}",
        max_age=None,
    )
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return _told(asker, response, school, sha256)
