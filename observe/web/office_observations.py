"""Observations: the list, one in full, and on paper."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from observe.domain import scoring
from observe.domain.access import Role, Viewer
from observe.domain.errors import NotYours
from observe.services import history, reading, roster
from observe.services.reading import Asked, Reading
from observe.store.observations import STATES
from observe.web.language import language, time_zone
from observe.web.office_frame import page
from observe.web.office_words import LISTED_STATES, Words, points, shown_percent, text, when
from observe.web.place import place
from observe.web.session import require, require_viewer
from observe.web.translated import gettext as _

blueprint = Blueprint("observations", __name__, url_prefix="/office")


@blueprint.get("/")
def door() -> Response:
    """The first school of whoever is asking."""
    schools = sorted(require_viewer().schools)
    if not schools:
        raise NotYours
    return redirect(url_for(".index", school=schools[0]), 303)


@blueprint.get("/<school>")
@blueprint.get("/<school>/")
def of_school(school: str) -> Response:
    require(school)
    return redirect(url_for(".index", school=school), 303)


@blueprint.get("/<school>/observations")
def index(school: str) -> str:
    me = require(school)
    asked, problems = _asked()
    found = reading.listed(place(), me, school, asked, time_zone())
    return page(
        "office/observations/index.html",
        me,
        school,
        asked=asked,
        problems=problems,
        found=found,
        teachers=_teachers(me, school),
        forms=[(id, _title(values)) for id, values, _versions in reading.rubrics(place(), school)],
        states=[(state, LISTED_STATES[state]) for state in STATES if state != "draft" or me.has(school, Role.observer)],
        state_words=LISTED_STATES,
        is_narrowed=bool(asked.teacher or asked.rubric or asked.state or asked.from_day or asked.to_day),
        before=_page_address(school, asked.page - 1) if found.first > 1 else "",
        after=_page_address(school, asked.page + 1) if found.has_further else "",
        shown_percent=shown_percent,
        text=text,
    )


@blueprint.get("/<school>/observations/<observation>")
def show(school: str, observation: str) -> str:
    me = require(school)
    read = reading.read(place(), me, school, observation)
    kept = reading.visible(place(), me, school, f"observation/{observation}")
    return page(
        "office/observations/show.html",
        me,
        school,
        read=read,
        words=Words(place(), school, read.form),
        events=history.read(place(), me, school, kept),
        unknown=history.UNKNOWN,
        when=when,
        **_score_words(read),
    )


@blueprint.get("/<school>/observations/<observation>/print")
def print_filled(school: str, observation: str) -> str:
    me = require(school)
    read = reading.read(place(), me, school, observation)
    values = reading.school_values(place(), school)
    return page(
        "print/filled.html",
        me,
        school,
        read=read,
        form=read.form,
        at=values,
        head=reading.person_values(place(), school, values["head"]),
        words=Words(place(), school, read.form),
        back=url_for(".show", school=school, observation=observation),
        **_score_words(read),
    )


def _score_words(read: Reading) -> dict[str, Any]:
    """What a page needs to say a score: the sum, the rule that made it, and how numbers are written."""
    form, made = read.form, read.score
    return {
        "calculation": scoring.calculation(form, made, language()) if form and made else "",
        "rule": scoring.rule_text(form, language()) if form else None,
        "percent": shown_percent(form, made.percent) if form and made else "",
        "shown_percent": shown_percent,
        "text": text,
        "points": points,
    }


def _asked() -> tuple[Asked, list[str]]:
    """What the address asks for, and what in it could not be read."""
    given = request.args
    problems: list[str] = []
    days = {name: _day(given.get(name, ""), problems) for name in ("from", "to")}
    number = given.get("page", "1")
    state = given.get("state", "")
    return Asked(
        teacher=given.get("teacher", "")[:64],
        rubric=given.get("rubric", "")[:64],
        state=state if state in STATES else "",
        from_day=days["from"],
        to_day=days["to"],
        page=int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1,
    ), problems


def _day(said: str, problems: list[str]) -> date | None:
    if not said:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        problems.append(_("“%(said)s” is not a date. Write it as year-month-day: 2026-11-23.", said=said[:40]))
        return None


def _page_address(school: str, number: int) -> str:
    names = ("teacher", "rubric", "state", "from", "to")
    kept: dict[str, Any] = {name: request.args[name] for name in names if request.args.get(name)}
    return url_for(".index", school=school, page=number, **kept)


def _teachers(me: Viewer, school: str) -> list[tuple[str, str]]:
    """Whom the list can be narrowed to; a teacher has only herself."""
    if not me.has(school, Role.observer, Role.administrator):
        return []
    present = roster.members(place(), me, school, role=Role.teacher)
    left = roster.members(place(), me, school, role=Role.teacher, state="left")
    return [(member.id, member.name) for member in [*present, *left]]


def _title(values: Mapping[str, Any]) -> str:
    return str((values.get("title") or {}).get(language()) or "")
