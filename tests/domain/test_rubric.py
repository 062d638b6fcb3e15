"""A rubric body is refused with the path that is wrong, or trusted from there on."""

import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observe.domain.builtin import CODES, instrument
from observe.domain.errors import ObserveError
from observe.domain.rubric import Rubric, RubricInvalid, decode, from_value

LABEL = {"id": "Ya", "en": "Yes"}


def a_body(**changes: Any) -> dict[str, Any]:
    """Two areas, three indicators, every part of the format once."""
    body: dict[str, Any] = {
        "version": 1,
        "code": "tiny",
        "area": "instruction",
        "title": {"id": "Kecil", "en": "Tiny"},
        "about": {"id": "Untuk uji.\n\nDua alinea.", "en": "For tests.\n\nTwo paragraphs."},
        "source": "Tests.",
        "scales": {
            "three": {
                "levels": [
                    {"value": 0, "label": {"id": "Tidak", "en": "No"}},
                    {"value": 1, "label": {"id": "Sebagian", "en": "Partly"}},
                    {"value": 2, "label": {"id": "Ya", "en": "Yes"}},
                ]
            }
        },
        "areas": [
            {
                "code": "A",
                "title": {"id": "Awal", "en": "Start"},
                "indicators": [
                    {
                        "code": "A1",
                        "text": {"id": "Guru menyapa murid.", "en": "The teacher greets the class."},
                        "scale": "three",
                        "descriptors": {"0": {"id": "Tidak terdengar salam.", "en": "No greeting is heard."}},
                    },
                    {"code": "A2", "text": {"id": "Dua", "en": "Two"}, "scale": "three", "may_be_na": True},
                ],
            },
            {
                "code": "B",
                "title": {"id": "Akhir", "en": "End"},
                "indicators": [{"code": "B-1", "text": {"id": "Tiga", "en": "Three"}, "scale": "three"}],
            },
        ],
        "aggregation": "percent-of-maximum",
        "bands": [
            {"from": 71, "label": {"id": "Cukup", "en": "Fair"}},
            {"from": 0, "label": {"id": "Kurang", "en": "Needs work"}},
        ],
        "shown_decimals": 1,
    }
    return {**body, **changes}


def with_value(path: list[Any], value: Any) -> dict[str, Any]:
    """A body with one place changed."""
    body = a_body()
    place: Any = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return body


def without(path: list[Any]) -> dict[str, Any]:
    body = a_body()
    place: Any = body
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return body


FIRST: list[Any] = ["areas", 0, "indicators", 0]
LEVELS: list[Any] = ["scales", "three", "levels"]


def test_the_same_rubric_comes_from_text_and_from_a_value() -> None:
    assert decode(json.dumps(a_body())) == from_value(a_body())


def test_the_highest_level_of_every_indicator_makes_the_maximum() -> None:
    assert from_value(a_body()).maximum == 6


def test_indicators_come_in_the_order_of_the_form() -> None:
    assert [indicator.code for indicator in from_value(a_body()).indicators] == ["A1", "A2", "B-1"]


def test_a_rubric_cannot_be_changed() -> None:
    rubric = from_value(a_body())

    with pytest.raises(AttributeError):
        rubric.version = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        rubric.areas[0] = rubric.areas[1]  # type: ignore[index]


def test_changing_the_json_afterwards_does_not_change_the_rubric() -> None:
    body = a_body()
    rubric = from_value(body)

    body["areas"][0]["indicators"][0]["descriptors"].clear()
    body["scales"].clear()

    assert rubric == from_value(a_body())


