"""Signing in and out, being slowed down, and one's own account."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from observe.domain import throttle
from observe.domain.errors import ObserveError
from observe.services import accounts, intake
from observe.services.accounts import Attempt, WrongSignIn
from observe.services.intake import Draft
from observe.services.place import Place
from observe.settings import Settings
from observe.store import accounts as account_rows
from observe.store import audit, people
from observe.store import throttle as mistakes
from tests.builders import Clock, a_person, a_school, viewer
from tests.fixtures.place import PASSWORD, Town, csrf_token, form_token, give_account

NIP = "198501012010012001"
OWNER, STRANGER = "10.0.0.1", "203.0.113.9"


def sign_in(
    browser: FlaskClient, login: str, password: str = PASSWORD, address: str = OWNER, **more: str
) -> TestResponse:
    """Fill in the form and send it."""
    form = browser.get("/sign-in").get_data(as_text=True)
    token = form_token(form)
    given = {"login": login, "password": password, "csrf_token": token} | more
    return browser.post("/sign-in", data=given, environ_overrides={"REMOTE_ADDR": address})


def guess(app: Flask, login: str, times: int, address: str = STRANGER) -> list[int]:
    """The statuses of wrong guesses from a browser nobody knows."""
    return [sign_in(app.test_client(), login, "salah-salah-salah", address).status_code for _ in range(times)]


@pytest.mark.both_engines
@pytest.mark.parametrize("login", ["teacher", "  Teacher ", NIP, "19850101 201001 2 001", "198501012010012001 "])
def test_a_person_signs_in_with_her_name_or_her_staff_number(app: Flask, place: Place, login: str) -> None:
    school = a_school(place)
    give_account(place, a_person(place, school, "teacher"), "teacher", nip=NIP)

    answer = sign_in(app.test_client(), login)

    assert answer.status_code == 303


@pytest.mark.both_engines
def test_a_staff_number_that_was_put_right_on_the_roster_opens_the_account(
    app: Flask, town: Town, place: Place
) -> None:
    record = f"person/{town.people['teacher']}"
    assert not intake.found(place, [Draft(town.school, record, {"nip": "199912312025012001"})])

    assert sign_in(app.test_client(), "199912312025012001").status_code == 303


def test_observers_and_teachers_are_sent_to_pair_and_administrators_to_the_office(app: Flask, town: Town) -> None:
    homes = {
        who: sign_in(app.test_client(), who).headers["Location"] for who in ("observer", "teacher", "administrator")
    }

    assert homes == {
        "observer": "/field/id/device?welcome=1",
        "teacher": "/field/id/device?welcome=1",
        "administrator": f"/office/{town.school}/observations",
    }


def test_the_first_page_is_the_right_home(
    client: FlaskClient, client_of: Callable[[str], FlaskClient], town: Town
) -> None:
    homes = {who: client_of(who).get("/").headers["Location"] for who in ("teacher", "principal", "administrator")}

    assert client.get("/").headers["Location"] == "/sign-in"
    assert homes == {
        "teacher": "/field/id/today",
        "principal": "/field/id/today",
        "administrator": f"/office/{town.school}/observations",
    }


@pytest.mark.parametrize("login", ["teacher", "nobody-of-that-name", "999999999999999999", ""])
def test_a_wrong_name_and_a_wrong_pass_phrase_look_the_same(app: Flask, town: Town, login: str) -> None:
    known = sign_in(app.test_client(), "teacher", "salah-salah-salah").get_data(as_text=True)

    answer = sign_in(app.test_client(), login or "x", "salah-salah-salah")

    assert answer.status_code == 422
    assert _without_tokens(answer.get_data(as_text=True), login or "x") == _without_tokens(known, "teacher")


def _without_tokens(page: str, login: str) -> list[str]:
    return [line.replace(f'value="{login}"', "") for line in page.splitlines() if "csrf_token" not in line]


def test_an_unknown_name_costs_the_same_work_as_a_known_one(place: Place, clock: Clock) -> None:
    give_account(place, a_person(place, a_school(place)), "teacher")

    def work(login: str) -> float:
        began = time.thread_time()
        with pytest.raises(WrongSignIn):
            accounts.sign_in(place, Attempt(login, "salah-salah-salah", OWNER, True))
        clock.forward(days=2)
        return time.thread_time() - began

    work("nobody"), work("teacher")
    unknown, known = (min(work(login) for _ in range(6)) for login in ("nobody", "teacher"))

    assert 0.7 < unknown / known < 1.4


@pytest.mark.both_engines
def test_pass_phrases_are_kept_under_argon2id_and_renewed_when_its_parameters_change(app: Flask, place: Place) -> None:
    person = a_person(place, a_school(place))
    give_account(place, person, "teacher")
    older = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    with place.db.atomic():
        account_rows.rehash(place.db, person, older)

    assert sign_in(app.test_client(), "teacher").status_code == 303

    kept = account_rows.read(place.db, person)
    assert kept
    assert kept.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.both_engines
def test_after_five_mistakes_the_wait_grows_and_the_answer_says_how_long(app: Flask, town: Town, clock: Clock) -> None:
    waits = []
    for _ in range(9):
        answer = sign_in(app.test_client(), "teacher", "salah-salah-salah", STRANGER)
        if answer.status_code == 429:
            waits.append(int(answer.headers["Retry-After"]))
            assert f"{waits[-1]} detik" in answer.get_data(as_text=True)
            clock.forward(seconds=waits[-1])

    assert waits == [2, 4]


def test_an_attempt_that_comes_too_early_is_not_even_looked_at_and_not_counted(
    app: Flask, town: Town, clock: Clock
) -> None:
    guess(app, "teacher", 5, OWNER)

    early = sign_in(app.test_client(), "teacher", PASSWORD, OWNER)
    clock.forward(seconds=2)
    later = sign_in(app.test_client(), "teacher", PASSWORD, OWNER)

    assert (early.status_code, later.status_code) == (429, 303)


def test_no_number_of_mistakes_makes_the_wait_longer_than_a_quarter_of_an_hour(
    app: Flask, town: Town, clock: Clock, place: Place
) -> None:
    _past_mistakes(place, "teacher", STRANGER, {"name": 900, "name-here": 900, "address": 900})

    clock.forward(minutes=15)

    assert sign_in(app.test_client(), "teacher", PASSWORD, STRANGER).status_code == 303


def test_one_address_guessing_at_one_name_does_not_keep_its_owner_out_elsewhere(
    app: Flask, town: Town, clock: Clock
) -> None:
    assert set(guess(app, "teacher", 20)) == {422, 429}

    assert sign_in(app.test_client(), "teacher", PASSWORD, OWNER).status_code == 303


def test_many_addresses_guessing_at_one_name_are_slowed_together(app: Flask, town: Town, place: Place) -> None:
    _past_mistakes(place, "teacher", "198.51.100.1", {"name": 49})

    answers = [guess(app, "teacher", 1, f"203.0.113.{n}")[0] for n in range(1, 3)]

    assert answers == [422, 429]


def test_whatever_strangers_do_the_owner_gets_in_on_a_device_she_has_used(app: Flask, town: Town, place: Place) -> None:
    hers = app.test_client()
    assert sign_in(hers, "teacher").status_code == 303
    _sign_out(hers)
    _past_mistakes(place, "teacher", OWNER, {"name": 900, "name-here": 900, "address": 900})

    elsewhere = sign_in(app.test_client(), "teacher", PASSWORD, OWNER)

    assert elsewhere.status_code == 429
    assert sign_in(hers, "teacher", PASSWORD, OWNER).status_code == 303


def test_mistakes_on_a_known_device_are_slowed_too(app: Flask, town: Town) -> None:
    hers = app.test_client()
    sign_in(hers, "teacher")
    _sign_out(hers)

    answers = [sign_in(hers, "teacher", "salah-salah-salah").status_code for _ in range(11)]

    assert answers == [422] * 10 + [429]


def test_a_device_is_known_for_the_people_who_used_it_only(app: Flask, town: Town) -> None:
    tablet = app.test_client()
    sign_in(tablet, "teacher")
    _sign_out(tablet)

    answers = [sign_in(tablet, "observer", "salah-salah-salah").status_code for _ in range(6)]

    assert answers == [422] * 5 + [429]


def test_one_address_trying_many_names_is_slowed(app: Flask, town: Town, place: Place) -> None:
    _past_mistakes(place, "someone", STRANGER, {"address": 29})

    assert guess(app, "one", 1) + guess(app, "another", 1) == [422, 429]


def test_an_ipv6_network_counts_as_one_address(app: Flask, town: Town, place: Place) -> None:
    _past_mistakes(place, "someone", "2001:db8:1:2::1", {"address": 30})

    assert guess(app, "name", 1, "2001:db8:1:2:ffff::9") == [429]
    assert guess(app, "name", 1, "2001:db8:1:3::1") == [422]


@pytest.mark.both_engines
def test_many_guesses_at_once_are_slowed_like_many_in_a_row(place: Place) -> None:
    give_account(place, a_person(place, a_school(place)), "teacher")

    def attempt(n: int) -> str:
        try:
            accounts.sign_in(place, Attempt("teacher", f"tebakan-{n}-tebakan", STRANGER, False))
        except ObserveError as error:
            return type(error).__name__
        return "in"

    with ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(attempt, range(24)))

    assert answers.count("WrongSignIn") == 5
    assert answers.count("TooManyAttempts") == 19


@pytest.mark.both_engines
def test_after_a_day_without_mistakes_nothing_is_remembered(app: Flask, town: Town, clock: Clock, place: Place) -> None:
    guess(app, "teacher", 6)
    clock.forward(hours=25)

    guess(app, "someone", 1, OWNER)

    assert len(place.db.rows("select subject from throttle")) == 3


@pytest.mark.both_engines
def test_a_right_pass_phrase_is_no_mistake(app: Flask, town: Town, place: Place) -> None:
    _past_mistakes(place, "teacher", OWNER, {"name-here": 4, "address": 29, "name": 49})

    answers = [sign_in(app.test_client(), "teacher").status_code for _ in range(3)]

    assert set(answers) == {303}


def test_nobodys_name_or_address_is_kept_with_the_mistakes(app: Flask, town: Town, place: Place) -> None:
    guess(app, "budi-santoso", 2)

    kept = str(place.db.rows("select * from throttle"))

    assert "budi" not in kept
    assert STRANGER not in kept


def test_a_closed_account_is_refused_like_a_wrong_pass_phrase(app: Flask, town: Town, place: Place) -> None:
    accounts.close(place, town.people["teacher"])

    assert sign_in(app.test_client(), "teacher").status_code == 422


@pytest.mark.parametrize(
    ("address", "host", "headers", "status"),
    [
        ("127.0.0.1", "localhost:8000", {}, 303),
        ("127.0.0.1", "127.0.0.1:8000", {}, 303),
        ("::1", "[::1]:8000", {}, 303),
        ("192.168.1.7", "192.168.1.5:8000", {}, 422),
        ("192.168.1.7", "localhost:8000", {}, 422),
        ("127.0.0.1", "evil.example:8000", {}, 422),
        ("127.0.0.1", "localhost:8000", {"X-Forwarded-For": "127.0.0.1"}, 422),
        ("127.0.0.1", "localhost:8000", {"Via": "1.1 proxy"}, 422),
        ("127.0.0.1", "localhost:8000", {"Forwarded": "for=127.0.0.1"}, 422),
    ],
)
def test_demonstration_accounts_work_on_this_computer_only(
    demo_app: Flask, address: str, host: str, headers: dict[str, str], status: int
) -> None:
    browser = demo_app.test_client()
    token = browser.get("/sign-in", headers={"Host": host}).get_data(as_text=True)
    token = form_token(token)

    answer = browser.post(
        "/sign-in",
        data={"login": "kepala", "password": PASSWORD, "csrf_token": token},
        headers={"Host": host} | headers,
        environ_overrides={"REMOTE_ADDR": address},
    )

    assert answer.status_code == status
    if status == 303:
        outside = browser.get("/account", headers={"Host": host, "X-Forwarded-For": "203.0.113.9"})
        assert outside.status_code == 303, "the session of a demonstration account works on this computer only, too"


@pytest.fixture
def demo_app(place: Place, clock: Clock) -> Flask:
    from observe.app import create_app

    give_account(place, a_person(place, a_school(place), "observer"), "kepala", is_demo=True)
    return create_app(Settings(secret_key="x", is_demo=True), db=place.db, now=clock)


def test_a_demonstration_account_is_refused_where_no_demonstration_runs(app: Flask, place: Place) -> None:
    give_account(place, a_person(place, a_school(place), "observer"), "kepala", is_demo=True)

    assert sign_in(app.test_client(), "kepala", address="127.0.0.1").status_code == 422


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil", "/ok\r\nX: y", "javascript:alert(1)",
     "/\t/evil.example", "http:evil.example", "/%0d", "relative", "/" + "x" * 3000],
)  # fmt: skip
def test_next_never_leads_to_another_site(app: Flask, town: Town, wanted: str) -> None:
    answer = sign_in(app.test_client(), "administrator", next=wanted)

    assert answer.status_code == 303
    assert answer.headers["Location"] in {f"/office/{town.school}/observations", "/%0d"}


def test_next_leads_back_to_where_she_was_going(app: Flask, client: FlaskClient, town: Town) -> None:
    asked = client.get(f"/office/{town.school}/observations?teacher=x&page=2").headers["Location"]

    page = client.get(asked).get_data(as_text=True)
    answer = sign_in(client, "administrator", next=f"/office/{town.school}/observations?teacher=x&page=2")

    assert f'value="/office/{town.school}/observations?teacher=x&amp;page=2"' in page
    assert answer.headers["Location"] == f"/office/{town.school}/observations?teacher=x&page=2"


@pytest.mark.both_engines
def test_signing_out_ends_the_session_even_for_a_copied_cookie(client_of: Callable[[str], FlaskClient]) -> None:
    browser = client_of("teacher")
    copied = browser.get_cookie("observe")
    assert copied

    _sign_out(browser)
    browser.set_cookie("observe", copied.value)

    assert browser.get("/account").status_code == 303


def test_signing_out_never_clears_what_waits_on_the_device(client_of: Callable[[str], FlaskClient]) -> None:
    browser = client_of("teacher")

    asked = browser.get("/sign-out")
    answer = _sign_out(browser)

    assert asked.status_code == 200
    assert "tetap di perangkat ini" in asked.get_data(as_text=True)
    assert "Clear-Site-Data" not in answer.headers


def test_a_link_alone_signs_nobody_out(client_of: Callable[[str], FlaskClient]) -> None:
    browser = client_of("teacher")

    browser.get("/sign-out")

    assert browser.get("/account").status_code == 200


@pytest.mark.both_engines
def test_a_new_pass_phrase_ends_every_other_session_and_keeps_this_one(app: Flask, town: Town, place: Place) -> None:
    here, elsewhere = app.test_client(), app.test_client()
    sign_in(here, "teacher"), sign_in(elsewhere, "teacher")

    answer = _change(here, PASSWORD, "kopi-hangat-sebelum-apel")

    assert answer.status_code == 303
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    assert sign_in(app.test_client(), "teacher").status_code == 422
    assert sign_in(app.test_client(), "teacher", "kopi-hangat-sebelum-apel").status_code == 303
    assert [entry.action for entry in audit.of_school(place.db, town.school)] == ["password-changed"]


@pytest.mark.parametrize(
    ("present", "new", "again"),
    [
        ("bukan-yang-ini-juga", "kopi-hangat-sebelum-apel", ""),
        (PASSWORD, "pendek", ""),
        (PASSWORD, "aaaaaaaaaaaaaaaaaa", ""),
        (PASSWORD, "my-name-is-teacher-1", ""),
        (PASSWORD, "kopi-hangat-sebelum-apel", "kopi-hangat-sesudah-apel"),
        (PASSWORD, "x" * 201, ""),
        (PASSWORD, "kopi-hangat\0-sebelum-apel", ""),
    ],
)
def test_a_pass_phrase_that_will_not_do_changes_nothing(
    app: Flask, town: Town, present: str, new: str, again: str
) -> None:
    browser = app.test_client()
    sign_in(browser, "teacher")

    answer = _change(browser, present, new, again)

    assert answer.status_code == 422
    assert 'class="entry__error"' in answer.get_data(as_text=True)
    assert sign_in(app.test_client(), "teacher").status_code == 303


def test_guessing_the_present_pass_phrase_on_an_open_session_is_slowed(client_of: Callable[[str], FlaskClient]) -> None:
    browser = client_of("teacher")

    answers = [_change(browser, f"tebakan-{n}-tebakan", "kopi-hangat-sebelum-apel").status_code for n in range(6)]

    assert answers == [422] * 5 + [429]


@pytest.mark.both_engines
def test_an_administrator_gives_a_way_in_to_a_member_of_her_school(app: Flask, town: Town, place: Place) -> None:
    newcomer = a_person(place, town.school, "teacher", name="Ayu Lestari", nip="199001012015012003")
    by = viewer(place, town.people["administrator"])

    password = accounts.issue(place, by, town.school, newcomer, "Ayu")

    assert sign_in(app.test_client(), "199001012015012003", password).status_code == 303
    assert [entry.action for entry in audit.of_school(place.db, town.school)] == ["account-opened"]


@pytest.mark.parametrize("by", ["teacher", "observer", "outside_administrator"])
def test_nobody_else_gives_out_pass_phrases(town: Town, place: Place, by: str) -> None:
    with pytest.raises(accounts.NotHere):
        accounts.issue(place, viewer(place, town.people[by]), town.school, town.people["teacher"], "x")


@pytest.mark.both_engines
def test_nobody_takes_over_through_her_own_school_an_account_that_opens_another(town: Town, place: Place) -> None:
    head = town.people["outside_administrator"]
    a_person(place, town.school, "teacher", person=head)

    with pytest.raises(accounts.NotHere):
        accounts.issue(place, viewer(place, town.people["administrator"]), town.school, head, "x")


@pytest.mark.both_engines
def test_two_people_never_share_a_sign_in_name_or_number(town: Town, place: Place) -> None:
    one, two = (a_person(place, town.school) for _ in range(2))
    accounts.open_account(place, one, "ayu", "kopi-hangat-sebelum-apel", nip=NIP)

    for username, nip in (("Ayu", None), ("budi", NIP), (NIP, None)):
        with pytest.raises(accounts.NameTaken):
            accounts.open_account(place, two, username, "kopi-hangat-sebelum-apel", nip=nip)


def test_a_person_without_a_school_signs_in_to_her_account_alone(app: Flask, town: Town, place: Place) -> None:
    with place.db.atomic():
        people.write_person(place.db, town.school, town.people["teacher"], {"name": "Siti", "active": False})

    answer = sign_in(app.test_client(), "teacher")

    assert answer.headers["Location"] == "/account"


def test_the_token_for_field_pages_is_told_to_whoever_is_signed_in(
    client: FlaskClient, client_of: Callable[[str], FlaskClient], town: Town
) -> None:
    hers = client_of("teacher").get("/csrf")

    assert client.get("/csrf").status_code == 401
    assert client.get("/csrf").mimetype == "application/problem+json"
    assert hers.headers["Cache-Control"] == "no-store"
    assert hers.json
    assert hers.json["person"] == town.people["teacher"]
    assert [(school["id"], school["roles"]) for school in hers.json["schools"]] == [(town.school, ["teacher"])]
    assert hers.json["token"]


def _past_mistakes(place: Place, login: str, address: str, counts: dict[str, int]) -> None:
    """As if there had been so many mistakes, just now."""
    with place.db.atomic():
        for key in throttle.of_stranger(login, address).keys:
            if rule_count := counts.get(key.partition(":")[0]):
                mistakes.write(place.db, key, rule_count, place.moment())


def _sign_out(browser: FlaskClient) -> TestResponse:
    return browser.post("/sign-out", data={"csrf_token": csrf_token(browser)})


def _change(browser: FlaskClient, present: str, new: str, again: str = "") -> TestResponse:
    given = {"present": present, "new": new, "again": again or new, "csrf_token": csrf_token(browser)}
    return browser.post("/account/password", data=given)
