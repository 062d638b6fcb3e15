"""People pages: adding, changing, and giving a way to sign in."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from observe.store import accounts, people, records
from tests.fixtures.place import Town

ClientOf = Callable[[str], FlaskClient]
FORM = {"name": "Wulan Sari, S.Pd.", "nip": "1990 0101 2015 02 2001", "teaches": "y", "works_here": "y"}


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', html)
    assert found, name
    return found[1]


def post(client: FlaskClient, path: str, data: dict[str, str], *, shown: str = "") -> tuple[int, str]:
    """Send a form as the page at `shown` (or `path`) carries it."""
    client.set_cookie("lang", "en")
    html = client.get(shown or path).get_data(as_text=True)
    answer = client.post(path, data={"csrf_token": hidden(html, "csrf_token"), **data}, follow_redirects=True)
    return answer.status_code, answer.get_data(as_text=True)


def test_a_person_is_added_with_a_nip_of_eighteen_digits_kept_as_text(town: Town, client_of: ClientOf) -> None:
    status, html = post(client_of("administrator"), f"/office/{town.school}/people/new", FORM)

    added = [person for person in people.of_school(town.place.db, town.school) if person.name == FORM["name"]]
    assert status == 200
    assert "The new person is kept." in html
    assert [(person.nip, person.is_teacher, person.is_observer) for person in added] == [
        ("199001012015022001", True, False)
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": " "}, "Please fill this in."),
        ({"nip": "123"}, "A NIP has 18 digits."),
        ({"nip": "١٩٩٠٠١٠١٢٠١٥٠٢٢٠٠١"}, "A NIP has 18 digits."),
        ({"nip": "198501012010012001"}, "already has this NIP"),
        ({"name": "x" * 400}, "This may hold 300 characters."),
    ],
)
def test_what_cannot_be_kept_is_said_beside_what_was_written(
    town: Town, client_of: ClientOf, wrong: dict[str, str], said: str
) -> None:
    status, html = post(client_of("administrator"), f"/office/{town.school}/people/new", FORM | wrong)

    assert status == 422
    assert said in html
    assert 'value="' + (FORM | wrong)["name"].strip()[:20] in html


def edited(town: Town, client: FlaskClient, person: str) -> dict[str, str]:
    html = client.get(f"/office/{town.school}/people/{person}/edit").get_data(as_text=True)
    fields = {
        name: hidden(html, name) for name in ("name", "nip", "subjects", "classes", "position", "honorific", "seen")
    }
    ticked = dict.fromkeys(re.findall(r'<input checked[^>]*name="(\w+)"', html), "y")
    return fields | ticked


def test_two_administrators_changing_one_thing_get_the_plain_decision(town: Town, client_of: ClientOf) -> None:
    person = town.people["teacher"]
    path = f"/office/{town.school}/people/{person}"
    one, two = client_of("administrator"), client_of("principal")
    first, second = edited(town, one, person), edited(town, two, person)

    post(one, f"{path}/edit", first | {"subjects": "Biologi"})
    status, html = post(two, f"{path}/edit", second | {"subjects": "Fisika"})

    kept = records.read(town.place.db, town.school, f"person/{person}")
    assert status == 200
    assert kept
    assert {head.value for head in kept.fields["subjects"].heads} == {"Biologi", "Fisika"}
    assert "Two people filled in this part with different answers." in html
    assert html.count("Use this one") == 2


def test_taking_a_tick_away_takes_the_role_away(town: Town, client_of: ClientOf) -> None:
    person, client = town.people["other_observer"], client_of("administrator")
    form = edited(town, client, person)
    assert form.pop("observes") == "y"

    post(client, f"/office/{town.school}/people/{person}/edit", form)

    found = people.read(town.place.db, town.school, person)
    assert found
    assert not found.is_observer


def test_the_last_administrator_is_told_why_she_stays(town: Town, client_of: ClientOf) -> None:
    for name in ("principal", "administrator"):
        person, client = town.people[name], client_of(name)
        form = edited(town, client, person)
        form.pop("administers")
        status, html = post(client, f"/office/{town.school}/people/{person}/edit", form)

    assert status == 422
    assert "This is the only administrator of the school." in html


def test_a_pass_phrase_is_shown_once_and_lets_her_in(town: Town, client_of: ClientOf, client: FlaskClient) -> None:
    admin = client_of("administrator")
    post(admin, f"/office/{town.school}/people/new", FORM)
    person = next(p.person for p in people.of_school(town.place.db, town.school) if p.name == FORM["name"])
    path = f"/office/{town.school}/people/{person}"

    _, html = post(admin, f"{path}/account", {"username": "wulan"}, shown=path)
    password = re.findall(r'slip__word">([^<]+)<', html)[1]
    again = admin.get(path).get_data(as_text=True)

    assert password not in again
    assert "Signs in as wulan." in again
    token = hidden(client.get("/sign-in").get_data(as_text=True), "csrf_token")
    signed_in = client.post("/sign-in", data={"csrf_token": token, "login": "wulan", "password": password})
    assert signed_in.status_code == 303


@pytest.mark.parametrize("username", ["", "a b", "x" * 61, "<b>"])
def test_a_user_name_nobody_could_type_is_refused(town: Town, client_of: ClientOf, username: str) -> None:
    admin = client_of("administrator")
    post(admin, f"/office/{town.school}/people/new", FORM | {"nip": ""})
    person = next(p.person for p in people.of_school(town.place.db, town.school) if p.name == FORM["name"])
    path = f"/office/{town.school}/people/{person}"

    status, html = post(admin, f"{path}/account", {"username": username}, shown=path)

    assert status == 422
    assert "A user name has 3 to 60 letters" in html
    assert accounts.read(town.place.db, person) is None


def test_a_hostile_name_stays_a_name_everywhere(town: Town, client_of: ClientOf) -> None:
    admin = client_of("administrator")
    name = '<script>alert(1)</script>"onmouseover="x'
    post(admin, f"/office/{town.school}/people/new", FORM | {"name": name, "position": name, "subjects": name})
    person = next(p.person for p in people.of_school(town.place.db, town.school) if p.name == name)

    for path in ("people", f"people/{person}", f"people/{person}/edit", "observations"):
        html = admin.get(f"/office/{town.school}/{path}").get_data(as_text=True)
        assert "<script>alert" not in html
        assert '"onmouseover' not in html
