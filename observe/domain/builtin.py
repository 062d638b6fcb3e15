"""The instruments that come with the product, as data: `instruments/<code>.json`.

A school starts with these and may retire them. A new wording is a new version in the file, never a change of an old
one: observations name the version they were made with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec import json

from observe.domain.rubric import Rubric, from_value

CODES = ("planning", "instruction", "instruction-short", "evaluation", "evaluation-own")
"""In the order a school meets them: before, during and after the lesson."""


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """One instrument: the id of its `rubric` record, its body as JSON gives it, and as we read it."""

    id: str
    body: Mapping[str, Any]
    rubric: Rubric

    @property
    def reference(self) -> str:
        """What the `rubric` field of an observation holds."""
        return f"{self.id}@{self.rubric.version}"

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of its `rubric` record."""
        body = dict(self.body)
        return {
            "code": body["code"],
            "area": body["area"],
            "title": body["title"],
            "active": True,
            f"version.{self.rubric.version}": body,
        }


@cache
def instruments() -> tuple[BuiltIn, ...]:
    """All of them, validated."""
    return tuple(_read(code) for code in CODES)


def instrument(code: str) -> BuiltIn:
    """The one with this code."""
    return next(built_in for built_in in instruments() if built_in.rubric.code == code)


def _read(code: str) -> BuiltIn:
    held = json.decode(files("observe.domain").joinpath("instruments", f"{code}.json").read_bytes())
    return BuiltIn(id=held["id"], body=held["version"], rubric=from_value(held["version"]))
