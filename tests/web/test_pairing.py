"""A device becomes a person's, is listed, and can be ended."""

import hashlib
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from observe.domain.errors import NotHere
from observe.services import accounts, pairing
from observe.services.place import Place
from observe.store import audit, replicas
from tests.builders import a_person, viewer
from tests.fixtures.place import PASSWORD, Town, csrf_token, give_account


def pair(browser: FlaskClient, *, token: str = "", address: str = "10.0.0.1", **body: object) -> TestResponse:
    return browser.post(
        "/sync/v1/pair",
        json={"protocol": 1, "name": "Tablet ruang guru"} | body,
        headers={"X-CSRFToken": token} if token else {},
        environ_overrides={"REMOTE_ADDR": address},
    )


def exchange(browser: FlaskClient, token: str) -> TestResponse:
    return browser.post("/sync/v1/exchange", json={"protocol": 1}, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.both_engines
def test_a_signed_in_browser_pairs_with_its_session_and_its_token(
    client_of: Callable[[str], FlaskClient], town: Town
) -> None:
    browser = client_of("teacher")

    answer = pair(browser, token=csrf_token(browser))

    assert answer.status_code == 201
    assert answer.json
    assert answer.json.keys() == {"replica", "token", "person", "name", "schools"}
    assert answer.json["person"] == town.people["teacher"]
    assert answer.json["name"] == "Siti Aminah, S.Pd."
    assert answer.json["schools"] == [
        {"id": town.school, "name": "SMP Negeri 2 Muaro Jambi", "time_zone": "Asia/Jakarta", "roles": ["teacher"]}
    ]
    assert answer.headers["Cache-Control"] == "no-store"
    assert exchange(browser, answer.json["token"]).status_code == 200


def test_a_device_without_a_browser_pairs_with_a_pass_phrase(client: FlaskClient, town: Town) -> None:
    answer = pair(client, login="teacher", password=PASSWORD)

    assert answer.status_code == 201
    assert answer.json
    assert answer.json["person"] == town.people["teacher"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "invented"])
def test_a_session_without_its_token_pairs_nothing(
    client_of: Callable[[str], FlaskClient], place: Place, town: Town, token: str
) -> None:
    answer = pair(client_of("teacher"), token=token)

    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert replicas.of_person(place.db, town.people["teacher"]) == []


def test_nobody_pairs_nothing(client: FlaskClient) -> None:
    answer = pair(client)

    assert answer.status_code == 401
    assert answer.json
    assert answer.json["type"] == "urn:observe:signed-out"


def test_a_device_that_was_shut_out_still_brings_back_what_a_restored_server_lost(app: Flask, town: Town) -> None:
    paired = pairing.pair(town.place, town.people["teacher"], "Tablet")
    client, headers = app.test_client(), {"Authorization": f"Bearer {paired.token}"}
    cursor = client.post("/sync/v1/exchange", json={"protocol": 1}, headers=headers).get_json()["cursor"]
    pairing.revoke(town.place, viewer(town.place, town.people["administrator"]), paired.replica)
    asked = {"protocol": 1, "cursor": cursor}
    assert client.post("/sync/v1/exchange", json=asked, headers=headers).status_code == 403

    town.place.db.run("update place set epoch = 'restored'")

    assert client.post("/sync/v1/exchange", json=asked, headers=headers).status_code == 410


def test_guessing_at_the_pairing_door_is_slowed_as_at_the_front_door(app: Flask, town: Town) -> None:
    answers = [pair(app.test_client(), login="teacher", password=f"tebakan-{n}") for n in range(6)]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[5].headers["Retry-After"]) > 0
    assert pair(app.test_client(), login="teacher", password=PASSWORD).status_code == 429
    assert pair(app.test_client(), login="teacher", password=PASSWORD, address="10.0.0.2").status_code == 201


def test_an_open_session_does_not_vouch_for_somebody_elses_pass_phrase(
    client_of: Callable[[str], FlaskClient],
) -> None:
    assert pair(client_of("teacher"), login="observer", password="salah-salah-salah").status_code == 401


def test_a_demonstration_account_pairs_on_this_computer_only(client: FlaskClient, place: Place, town: Town) -> None:
    give_account(place, a_person(place, town.school), "contoh", is_demo=True)

    assert pair(client, login="contoh", password=PASSWORD).status_code == 401


@pytest.mark.both_engines
def test_only_a_digest_of_the_token_is_stored(client: FlaskClient, place: Place, town: Town) -> None:
    answer = pair(client, login="teacher", password=PASSWORD)
    assert answer.json

    stored = place.db.rows("select * from replica where replica = :replica", {"replica": answer.json["replica"]})[0]

    assert stored["token_sha256"] == hashlib.sha256(answer.json["token"].encode()).hexdigest()
    assert answer.json["token"] not in str(stored)
    assert len(answer.json["token"]) >= 43


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "satu\ndua\x07", 7, None, "\u202eterbalik"])
def test_a_device_has_a_name_one_can_read(client: FlaskClient, town: Town, name: object) -> None:
    assert pair(client, login="teacher", password=PASSWORD, name=name).status_code == 400


