"""Which language and time zone this request speaks, and how it writes dates and numbers."""

from datetime import UTC, date, datetime

from flask import Blueprint, Flask, Response, abort, current_app, g, make_response, redirect, request
from flask_babel import Babel, format_date, format_decimal, format_time, gettext
from werkzeug.exceptions import HTTPException

from observe.services import accounts
from observe.store import people
from observe.web.place import place
from observe.web.security import check_csrf
from observe.web.session import account, local_path, viewer

blueprint = Blueprint("language", __name__)

LANGUAGES = ("id", "en")
DEFAULT = "id"
ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
ZONE_NAMES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
SWITCH = "speak"
_COOKIE = "lang"
_DAY = "d MMMM y"
_YEAR_SECONDS = 31_536_000


def install(app: Flask) -> None:
    Babel(app, locale_selector=language, timezone_selector=time_zone, default_locale=DEFAULT, default_timezone=ZONES[0])
    app.context_processor(lambda: {"lang": language()})
    app.after_request(_remember_switch)
    app.jinja_env.filters.update(day=day, clock=clock, moment=moment, number=number)


def language() -> str:
    """`id` or `en`: the address of a field page says it, else this browser's choice, else the account's."""
    said = (request.view_args or {}).get("lang") or switched_to() or request.cookies.get(_COOKIE)
    if said in LANGUAGES:
        return str(said)
    found = account()
    return found.language if found and found.language in LANGUAGES else DEFAULT


def switched_to() -> str | None:
    """The language a form was sent with to be shown again in, not to be taken: a switch without JavaScript."""
    try:
        said = request.form.get(SWITCH) if request.method == "POST" else None
    except HTTPException:  # a form too large to read: whoever answers for it says so
        return None
    return said if said in LANGUAGES else None


def time_zone() -> str:
    """The zone of the school in the address, else of the first school of whoever is signed in."""
    if "time_zone" not in g:
        g.time_zone = _time_zone()
    return str(g.time_zone)


def _time_zone() -> str:
    seen = viewer()
    asked = (request.view_args or {}).get("school")
    candidates = [asked] if asked else sorted(seen.schools) if seen else []
    for school in candidates:
        if seen and seen.has(school) and (found := people.school(place().db, school)):
            return found.time_zone if found.time_zone in ZONES else ZONES[0]
    return ZONES[0]


def day(value: str | date) -> str:
    """22 November 2026, for a UTC moment in the school's zone or for a plain date."""
    if isinstance(value, str) and "T" not in value:
        return str(format_date(date.fromisoformat(value), _DAY, rebase=False))
    return str(format_date(_moment(value), _DAY))


def clock(value: str | datetime) -> str:
    """10.42 in Indonesian, 10:42 in English."""
    return str(format_time(_moment(value), "HH.mm" if language() == "id" else "HH:mm"))


def moment(value: str | datetime) -> str:
    """22 November 2026 pukul 10.42."""
    return str(gettext("%(day)s at %(clock)s", day=day(value), clock=clock(value)))


def number(value: float, decimals: int | None = None) -> str:
    """12.345,67 in Indonesian. With `decimals`, exactly that many."""
    if decimals is None:
        return str(format_decimal(value))
    return str(format_decimal(value, "#,##0." + "0" * decimals if decimals else "#,##0"))


def _moment(value: str | date) -> datetime:
    """An aware UTC moment; texts are UTC ISO-8601."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    assert isinstance(found, datetime)  # noqa: S101
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@blueprint.post("/language/<lang>")
def choose(lang: str) -> Response:
    """Speak `lang` from now on, and go back to where she was."""
    if lang not in LANGUAGES:
        abort(404)
    found = account()
    if found:
        check_csrf()
        accounts.set_language(place(), found.person, lang)
    response = make_response(redirect(_page_of(local_path(request.form.get("next")) or "/"), 303))
    remember(response, lang)
    return response


def _page_of(path: str) -> str:
    """`path`, or where only forms are sent to, the page above it."""
    adapter = current_app.create_url_adapter(request)
    way, question, query = path.partition("?")
    while adapter and way not in {"", "/"}:
        if adapter.test(way, "GET"):
            return way + question + query
        way, question, query = way.rpartition("/")[0], "", ""
    return "/"


def remember(response: Response, lang: str) -> None:
    response.set_cookie(
        _COOKIE, lang, max_age=_YEAR_SECONDS, samesite="Lax", httponly=True, secure=place().settings.is_behind_https
    )


def _remember_switch(response: Response) -> Response:
    if chosen := switched_to():
        remember(response, chosen)
    return response
