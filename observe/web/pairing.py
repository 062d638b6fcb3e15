"""The door where a device becomes a person's: a replica id and a token, told once."""

from typing import TypeVar

import msgspec
from flask import Blueprint, Response, abort, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from observe.domain.errors import NeedsSignIn
from observe.services import accounts, nodes, pairing
from observe.services.accounts import Attempt
from observe.store import people
from observe.web import session
from observe.web.errors import problem
from observe.web.place import place
from observe.web.security import check_csrf, is_local
from observe.web.translated import gettext as _
from sync import bundle, json_door
from sync.errors import ClientTooOld, NotThisProtocol, TooLarge

blueprint = Blueprint("pairing", __name__, url_prefix="/sync/v1")

PROTOCOL = 1
MAX_BYTES = 4096


class Request(msgspec.Struct, frozen=True):
    """What a device asks. Without a login, the browser's session and its CSRF token say who it is."""

    protocol: int
    name: str
    login: str | None = None
    password: str | None = None
    key: str | None = None
    """The public half of the key a device seals its files with: P-256, SPKI in base64."""


class NodeRequest(Request, frozen=True):
    """What a server of a school asks: for which schools, or for all that the person administers."""

    schools: list[str] | None = None


@blueprint.post("/pair")
def pair() -> Response:
    asked = _decode(_body(), Request)
    if asked.key is not None and bundle.public_key(asked.key) is None:
        raise NotThisProtocol("`key` is the public half of an ECDSA P-256 key, SPKI in base64")
    person = _person(asked)
    paired = pairing.pair(place(), person, asked.name, asked.key)
    response = current_app.response_class(
        msgspec.json.encode({"replica": paired.replica, "token": paired.token, **who(person)}),
        status=201,
        mimetype="application/json",
    )
    response.cache_control.no_store = True
    return response


@blueprint.post("/node")
def let_in() -> Response:
    """A server of a school asks, with the sign-in of an administrator, to forward to this one."""
    asked = _decode(_body(), NodeRequest)
    person = _person(asked)
    wanted = frozenset(asked.schools) if asked.schools is not None else None
    viewer = people.viewer(place().db, person)
    made = nodes.let_in_by(place(), viewer, asked.name, wanted)
    schools = [{"id": school, "name": nodes.name_of(place(), school)} for school in made.schools]
    response = current_app.response_class(
        msgspec.json.encode({"node": made.node, "token": made.token, "schools": schools}),
        status=201,
        mimetype="application/json",
    )
    response.cache_control.no_store = True
    return response


def who(person: str) -> dict[str, object]:
    """A person and her schools, as a device keeps them."""
    db = place().db
    schools = []
    name = ""
    for id_, roles in sorted(people.viewer(db, person).schools.items()):
        school, member = people.school(db, id_), people.read(db, id_, person)
        name = name or (member.name if member else "")
        if school:
            schools.append({"id": id_, "name": school.name, "time_zone": school.time_zone, "roles": sorted(roles)})
    return {"person": person, "name": name, "schools": schools}


def _person(asked: Request) -> str:
    if asked.login is None and asked.password is None:
        found = session.account()
        if found is None:
            raise NeedsSignIn
        check_csrf()
        return found.person
    if asked.login is None or asked.password is None:
        raise NotThisProtocol("`login` and `password` come together")
    browser, known = session.known_browser()
    attempt = Attempt(asked.login, asked.password, request.remote_addr or "", is_local(), browser, known)
    try:
        return accounts.sign_in(place(), attempt).person
    except (accounts.WrongSignIn, accounts.DemoOnlyHere) as refused:
        abort(problem(401, "sign-in", _(refused.message)))


def _body() -> bytes:
    if request.mimetype != "application/json":
        abort(problem(415, "media-type", "send application/json"))
    if request.headers.get("Content-Encoding", "identity") != "identity":
        abort(problem(415, "media-type", "send this request as it is, not compressed"))
    request.max_content_length = MAX_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as wrong:
        raise TooLarge(f"a pairing may hold {MAX_BYTES} bytes") from wrong


Asked = TypeVar("Asked", bound=Request)


def _decode(body: bytes, type_: type[Asked]) -> Asked:
    value = json_door.parse(body)
    try:
        asked = msgspec.convert(value, type=type_)
    except msgspec.ValidationError as wrong:
        raise NotThisProtocol(f"not a pairing: {wrong}") from wrong
    if asked.protocol != PROTOCOL:
        raise (ClientTooOld if asked.protocol < PROTOCOL else NotThisProtocol)(
            f"this server speaks protocol {PROTOCOL}"
        )
    return asked
