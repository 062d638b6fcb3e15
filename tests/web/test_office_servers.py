"""What waits for the centre is said in plain words; the servers of a school are listed, and can be shut out."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from observe.services import joining, nodes
from observe.services.courier import Courier
from observe.services.intake import Draft, write
from observe.services.line import LineDown, Reply
from observe.store import uplinks
from tests.fixtures.place import Town, csrf_token
from tests.web.test_office_observations import page, words

ClientOf = Callable[[str], FlaskClient]


def with_centre(town: Town) -> None:
    joining.add(town.place, "https://centre.example", "token")
    with town.place.db.atomic():
        uplinks.add_school(town.place.db, town.school, "SMP")


def test_a_school_with_one_server_is_told_so_and_has_no_way_to_the_page(town: Town, client_of: ClientOf) -> None:
    shown = words(page(client_of("administrator"), f"/office/{town.school}/servers"))

    assert "This school has one server." in shown
    assert (
        "Servers" not in words(page(client_of("administrator"), f"/office/{town.school}/people")).partition("People")[0]
    )


def test_it_says_what_waits_since_when_and_that_nothing_arrived_yet(town: Town, client_of: ClientOf) -> None:
    with_centre(town)
    write(town.place, town.people["administrator"], [Draft(town.school, f"school/{town.school}", {"name": "SMP 2"})])

    shown = words(page(client_of("administrator"), f"/office/{town.school}/servers", "id"))

    assert "Belum semuanya sampai di komputer pusat" in shown
    assert "yang paling lama sejak 23 November 2026 pukul" in shown
    assert "Komputer pusat belum pernah terhubung." in shown


def test_a_failure_is_said_in_plain_words_with_the_time_of_the_next_try(town: Town, client_of: ClientOf) -> None:
    with_centre(town)
    uplinks.note_failure(town.place.db, "certificate", "2026-11-23T06:00:00.000Z")

    shown = words(page(client_of("administrator"), f"/office/{town.school}/servers"))

    assert "could not prove that it is the centre" in shown
    assert "It is tried again on 23 November 2026" in shown


def test_the_button_sends_at_once_although_the_timer_would_wait(
    app: Flask, town: Town, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_centre(town)
    uplinks.note_failure(town.place.db, "offline", "2099-01-01T00:00:00.000Z")
    asked: list[str] = []

    def line_to(url: str) -> Callable[[str, bytes, str | None], Reply]:
        def post(path: str, body: bytes, token: str | None) -> Reply:
            asked.append(url + path)
            raise LineDown("offline", "cut")

        return post

    courier = Courier(town.place, lambda: 0.5, 3600, line_to)
    app.extensions["courier"] = courier
    courier.start()
    browser = client_of("administrator")

    answer = browser.post(f"/office/{town.school}/servers/send", data={"csrf_token": csrf_token(browser)})
    courier.stop()

    assert answer.status_code == 303
    assert set(asked) == {"https://centre.example/sync/v1/exchange"}


def test_a_node_is_listed_and_shut_out(town: Town, client_of: ClientOf) -> None:
    made = nodes.let_in(town.place, "", "Server SMPN 2", {town.school: False})
    browser = client_of("administrator")
    assert "Server SMPN 2" in words(page(browser, f"/office/{town.school}/servers"))

    browser.post(f"/office/{town.school}/servers/{made.node}/revoke", data={"csrf_token": csrf_token(browser)})

    shown = words(page(browser, f"/office/{town.school}/servers"))
    assert "Servers shut out" in shown
