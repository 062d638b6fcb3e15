"""The instruments that come with the product: complete, in both languages, and readable in two seconds."""

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator

import pytest

from observe.domain.builtin import CODES, BuiltIn, instrument, instruments
from observe.domain.rubric import Indicator, LongText, Text, decode

ITEM_CHARACTERS = 90
DESCRIPTOR_CHARACTERS = 140
LARGEST_CHANGE_BYTES = 256 * 1024
DESCRIBED = ("instruction-short", "evaluation-own")

every_instrument = pytest.mark.parametrize("code", CODES)
every_described = pytest.mark.parametrize("code", DESCRIBED)


def texts(built_in: BuiltIn) -> Iterator[tuple[str, Text | LongText]]:
    """Everything a person may read on the form, and where it stands."""
    rubric = built_in.rubric
    yield "title", rubric.title
    yield "about", rubric.about
    for name, scale in rubric.scales.items():
        yield from ((f"{name}={level.value}", level.label) for level in scale.levels)
    for area in rubric.areas:
        yield area.code, area.title
        for indicator in area.indicators:
            yield indicator.code, indicator.text
            yield from ((f"{indicator.code}={value}", text) for value, text in indicator.descriptors.items())
    yield from ((f"band {band.floor}", band.label) for band in rubric.bands)


def items(code: str) -> Iterator[Indicator]:
    return instrument(code).rubric.indicators


def repeated(lines: Iterator[str]) -> list[str]:
    return [line for line, times in Counter(line.casefold().strip(". ") for line in lines).items() if times > 1]


def test_five_instruments_come_with_the_product() -> None:
    assert [built_in.rubric.code for built_in in instruments()] == list(CODES)


@pytest.mark.parametrize(
    ("code", "area", "maximum", "groups"),
    [
        ("planning", "planning", 48, "A1 B2 C2 D1 E2 F4 G7 H1 I1 J1 K2"),
        ("instruction", "instruction", 76, "A2 B2 C3 D4 E6 F4 G2 H5 I2 J5 K3"),
        ("instruction-short", "instruction", 48, "A2 B8 C2"),
        ("evaluation", "evaluation", 36, "A3 B3 C3"),
        ("evaluation-own", "evaluation", 32, "A2 B3 C3"),
    ],
)
def test_groups_and_maximum_are_those_of_the_instrument(code: str, area: str, maximum: int, groups: str) -> None:
    rubric = instrument(code).rubric

    assert " ".join(f"{group.code}{len(group.indicators)}" for group in rubric.areas) == groups
    assert (rubric.area, rubric.maximum) == (area, maximum)


def test_a_lesson_opens_with_7_items_has_23_at_its_core_and_closes_with_8() -> None:
    parts: Counter[str] = Counter()
    for area in instrument("instruction").rubric.areas:
        parts[area.title.en.partition(":")[0]] += len(area.indicators)

    assert parts == {"Opening": 7, "Core": 23, "Closing": 8}


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("planning", [0, 1, 2]),
        ("instruction", [0, 1, 2]),
        ("instruction-short", [1, 2, 3, 4]),
        ("evaluation", [1, 2, 3, 4]),
        ("evaluation-own", [1, 2, 3, 4]),
    ],
)
def test_every_item_is_rated_on_the_scale_of_its_instrument(code: str, values: list[int]) -> None:
    rubric = instrument(code).rubric

    for indicator in rubric.indicators:
        assert [level.value for level in rubric.scale_of(indicator).levels] == values, indicator.code


@every_instrument
def test_bands_are_91_81_71_unless_a_school_says_otherwise(code: str) -> None:
    rubric = instrument(code).rubric

    assert [(band.floor, band.label.id, band.label.en) for band in rubric.bands] == [
        (91, "Amat Baik", "Very good"),
        (81, "Baik", "Good"),
        (71, "Cukup", "Fair"),
        (0, "Kurang", "Needs work"),
    ]
    assert rubric.shown_decimals == 1


@every_instrument
def test_item_codes_say_their_group_and_place(code: str) -> None:
    for area in instrument(code).rubric.areas:
        numbered = [f"{area.code}{place}" for place in range(1, len(area.indicators) + 1)]
        assert [indicator.code for indicator in area.indicators] == numbered


def test_ids_are_fixed_v7_and_all_different() -> None:
    ids = [uuid.UUID(built_in.id) for built_in in instruments()]

    assert {(found.version, found.variant) for found in ids} == {(7, uuid.RFC_4122)}
    assert len(set(ids)) == len(ids)
    assert instrument("planning").reference == "019a1991-8f40-7c11-8a3e-5d1f0c7be201@1"


