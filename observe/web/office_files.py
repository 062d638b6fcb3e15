"""Handing in a saved file: the way to the centre for a tablet that cannot send."""

from typing import Any, BinaryIO, cast

from flask import Blueprint, request
from flask_babel import gettext as translated
from flask_babel import lazy_gettext
from wtforms import FileField

from observe.domain.handed_in import Report, Told
from observe.services import bundles
from observe.services.bundles import NotTaken
from observe.store import people
from observe.web.forms import Form
from observe.web.office_frame import page
from observe.web.office_words import reason, when
from observe.web.place import place
from observe.web.session import require
from observe.web.translated import gettext as _

blueprint = Blueprint("files", __name__, url_prefix="/office/<school>/files")

MOST_SHOWN = 300
_SLACK = 64 * 1024
_KINDS = {
    "observation": lazy_gettext("Observation"),
    "step": lazy_gettext("Agreed step"),
    "visit": lazy_gettext("Planned visit"),
    "person": lazy_gettext("Person"),
    "school": lazy_gettext("School"),
    "rubric": lazy_gettext("Form"),
    "decision": lazy_gettext("Decision"),
}
_OUTCOMES = {
    "new": lazy_gettext("Taken in."),
    "here": lazy_gettext("Was here already."),
    "gap": lazy_gettext("Not taken in: something written before it on that device is missing here."),
    "other": lazy_gettext("Not taken in: the centre has something else in its place. The device was probably copied."),
    "author": lazy_gettext("Not taken in: only the person who wrote it may hand this in."),
    "unreadable": lazy_gettext("Not taken in: this line cannot be read."),
}


class HandIn(Form):
    """One file."""

    file = FileField(lazy_gettext("The saved file"))


@blueprint.url_value_preprocessor
def allow_files(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A file may be larger than a form; decided before anything of the request is read."""
    request.max_content_length = place().settings.exchange_bytes + _SLACK


@blueprint.get("")
def index(school: str) -> str:
    return _page(school, HandIn())


@blueprint.post("")
def hand_in(school: str) -> tuple[str, int]:
    me = require(school)
    form = HandIn()
    given = request.files.get("file")
    if not form.validate_on_submit() or given is None or not given.filename:
        return _page(school, form, problem=_("Choose the file first.")), 422
    try:
        report = bundles.take_in(place(), cast("BinaryIO", given.stream), me.person)
    except NotTaken as refused:
        return _page(school, form, problem=translated(refused.message, **refused.values)), 422
    finally:
        given.close()
    return _page(school, HandIn(), report=report), 200


def _page(school: str, form: HandIn, *, report: Report | None = None, problem: str = "") -> str:
    me = require(school)
    return page(
        "office/files/index.html",
        me,
        school,
        form=form,
        problem=problem,
        report=report,
        author=_author(report) if report else "",
        lines=[_words(line) for line in report.lines[:MOST_SHOWN]] if report else [],
        most_shown=MOST_SHOWN,
    )


def _words(line: Told) -> tuple[str, str, str]:
    """What kind of record, when it was written, and what became of it. Nothing of what is in it: who brings a file
    need not be one who may read it.
    """
    kind = _KINDS.get(line.record.partition("/")[0]) or _("Another record")
    outcome = reason(line.detail) if line.outcome == "held" else _OUTCOMES[line.outcome]
    return str(kind), when(line.made_at) if line.made_at else "", str(outcome)


def _author(report: Report) -> str:
    """Her name, in whichever school of this server she is."""
    db = place().db
    known = (people.read(db, school, report.author) for school in people.viewer(db, report.author).schools)
    return next((person.name for person in known if person), "")
