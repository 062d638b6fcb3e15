"""Which kinds of record there are, which fields each has, and what a field may hold.

SYNC.md "Kinds". A field written `note.*` stands for `note.` and one further part.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sync.change import Change

MAX_TEXT = 20_000
MAX_LINE = 300
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RUBRIC_VERSION = re.compile(r"[0-9a-f-]{36}@[1-9][0-9]{0,5}")
CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
REPLICA = re.compile(r"[a-z0-9]{4,32}")
DIGEST = re.compile(r"[0-9a-f]{64}")
PICTURE_TYPE = "image/jpeg"
SOUND_TYPES = ("audio/webm", "audio/ogg", "audio/mp4")
MAX_BLOB_BYTES = 16 * 1024 * 1024
"""The largest photo or recording: half an hour of speech."""
CHANGE = re.compile(r"[a-z0-9]{4,32}\.[1-9][0-9]{0,14}")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a field may hold: whether a value fits, and the same as JSON Schema, as far as that can say it."""

    fits: Callable[[Any], bool]
    schema: Mapping[str, Any]

    def __call__(self, value: Any) -> bool:
        return self.fits(value)


def _string_up_to(most: int, *, is_line: bool) -> Shape:
    return Shape(
        lambda value: isinstance(value, str) and len(value) <= most and not (is_line and "\n" in value),
        {"type": "string", "maxLength": most} | ({"pattern": "^[^\\n]*$"} if is_line else {}),
    )


def _is_moment(value: Any) -> bool:
    if not isinstance(value, str) or not value.endswith("Z") or "T" not in value:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_day(value: Any) -> bool:
    if not isinstance(value, str) or len(value) != 10:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _matches(pattern: re.Pattern[str]) -> Shape:
    return Shape(
        lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None,
        {"type": "string", "pattern": f"^(?:{pattern.pattern})$"},
    )


def _one_of(*words: str) -> Shape:
    return Shape(lambda value: value in words, {"enum": list(words)})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_bilingual(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"id", "en"} and all(map(_line, value.values()))


def _is_note(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"text", "at_s", "tags"}
        and _text(value["text"])
        and _is_number(value["at_s"])
        and 0 <= value["at_s"] < 1_000_000
        and isinstance(value["tags"], list)
        and len(value["tags"]) <= 100
        and all(map(_code, value["tags"]))
    )


def _is_attachment(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"sha256", "type", "bytes", "caption", "at_s", "tags"}
        and _digest(value["sha256"])
        and value["type"] in (PICTURE_TYPE, *SOUND_TYPES)
        and isinstance(value["bytes"], int)
        and not isinstance(value["bytes"], bool)
        and 0 < value["bytes"] <= MAX_BLOB_BYTES
        and _line(value["caption"])
        and _is_note({"text": "", "at_s": value["at_s"], "tags": value["tags"]})
    )


def _object_of(**members: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}


_text = _string_up_to(MAX_TEXT, is_line=False)
_line = _string_up_to(MAX_LINE, is_line=True)
_flag = Shape(lambda value: isinstance(value, bool), {"type": "boolean"})
_moment = Shape(_is_moment, {"type": "string", "format": "date-time", "pattern": "Z$"})
_day = Shape(_is_day, {"type": "string", "format": "date"})
_code = _matches(CODE)
_digest = _matches(DIGEST)
_rating = Shape(
    lambda value: value == "na" or _is_number(value), {"anyOf": [{"type": "number"}, {"type": "string", "const": "na"}]}
)
_bilingual = Shape(_is_bilingual, _object_of(id=_line.schema, en=_line.schema))
_note = Shape(
    _is_note,
    _object_of(
        text=_text.schema,
        at_s={"type": "number", "minimum": 0, "exclusiveMaximum": 1_000_000},
        tags={"type": "array", "maxItems": 100, "items": _code.schema},
    ),
)
_attachment = Shape(
    _is_attachment,
    _object_of(
        sha256=_digest.schema,
        type={"enum": [PICTURE_TYPE, *SOUND_TYPES]},
        bytes={"type": "integer", "minimum": 1, "maximum": MAX_BLOB_BYTES},
        caption=_line.schema,
        at_s=_note.schema["properties"]["at_s"],
        tags=_note.schema["properties"]["tags"],
    ),
)
_body = Shape(lambda value: isinstance(value, dict), {"type": "object"})
_uuid = _matches(UUID)

KINDS: Mapping[str, Mapping[str, Shape]] = {
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
        "attachment.*": _attachment,
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
        "code": _code,
        "area": _one_of("planning", "instruction", "evaluation"),
        "title": _bilingual,
        "active": _flag,
        "version.*": _body,
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
        "indicator": _code,
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
        rule = rules.get(name)
        if rule is None:
            group, _, part = name.partition(".")
            rule = rules.get(group + ".*") if part and "." not in part else None  # such as `note.<uuid>`
        if rule is None:
            raise Misfit("unknown", f"this version does not know the field {name}")
        if value is not None and not (rule.fits if type(rule) is Shape else rule)(value):
            raise Misfit("invalid", f"the field {name} cannot hold this value")