@pytest.mark.parametrize(
    ("body", "path"),
    [
        pytest.param([], "$", id="not an object"),
        pytest.param(a_body(extra=1), "$", id="a field we do not know"),
        pytest.param(without(["bands"]), "$", id="a field left out"),
        pytest.param(a_body(version=0), "$.version", id="versions count from 1"),
        pytest.param(a_body(version="1"), "$.version", id="a version is a number"),
        pytest.param(a_body(version=True), "$.version", id="true is not 1"),
        pytest.param(a_body(code=""), "$.code", id="no code"),
        pytest.param(a_body(area="praise"), "$.area", id="an area of work we do not know"),
        pytest.param(a_body(aggregation="mean"), "$.aggregation", id="an aggregation we do not know"),
        pytest.param(a_body(shown_decimals=4), "$.shown_decimals", id="too many decimals"),
        pytest.param(a_body(source=""), "$.source", id="no source"),
        pytest.param(a_body(areas=[]), "$.areas", id="no areas"),
        pytest.param(a_body(scales={}), "$.scales", id="no scales"),
        pytest.param(a_body(bands=[]), "$.bands", id="no bands"),
        pytest.param(without(["title", "en"]), "$.title", id="a title without English"),
        pytest.param(without(["title", "id"]), "$.title", id="a title without Indonesian"),
        pytest.param(with_value(["title", "en"], " \t "), "$.title.en", id="a title of blanks"),
        pytest.param(with_value(["about", "id"], "\n"), "$.about.id", id="an introduction of blanks"),
        pytest.param(with_value(["areas", 1, "title", "id"], ""), "$.areas[1].title.id", id="an empty area title"),
        pytest.param(with_value(["areas", 1, "indicators"], []), "$.areas[1].indicators", id="an empty area"),
        pytest.param(with_value(["areas", 1, "code"], "A"), "$.areas", id="two areas with one code"),
        pytest.param(with_value(["areas", 1, "code"], "B.1"), "$.areas[1].code", id="a dot in an area code"),
        pytest.param(
            with_value([*FIRST, "text", "en"], ""),
            "$.areas[0].indicators[0].text.en",
            id="an indicator without English",
        ),
        pytest.param(
            with_value([*FIRST, "text", "id"], "Dua\nbaris"), "$.areas[0].indicators[0].text.id", id="two lines of text"
        ),
        pytest.param(with_value([*FIRST, "code"], "A 1"), "$.areas[0].indicators[0].code", id="a blank in a code"),
        pytest.param(with_value([*FIRST, "code"], "A1\n"), "$.areas[0].indicators[0].code", id="a line end in a code"),
        pytest.param(with_value([*FIRST, "code"], "A.1"), "$.areas[0].indicators[0].code", id="a dot in a code"),
        pytest.param(with_value([*FIRST, "code"], "__proto__"), "$.areas[0].indicators[0].code", id="a trap in a code"),
        pytest.param(with_value([*FIRST, "code"], "a2"), "$.areas", id="two codes that differ in capitals alone"),
        pytest.param(with_value([*FIRST, "code"], "B-1"), "$.areas", id="one code in two areas"),
        pytest.param(with_value([*FIRST, "scale"], "ten"), "$.areas[0].indicators[0].scale", id="an unknown scale"),
        pytest.param(
            with_value([*FIRST, "descriptors"], {"3": LABEL}),
            "$.areas[0].indicators[0].descriptors",
            id="a descriptor for no level",
        ),
        pytest.param(
            with_value([*FIRST, "descriptors"], {"0.0": LABEL}),
            "$.areas[0].indicators[0].descriptors",
            id="a level spelled another way",
        ),
        pytest.param(with_value([*LEVELS, 1, "value"], 2), "$.scales.three.levels", id="a level twice"),
        pytest.param(with_value([*LEVELS, 0, "value"], 5), "$.scales.three.levels", id="levels that go down"),
        pytest.param(with_value([*LEVELS, 1, "label"], LABEL), "$.scales.three.levels", id="two levels of one name"),
        pytest.param(with_value(LEVELS, [{"value": 1, "label": LABEL}]), "$.scales[...].levels", id="a single level"),
        pytest.param(with_value([*LEVELS, 0, "value"], -1), "$.scales[...].levels[0].value", id="a level below 0"),
        pytest.param(with_value([*LEVELS, 1, "value"], 0.1), "$.scales[...].levels[1].value", id="a tenth of a point"),
        pytest.param(with_value([*LEVELS, 1, "value"], True), "$.scales[...].levels[1].value", id="a level of true"),
        pytest.param(
            with_value([*LEVELS, 1, "value"], float("nan")), "$.scales[...].levels[1].value", id="not a number"
        ),
        pytest.param(with_value(["bands", 0, "from"], float("nan")), "$.bands[0].from", id="a band from not a number"),
        pytest.param(with_value(["bands", 1, "from"], 1), "$.bands[1].from", id="a score with no band"),
        pytest.param(with_value(["bands", 0, "from"], 0), "$.bands", id="a band of nothing"),
        pytest.param(with_value(["bands", 0, "from"], 101), "$.bands[0].from", id="a band nobody can reach"),
        pytest.param(with_value(["bands", 0, "label", "en"], "Needs work"), "$.bands", id="two bands of one name"),
    ],
)
def test_a_broken_body_is_refused_at_the_place_that_is_wrong(body: Any, path: str) -> None:
    with pytest.raises(RubricInvalid) as refusal:
        from_value(body)

    assert refusal.value.path == path
    assert path in str(refusal.value)


