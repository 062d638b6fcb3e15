"""Ratings to a score, and the rule that made it, in words.

INSTRUMENTS.md "The built-in set". Not scored, not applicable and zero are three different things: the first two leave
both the points and the maximum. `static/js/sync/scoring.js` is this module again; `tests/vectors/scoring.json` holds
both to the same answers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from observe.domain.rubric import NOT_APPLICABLE, Area, Band, Indicator, Rubric


@dataclass(frozen=True, slots=True)
class AreaScore:
    """What one area of the rubric came to."""

    points: int | float
    maximum: int | float
    percent: float | None
    scored: int
    not_scored: tuple[str, ...]
    not_applicable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """What an observation came to. Nothing scored yet: no percent and no band."""

    points: int | float
    maximum: int | float
    percent: float | None
    band: Band | None
    scored: int
    not_scored: tuple[str, ...]
    not_applicable: tuple[str, ...]
    refused: tuple[str, ...]
    """Codes whose rating this rubric does not know or allow. It was left out, and should be shown to somebody."""
    by_area: Mapping[str, AreaScore]


@dataclass(frozen=True, slots=True)
class RuleText:
    """How this rubric makes a score, for the foot of a form."""

    formula: str
    left_out: str
    bands: tuple[str, ...]
    rounding: str


def score(rubric: Rubric, ratings: Mapping[str, object]) -> Score:
    """The score of these ratings: indicator code to a value of its scale, or "na". Absent or None is not scored."""
    by_area = {area.code: _area_score(rubric, area, ratings) for area in rubric.areas}
    parts = by_area.values()
    points, maximum = sum(part.points for part in parts), sum(part.maximum for part in parts)
    percent = _percent(points, maximum)
    not_scored = tuple(code for part in parts for code in part.not_scored)
    counted = {indicator.code for indicator in rubric.indicators}.difference(not_scored)
    return Score(
        points=points,
        maximum=maximum,
        percent=percent,
        band=None if percent is None else rubric.band_of(percent),
        scored=sum(part.scored for part in parts),
        not_scored=not_scored,
        not_applicable=tuple(code for part in parts for code in part.not_applicable),
        refused=tuple(sorted(code for code, rating in ratings.items() if rating is not None and code not in counted)),
        by_area=by_area,
    )


def rule_text(rubric: Rubric, language: str) -> RuleText:
    """The rule of this rubric in words, the same before and after a lesson is scored."""
    words = _WORDS[_known(language)]
    return RuleText(
        formula=words["formula"],
        left_out=words["left_out"],
        bands=tuple(_band_lines(rubric, language)),
        rounding=words["rounding"],
    )


def calculation(rubric: Rubric, made: Score, language: str) -> str:
    """The sum itself, with its numbers: "69 dari 76 × 100 = 90,8"."""
    words = _WORDS[_known(language)]
    if made.percent is None:
        return words["nothing_scored"]
    return words["sum"].format(
        points=number(made.points, language),
        maximum=number(made.maximum, language),
        percent=shown_percent(rubric, made.percent, language),
    )


def shown_percent(rubric: Rubric, percent: float, language: str) -> str:
    """The percent as it is written. A further decimal is shown where rounding would show another band's number."""
    band = rubric.band_of(percent)
    places = rubric.shown_decimals
    while rubric.band_of(float(_half_up(percent, places))) != band:
        places += 1
    return _localised(f"{_half_up(percent, places):f}", language)


def number(value: int | float, language: str) -> str:
    """Points as they are written: no decimals unless there are any."""
    return _localised(f"{value:.2f}".rstrip("0").rstrip("."), language)


def _area_score(rubric: Rubric, area: Area, ratings: Mapping[str, object]) -> AreaScore:
    points: int | float = 0
    maximum: int | float = 0
    scored = 0
    not_scored: list[str] = []
    not_applicable: list[str] = []
    for indicator in area.indicators:
        rating = ratings.get(indicator.code)
        scale = rubric.scales[indicator.scale]
        level = scale.level(rating)
        if level is not None:
            points += level.value
            maximum += scale.highest.value
            scored += 1
        elif _is_na(indicator, rating):
            not_applicable.append(indicator.code)
        else:
            not_scored.append(indicator.code)
    percent = _percent(points, maximum)
    return AreaScore(points, maximum, percent, scored, tuple(not_scored), tuple(not_applicable))


def _is_na(indicator: Indicator, rating: object) -> bool:
    return indicator.may_be_na and rating == NOT_APPLICABLE


def _percent(points: int | float, maximum: int | float) -> float | None:
    return points * 100 / maximum if maximum else None


def _band_lines(rubric: Rubric, language: str) -> Iterable[str]:
    words = _WORDS[_known(language)]
    ceiling = None
    for band in rubric.bands:
        floor = number(band.floor, language)
        kind = (
            ("only" if band.floor == 0 else "top") if ceiling is None else ("lowest" if band.floor == 0 else "middle")
        )
        yield words[kind].format(label=band.label.in_language(language), floor=floor, ceiling=ceiling)
        ceiling = floor


def _half_up(value: float, places: int) -> Decimal:
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _localised(digits: str, language: str) -> str:
    return digits if _known(language) == "en" else digits.replace(".", ",")


def _known(language: str) -> str:
    return "en" if language == "en" else "id"


# Both languages stand here, and not among the translations, because the same sentences are made without a network.
_WORDS = {
    "id": {
        "sum": "{points} dari {maximum} × 100 = {percent}",
        "nothing_scored": "Belum ada butir yang dinilai, jadi belum ada nilai.",
        "formula": "Nilai = jumlah skor ÷ skor tertinggi yang mungkin × 100.",
        "left_out": "Butir yang belum dinilai dan butir yang tidak berlaku tidak ikut dihitung.",
        "only": "{label}: semua nilai",
        "top": "{label}: {floor} ke atas",
        "middle": "{label}: {floor} sampai di bawah {ceiling}",
        "lowest": "{label}: di bawah {ceiling}",
        "rounding": "Predikat ditentukan dari nilai sebelum dibulatkan.",
    },
    "en": {
        "sum": "{points} of {maximum} × 100 = {percent}",
        "nothing_scored": "No item has been scored yet, so there is no score.",
        "formula": "Score = points ÷ highest possible points × 100.",
        "left_out": "Items not yet scored and items that do not apply are left out of both.",
        "only": "{label}: every score",
        "top": "{label}: {floor} and above",
        "middle": "{label}: {floor} to below {ceiling}",
        "lowest": "{label}: below {ceiling}",
        "rounding": "The band is taken from the score before rounding.",
    },
}
