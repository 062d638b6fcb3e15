"""People: the roster, one person, changing what is known of her, and giving her a way to sign in."""

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, make_response, redirect, request, url_for
from flask_babel import lazy_gettext
from werkzeug import Response
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import ValidationError

from observe.domain.access import Role, Viewer
from observe.domain.errors import N_, ObserveError
from observe.domain.kinds import MAX_LINE
from observe.services import accounts, decisions, intake, roster
from observe.services.roster import Member
from observe.web.forms import Form, Needed, text_rules
from observe.web.office_frame import page
from observe.web.office_words import ROLES, Words, reason, when
from observe.web.place import place
from observe.web.session import require
from observe.web.translated import gettext as _

blueprint = Blueprint("people", __name__, url_prefix="/office/<school>/people")

_FIELDS = {
    "name": "name",
    "honorific": "honorific",
    "nip": "nip",
    "subjects": "subjects",
    "classes": "classes",
    "position": "position",
    "role.observer": "observes",
    "role.teacher": "teaches",
    "role.administrator": "administers",
    "active": "works_here",
}
"""Fields of the record, and what the form calls them."""


class Nip:
    """Eighteen digits, kept as text: leading zeros count."""

    def __call__(self, form: Any, field: StringField) -> None:
        field.data = re.sub(r"[\s.-]", "", field.data or "")
        if field.data and not (field.data.isascii() and field.data.isdigit() and len(field.data) == 18):
            raise ValidationError(str(_("A NIP has 18 digits. Leave it empty for whoever has none.")))


class OneLine:
    """No line breaks: it stands in lists and on paper."""

    def __call__(self, form: Any, field: StringField) -> None:
        field.data = " ".join((field.data or "").split())


_LINE = (OneLine(), *text_rules(MAX_LINE))


class PersonForm(Form):
    """One member of the school. `seen` says what stood there when the page was opened."""

    name = StringField(lazy_gettext("Name, with titles"), [Needed(), *_LINE])
    honorific = StringField(lazy_gettext("Form of address"), _LINE)
    nip = StringField(lazy_gettext("NIP"), [Nip(), *text_rules(MAX_LINE)])
    subjects = StringField(lazy_gettext("Subjects"), _LINE)
    classes = StringField(lazy_gettext("Classes"), _LINE)
    position = StringField(lazy_gettext("Position"), _LINE)
    teaches = BooleanField(lazy_gettext("Teaches"))
    observes = BooleanField(lazy_gettext("Observes lessons"))
    administers = BooleanField(lazy_gettext("Administers the school's pages"))
    works_here = BooleanField(lazy_gettext("Works at this school"))
    seen = HiddenField()


@blueprint.get("")
def index(school: str) -> str:
    me = require(school, Role.observer, Role.administrator)
    words, role = request.args.get("words", "")[:100], request.args.get("role", "")
    state = "left" if request.args.get("state") == "left" else ""
    found = roster.members(place(), me, school, words=words, role=role if role in ROLES else "", state=state)
    return page(
        "office/people/index.html",
        me,
        school,
        found=found,
        words=words,
        role=role,
        state=state,
        roles=list(ROLES.items()),
        roles_of=roles_of,
    )


@blueprint.get("/new")
def start(school: str) -> str:
    me = require(school, Role.administrator)
    return _form_page(me, school, PersonForm(data={"teaches": True, "works_here": True}), None)


@blueprint.post("/new")
def add(school: str) -> Response:
    me = require(school, Role.administrator)
    form = PersonForm()
    if not form.validate_on_submit():
        return make_response(_form_page(me, school, form, None), 422)
    person = place().new_id()
    try:
        notices = roster.add(place(), me.person, school, person, _wanted(form))
    except ObserveError as error:
        return _refused(me, school, form, None, error)
    _tell(notices, _("The new person is kept."))
    return redirect(url_for(".show", school=school, person=person), 303)


@blueprint.get("/<person>")
def show(school: str, person: str) -> str:
    me = require(school, Role.observer, Role.administrator)
    return _person_page(me, school, person)


