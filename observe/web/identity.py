"""Signing in and out, and a person's own account."""

from urllib.parse import urlencode

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf.csrf import generate_csrf
from wtforms import HiddenField, PasswordField, StringField

from observe.domain.access import Role, Viewer
from observe.domain.errors import ObserveError, TooManyAttempts
from observe.services import accounts, pairing
from observe.services.accounts import Attempt
from observe.store import people
from observe.store.accounts import Account
from observe.web import language, session
from observe.web.errors import problem, status_of
from observe.web.forms import AtMost, Form, Needed, PlainText
from observe.web.place import place
from observe.web.security import is_local

blueprint = Blueprint("identity", __name__)


class SignIn(Form):
    """Who are you, and prove it."""

    login = StringField(lazy_gettext("User name or NIP"), [Needed(), PlainText(), AtMost(100)])
    password = PasswordField(lazy_gettext("Pass-phrase"), [Needed(), PlainText(), AtMost(accounts.LONGEST)])
    next = HiddenField()


class NewPassword(Form):
    """A new pass-phrase, confirmed with the present one."""

    present = PasswordField(lazy_gettext("Present pass-phrase"), [Needed(), PlainText(), AtMost(accounts.LONGEST)])
    new = PasswordField(lazy_gettext("New pass-phrase"), [Needed(), PlainText(), AtMost(accounts.LONGEST)])
    again = PasswordField(lazy_gettext("New pass-phrase, once more"), [Needed(), AtMost(accounts.LONGEST)])


@blueprint.get("/")
def home() -> Response:
    """The right home for whoever is asking."""
    seen = session.viewer()
    return _go(_home(seen, "today") if seen else "/sign-in")


@blueprint.get("/sign-in")
def sign_in() -> Response | str:
    wanted = session.local_path(request.args.get("next"))
    seen = session.viewer()
    if seen:
        return _go(_next(seen, language.language(), wanted, "today"))
    return render_template("identity/sign_in.html", form=SignIn(next=wanted or ""), problem="")


@blueprint.post("/sign-in")
def begin() -> Response:
    form = SignIn()
    if not form.validate_on_submit():
        is_stale = "csrf_token" in form.errors
        return _sign_in_again(
            form, _("This page was open for too long. Please try once more.") if is_stale else "", 422
        )
    browser, known = session.known_browser()
    attempt = Attempt(
        form.login.data or "", form.password.data or "", request.remote_addr or "", is_local(), browser, known
    )
    try:
        account = accounts.sign_in(place(), attempt)
    except ObserveError as error:
        return _refused(form, error)
    return _welcome(account, session.local_path(form.next.data))


@blueprint.get("/sign-out")
def ask_sign_out() -> Response | str:
    seen = session.viewer()
    if seen is None:
        return _go("/sign-in")
    return render_template("identity/sign_out.html", has_field_pages=_works_in_the_field(seen))


@blueprint.post("/sign-out")
def end() -> Response:
    """End the session on the server. What waits on the device stays on the device."""
    session.end()
    flash(_("You are signed out. What was written on this device stays on this device."), "done")
    return _go("/sign-in")


@blueprint.get("/account")
def account() -> str:
    session.require_viewer()
    return _account_page(NewPassword())


@blueprint.post("/account/password")
def change_password() -> Response:
    seen = session.require_viewer()
    form = NewPassword()
    if not form.validate_on_submit():
        return make_response(_account_page(form), 422)
    if form.new.data != form.again.data:
        form.again.errors = [_("The two new pass-phrases differ. Please write them again.")]
        return make_response(_account_page(form), 422)
    try:
        changed = accounts.change_password(
            place(), seen.person, form.present.data or "", form.new.data or "", request.remote_addr or ""
        )
    except ObserveError as error:
        return _password_refused(form, error)
    session.begin(changed)
    flash(_("Your pass-phrase is changed. Everywhere else you are signed out now."), "done")
    return _go("/account")


@blueprint.post("/account/devices/<replica>/revoke")
def revoke_device(replica: str) -> Response:
    pairing.revoke(place(), session.require_viewer(), replica)
    flash(_("That device can no longer send or receive."), "done")
    return _go("/account")


@blueprint.get("/csrf")
def csrf() -> Response:
    """For field pages, whose shells hold nobody's token: who is signed in, and the token to pair with."""
    seen = session.viewer()
    if seen is None:
        return problem(401, "signed-out", "nobody is signed in in this browser")
    response = jsonify({"token": generate_csrf(), "began_at": session.began_at(), **_who(seen)})
    response.cache_control.no_store = True
    return response


def _who(seen: Viewer) -> dict[str, object]:
    schools = []
    for id_, roles in sorted(seen.schools.items()):
        school = people.school(place().db, id_)
        if school:
            schools.append({"id": id_, "name": school.name, "time_zone": school.time_zone, "roles": sorted(roles)})
    return {"person": seen.person, "name": session.name(), "schools": schools}


def _home(seen: Viewer, field_page: str) -> str:
    """Observers and teachers work in the field pages, administrators in the office of their first school."""
    if _works_in_the_field(seen):
        return f"/field/{language.language()}/{field_page}"
    offices = [school for school in sorted(seen.schools) if seen.has(school, Role.administrator)]
    return f"/office/{offices[0]}/observations" if offices else "/account"


def _works_in_the_field(seen: Viewer) -> bool:
    return any(seen.has(school, Role.observer, Role.teacher) for school in seen.schools)


def _welcome(account: Account, wanted: str | None) -> Response:
    session.begin(account)
    seen = session.require_viewer()
    spoken = account.language if account.language in language.LANGUAGES else language.language()
    target = _next(seen, spoken, wanted, "device")
    response = _go(target)
    session.remember_browser(response, account.person)
    language.remember(response, spoken)
    return response


def _next(seen: Viewer, spoken: str, wanted: str | None, page: str) -> str:
    """Where to go on: by way of the device page, where the next page needs a device that is ready."""
    home = _home(seen, page)
    if home.startswith("/field/") and (page == "device" or (wanted or "").startswith("/field/")):
        return f"/field/{spoken}/device?" + urlencode({"welcome": 1} | ({"next": wanted} if wanted else {}))
    return wanted or home


def _refused(form: SignIn, error: ObserveError) -> Response:
    response = _sign_in_again(form, _(error.message, **error.values), _status(error))
    if isinstance(error, TooManyAttempts):
        response.headers["Retry-After"] = str(error.wait_seconds)
    return response


def _sign_in_again(form: SignIn, problem: str, status: int) -> Response:
    return make_response(render_template("identity/sign_in.html", form=form, problem=problem), status)


def _password_refused(form: NewPassword, error: ObserveError) -> Response:
    field = form.present if isinstance(error, accounts.WrongPassword | TooManyAttempts) else form.new
    field.errors = [_(error.message, **error.values)]
    response = make_response(_account_page(form), _status(error))
    if isinstance(error, TooManyAttempts):
        response.headers["Retry-After"] = str(error.wait_seconds)
    return response


def _status(error: ObserveError) -> int:
    """A form that did not fit is shown again as 422; waiting is 429."""
    return status_of(error) if isinstance(error, TooManyAttempts) else 422


def _account_page(form: NewPassword) -> str:
    seen = session.require_viewer()
    return render_template(
        "identity/account.html",
        form=form,
        devices=pairing.of_person(place(), seen.person),
        login=session.login(),
        school=min(seen.schools, default=""),
    )


def _go(path: str) -> Response:
    return make_response(redirect(path, 303))
