"""Which kinds of record there are, which fields each has, and what a field may hold.

SYNC.md "Kinds". A field written `note.*` stands for `note.` and one further part.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sync.change import Change

Rule = Callable[[Any], bool]

MAX_TEXT = 20_000
MAX_LINE = 300
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RUBRIC_VERSION = re.compile(r"[0-9a-f-]{36}@[1-9][0-9]{0,5}")
CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
REPLICA = re.compile(r"[a-z0-9]{4,32}")
DIGEST = re.compile(r"[0-9a-f]{64}")
CHANGE = re.compile(r"[a-z0-9]{4,32}\.[1-9][0-9]{0,14}")


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT


def _line(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_LINE and "\n" not in value


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _moment(value: Any) -> bool:
    if not isinstance(value, str) or not value.endswith("Z") or "T" not in value:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _day(value: Any) -> bool:
    if not isinstance(value, str) or len(value) != 10:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _matches(pattern: re.Pattern[str]) -> Rule:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _one_of(*words: str) -> Rule:
    return lambda value: value in words


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rating(value: Any) -> bool:
    return value == "na" or _number(value)


def _bilingual(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"id", "en"} and all(map(_line, value.values()))


def _note(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"text", "at_s", "tags"}
        and _text(value["text"])
        and _number(value["at_s"])
        and 0 <= value["at_s"] < 1_000_000
        and isinstance(value["tags"], list)
        and len(value["tags"]) <= 100
        and all(map(_matches(CODE), value["tags"]))
    )


_uuid = _matches(UUID)

KINDS: Mapping[str, Mapping[str, Rule]] = {
    "observation": {
        "teacher": _uuid,
        "observer": _uuid,
        "rubric": _matches(RUBRIC_VERSION),
        "visit": _uuid,
        "class_name": _line,
        "subject": _line,
        "topic": _line,
        "started_at": _moment,
        "ended_at": _moment,
        "signed_at": _moment,
        "status": _one_of("draft", "signed"),
        "rating.*": _rating,
        "comment.*": _text,
        "note.*": _note,
        "strengths": _text,
        "growth": _text,
        "read.*": _moment,
        "stance.*": _one_of("agree", "differ"),
        "reply.*": _text,
    },
    "person": {
        "name": _line,
        "nip": _line,
        "honorific": _line,
        "subjects": _line,
        "classes": _line,
        "position": _line,
        "role.*": _flag,
        "active": _flag,
    },
    "school": {
        "name": _line,
        "npsn": _line,
        "address": _text,
        "letterhead": _text,
        "time_zone": _line,
        "head": _uuid,
    },
    "rubric": {
        "code": _matches(CODE),
        "area": _one_of("planning", "instruction", "evaluation"),
        "title": _bilingual,
        "active": _flag,
        "version.*": lambda value: isinstance(value, dict),
    },
    "visit": {
        "teacher": _uuid,
        "observer": _uuid,
        "class_name": _line,
        "subject": _line,
        "topic": _line,
        "planned_at": _moment,
        "rubric": _matches(RUBRIC_VERSION),
        "status": _one_of("planned", "done", "cancelled"),
    },
    "step": {
        "teacher": _uuid,
        "observer": _uuid,
        "observation": _uuid,
        "text": _text,
        "indicator": _matches(CODE),
        "due_on": _day,
        "status": _one_of("open", "done", "dropped"),
        "evidence": _text,
        "checked_at": _moment,
    },
    "replica": {
        "person": _uuid,
        "name": _line,
        "token": _matches(DIGEST),
        "key": _line,
        "paired_at": _moment,
        "revoked_at": _moment,
    },
    "decision": {
        "change": _matches(CHANGE),
        "verdict": _one_of("released", "set-aside", "waiting"),
        "why": _text,
    },
}


class Misfit(Exception):
    """Why a change does not fit its kind: `reason` is `unknown` or `invalid`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def check(change: Change) -> None:
    """Misfit when this version does not know the kind or a field, or a value cannot be right."""
    rules = KINDS.get(change.kind)
    id = REPLICA if change.kind == "replica" else UUID
    if rules is None or not id.fullmatch(change.record.partition("/")[2]):
        raise Misfit("unknown", f"this version does not know records like {change.record}")
    for name, value in change.set.items():
        rule = rules.get(name) or (rules.get(f"{name.partition('.')[0]}.*") if name.count(".") == 1 else None)
        if rule is None:
            raise Misfit("unknown", f"this version does not know the field {name}")
        if value is not None and not rule(value):
            raise Misfit("invalid", f"the field {name} cannot hold this value")