@every_instrument
def test_its_record_names_it_and_holds_the_frozen_body(code: str) -> None:
    built_in = instrument(code)

    fields = built_in.fields

    assert set(fields) == {"code", "area", "title", "active", "version.1"}
    assert decode(json.dumps(fields["version.1"])) == built_in.rubric
    assert fields["title"] == {"id": built_in.rubric.title.id, "en": built_in.rubric.title.en}
    assert len(json.dumps(fields).encode()) < LARGEST_CHANGE_BYTES / 4


@pytest.mark.parametrize(
    ("code", "may_be_na"),
    [
        ("planning", {"I1", "J1", "K1"}),  # remedial, enrichment, worksheets
        ("instruction", {"E5", "F3", "H5", "J4", "K3"}),  # group work twice, digital tools, follow-up, skills
        ("instruction-short", {"B5"}),  # group work
        ("evaluation", {"C3"}),  # remedial and enrichment
        ("evaluation-own", {"C1", "C2"}),  # remedial and enrichment, summative
    ],
)
def test_only_what_a_lesson_may_rightly_lack_can_be_not_applicable(code: str, may_be_na: set[str]) -> None:
    assert {indicator.code for indicator in items(code) if indicator.may_be_na} == may_be_na


@every_instrument
def test_an_item_is_read_in_two_seconds(code: str) -> None:
    long = [
        (indicator.code, len(line), line)
        for indicator in items(code)
        for line in (indicator.text.id, indicator.text.en)
        if len(line) > ITEM_CHARACTERS
    ]

    assert long == []


@every_described
def test_every_level_of_every_item_is_described(code: str) -> None:
    for indicator in items(code):
        assert list(indicator.descriptors) == ["1", "2", "3", "4"], indicator.code


@every_described
def test_a_descriptor_is_short_enough_to_compare_four_of_them(code: str) -> None:
    long = [
        (indicator.code, value, len(line))
        for indicator in items(code)
        for value, text in indicator.descriptors.items()
        for line in (text.id, text.en)
        if not 30 <= len(line) <= DESCRIPTOR_CHARACTERS
    ]

    assert long == []


@every_described
def test_a_descriptor_shows_an_event_and_does_not_grade_by_adverbs(code: str) -> None:
    grading = re.compile(
        r"\b(sangat|kurang baik|cukup baik|baik sekali|memuaskan|optimal|maksimal|efektif|secara konsisten"
        r"|very well|excellent|poorly|satisfactory|effectively|adequately|consistently)\b",
        re.I,
    )

    found = [
        (indicator.code, value, line)
        for indicator in items(code)
        for value, text in indicator.descriptors.items()
        for line in (text.id, text.en)
        if grading.search(line)
    ]

    assert found == []


@every_instrument
def test_no_two_lines_of_a_form_say_the_same(code: str) -> None:
    for language in ("id", "en"):
        assert repeated(indicator.text.in_language(language) for indicator in items(code)) == []
        described = (text for indicator in items(code) for text in indicator.descriptors.values())
        assert repeated(text.in_language(language) for text in described) == []


@every_instrument
def test_nothing_is_left_unwritten_or_untranslated(code: str) -> None:
    left_over = re.compile(r"todo|tbd|fixme|xxx|lorem|ipsum|placeholder|\.\.\.|…|\?\?|[<>{}\[\]_]| {2}", re.I)

    for where, text in texts(instrument(code)):
        assert text.id != text.en or text.id == "Remedial", where
        for line in (text.id, text.en):
            assert line == line.strip(), where
            assert not left_over.search(line), (where, line)
            assert line[0].isupper(), (where, line)


@every_instrument
def test_items_and_descriptors_are_sentences_and_titles_are_not(code: str) -> None:
    for area in instrument(code).rubric.areas:
        assert not area.title.id.endswith(".")
        assert not area.title.en.endswith(".")
        for indicator in area.indicators:
            for text in (indicator.text, *indicator.descriptors.values()):
                assert text.id.endswith("."), text.id
                assert text.en.endswith("."), text.en


@every_instrument
def test_one_word_for_one_thing_in_indonesian(code: str) -> None:
    others = re.compile(r"\b(siswa|peserta didik|RPP|KKM|di dalam kelas|dapat mampu|agar supaya)\b", re.I)

    assert [(where, text.id) for where, text in texts(instrument(code)) if others.search(text.id)] == []


@every_instrument
def test_each_language_keeps_to_itself(code: str) -> None:
    english = re.compile(r"\b(the|and|students?|teacher|of|is|are)\b")
    indonesian = re.compile(r"\b(dan|guru|murid|yang|atau|tidak|untuk|dengan)\b", re.I)

    for where, text in texts(instrument(code)):
        assert not english.search(text.id), (where, text.id)
        assert not indonesian.search(text.en), (where, text.en)