@blueprint.get("/<person>/edit")
def edit(school: str, person: str) -> str:
    me = require(school, Role.administrator)
    member = roster.member(place(), me, school, person)
    seen = roster.write_seen(roster.heads(place(), school, person))
    return _form_page(me, school, PersonForm(data=_given(member) | {"seen": seen}), member)


@blueprint.post("/<person>/edit")
def change(school: str, person: str) -> Response:
    me = require(school, Role.administrator)
    member = roster.member(place(), me, school, person)
    form = PersonForm()
    if not form.validate_on_submit():
        return make_response(_form_page(me, school, form, member), 422)
    try:
        seen = roster.read_seen(form.seen.data or "")
        notices = roster.change(place(), me.person, school, person, _wanted(form), seen)
    except ObserveError as error:
        return _refused(me, school, form, member, error)
    if notices is None:
        flash(_("Nothing was different, so nothing was changed."), "done")
    else:
        _tell(notices, _("What you changed is kept."))
    return redirect(url_for(".show", school=school, person=person), 303)


@blueprint.post("/<person>/account")
def give_account(school: str, person: str) -> Response:
    """A first or a new pass-phrase. It is shown once, on this answer, and is stored nowhere."""
    me = require(school, Role.administrator)
    member = roster.member(place(), me, school, person)
    known = roster.account(place(), person)
    username = known.username if known else request.form.get("username", "").strip() or member.nip or ""
    try:
        if not known:
            _check_username(username)
        password = accounts.issue(place(), me, school, person, username)
    except ObserveError as error:
        problem = _(error.message, **error.values)
        return make_response(_person_page(me, school, person, problem=problem, username=username), 422)
    return make_response(_person_page(me, school, person, password=password))


class BadUsername(ObserveError):
    """A user name one cannot type or say."""

    message = N_("A user name has 3 to 60 letters, digits, dots or dashes, and no spaces.")


def _check_username(username: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{2,59}", username):
        raise BadUsername


def roles_of(member: Member) -> str:
    """What she does at the school, in words."""
    return ", ".join(str(words) for role, words in ROLES.items() if Role(role) in member.roles)


def _person_page(
    me: Viewer, school: str, person: str, *, password: str = "", problem: str = "", username: str = ""
) -> str:
    member = roster.member(place(), me, school, person)
    account = roster.account(place(), person) if me.has(school, Role.administrator) else None
    return page(
        "office/people/show.html",
        me,
        school,
        member=member,
        roles_of=roles_of,
        account=account,
        password=password,
        problem=problem,
        username=username or _suggested(member),
        odds=decisions.at_odds_in(place(), me, school, f"person/{person}"),
        words=Words(place(), school),
        when=when,
    )


def _suggested(member: Member) -> str:
    """A user name to begin with: the first two words of the name."""
    plain = re.sub(r",.*", "", member.name.casefold())
    parts = [part for part in re.findall(r"[a-z]+", plain) if part not in {"h", "hj", "dr", "drs", "dra", "ir"}]
    return ".".join(parts[:2])


def _form_page(me: Viewer, school: str, form: PersonForm, member: Member | None, problem: str = "") -> str:
    return page("office/people/form.html", me, school, form=form, member=member, problem=problem)


def _refused(me: Viewer, school: str, form: PersonForm, member: Member | None, error: ObserveError) -> Response:
    return make_response(_form_page(me, school, form, member, _(error.message, **error.values)), 422)


def _given(member: Member) -> dict[str, Any]:
    given = {entry: member.values.get(name) for name, entry in _FIELDS.items()}
    return given | {"works_here": member.is_active}


def _wanted(form: PersonForm) -> Mapping[str, Any]:
    return {name: form[entry].data for name, entry in _FIELDS.items()}


def _tell(notices: list[intake.Notice], done: str) -> None:
    if notices:
        flash(_("This is kept, but does not count yet. %(reason)s", reason=reason(notices[0].reason)), "warning")
    else:
        flash(done, "done")
