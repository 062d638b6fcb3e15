"""Decisions without a script: side by side, in plain words, and never broken by what somebody sent."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from observe.store import held, records
from tests.builders import a_device, heads_of
from tests.fixtures.place import Town
from tests.web.test_office_observations import page, words
from tests.web.test_office_people import hidden

ClientOf = Callable[[str], FlaskClient]


def disagree(town: Town, **fields: tuple[Any, Any]) -> str:
    """The record of a draft in which two devices of its observer gave different answers."""
    record = f"observation/{town.observations['draft']}"
    names = {name.replace("__", "."): values for name, values in fields.items()}
    seen = heads_of(town.place, town.school, record, *names)
    for number in (0, 1):
        device = a_device(town.place, town.people["observer"], f"device{number}", f"Tablet {number}")
        device.write(town.school, record, {name: values[number] for name, values in names.items()}, seen=seen)
    return record


def forms(html: str, action: str) -> list[dict[str, str]]:
    """The hidden fields of every form on the page that posts to `action`."""
    found = re.findall(rf'<form[^>]*action="[^"]*{action}".*?</form>', html, re.DOTALL)
    return [dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)) for form in found]


def test_both_answers_stand_side_by_side_and_one_is_chosen(town: Town, client_of: ClientOf) -> None:
    record = disagree(town, rating__A1=(3, 2), comment__A1=("Tiga", "Dua"))
    observer = client_of("observer")
    path = f"/office/{town.school}/decisions"

    html = page(observer, path)
    sides = forms(html, "/decisions/answer")
    answer = observer.post(f"{path}/answer", data=sides[1], follow_redirects=True)

    kept = records.read(town.place.db, town.school, record)
    assert kept
    assert "on Tablet 0" in words(html)
    assert len(sides) == 2
    assert "Decided. The other answer stays in the history." in answer.get_data(as_text=True)
    assert (kept.values["rating.A1"], kept.values["comment.A1"]) == (2, "Dua")
    assert len(kept.fields["rating.A1"].heads) == 1


def test_a_page_that_has_grown_old_overwrites_nothing(town: Town, client_of: ClientOf) -> None:
    record = disagree(town, growth=("Satu", "Dua"))
    observer = client_of("observer")
    path = f"/office/{town.school}/decisions"
    old = forms(page(observer, path), "/decisions/answer")[0]
    a_device(town.place, town.people["observer"], "device3").write(town.school, record, {"growth": "Tiga"})

    answer = observer.post(f"{path}/answer", data=old, follow_redirects=True)

    kept = records.read(town.place.db, town.school, record)
    assert kept
    assert "Somebody decided this while you were looking at it." in answer.get_data(as_text=True)
    assert len(kept.fields["growth"].heads) == 3


def test_held_is_released_set_aside_and_taken_back_without_a_script(town: Town, client_of: ClientOf) -> None:
    record = f"observation/{town.observations['signed']}"
    a_device(town.place, town.people["teacher"]).write(town.school, record, {"growth": "Saya tulis sendiri"})
    admin = client_of("administrator")
    path = f"/office/{town.school}/decisions"

    for verdict, standing in (("released", "released"), ("waiting", "waiting"), ("set-aside", "set-aside")):
        (form,) = forms(page(admin, path), "/decisions/held")
        answer = admin.post(f"{path}/held", data=form | {"verdict": verdict, "why": "Sudah dibicarakan"})
        assert answer.status_code == 303
        assert len(held.of_school(town.place.db, town.school, standing)) == 1


def test_a_late_change_is_taken_in_and_signed_again_by_the_observer_without_a_script(
    town: Town, client_of: ClientOf
) -> None:
    record = f"observation/{town.observations['signed']}"
    a_device(town.place, town.people["observer"], "late").write(town.school, record, {"growth": "Dari tablet lain"})
    observer, path = client_of("observer"), f"/office/{town.school}/decisions"
    (form,) = forms(page(observer, path), "/decisions/amend")
    assert forms(page(client_of("administrator"), path), "/decisions/amend") == []

    answer = observer.post(f"{path}/amend", data=form, follow_redirects=True)

    kept = records.read(town.place.db, town.school, record)
    assert kept
    assert "Taken in and signed again." in answer.get_data(as_text=True)
    assert (kept.values["growth"], kept.values["status"]) == ("Dari tablet lain", "signed")
    assert held.of_school(town.place.db, town.school, "waiting") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"rubric": ["not", "a", "rubric"], "teacher": {"id": 1}, "started_at": 7},
        {"rating.A1": [[1]], "comment.A1": {"a": None}, "note.x": {"at_s": "now", "text": None}},
        {"note.x": {"at_s": 1e300, "text": ["a"], "tags": 5}},
        {"unheard_of": "<script>alert(1)</script>", "status": 3},
        {"started_at": "0001-01-01T00:00:00.000Z", "signed_at": "9999-12-31T23:59:59.999Z"},
        {f"rating.X{number}": number for number in range(60)},
    ],
)
def test_whatever_was_sent_is_shown_and_breaks_nothing(town: Town, client_of: ClientOf, fields: dict[str, Any]) -> None:
    device = a_device(town.place, town.people["observer"])
    for record in (f"observation/{town.observations['draft']}", "weather/0193a1c2-0000-7000-8000-000000000001"):
        device.write(town.school, record, fields)

    for who in ("administrator", "observer"):
        html = page(client_of(who), f"/office/{town.school}/decisions", "id")
        assert "<script>alert" not in html
    page(client_of("observer"), f"/office/{town.school}/observations/{town.observations['draft']}")


def test_a_held_change_shows_what_stands_there_only_to_whoever_may_see_it(town: Town, client_of: ClientOf) -> None:
    record = f"observation/{town.observations['draft']}"
    observer = a_device(town.place, town.people["observer"])
    seen = heads_of(town.place, town.school, record, "growth")
    observer.write(town.school, record, {"growth": "Rahasia pengamat"}, seen=seen)
    a_device(town.place, town.people["teacher"], "tablet2").write(town.school, record, {"growth": "Saya tebak"})

    assert "Saya tebak" in page(client_of("administrator"), f"/office/{town.school}/decisions")
    for who in ("administrator", "teacher"):
        assert "Rahasia pengamat" not in page(client_of(who), f"/office/{town.school}/decisions")


@pytest.mark.parametrize(
    "form",
    [{}, {"verdict": "gone"}, {"verdict": "released", "change": "x.y"}, {"verdict": "released", "change": "abcd.1"}],
)
def test_a_made_up_decision_finds_nothing(town: Town, client_of: ClientOf, form: dict[str, str]) -> None:
    admin = client_of("administrator")
    token = hidden(page(admin, f"/office/{town.school}/people/new"), "csrf_token")

    answer = admin.post(f"/office/{town.school}/decisions/held", data={"csrf_token": token, **form})

    assert answer.status_code in {303, 404}
    assert held.of_school(town.place.db, town.school, "released") == []
