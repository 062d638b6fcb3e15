"""Fields and values of records in the words of a person, never in those of a table."""

import json
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext

from observe.domain import scoring
from observe.domain.errors import NotHere
from observe.domain.rubric import NOT_APPLICABLE, Rubric, Text
from observe.services import reading
from observe.services.place import Place
from observe.store import people
from observe.web.language import language, moment, number
from observe.web.translated import gettext as _
from observe.web.translated import ngettext

_LABELS: Mapping[str, Any] = {
    "teacher": lazy_gettext("Teacher"),
    "observer": lazy_gettext("Observer"),
    "rubric": lazy_gettext("Form"),
    "visit": lazy_gettext("Planned visit"),
    "class_name": lazy_gettext("Class"),
    "subject": lazy_gettext("Subject"),
    "topic": lazy_gettext("Topic"),
    "started_at": lazy_gettext("Lesson began"),
    "ended_at": lazy_gettext("Lesson ended"),
    "signed_at": lazy_gettext("Signed on"),
    "status": lazy_gettext("State"),
    "note": lazy_gettext("Evidence note"),
    "attachment": lazy_gettext("Photo or recording"),
    "strengths": lazy_gettext("What went well"),
    "growth": lazy_gettext("What to work on"),
    "read": lazy_gettext("Read on"),
    "stance": lazy_gettext("The teacher's view"),
    "reply": lazy_gettext("The teacher's reply"),
    "name": lazy_gettext("Name"),
    "honorific": lazy_gettext("Form of address"),
    "nip": lazy_gettext("NIP"),
    "subjects": lazy_gettext("Subjects"),
    "classes": lazy_gettext("Classes"),
    "position": lazy_gettext("Position"),
    "role.observer": lazy_gettext("Observes lessons"),
    "role.teacher": lazy_gettext("Teaches"),
    "role.administrator": lazy_gettext("Administers the school's pages"),
    "active": lazy_gettext("Works at this school"),
    "npsn": lazy_gettext("NPSN"),
    "address": lazy_gettext("Address"),
    "letterhead": lazy_gettext("Letterhead"),
    "time_zone": lazy_gettext("Time zone"),
    "head": lazy_gettext("Head of school"),
    "title": lazy_gettext("Title"),
    "planned_at": lazy_gettext("Planned for"),
    "text": lazy_gettext("Agreed step"),
    "due_on": lazy_gettext("Due on"),
    "evidence": lazy_gettext("What was seen of it"),
    "checked_at": lazy_gettext("Checked on"),
    "indicator": lazy_gettext("Indicator"),
    "observation": lazy_gettext("Observation"),
}

_STATES: Mapping[str, Any] = {
    "draft": lazy_gettext("Not signed yet"),
    "signed": lazy_gettext("Signed"),
    "planned": lazy_gettext("Planned"),
    "done": lazy_gettext("Done"),
    "cancelled": lazy_gettext("Called off"),
    "open": lazy_gettext("Still to do"),
    "dropped": lazy_gettext("No longer needed"),
    "agree": lazy_gettext("Agrees"),
    "differ": lazy_gettext("Sees it differently"),
}

_REASONS: Mapping[str, Any] = {
    "not-allowed": lazy_gettext("Whoever wrote this may not change this record."),
    "signed-off": lazy_gettext(
        "The observation was signed already, and the person who wrote this had not seen the signature yet."
    ),
    "invalid": lazy_gettext("The form does not have this answer."),
    "unknown": lazy_gettext(
        "This needs a form that has not arrived here yet. It is put in by itself once that form is here."
    ),
    "revoked": lazy_gettext("The device was already shut out when this arrived."),
}

ROLES: Mapping[str, Any] = {
    "observer": lazy_gettext("observes lessons"),
    "teacher": lazy_gettext("teaches"),
    "administrator": lazy_gettext("school administrator"),
}

LISTED_STATES: Mapping[str, Any] = {
    "draft": lazy_gettext("Not signed yet"),
    "signed": lazy_gettext("Signed, not read yet"),
    "read": lazy_gettext("Read by the teacher"),
    "answered": lazy_gettext("Answered by the teacher"),
}

_PERSONS = frozenset({"teacher", "observer", "head"})
_MOMENTS = frozenset({"started_at", "ended_at", "signed_at", "planned_at", "checked_at", "read"})
_CHOICES = frozenset({"status", "stance"})


