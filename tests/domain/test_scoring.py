"""Not scored, not applicable and zero are three different things, and the numbers of INSTRUMENTS.md come out."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observe.domain.builtin import CODES, instrument
from observe.domain.rubric import NOT_APPLICABLE, Rubric, from_value
from observe.domain.scoring import calculation, rule_text, score, shown_percent

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "scoring.json").read_text())
SCORES = [pytest.param(vector, id=vector["claim"]) for vector in VECTORS["scores"]]
WITH_AREAS = [pytest.param(vector, id=vector["claim"]) for vector in VECTORS["scores"] if "by_area" in vector]
RULES = [pytest.param(vector, id=vector["claim"]) for vector in VECTORS["rules"]]

languages = pytest.mark.parametrize("language", ["id", "en"])


def rubric_named(code: str) -> Rubric:
    held = VECTORS["rubrics"].get(code)
    return from_value(held) if held else instrument(code).rubric


def ratings_of(rubric: Rubric, vector: dict[str, Any]) -> dict[str, Any]:
    every = {indicator.code: vector["every"] for indicator in rubric.indicators} if "every" in vector else {}
    return {**every, **vector["ratings"]}


@pytest.mark.parametrize("vector", SCORES)
def test_a_score_is_what_was_worked_out_by_hand(vector: dict[str, Any]) -> None:
    rubric = rubric_named(vector["rubric"])

    made = score(rubric, ratings_of(rubric, vector))

    assert (made.points, made.maximum, made.scored) == (vector["points"], vector["maximum"], vector["scored"])
    assert made.percent == pytest.approx(vector["percent"], abs=1e-9)
    assert (made.band.label.id if made.band else None) == vector["band"]
    assert list(made.not_scored) == vector["not_scored"]
    assert list(made.not_applicable) == vector["not_applicable"]
    assert list(made.refused) == vector["refused"]


@pytest.mark.parametrize("vector", WITH_AREAS)
def test_an_area_has_a_score_of_its_own(vector: dict[str, Any]) -> None:
    rubric = rubric_named(vector["rubric"])

    made = score(rubric, ratings_of(rubric, vector)).by_area

    assert list(made) == list(vector["by_area"])
    for code, expected in vector["by_area"].items():
        area = made[code]
        assert (area.points, area.maximum, area.scored) == (expected["points"], expected["maximum"], expected["scored"])
        assert area.percent == pytest.approx(expected["percent"], abs=1e-9)
        assert list(area.not_scored) == expected["not_scored"]
        assert list(area.not_applicable) == expected["not_applicable"]


@languages
@pytest.mark.parametrize("vector", SCORES)
def test_the_sum_is_written_with_its_numbers(vector: dict[str, Any], language: str) -> None:
    rubric = rubric_named(vector["rubric"])

    made = score(rubric, ratings_of(rubric, vector))

    assert calculation(rubric, made, language) == vector["calculation"][language]
    assert made.percent is None or shown_percent(rubric, made.percent, language) == vector["shown"][language]


@languages
@pytest.mark.parametrize("vector", RULES)
def test_the_rule_is_written_in_words(vector: dict[str, Any], language: str) -> None:
    rule = rule_text(rubric_named(vector["rubric"]), language)

    expected = vector[language]
    assert (rule.formula, rule.left_out, rule.rounding) == (
        expected["formula"],
        expected["left_out"],
        expected["rounding"],
    )
    assert list(rule.bands) == expected["bands"]


@st.composite
def rated(draw: st.DrawFn) -> tuple[Rubric, dict[str, Any]]:
    """An instrument of ours and ratings it allows, some not scored."""
    rubric = instrument(draw(st.sampled_from(CODES))).rubric
    ratings: dict[str, Any] = {}
    for indicator in rubric.indicators:
        choices: list[Any] = [level.value for level in rubric.scale_of(indicator).levels]
        choices += [None] + [NOT_APPLICABLE] * indicator.may_be_na
        ratings[indicator.code] = draw(st.sampled_from(choices))
    return rubric, ratings


@given(rated())
def test_every_indicator_is_scored_or_not_scored_or_not_applicable(case: tuple[Rubric, dict[str, Any]]) -> None:
    rubric, ratings = case

    made = score(rubric, ratings)

    numbers = [code for code, rating in ratings.items() if rating not in (None, NOT_APPLICABLE)]
    assert made.scored == len(numbers)
    assert set(made.not_scored) == {code for code, rating in ratings.items() if rating is None}
    assert set(made.not_applicable) == {code for code, rating in ratings.items() if rating == NOT_APPLICABLE}
    assert made.scored + len(made.not_scored) + len(made.not_applicable) == len(ratings)
    assert made.refused == ()


@given(rated())
def test_the_percent_is_the_exact_share_of_what_was_scored(case: tuple[Rubric, dict[str, Any]]) -> None:
    rubric, ratings = case
    points = {code: rating for code, rating in ratings.items() if isinstance(rating, int)}
    highest = {indicator.code: rubric.scale_of(indicator).highest.value for indicator in rubric.indicators}

    made = score(rubric, ratings)

    if not points:
        assert (made.percent, made.band) == (None, None)
    else:
        share = Fraction(sum(points.values()) * 100, sum(int(highest[code]) for code in points))
        assert made.percent is not None
        assert made.band is not None
        assert made.percent == pytest.approx(float(share))
        assert made.band == next(band for band in rubric.bands if share >= band.floor)


@given(rated(), st.data())
def test_leaving_an_item_unscored_is_never_the_same_as_zero(
    case: tuple[Rubric, dict[str, Any]], data: st.DataObject
) -> None:
    rubric, ratings = case
    code = data.draw(st.sampled_from(sorted(ratings)))
    without = {key: rating for key, rating in ratings.items() if key != code}
    indicator = rubric.indicator(code)
    assert indicator is not None
    scale = rubric.scale_of(indicator)

    left_out = score(rubric, without)
    lowest = score(rubric, {**without, code: scale.levels[0].value})

    assert left_out == score(rubric, {**without, code: None})
    assert code in left_out.not_scored
    assert lowest.maximum - left_out.maximum == scale.highest.value
    assert lowest.points - left_out.points == scale.levels[0].value
    assert lowest.scored == left_out.scored + 1


@given(rated(), st.data())
def test_not_applicable_leaves_both_points_and_maximum(
    case: tuple[Rubric, dict[str, Any]], data: st.DataObject
) -> None:
    rubric, ratings = case
    may_be_na = [indicator.code for indicator in rubric.indicators if indicator.may_be_na]
    code = data.draw(st.sampled_from(may_be_na))

    made = score(rubric, {**ratings, code: NOT_APPLICABLE})
    unscored = score(rubric, {**ratings, code: None})

    assert (made.points, made.maximum, made.percent) == (unscored.points, unscored.maximum, unscored.percent)
    assert code in made.not_applicable
    assert code not in made.not_scored


@pytest.mark.parametrize("code", CODES)
def test_nothing_scored_and_everything_possible_na_have_no_percent_and_no_band(code: str) -> None:
    rubric = instrument(code).rubric
    na = {indicator.code: NOT_APPLICABLE for indicator in rubric.indicators if indicator.may_be_na}

    for ratings in ({}, na):
        made = score(rubric, ratings)
        assert (made.points, made.maximum, made.percent, made.band) == (0, 0, None, None)


@given(rated())
def test_the_areas_add_up_to_the_whole(case: tuple[Rubric, dict[str, Any]]) -> None:
    rubric, ratings = case

    made = score(rubric, ratings)

    areas = made.by_area.values()
    assert sum(area.points for area in areas) == made.points
    assert sum(area.maximum for area in areas) == made.maximum
    assert [code for area in areas for code in area.not_scored] == list(made.not_scored)


@given(rated(), st.dictionaries(st.text(max_size=4), st.none() | st.booleans() | st.integers(min_value=9) | st.text()))
def test_what_is_not_a_rating_changes_nothing_but_the_list_of_refused(
    case: tuple[Rubric, dict[str, Any]], strange: dict[str, Any]
) -> None:
    rubric, ratings = case
    strange = {code: value for code, value in strange.items() if code not in ratings}

    made = score(rubric, {**strange, **ratings})

    clean = score(rubric, ratings)
    assert (made.points, made.maximum, made.percent, made.not_scored) == (
        clean.points,
        clean.maximum,
        clean.percent,
        clean.not_scored,
    )
    assert list(made.refused) == sorted(code for code, value in strange.items() if value is not None)


@given(rated())
def test_the_number_shown_never_belongs_to_another_band(case: tuple[Rubric, dict[str, Any]]) -> None:
    rubric, ratings = case
    made = score(rubric, ratings)

    if made.percent is not None:
        shown = shown_percent(rubric, made.percent, "id")
        assert rubric.band_of(float(shown.replace(",", "."))) == made.band
        assert shown.replace(",", ".") == shown_percent(rubric, made.percent, "en")
