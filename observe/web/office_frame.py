"""What every office page stands in: the way to the others, the school, and who may go where."""

from typing import Any

from flask import render_template, request, url_for

from observe.domain.access import Role, Viewer
from observe.services import decisions, nodes
from observe.store import people
from observe.store.people import School
from observe.web.language import language
from observe.web.place import place
from observe.web.translated import gettext as _

Link = tuple[str, str, bool]


def page(template: str, me: Viewer, school: str, **shown: Any) -> str:
    """An office page of `school` for `me`, with its navigation."""
    return render_template(
        template,
        school=school,
        links=links(me, school),
        schools=_schools(me),
        school_name=_name(school),
        me=me.person,
        is_administrator=me.has(school, Role.administrator),
        is_observer=me.has(school, Role.observer),
        **shown,
    )


def links(me: Viewer, school: str) -> list[Link]:
    """Where this person may go: address, words, whether she is there."""
    waiting = decisions.count(place(), me, school)
    asked = _("Decisions (%(count)s)", count=waiting) if waiting else _("Decisions")
    everything = [
        ("observations.index", _("Observations"), ()),
        ("decisions.index", asked, (Role.observer, Role.administrator)),
        ("people.index", _("People"), (Role.observer, Role.administrator)),
        ("devices.index", _("Devices"), (Role.administrator,)),
        ("rubrics.index", _("Forms"), ()),
        *([("servers.index", _("Servers"), (Role.administrator,))] if nodes.are_there(place(), school) else []),
    ]
    here = (request.blueprint or "").partition(".")[0]
    found = [
        (url_for(endpoint, school=school), words, endpoint.partition(".")[0] == here)
        for endpoint, words, roles in everything
        if me.has(school, *roles)
    ]
    if me.has(school, Role.observer, Role.teacher):
        found.append((f"/field/{language()}/today", _("In the classroom"), False))
    return [*found, ("/account", _("My account"), False)]


def _schools(me: Viewer) -> list[School]:
    """The schools to choose from, when there are several."""
    if len(me.schools) == 1:
        return []
    return [school for school in people.schools(place().db) if me.has(school.school)]


def _name(school: str) -> str:
    found = people.school(place().db, school)
    return found.name if found else ""
