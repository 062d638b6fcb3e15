"""Headers on every answer, CSRF on every form, and what the log says about a request."""

from ipaddress import ip_address
from time import monotonic

from flask import Flask, Response, abort, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from observe.web import logs
from observe.web.place import place

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; media-src 'self' blob:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(self), midi=(), payment=(), usb=()",
}
FILE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Scripts and styles obey the policy of their page. A page loads dozens of them, so each byte here counts for all."""
DEVICE_HEADERS = {"X-Content-Type-Options": "nosniff"}
"""What a device is told is never a page: only a script that has a token can ask for it, by POST, and reads it as JSON.
The other headers say how a page may behave, and would be more than half of an answer that says nothing is new."""

_ONE_YEAR = "max-age=31536000"
_PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_CHECKED_INSIDE = (
    "exchange.exchange", "blobs.append", "pairing.pair", "pairing.let_in", "identity.begin", "language.choose",
)  # fmt: skip
"""The first two read no cookie; the third and the last ask for the token when somebody is signed in; the fourth shows
its form again."""

_csrf = CSRFProtect()


def install(app: Flask) -> None:
    with app.app_context():
        settings = place().settings
    app.config.update(
        SESSION_COOKIE_NAME="__Host-observe" if settings.is_behind_https else "observe",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.is_behind_https,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
    )
    _csrf.init_app(app)
    logs.install()
    app.before_request(_begin)
    app.before_request(_refuse_nul)
    app.before_request(_check_form)
    app.after_request(_finish)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies
        )


def check_csrf() -> None:
    """CSRFError unless this request carries the session's token, in its form or as X-CSRFToken."""
    _csrf.protect()


def is_local() -> bool:
    """Whether the request began on this very computer: the address, the name asked for, and no proxy between."""
    if any(name in request.headers for name in _PROXY_HEADERS) or _name_of(request.host) not in _LOOPBACK_NAMES:
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _name_of(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def _begin() -> None:
    g.began = monotonic()


def _refuse_nul() -> None:
    """No text of ours holds the character NUL, and one of the databases cannot even be asked for it."""
    if "\x00" in request.path or b"%00" in request.query_string:
        abort(400)


def _check_form() -> None:
    if request.endpoint and request.endpoint not in _CHECKED_INSIDE:
        check_csrf()


def _headers_for(response: Response) -> dict[str, str]:
    if response.status_code != 200:
        return HEADERS
    return {"assets.serve": FILE_HEADERS, "exchange.exchange": DEVICE_HEADERS}.get(request.endpoint or "", HEADERS)


def _finish(response: Response) -> Response:
    for name, value in _headers_for(response).items():
        response.headers.setdefault(name, value)
    if place().settings.is_behind_https:
        response.headers.setdefault("Strict-Transport-Security", _ONE_YEAR)
    if response.mimetype == "text/html":
        response.vary.add("HX-Request")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    began = g.pop("began", monotonic())
    logs.note(request.method, request.url_rule, response.status_code, round((monotonic() - began) * 1000))
    return response
