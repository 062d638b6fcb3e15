"""A rubric version: what an observer rates, on which levels, and how ratings become a score.

The body of a version is JSON (the value of `version.<n>` of a `rubric` record). It is read once, at the door, and
refused with the path that is wrong; after that every part of it can be trusted. A version never changes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, NoReturn

from msgspec import DecodeError, Meta, Struct, ValidationError, convert, field, json

from observe.domain.errors import N_, ObserveError

NOT_APPLICABLE = "na"

Code = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,39}\Z")]
"""Part of the field names `rating.<code>` and `comment.<code>`."""

Line = Annotated[str, Meta(pattern=r"\A(?=.*\S)[^\x00-\x1f\x7f]+\Z", max_length=500)]
Paragraph = Annotated[str, Meta(pattern=r"\S", max_length=4000)]
Number = Annotated[int, Meta(ge=0, le=1000)] | Annotated[float, Meta(ge=0, le=1000, multiple_of=0.25)]
"""Whole, halves and quarters, so that sums are exact in every language we add them up in."""


class RubricInvalid(ObserveError):
    """The body of a rubric version breaks the format, at `path`."""

    message = N_("This instrument cannot be used: %(reason)s, at %(path)s.")

    def __init__(self, reason: str, path: str) -> None:
        super().__init__(reason=reason, path=path)
        self.reason = reason
        self.path = path


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """A line in both languages."""

    id: Line
    en: Line

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.id


class LongText(Struct, frozen=True, forbid_unknown_fields=True):
    """Paragraphs in both languages."""

    id: Paragraph
    en: Paragraph

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.id


class Level(Struct, frozen=True, forbid_unknown_fields=True):
    """One answer an observer can choose."""

    value: Number
    label: Text


class Scale(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """The levels of an indicator, lowest first."""

    levels: Annotated[tuple[Level, ...], Meta(min_length=2, max_length=20)]

    @property
    def highest(self) -> Level:
        return self.levels[-1]

    def level(self, value: object) -> Level | None:
        """The level this value stands for, if it is one of ours."""
        if type(value) not in (int, float):  # True equals 1, and is not a rating
            return None
        return self._by_value.get(value)

    @cached_property
    def _by_value(self) -> dict[object, Level]:
        return {level.value: level for level in self.levels}


class Indicator(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a rubric, rated by an observer."""

    code: Code
    text: Text
    scale: str
    may_be_na: bool = False
    descriptors: Mapping[str, Text] = {}

    def descriptor(self, level: Level) -> Text | None:
        """What this level looks like for this indicator, where the rubric says so."""
        return self.descriptors.get(descriptor_key(level.value))


class Area(Struct, frozen=True, forbid_unknown_fields=True):
    """Indicators that belong together, under one title."""

    code: Code
    title: Text
    indicators: Annotated[tuple[Indicator, ...], Meta(min_length=1, max_length=200)]


class Band(Struct, frozen=True, forbid_unknown_fields=True):
    """A word for every percent from `floor` up to the next band."""

    floor: Annotated[int, Meta(ge=0, le=100)] | Annotated[float, Meta(ge=0, le=100, multiple_of=0.25)] = field(
        name="from"
    )
    label: Text