def test_text_is_refused_at_the_same_place_as_a_value() -> None:
    with pytest.raises(RubricInvalid) as refusal:
        decode(json.dumps(with_value([*FIRST, "text", "en"], 7)))

    assert refusal.value.path == "$.areas[0].indicators[0].text.en"


def test_not_everything_may_be_declared_not_applicable() -> None:
    body = a_body()
    for area in body["areas"]:
        for indicator in area["indicators"]:
            indicator["may_be_na"] = True

    with pytest.raises(RubricInvalid, match="at least one indicator must always be applicable"):
        from_value(body)


@pytest.mark.parametrize("text", ["", "{", '{"version": NaN}', "[1, 2", "null", b"\xff\xfe"])
def test_what_is_not_a_rubric_in_json_is_refused_in_words(text: str | bytes) -> None:
    with pytest.raises(ObserveError):
        decode(text)


def test_a_reason_speaks_of_the_text_and_not_of_a_pattern() -> None:
    with pytest.raises(RubricInvalid) as missing:
        from_value(with_value(["title", "en"], ""))
    with pytest.raises(RubricInvalid) as code:
        from_value(with_value([*FIRST, "code"], "A 1"))

    assert missing.value.reason == "this text is missing"
    assert code.value.reason == "this may only hold letters, digits, - and _"


def test_halves_and_quarters_are_levels_with_descriptors_of_their_own() -> None:
    body = with_value([*LEVELS, 1, "value"], 0.25)
    body["areas"][0]["indicators"][0]["descriptors"] = {"0.25": LABEL}

    rubric = from_value(body)

    first = next(rubric.indicators)
    level = rubric.scale_of(first).level(0.25)
    assert level is not None
    assert first.descriptor(level) == rubric.scales["three"].levels[2].label


@pytest.mark.parametrize(
    ("code", "rating", "is_allowed"),
    [
        ("A1", 0, True),
        ("A1", 2, True),
        ("A1", 2.0, True),
        ("A1", 3, False),
        ("A1", -1, False),
        ("A1", 0.5, False),
        ("A1", True, False),
        ("A1", "2", False),
        ("A1", "na", False),
        ("A1", None, False),
        ("A1", float("nan"), False),
        ("A1", [], False),
        ("A2", "na", True),
        ("A2", "NA", False),
        ("Z9", 1, False),
        ("Z9", "na", False),
    ],
)
def test_a_rating_is_a_level_of_its_scale_or_na_where_offered(code: str, rating: object, is_allowed: bool) -> None:
    assert from_value(a_body()).allows(code, rating) is is_allowed


@pytest.mark.parametrize(("percent", "label"), [(100, "Cukup"), (71, "Cukup"), (70.999999, "Kurang"), (0, "Kurang")])
def test_a_band_begins_at_its_floor_and_not_below(percent: float, label: str) -> None:
    assert from_value(a_body()).band_of(percent).label.id == label


@given(st.sampled_from(CODES), st.data())
def test_no_damage_to_a_rubric_raises_anything_but_a_refusal(code: str, data: st.DataObject) -> None:
    body: Any = copy.deepcopy(dict(instrument(code).body))
    place: Any = body
    while isinstance(place, dict | list) and place:
        keys: list[Any] = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(
                st.none()
                | st.booleans()
                | st.integers()
                | st.floats()
                | st.text(max_size=5)
                | st.just([])
                | st.just({})
            )
            break
        place = place[key]

    try:
        rubric = from_value(body)
    except RubricInvalid as refusal:
        assert refusal.path.startswith("$")
    else:
        assert isinstance(rubric, Rubric)
        assert rubric.maximum > 0
        assert msgspec.convert(msgspec.to_builtins(rubric), Rubric) == rubric
