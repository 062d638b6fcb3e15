"""The school's forms: which there are, how each reads, and a blank one on paper."""

from flask import Blueprint, url_for

from observe.domain import scoring
from observe.services import reading
from observe.web.language import language
from observe.web.office_frame import page
from observe.web.office_words import Words, points, text
from observe.web.place import place
from observe.web.session import require

blueprint = Blueprint("rubrics", __name__, url_prefix="/office/<school>/rubrics")


@blueprint.get("")
def index(school: str) -> str:
    me = require(school)
    return page(
        "office/rubrics/index.html", me, school, rubrics=reading.rubrics(place(), school), text=text, points=points
    )


@blueprint.get("/<named>")
def show(school: str, named: str) -> str:
    me = require(school)
    form = reading.rubric_version(place(), school, named)
    rule = scoring.rule_text(form, language())
    return page("office/rubrics/show.html", me, school, form=form, named=named, rule=rule, text=text, points=points)


@blueprint.get("/<named>/print")
def print_blank(school: str, named: str) -> str:
    me = require(school)
    form = reading.rubric_version(place(), school, named)
    values = reading.school_values(place(), school)
    return page(
        "print/blank.html",
        me,
        school,
        form=form,
        at=values,
        head=reading.person_values(place(), school, values.get("head")),
        rule=scoring.rule_text(form, language()),
        words=Words(place(), school, form),
        back=url_for(".show", school=school, named=named),
        text=text,
        points=points,
    )