class Rubric(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One frozen version of an instrument."""

    version: Annotated[int, Meta(ge=1, le=999_999)]
    code: Code
    area: Literal["planning", "instruction", "evaluation"]
    title: Text
    about: LongText
    source: Line
    scales: Annotated[Mapping[str, Scale], Meta(min_length=1, max_length=20)]
    areas: Annotated[tuple[Area, ...], Meta(min_length=1, max_length=60)]
    aggregation: Literal["percent-of-maximum"]
    bands: Annotated[tuple[Band, ...], Meta(min_length=1, max_length=12)]
    shown_decimals: Annotated[int, Meta(ge=0, le=3)] = 1

    @property
    def indicators(self) -> Iterator[Indicator]:
        """Every indicator, in the order of the form."""
        return (indicator for area in self.areas for indicator in area.indicators)

    @property
    def maximum(self) -> int | float:
        """The points of a lesson with the highest level everywhere."""
        return sum(self.scale_of(indicator).highest.value for indicator in self.indicators)

    def indicator(self, code: str) -> Indicator | None:
        return self._by_code.get(code)

    @cached_property
    def _by_code(self) -> dict[str, Indicator]:
        return {indicator.code: indicator for indicator in self.indicators}

    def scale_of(self, indicator: Indicator) -> Scale:
        return self.scales[indicator.scale]

    def allows(self, code: str, rating: object) -> bool:
        """Whether `rating.<code>` may hold this: a level of its scale, or "na" where that is offered."""
        indicator = self.indicator(code)
        if indicator is None:
            return False
        if rating == NOT_APPLICABLE:
            return indicator.may_be_na
        return self.scale_of(indicator).level(rating) is not None

    def band_of(self, percent: float) -> Band:
        """The band of a percent that nobody has rounded."""
        return next(band for band in self.bands if percent >= band.floor)


def decode(body: bytes | str) -> Rubric:
    """The rubric in this JSON text, or `RubricInvalid`."""
    try:
        return _checked(json.decode(body, type=Rubric))
    except ValidationError as error:
        _refuse(error)
    except DecodeError as error:
        raise RubricInvalid(str(error), "$") from error


def from_value(body: Any) -> Rubric:
    """The rubric in this value, parsed from JSON already, or `RubricInvalid`."""
    try:
        return _checked(convert(body, type=Rubric))
    except ValidationError as error:
        _refuse(error)


def readable(body: Any) -> Rubric | None:
    """The rubric in a value that was stored, or None when there is none in it: one bad body stops nothing else."""
    try:
        return from_value(body) if body is not None else None
    except RubricInvalid:
        return None


def descriptor_key(value: int | float) -> str:
    """How a level is named in `descriptors`: "2", "2.5"."""
    return f"{value:g}"


def _refuse(error: ValidationError) -> NoReturn:
    reason, _, path = str(error).partition(" - at ")
    if "matching regex" in reason:
        reason = "this may only hold letters, digits, - and _" if path.endswith(".code`") else "this text is missing"
    raise RubricInvalid(reason, path.strip("`") or "$") from error


def _checked(rubric: Rubric) -> Rubric:
    for check in (_scales, _codes, _indicators, _applicability, _bands):
        for path, reason in check(rubric):
            raise RubricInvalid(reason, path)
    return rubric


Problems = Iterator[tuple[str, str]]


def _scales(rubric: Rubric) -> Problems:
    for name, scale in rubric.scales.items():
        path = f"$.scales.{name}.levels"
        values = [level.value for level in scale.levels]
        if any(lower >= higher for lower, higher in pairwise(values)):
            yield path, "levels must go up, lowest first"
        for language in ("id", "en"):
            for label in _repeated(level.label.in_language(language) for level in scale.levels):
                yield path, f"two levels are both called “{label}”"


def _codes(rubric: Rubric) -> Problems:
    for code in _repeated(area.code for area in rubric.areas):
        yield "$.areas", f"two areas have the code {code}"
    for code in _repeated(indicator.code for indicator in rubric.indicators):
        yield "$.areas", f"two indicators have the code {code}"


def _indicators(rubric: Rubric) -> Problems:
    for a, area in enumerate(rubric.areas):
        for i, indicator in enumerate(area.indicators):
            path = f"$.areas[{a}].indicators[{i}]"
            scale = rubric.scales.get(indicator.scale)
            if scale is None:
                yield f"{path}.scale", f"there is no scale called “{indicator.scale}”"
                continue
            known = {descriptor_key(level.value) for level in scale.levels}
            for key in indicator.descriptors:
                if key not in known:
                    yield f"{path}.descriptors", f"the scale has no level {key}"


def _applicability(rubric: Rubric) -> Problems:
    if all(indicator.may_be_na for indicator in rubric.indicators):
        yield "$.areas", "at least one indicator must always be applicable"


def _bands(rubric: Rubric) -> Problems:
    floors = [band.floor for band in rubric.bands]
    if any(higher <= lower for higher, lower in pairwise(floors)):
        yield "$.bands", "bands must go down, highest first"
    if floors[-1] != 0:
        yield f"$.bands[{len(floors) - 1}].from", "the last band must start at 0"
    for language in ("id", "en"):
        for label in _repeated(band.label.in_language(language) for band in rubric.bands):
            yield "$.bands", f"two bands are both called “{label}”"


def _repeated(names: Iterable[str]) -> list[str]:
    """Names that occur twice, capitals or not: on paper nobody tells A1 from a1."""
    return [name for name, times in Counter(name.casefold() for name in names).items() if times > 1]
