"""The only module that knows status codes: what a person reads, and what a device reads, when something is refused."""

import logging
from urllib.parse import quote

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from observe.domain.errors import ChangeHeld, NeedsSignIn, NotHere, NotNow, NotYours, ObserveError, TooManyAttempts
from observe.web import session
from observe.web.session import viewer
from sync.errors import ClientTooOld, Fork, Gap, NotThisProtocol, Reset, SyncError, TooLarge

log = logging.getLogger("observe")

_PERSON = {NotYours: 403, NotHere: 404, NeedsSignIn: 401, ChangeHeld: 409, TooManyAttempts: 429, NotNow: 503}
_DEVICE = {NotThisProtocol: 400, TooLarge: 413, ClientTooOld: 426, Fork: 409, Gap: 409, Reset: 410}


def install(app: Flask) -> None:
    app.register_error_handler(ObserveError, _for_person)
    app.register_error_handler(SyncError, _for_device)
    app.register_error_handler(CSRFError, _for_csrf)
    app.register_error_handler(HTTPException, _for_http)
    app.register_error_handler(Exception, _for_bug)


def problem(status: int, type_: str, detail: str, **more: object) -> Response:
    """Problem details (RFC 9457) for a program."""
    response = jsonify({"type": f"urn:observe:{type_}", "title": type_, "status": status, "detail": detail} | more)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def _for_device(error: SyncError) -> Response:
    more = {"expected": error.expected, "replica": error.replica} if isinstance(error, Gap) else {}
    return problem(_DEVICE.get(type(error), 400), error.type, error.detail, **more)


def _for_person(error: ObserveError) -> Response:
    if isinstance(error, NeedsSignIn) and request.method == "GET" and _is_a_page():
        here = request.full_path if request.query_string else request.path
        return redirect(f"/sign-in?next={quote(here)}", 303)  # type: ignore[return-value]
    if isinstance(error, NotNow):
        log.warning("the database cannot serve %s now: %s", request.endpoint, error.__cause__)
        session.nobody()  # who it is stands in the records
    response = make_response(_answer(status_of(error), gettext(error.message, **error.values)))
    if isinstance(error, TooManyAttempts | NotNow):
        response.headers["Retry-After"] = str(error.wait_seconds)
    return response


def status_of(error: ObserveError) -> int:
    return next((_PERSON[kind] for kind in type(error).__mro__ if kind in _PERSON), 400)


def _is_a_page() -> bool:
    return not request.path.startswith("/sync/") and "HX-Request" not in request.headers


def _for_csrf(error: CSRFError) -> Response | tuple[str, int]:
    """A form without its token: mostly one that stood open while its writer was signed out."""
    if viewer() is None:
        return _for_person(NeedsSignIn())
    return _answer(400, gettext("This page was open for too long. Go back, load it again, and send it once more."))


def _for_http(error: HTTPException) -> Response | tuple[str, int]:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    return _answer(status, gettext(_PLAIN.get(status, _PLAIN[0])))


def _for_bug(error: Exception) -> Response | tuple[str, int]:
    log.error("unexpected %s in %s", type(error).__name__, request.endpoint, exc_info=error)
    return _answer(500, gettext(ObserveError.message))


def _answer(status: int, message: str) -> Response | tuple[str, int]:
    if request.path.startswith("/sync/"):
        return problem(status, _TYPES.get(status, "refused"), message)
    return render_template("error.html", message=message, status=status), status


_TYPES = {
    401: "signed-out",
    404: "not-here",
    405: "method",
    413: "too-large",
    415: "media-type",
    429: "too-many",
    500: "server-error",
    503: "busy",
}


def N_(text: str) -> str:
    return text


_PLAIN = {
    0: N_("This did not work. Nothing was lost. Please go back and try again."),
    400: N_("The page could not read what was sent. Please go back, check, and try again."),
    404: N_("This page was not found. It may have been moved, or it is not yours to open."),
    405: N_("This address cannot be used in that way. Please go back and try again."),
    413: N_("What you sent is too large. Please make it smaller and try again."),
    429: N_("Too many attempts. Please wait a little, then try again."),
}
