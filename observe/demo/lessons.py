"""The visits of the story, as the files in `lessons/` tell them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from msgspec import Struct, convert

from observe.demo.ids import record_id, spread
from observe.domain.builtin import BuiltIn, instrument

SHORT_NAMES = {
    "short": "instruction-short",
    "long": "instruction",
    "plan": "planning",
    "eval": "evaluation",
    "own": "evaluation-own",
}


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """What was agreed. `due` and `checked` count in school days from the visit."""

    text: str
    indicator: str
    due: int
    status: Literal["open", "done", "dropped"] = "open"
    evidence: str = ""
    checked: int = 0


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """What the teacher said to it, `after` so many days."""

    after: int
    clock: str = "19:40"
    stance: Literal["agree", "differ"] | None = None
    reply: str = ""


class Elsewhere(Struct, frozen=True, forbid_unknown_fields=True):
    """What the observer wrote on another device before the two had met.

    `here` is what the first device said meanwhile; `is_late` means the other was heard from only after the signing.
    """

    device: int
    there: Mapping[str, Any]
    here: Mapping[str, Any] = {}
    is_late: bool = False
    set_aside_because: str = ""


class Lesson(Struct, frozen=True, forbid_unknown_fields=True):
    """One observation. `ago` counts in school days; a note is "minute codes | text"; `ratings` follows the form.

    `is_in_one`: written on a device that sent it as a single change.
    """

    key: str
    teacher: str
    observer: str
    form: Literal["short", "long", "plan", "eval", "own"]
    ago: int
    at: str
    class_name: str
    topic: str
    ratings: str
    notes: tuple[str, ...]
    minutes: int = 80
    subject: str = ""
    comments: Mapping[str, str] = {}
    strengths: str = ""
    growth: str = ""
    steps: tuple[Step, ...] = ()
    answer: Answer | None = None
    device: int = 0
    is_draft: bool = False
    is_in_one: bool = False
    arrives_after_hours: int | None = None
    elsewhere: Elsewhere | None = None

    @property
    def is_signed(self) -> bool:
        """Whether it counts: not a draft, and not held for somebody to decide."""
        return not (self.is_draft or self.is_in_one)

    @property
    def instrument(self) -> BuiltIn:
        return instrument(SHORT_NAMES[self.form])

    @property
    def rating_of(self) -> dict[str, int | str]:
        """Indicator code to level or "na"; what stands as "-" was not scored."""
        marks = self.ratings.replace(" ", "")
        codes = [indicator.code for indicator in self.instrument.rubric.indicators]
        if len(marks) != len(codes):
            raise ValueError(f"{self.key}: {len(marks)} ratings for {len(codes)} indicators")
        return {
            code: "na" if mark == "n" else int(mark) for code, mark in zip(codes, marks, strict=True) if mark != "-"
        }

    @property
    def note_values(self) -> list[dict[str, Any]]:
        """The values of `note.<uuid>`, in the order they were written."""
        return [_note(self.key, note) for note in self.notes]

    def note_field(self, number: int) -> str:
        return f"note.{record_id('note', self.key, str(number))}"


@cache
def lessons() -> tuple[Lesson, ...]:
    """Every visit, the earliest first."""
    folder = files("observe.demo").joinpath("lessons")
    told = [
        convert(tomllib.loads(file.read_text("utf-8"))["lesson"], type=list[Lesson])
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".toml")
    ]
    return tuple(sorted((lesson for part in told for lesson in part), key=lambda lesson: (-lesson.ago, lesson.at)))


def _note(key: str, note: str) -> dict[str, Any]:
    head, _, text = note.partition("|")
    minute, *codes = head.split()
    seconds = int(minute) * 60 + spread(3, 57, "second", key, note)
    return {"text": text.strip(), "at_s": seconds, "tags": [code for part in codes for code in part.split(",")]}