@pytest.mark.parametrize(
    ("name", "kept"), [("x" * 80, "x" * 80), ("  Tablet   Bu Sri ", "Tablet Bu Sri"), ("<b>&", "<b>&")]
)
def test_a_devices_name_is_kept_as_it_was_chosen(
    client: FlaskClient, place: Place, town: Town, name: str, kept: str
) -> None:
    pair(client, login="teacher", password=PASSWORD, name=name)

    assert [device.name for device in replicas.of_person(place.db, town.people["teacher"])] == [kept]


@pytest.mark.both_engines
def test_pairing_and_ending_are_in_the_audit_trail(place: Place, town: Town) -> None:
    paired = pairing.pair(place, town.people["teacher"], "Tablet")

    pairing.revoke(place, viewer(place, town.people["administrator"]), paired.replica)

    trail = [(entry.action, entry.made_by, entry.subject) for entry in audit.of_school(place.db, town.school)]
    assert trail == [
        ("device-revoked", town.people["administrator"], f"replica/{paired.replica}"),
        ("device-paired", town.people["teacher"], f"replica/{paired.replica}"),
    ]


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("by", "is_allowed"),
    [
        ("teacher", True),
        ("administrator", True),
        ("principal", True),
        ("other_teacher", False),
        ("observer", False),
        ("outside_administrator", False),
    ],
)
def test_a_device_is_ended_by_its_person_or_by_an_administrator_of_her_school(
    client: FlaskClient, place: Place, town: Town, by: str, is_allowed: bool
) -> None:
    paired = pairing.pair(place, town.people["teacher"], "Tablet")

    if is_allowed:
        pairing.revoke(place, viewer(place, town.people[by]), paired.replica)
    else:
        with pytest.raises(NotHere):
            pairing.revoke(place, viewer(place, town.people[by]), paired.replica)

    assert exchange(client, paired.token).status_code == (403 if is_allowed else 200)


@pytest.mark.both_engines
def test_ending_twice_is_ending_once(place: Place, town: Town) -> None:
    me = viewer(place, town.people["teacher"])
    paired = pairing.pair(place, me.person, "Tablet")
    pairing.revoke(place, me, paired.replica)
    first = replicas.read(place.db, paired.replica)

    pairing.revoke(place, me, paired.replica)

    assert replicas.read(place.db, paired.replica) == first
    assert len(audit.of_school(place.db, town.school)) == 2


def test_this_server_itself_is_nobodys_device(place: Place, town: Town) -> None:
    server = place.db.rows("select replica from place")[0]["replica"]

    with pytest.raises(NotHere):
        pairing.revoke(place, viewer(place, town.people["administrator"]), server)


@pytest.mark.both_engines
def test_a_closed_account_closes_its_devices(client: FlaskClient, place: Place, town: Town) -> None:
    paired = pairing.pair(place, town.people["teacher"], "Tablet")

    accounts.close(place, town.people["teacher"])

    assert exchange(client, paired.token).status_code == 403


@pytest.mark.both_engines
def test_her_account_page_lists_her_devices_and_ends_one(
    client_of: Callable[[str], FlaskClient], place: Place, town: Town
) -> None:
    paired = pairing.pair(place, town.people["teacher"], "Tablet <i>ruang</i> guru")
    pairing.pair(place, town.people["observer"], "Tablet orang lain")
    browser = client_of("teacher")

    before = browser.get("/account").get_data(as_text=True)
    browser.post(f"/account/devices/{paired.replica}/revoke", data={"csrf_token": csrf_token(browser)})
    after = browser.get("/account").get_data(as_text=True)

    assert "Tablet &lt;i&gt;ruang&lt;/i&gt; guru" in before
    assert "Tablet orang lain" not in before
    assert "Akhiri pemakaiannya" in before
    assert "Akhiri pemakaiannya" not in after
    assert "Diakhiri pada 23 November 2026." in after


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"protocol":0,"name":"x"}', 426),
        (b'{"protocol":2,"name":"x"}', 400),
        (b'{"protocol":"1","name":"x"}', 400),
        (b'{"name":"x"}', 400),
        (b'{"protocol":1,"name":"x","login":"teacher","password":["a"]}', 400),
        (b'{"protocol":1,"name":"x","login":"teacher"}', 400),
        (b'{"protocol":1,"name":"x","password":"only-a-pass-phrase"}', 400),
    ],
)
def test_what_is_no_pairing_is_refused_with_a_reason(client: FlaskClient, town: Town, body: bytes, status: int) -> None:
    answer = client.post("/sync/v1/pair", data=body, content_type="application/json")

    assert answer.status_code == status
    assert answer.json
    assert answer.json["detail"]
