"""Who is asking. Flask-Login stays behind this module."""

import hashlib
import secrets
from datetime import datetime, timedelta

from flask import Flask, Response, current_app, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeSerializer

from observe.domain.access import Role, Viewer
from observe.domain.errors import NeedsSignIn, NotHere, NotYours
from observe.services import accounts
from observe.store import accounts as account_rows
from observe.store import people, sessions
from observe.store.accounts import Account
from observe.web.place import place
from observe.web.security import is_local

_KNOWN_COOKIE = "known"
_KNOWN_MOST = 12
_YEAR_SECONDS = 31_536_000


class _SignedIn(UserMixin):
    """An account, as Flask-Login wants to hold it. Its id dies with the account's session epoch."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def get_id(self) -> str:
        return f"{self.account.person}.{self.account.session_epoch}"


def install(app: Flask) -> None:
    manager = LoginManager()
    manager.session_protection = None  # a tablet changes its address between the school's line and a phone's
    manager.user_loader(_load)
    manager.init_app(app)
    with app.app_context():
        app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(hours=place().settings.session_hours)
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.context_processor(lambda: {"signed_in_name": name()})


def begin(account: Account) -> None:
    """A new session for this account; nothing of an earlier one stays.

    Its token against forgery is made at once: were each script to ask for the first one, two that ask together would
    each be given one, and the cookie would remember the later alone.
    """
    session.clear()
    session.permanent = True
    session["began_at"] = place().moment()
    session["id"] = secrets.token_urlsafe(24)
    g.pop("csrf_token", None)
    generate_csrf()
    login_user(_SignedIn(account))
    g.pop("viewer", None)


def end() -> None:
    """End this session for good, whoever else holds its cookie."""
    if account():
        accounts.end_session(place(), _id())
    logout_user()
    session.clear()
    g.pop("viewer", None)


def began_at() -> str:
    """When whoever is signed in signed in; a device that was handed on with no signal knows an old session by it."""
    return str(session.get("began_at", ""))


def account() -> Account | None:
    """The account that is signed in."""
    return current_user.account if current_user.is_authenticated else None


def nobody() -> None:
    """For the rest of this request nobody is signed in, and nothing is read to find out."""
    g.viewer = None
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]


def viewer() -> Viewer | None:
    """Whoever is signed in, with her roles as they are now."""
    if "viewer" not in g:
        found = account()
        g.viewer = people.viewer(place().db, found.person) if found else None
    return g.viewer  # type: ignore[no-any-return]


def require_viewer() -> Viewer:
    """Whoever is signed in; NeedsSignIn when nobody is."""
    found = viewer()
    if found is None:
        raise NeedsSignIn
    return found


def require(school: str, *roles: Role) -> Viewer:
    """A member of `school` with any of `roles`. A school that is not hers looks like one that is not there."""
    found = require_viewer()
    if not found.has(school):
        raise NotHere
    if not found.has(school, *roles):
        raise NotYours
    return found


def name() -> str:
    """What whoever is signed in is called; empty when nobody is."""
    found = viewer()
    for school in sorted(found.schools) if found else ():
        person = people.read(place().db, school, found.person) if found else None
        if person:
            return person.name
    return ""


def login() -> str:
    """The name whoever is signed in signs in with."""
    found = account()
    return found.username if found else ""


def local_path(wanted: str | None) -> str | None:
    """`wanted` when it is a path of this very site, else None."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or len(wanted) > 2000:
        return None
    if "\\" in wanted or any(ord(letter) <= 32 or ord(letter) == 127 for letter in wanted):
        return None
    return wanted


def may_be_used_here(found: Account | None) -> bool:
    """A demonstration account works only where a demonstration runs, and only from that very computer."""
    return found is None or not found.is_demo or (place().settings.is_demo and is_local())


def known_browser() -> tuple[str, frozenset[str]]:
    """This browser's own name, and the persons who have signed in with it before."""
    try:
        said = _signer().loads(request.cookies.get(_KNOWN_COOKIE, ""))
        return str(said["b"]), frozenset(map(str, said["p"]))
    except (BadSignature, KeyError, TypeError):
        return "", frozenset()


def remember_browser(response: Response, person: str) -> None:
    """From now on strangers' wrong guesses cannot slow this person down here."""
    browser, persons = known_browser()
    others = sorted(persons - {person})[: _KNOWN_MOST - 1]
    response.set_cookie(
        _KNOWN_COOKIE,
        _signer().dumps({"b": browser or secrets.token_urlsafe(16), "p": [person, *others]}),
        max_age=_YEAR_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=place().settings.is_behind_https,
    )


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt="known-browser")


def _load(id_: str) -> _SignedIn | None:
    person, _, epoch = id_.partition(".")
    found = account_rows.read(place().db, person)
    if found is None or found.closed_at or str(found.session_epoch) != epoch or not _is_young():
        return None
    if sessions.is_ended(place().db, _id()) or not may_be_used_here(found):
        return None
    return _SignedIn(found)


def _id() -> str:
    """What this session is known by here: a digest, so that a copy of the database opens nothing."""
    return hashlib.sha256(str(session.get("id", "")).encode()).hexdigest()


def _is_young() -> bool:
    began = session.get("began_at")
    if not isinstance(began, str):
        return False
    age = place().now() - datetime.fromisoformat(began)
    return age < timedelta(hours=place().settings.session_hours)