class Words:
    """Says the fields of one school's records; `form` gives indicators and levels their texts."""

    def __init__(self, place: Place, school: str, form: Rubric | None = None) -> None:
        self._place = place
        self._school = school
        self._form = form

    def field(self, name: str) -> str:
        """What this part of a record is called."""
        kind, _dot, rest = name.partition(".")
        if kind in {"rating", "comment"}:
            return _("%(code)s: level", code=rest) if kind == "rating" else _("%(code)s: comment", code=rest)
        found = _LABELS.get(name) or _LABELS.get(kind)
        return str(found) if found else _("Another part (%(name)s)", name=name)

    def question(self, name: str) -> str:
        """What is asked when a record holds different answers: an indicator with its text, or a field."""
        kind, _dot, rest = name.partition(".")
        if kind != "indicator":
            return self.field(name)
        indicator = self._form.indicator(rest) if self._form else None
        return f"{rest} · {text(indicator.text)}" if indicator else rest

    def value(self, name: str, value: Any) -> str:
        """What stands there, in words."""
        kind, _dot, rest = name.partition(".")
        if value is None or value == "":
            return _("Nothing")
        if kind == "rating":
            return self._rating(rest, value)
        if kind == "note":
            return _note(value)
        if kind == "attachment":
            return _shot(value)
        return self._plain(kind, value)

    def person(self, id: Any) -> str:
        """A person's name; the school's own machine has none."""
        found = people.read(self._place.db, self._school, id) if isinstance(id, str) else None
        return found.name if found and found.name else _("Set up with the school") if id == "server" else _("Somebody")

    def _plain(self, kind: str, value: Any) -> str:
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if not isinstance(value, str):
            return _bilingual(value)
        if kind in _PERSONS:
            return self.person(value)
        if kind in _MOMENTS:
            return when(value)
        if kind in _CHOICES:
            return str(_STATES.get(value, value))
        return self._rubric(value) if kind == "rubric" else value

    def _rating(self, code: str, value: Any) -> str:
        if value == NOT_APPLICABLE:
            return _("Does not apply")
        indicator = self._form.indicator(code) if self._form else None
        level = self._form.scale_of(indicator).level(value) if self._form and indicator else None
        shown = number(value) if isinstance(value, int | float) else str(value)
        return f"{shown} · {text(level.label)}" if level else shown

    def _rubric(self, named: str) -> str:
        try:
            return text(reading.rubric_version(self._place, self._school, named).title)
        except NotHere:
            return _("A form that has not arrived here yet")


def text(words: Text) -> str:
    return words.in_language(language())


def points(value: float) -> str:
    return scoring.number(value, language())


def shown_percent(form: Rubric, percent: float | None) -> str:
    return scoring.shown_percent(form, percent, language()) if percent is not None else ""


def when(said: Any) -> str:
    """A moment in the school's time; what a device said, as it said it, when it is no moment at all."""
    try:
        return moment(said) if isinstance(said, str) else str(said)
    except (ValueError, OverflowError):
        return str(said)


def reason(code: str) -> str:
    """Why a change does not count yet."""
    return str(_REASONS.get(code) or _("It does not count yet."))


def how_long(seconds: float) -> str:
    """A stretch of time in words, in its largest unit."""
    minutes = int(abs(seconds) // 60)
    if minutes >= 365 * 24 * 60:
        return ngettext("%(num)s year", "%(num)s years", minutes // (365 * 24 * 60))
    if minutes >= 48 * 60:
        return ngettext("%(num)s day", "%(num)s days", minutes // (24 * 60))
    if minutes >= 120:
        return ngettext("%(num)s hour", "%(num)s hours", minutes // 60)
    return ngettext("%(num)s minute", "%(num)s minutes", minutes)


def _note(value: Any) -> str:
    at_s = value.get("at_s") if isinstance(value, dict) else None
    if not isinstance(at_s, int | float):
        return _bilingual(value)
    minute = int(at_s // 60) + 1
    return _("Minute %(minute)s: %(text)s", minute=minute, text=value.get("text") or "")


def _shot(value: Any) -> str:
    """A photo or recording, by its minute and what it shows."""
    if not isinstance(value, dict) or not isinstance(value.get("at_s"), int | float):
        return _bilingual(value)
    what = _("Photo") if str(value.get("type")).startswith("image/") else _("Recording")
    return _note({"at_s": value["at_s"], "text": f"{what}. {value.get('caption') or ''}".strip()})


def _bilingual(value: Any) -> str:
    if isinstance(value, dict) and language() in value:
        return str(value[language()])
    return json.dumps(value, ensure_ascii=False)[:500]
