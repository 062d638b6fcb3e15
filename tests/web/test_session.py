"""How long a session lasts, what its cookie is, and how it speaks: language, zone, dates and numbers."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from observe.app import create_app
from observe.services import accounts, intake
from observe.services.intake import Draft
from observe.services.place import Place
from observe.settings import Settings
from observe.store import accounts as account_rows
from observe.web import language
from tests.builders import Clock
from tests.fixtures.place import PASSWORD, Town, csrf_token, form_token, sign_in

MOMENT = "2026-11-22T03:42:00.000Z"


def test_a_session_ends_after_its_hours_however_busy_it_was(
    client_of: Callable[[str], FlaskClient], clock: Clock
) -> None:
    browser = client_of("teacher")
    for _ in range(11):
        clock.forward(hours=1)
        assert browser.get("/account").status_code == 200

    clock.forward(hours=1, seconds=1)

    assert browser.get("/account").status_code == 303


def test_a_cookie_from_the_future_or_from_nowhere_opens_nothing(app: Flask, town: Town) -> None:
    for value in ("x", "eyJhIjoxfQ.x.y", "", "." * 3000):
        browser = app.test_client()
        browser.set_cookie("observe", value)
        browser.set_cookie("known", value)

        assert browser.get("/account").status_code == 303
        assert browser.get("/sign-in").status_code == 200


def test_a_session_of_another_secret_opens_nothing(app: Flask, town: Town, place: Place, clock: Clock) -> None:
    browser = create_app(Settings(secret_key="another"), db=place.db, now=clock).test_client()
    sign_in(browser, place, town.people["teacher"])
    cookie = browser.get_cookie("observe")
    assert cookie

    ours = app.test_client()
    ours.set_cookie("observe", cookie.value)

    assert ours.get("/account").status_code == 303


@pytest.mark.parametrize(("is_behind_https", "name"), [(False, "observe"), (True, "__Host-observe")])
def test_cookies_are_for_the_server_alone_and_secure_behind_https(
    place: Place, clock: Clock, town: Town, is_behind_https: bool, name: str
) -> None:
    settings = Settings(secret_key="x", is_behind_https=is_behind_https)
    browser = create_app(settings, db=place.db, now=clock).test_client()
    base = "https://school.example" if is_behind_https else "http://school.example"
    form = browser.get("/sign-in", base_url=base).get_data(as_text=True)
    token = form_token(form)

    answer = browser.post(
        "/sign-in",
        base_url=base,
        data={"login": "teacher", "password": PASSWORD, "csrf_token": token},
        headers={"Referer": f"{base}/sign-in"},
    )

    cookies = {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}
    assert answer.status_code == 303
    assert cookies.keys() == {name, "known", "lang"}
    for cookie in cookies.values():
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Domain" not in cookie
        assert ("Secure" in cookie) is is_behind_https


def test_signing_in_starts_a_new_session_with_a_new_token(app: Flask, town: Town) -> None:
    browser = app.test_client()
    form = browser.get("/sign-in").get_data(as_text=True)
    token = form_token(form)
    browser.post("/sign-in", data={"login": "teacher", "password": PASSWORD, "csrf_token": token})

    assert browser.post("/sign-out", data={"csrf_token": token}).status_code == 400


def test_roles_are_read_anew_at_every_request(
    client_of: Callable[[str], FlaskClient], town: Town, place: Place
) -> None:
    browser = client_of("administrator")
    path = f"/office/{town.school}/devices"
    assert browser.get(path).status_code == 200

    record = f"person/{town.people['administrator']}"
    assert not intake.found(place, [Draft(town.school, record, {"role.administrator": None, "role.teacher": True})])

    assert browser.get(path).status_code == 403


def test_a_closed_account_is_signed_out_at_once(
    client_of: Callable[[str], FlaskClient], town: Town, place: Place
) -> None:
    browser = client_of("teacher")

    accounts.close(place, town.people["teacher"])

    assert browser.get("/account").status_code == 303


def test_a_form_sent_after_the_session_ended_says_to_sign_in(
    client_of: Callable[[str], FlaskClient], town: Town, clock: Clock
) -> None:
    browser = client_of("administrator")
    token = csrf_token(browser)
    clock.forward(hours=13)

    answer = browser.post(f"/office/{town.school}/people/new", data={"csrf_token": token, "name": "Ayu"})

    assert answer.status_code == 401
    assert "Silakan masuk dulu." in answer.get_data(as_text=True)


def test_a_fragment_is_never_answered_with_the_sign_in_page(client: FlaskClient, town: Town) -> None:
    path = f"/office/{town.school}/observations"

    page, fragment = client.get(path), client.get(path, headers={"HX-Request": "true"})

    assert (page.status_code, fragment.status_code) == (303, 401)


def test_indonesian_comes_first_and_the_browsers_choice_stays(client: FlaskClient) -> None:
    first = client.get("/sign-in", headers={"Accept-Language": "en"}).get_data(as_text=True)
    token = form_token(first)

    moved = client.post("/language/en", data={"csrf_token": token, "next": "/sign-in?next=/account"})
    second = client.get("/sign-in").get_data(as_text=True)

    assert '<html lang="id"' in first
    assert moved.headers["Location"] == "/sign-in?next=/account"
    assert '<html lang="en"' in second
    assert "Pass-phrase" in second


def test_a_choice_of_language_belongs_to_the_person_and_follows_her(app: Flask, town: Town, place: Place) -> None:
    browser = app.test_client()
    sign_in(browser, place, town.people["teacher"])
    browser.post("/language/en", data={"csrf_token": csrf_token(browser)})

    account = account_rows.read(place.db, town.people["teacher"])
    elsewhere = app.test_client()
    sign_in(elsewhere, place, town.people["teacher"])

    assert account
    assert account.language == "en"
    assert '<html lang="en"' in elsewhere.get("/account").get_data(as_text=True)


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", ""])
def test_switching_language_never_leaves_this_site(client: FlaskClient, wanted: str) -> None:
    form = client.get("/sign-in").get_data(as_text=True)
    token = form_token(form)

    answer = client.post("/language/en", data={"csrf_token": token, "next": wanted})

    assert answer.headers["Location"] == "/"


def test_after_a_form_that_was_sent_switching_leads_to_the_page_it_stood_on(
    client_of: Callable[[str], FlaskClient],
) -> None:
    browser = client_of("teacher")
    given = {"csrf_token": csrf_token(browser), "next": "/account/password"}

    answer = browser.post("/language/en", data=given)

    assert answer.headers["Location"] == "/account"


def test_a_sign_in_page_left_open_for_days_still_switches(client: FlaskClient) -> None:
    answer = client.post("/language/en", data={"csrf_token": "of last week", "next": "/sign-in"})

    assert answer.headers["Location"] == "/sign-in"


def test_there_is_no_third_language(client_of: Callable[[str], FlaskClient]) -> None:
    browser = client_of("teacher")

    assert browser.post("/language/fr", data={"csrf_token": csrf_token(browser)}).status_code == 404
    assert browser.get("/field/fr/today").status_code == 404


def test_without_scripts_a_form_is_shown_again_in_the_other_language_with_all_that_was_written(
    client_of: Callable[[str], FlaskClient], town: Town
) -> None:
    browser = client_of("administrator")
    path = f"/office/{town.school}/people/new"
    given = {"csrf_token": csrf_token(browser), "name": "Ayu Lestari, S.Pd.", "subjects": "IPA", "speak": "en"}

    answer = browser.post(path, data=given)
    roster = browser.get(f"/office/{town.school}/people").get_data(as_text=True)

    page = answer.get_data(as_text=True)
    assert '<html lang="en"' in page
    assert 'value="Ayu Lestari, S.Pd."' in page
    assert 'value="IPA"' in page
    assert 'class="entry__error"' not in page
    assert "Ayu Lestari" not in roster
    assert '<html lang="en"' in roster


@pytest.mark.parametrize(
    ("lang", "zone", "expected"),
    [
        ("id", "Asia/Jakarta", "22 November 2026|10.42|22 November 2026 pukul 10.42|12.345,67|1.234|3,50"),
        ("id", "Asia/Makassar", "22 November 2026|11.42|22 November 2026 pukul 11.42|12.345,67|1.234|3,50"),
        ("id", "Asia/Jayapura", "22 November 2026|12.42|22 November 2026 pukul 12.42|12.345,67|1.234|3,50"),
        ("en", "Asia/Jakarta", "22 November 2026|10:42|22 November 2026 at 10:42|12,345.67|1,234|3.50"),
    ],
)
def test_dates_and_numbers_are_written_as_each_language_writes_them_in_the_schools_own_time(
    app: Flask, town: Town, place: Place, lang: str, zone: str, expected: str
) -> None:
    assert not intake.found(place, [Draft(town.school, f"school/{town.school}", {"time_zone": zone})])

    @app.get("/try/<school>")
    def show(school: str) -> str:
        m = MOMENT
        parts = (
            language.day(m), language.clock(m), language.moment(m), language.number(12345.67),
            language.number(1234.4, 0), language.number(3.5, 2),
        )  # fmt: skip
        return "|".join(parts)

    browser = app.test_client()
    browser.set_cookie("lang", lang)
    sign_in(browser, place, town.people["teacher"])

    assert browser.get(f"/try/{town.school}").get_data(as_text=True) == expected


def test_a_plain_day_is_the_same_day_in_every_zone(app: Flask) -> None:
    with app.test_request_context("/"):
        assert language.day("2026-11-22") == "22 November 2026"


def test_two_scripts_that_ask_for_the_token_at_once_are_both_given_one_that_holds(app: Flask, town: Town) -> None:
    browser = app.test_client()
    token = form_token(browser.get("/sign-in").get_data(as_text=True))
    browser.post("/sign-in", data={"login": "principal", "password": PASSWORD, "csrf_token": token})
    cookie = browser.get_cookie("observe")
    one, other = (_token_with(app, cookie.value if cookie else "") for _ in range(2))

    answer = one.post("/language/en", data={"csrf_token": other.get("/csrf").get_json()["token"], "next": "/account"})

    assert answer.status_code == 303


def _token_with(app: Flask, session: str) -> FlaskClient:
    """A script of the same browser: it has the cookie as it was when the page was opened."""
    script = app.test_client()
    script.set_cookie("observe", session)
    script.get("/csrf")
    return script
