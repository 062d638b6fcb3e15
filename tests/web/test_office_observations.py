"""Observation pages without a script: what is listed, what is said, and that words stay words."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from observe.services import intake
from observe.services.intake import Draft
from tests.builders import a_device, an_answer, an_instrument, an_observation, heads_of
from tests.fixtures.place import Town

ClientOf = Callable[[str], FlaskClient]
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'


def made(town: Town, **more: object) -> str:
    who = {"teacher": town.people["teacher"], "observer": town.people["observer"], "rubric": town.rubric}
    return an_observation(town.place, town.school, **(who | more))  # type: ignore[arg-type]


def page(client: FlaskClient, path: str, lang: str = "en", status: int = 200) -> str:
    client.set_cookie("lang", lang)
    answer = client.get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)[:500]
    return answer.get_data(as_text=True)


def words(html: str) -> str:
    """What a person reads, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_a_score_is_shown_with_its_band_and_with_what_was_left_out(town: Town, client_of: ClientOf) -> None:
    made(town, ratings={"A1": 4, "A2": 3})

    listed = words(
        page(client_of("administrator"), f"/office/{town.school}/observations?teacher={town.people['teacher']}")
    )

    assert "87.5 · Good" in listed
    assert "10 items not scored" in listed


def test_numbers_and_times_are_written_as_the_reader_expects(town: Town, client_of: ClientOf) -> None:
    observation = made(town, ratings={"A1": 4, "A2": 3})

    shown = words(page(client_of("teacher"), f"/office/{town.school}/observations/{observation}", "id"))

    assert "7 dari 8 × 100 = 87,5" in shown
    assert "23 November 2026 pukul 10.00" in shown  # 03.00 in Greenwich


def test_the_rule_stands_beside_the_score(town: Town, client_of: ClientOf) -> None:
    observation = made(town, ratings={"A1": 4})

    shown = words(page(client_of("teacher"), f"/office/{town.school}/observations/{observation}"))

    assert "Score = points ÷ highest possible points × 100." in shown
    assert "Very good: 91 and above" in shown


@pytest.mark.parametrize("suffix", ["", "/print"])
def test_hostile_words_stay_words(town: Town, client_of: ClientOf, suffix: str) -> None:
    text = {"growth": HOSTILE, "strengths": HOSTILE, "topic": HOSTILE, "class_name": HOSTILE, "subject": HOSTILE}
    observation = made(
        town, comments={"A1": HOSTILE}, notes=[{"text": HOSTILE, "at_s": 1, "tags": ["A1"]}, {"text": HOSTILE}], **text
    )
    an_answer(town.place, town.school, observation, town.people["teacher"], reply=HOSTILE)

    html = page(client_of("administrator"), f"/office/{town.school}/observations/{observation}{suffix}")

    assert "<script>alert" not in html
    assert "<img" not in html
    assert "49" not in re.findall(r"\{\{ 7\*7 \}\}|49(?=&lt;)", html)
    assert html.count("{{ 7*7 }}") >= 8


def test_what_was_asked_and_cannot_be_read_is_said_and_not_guessed(town: Town, client_of: ClientOf) -> None:
    html = page(client_of("administrator"), f"/office/{town.school}/observations?from=besok&state=<b>&page=-1")

    assert "“besok” is not a date" in words(html)


def test_a_page_further_on_keeps_what_the_list_is_narrowed_to(town: Town, client_of: ClientOf) -> None:
    for _ in range(26):
        made(town)

    html = page(
        client_of("administrator"), f"/office/{town.school}/observations?state=signed&_external=1&_scheme=javascript"
    )
    (further,) = re.findall(r'rel="next" href="([^"]+)"', html)

    assert further.startswith(f"/office/{town.school}/observations?")
    assert "state=signed" in further
    assert "_scheme" not in further


@pytest.mark.parametrize(
    ("who", "query", "said"),
    [
        ("teacher", "state=answered", "No observation fits what you chose."),
        ("other_observer", "from=2030-01-01", "No observation fits what you chose."),
        ("outside_teacher", "", "There is no feedback for you yet."),
        ("outside_administrator", "rubric=x", "No observation fits what you chose."),
    ],
)
def test_an_empty_list_says_why_and_what_to_do(
    town: Town, client_of: ClientOf, who: str, query: str, said: str
) -> None:
    school = town.outside_school if who.startswith("outside") else town.school
    if who == "outside_teacher":
        record = f"observation/{town.observations['outside_signed']}"
        by = town.people["outside_observer"]
        assert not intake.write(town.place, by, [Draft(school, record, {"status": "draft"})])

    assert said in words(page(client_of(who), f"/office/{school}/observations?{query}"))


def test_a_teacher_is_offered_to_answer_and_an_observer_to_go_on_writing(town: Town, client_of: ClientOf) -> None:
    signed, draft = made(town), made(town, status="draft")

    hers = page(client_of("teacher"), f"/office/{town.school}/observations/{signed}")
    his = page(client_of("observer"), f"/office/{town.school}/observations/{draft}")

    assert f"/field/en/read?observation={signed}" in hers
    assert f"/field/en/sheet/{town.rubric}?observation={draft}" in his


def test_paper_holds_the_letterhead_the_names_with_nip_and_two_places_to_sign(town: Town, client_of: ClientOf) -> None:
    observation = made(town, ratings={"A1": 2}, strengths="Suara jelas.")

    shown = words(page(client_of("observer"), f"/office/{town.school}/observations/{observation}/print", "id"))

    for said in (
        "PEMERINTAH KABUPATEN MUARO JAMBI",
        "SMP Negeri 2 Muaro Jambi",
        "NPSN 10500001",
        "NIP 198501012010012001",
        "Suara jelas.",
        "2 dari 4 × 100 = 50,0",
        "Nilai = jumlah skor ÷ skor tertinggi yang mungkin × 100.",
        "23 November 2026 Pengamat",
        "Mengetahui Kepala sekolah Hj. Ratna Dewi, M.Pd.",
    ):
        assert said in shown, said


def test_a_blank_form_holds_every_item_and_every_level(town: Town, client_of: ClientOf) -> None:
    _, body = an_instrument()

    shown = words(page(client_of("teacher"), f"/office/{town.school}/rubrics/{town.rubric}/print", "id"))

    for area in body["areas"]:
        for indicator in area["indicators"]:
            assert indicator["text"]["id"] in shown
            for descriptor in indicator["descriptors"].values():
                assert descriptor["id"] in shown


def test_an_observation_whose_form_is_gone_still_opens(town: Town, client_of: ClientOf) -> None:
    observation = made(town)
    town.place.db.run("delete from record where kind = 'rubric' and school = :school", {"school": town.school})

    for path in ("", f"/{observation}", f"/{observation}/print"):
        assert page(client_of("administrator"), f"/office/{town.school}/observations{path}")


def test_the_history_of_a_device_with_an_impossible_clock_still_opens(town: Town, client_of: ClientOf) -> None:
    observation = made(town, status="draft")
    record = f"observation/{observation}"
    device = a_device(town.place, town.people["observer"])
    seen = heads_of(town.place, town.school, record, "growth")
    device.write(town.school, record, {"growth": "Ya"}, seen=seen, at="2026-99-99T99:99:99Z")

    assert "2026-99-99T99:99:99Z" in page(client_of("observer"), f"/office/{town.school}/observations/{observation}")
