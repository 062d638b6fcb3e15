"""The records that are measured: observations of about 4 KB, each with its own words."""

import random
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from observe.domain.builtin import BuiltIn, instruments

COUNT = 1000
INDICATORS = 24
NOTES = 10
CHANGED = 10
SEED = 20261122


def observations() -> list[dict[str, Any]]:
    """A thousand records of 24 ratings, 24 comments and 10 notes; the same ones in every run."""
    chance = random.Random(SEED)  # noqa: S311 - text to measure with
    return [_observation(chance) for _ in range(COUNT)]


def changes(run: int, of: int) -> list[dict[str, Any]]:
    """What one run changes: in ten of `of` records, one rating and its comment."""
    chance = random.Random(SEED + run)  # noqa: S311
    code = _codes_of(form())[7]
    return [
        {"index": index, "fields": {f"rating.{code}": run % 3, f"comment.{code}": _words(chance, 9)}}
        for index in sorted(chance.sample(range(of), CHANGED))
    ]


def new_uuid(chance: random.Random) -> str:
    """A UUIDv7 as a device makes it."""
    digits = f"01936b11{chance.getrandbits(96):024x}"
    return f"{digits[:8]}-{digits[8:12]}-7{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


@cache
def form() -> BuiltIn:
    """What they are rated with: the built-in instrument of 24 indicators."""
    return next(built_in for built_in in instruments() if len(_codes_of(built_in)) == INDICATORS)


def _observation(chance: random.Random) -> dict[str, Any]:
    codes = _codes_of(form())
    day = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    return {
        "rubric": form().reference,
        "status": "draft",
        "class_name": f"{chance.choice(('VII', 'VIII', 'IX'))} {chance.choice('ABCDEF')}",
        "subject": chance.choice(("Matematika", "IPA", "IPS", "Bahasa Indonesia", "PJOK")),
        "topic": _words(chance, 4),
        "started_at": f"{day}T0{chance.randint(0, 6)}:{chance.randint(10, 59)}:00.000Z",
        "ended_at": f"{day}T07:{chance.randint(10, 59)}:00.000Z",
        **{f"rating.{code}": chance.randint(0, 2) for code in codes},
        **{f"comment.{code}": _words(chance, 9) for code in codes},
        **{f"note.{new_uuid(chance)}": _note(chance, codes) for _ in range(NOTES)},
    }


def _note(chance: random.Random, codes: Sequence[str]) -> dict[str, Any]:
    return {"text": _words(chance, 9), "at_s": chance.randint(0, 4800), "tags": [chance.choice(codes)]}


def _words(chance: random.Random, count: int) -> str:
    """So many words, drawn one by one: harder to compress than what people write, which repeats itself more."""
    return " ".join(chance.choices(_vocabulary(), k=count)).capitalize() + "."


@cache
def _vocabulary() -> tuple[str, ...]:
    """The words of the demonstration's lessons."""
    found: set[str] = set()
    for told in files("observe.demo").joinpath("lessons").iterdir():
        found |= set(re.findall(r"\b[a-z]{2,12}\b", told.read_text()))
    return tuple(sorted(found))


def _codes_of(built_in: BuiltIn) -> list[str]:
    return [item["code"] for area in built_in.body["areas"] for item in area["indicators"]]
