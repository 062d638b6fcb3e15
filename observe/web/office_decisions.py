"""Decisions: different answers side by side, and changes that are kept but do not count yet."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import lazy_gettext
from werkzeug import Response

from observe.domain.errors import NotHere, ObserveError
from observe.services import decisions, intake, reading
from observe.services.decisions import AtOdds, Picked, Waiting
from observe.services.intake import Draft
from observe.web.office_frame import page
from observe.web.office_words import Words, reason, when
from observe.web.place import place
from observe.web.session import local_path, require
from observe.web.translated import gettext as _

blueprint = Blueprint("decisions", __name__, url_prefix="/office/<school>/decisions")

_DONE = {
    "released": lazy_gettext("This counts now. Where something else stood, both answers wait to be chosen from."),
    "set-aside": lazy_gettext("This is set aside. It stays kept, and you can take that back."),
    "waiting": lazy_gettext("Taken back: this waits for a decision again."),
}


@blueprint.get("")
def index(school: str) -> str:
    me = require(school)
    return page(
        "office/decisions/index.html",
        me,
        school,
        odds=decisions.at_odds(place(), me, school),
        waiting=decisions.held_changes(place(), me, school),
        decided=decisions.decided(place(), me, school),
        words_for=lambda item: _words_for(school, item),
        reason=reason,
        when=when,
    )


@blueprint.post("/answer")
def answer(school: str) -> Response:
    """One of several answers becomes the answer; the others stay in the history."""
    me = require(school)
    given = request.form
    picked = Picked(
        record=given.get("record", ""),
        question=given.get("question", ""),
        side=given.get("side", ""),
        seen=frozenset(given.get("seen", "").split()),
    )
    try:
        choice = decisions.choice(place(), me, school, picked)
    except NotHere:
        raise
    except ObserveError as error:
        flash(_(error.message, **error.values), "warning")
        return _back(school)
    draft = Draft(school, picked.record, choice.set, {name: list(ids) for name, ids in choice.seen.items()})
    notices = intake.write(place(), me.person, [draft])
    if notices:
        flash(_("This is kept, but does not count yet. %(reason)s", reason=reason(notices[0].reason)), "warning")
    else:
        flash(_("Decided. The other answer stays in the history."), "done")
    return _back(school)


@blueprint.post("/held")
def decide(school: str) -> Response:
    """Let a held change count, set it aside, or take such a decision back."""
    me = require(school)
    given = request.form
    wanted = given.get("verdict", "")
    if wanted not in _DONE:
        raise NotHere
    try:
        fields = decisions.verdict(place(), me, school, given.get("change", ""), given.get("shown", ""), wanted)
    except NotHere:
        raise
    except ObserveError as error:
        flash(_(error.message, **error.values), "warning")
        return _back(school)
    why = given.get("why", "").strip()[:2000]
    decision = Draft(school, f"decision/{place().new_id()}", {**fields, **({"why": why} if why else {})})
    if intake.write(place(), me.person, [decision]):
        flash(_("Only a school administrator decides this."), "warning")
    else:
        flash(str(_DONE[wanted]), "done")
    return _back(school)


@blueprint.post("/amend")
def amend(school: str) -> Response:
    """The observer takes a late change into what she signed, and signs again; its teacher is asked again."""
    me = require(school)
    given = request.form
    change = given.get("change", "")
    try:
        record, fields = decisions.amendment(place(), me, school, change, given.get("stands", ""))
    except NotHere:
        raise
    except ObserveError as error:
        flash(_(error.message, **error.values), "warning")
        return _back(school)
    done = {"change": change, "verdict": "set-aside", "why": "its observer took it in and signed again"}
    decision = Draft(school, f"decision/{place().new_id()}", done)
    notices = intake.write_in_turn(place(), me.person, Draft(school, record, fields), decision)
    if notices:
        flash(_("This is kept, but does not count yet. %(reason)s", reason=reason(notices[0].reason)), "warning")
        return _back(school)
    flash(_("Taken in and signed again. The teacher is asked to read it again."), "done")
    return _back(school)


def _back(school: str) -> Response:
    return redirect(local_path(request.form.get("next")) or url_for(".index", school=school), 303)


def _words_for(school: str, item: AtOdds | Waiting) -> Words:
    """Words with the texts of the form the record was made with."""
    values = item.values if isinstance(item, AtOdds) else {**item.change.set, **item.record_values}
    named = values.get("rubric")
    try:
        form = reading.rubric_version(place(), school, named) if isinstance(named, str) else None
    except NotHere:
        form = None
    return Words(place(), school, form)
