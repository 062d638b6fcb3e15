"""The devices page begins with what has not arrived, from whom, and since when."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from flask.testing import FlaskClient

from observe.services import backup, pairing
from observe.services.place import as_text
from observe.store import replicas
from sync.change import Change
from tests.builders import Clock, Device, a_device
from tests.fixtures.place import Town
from tests.web.test_office_observations import page, words
from tests.web.test_office_people import post

ClientOf = Callable[[str], FlaskClient]


def heard(town: Town, replica: str, *, ago: timedelta, waiting: int | None = None, offset: int | None = None) -> None:
    replicas.note_seen(town.place.db, replica, as_text(town.place.now() - ago), waiting, offset)


def test_what_waits_is_said_first_with_whose_it_is_and_since_when(town: Town, client_of: ClientOf) -> None:
    a_device(town.place, town.people["observer"], "tablet1", "Tablet ruang guru")
    a_device(town.place, town.people["teacher"], "tablet2", "HP Siti")
    since = "2026-11-19T01:00:00.000Z"
    replicas.note_seen(town.place.db, "tablet1", as_text(town.place.now() - timedelta(days=3)), 4, None, since)
    heard(town, "tablet2", ago=timedelta(seconds=5), waiting=0)

    shown = words(page(client_of("administrator"), f"/office/{town.school}/devices", "id"))
    first, _, rest = shown.partition("Semua perangkat yang dipakai")

    assert "4 perubahan dari Yusuf Hamdani, S.Pd." in first
    assert "di Tablet ruang guru, menunggu sejak 19 November 2026 pukul 08.00. Kabar darinya 3 hari yang lalu." in first
    assert "HP Siti" not in first
    assert "Semua yang dilaporkannya sudah sampai" in rest


def test_a_device_silent_for_a_week_may_hold_something(town: Town, client_of: ClientOf, clock: Clock) -> None:
    a_device(town.place, town.people["teacher"], "tablet2", "HP Siti")
    clock.forward(days=8)

    shown = words(page(client_of("administrator"), f"/office/{town.school}/devices"))

    assert "Not heard of for more than a week" in shown
    assert "silent since 23 November 2026" in shown


def test_a_clock_is_called_wrong_only_beyond_ten_minutes(town: Town, client_of: ClientOf) -> None:
    for replica, offset in (("tablet1", 599), ("tablet2", -900), ("tablet3", 366 * 86400)):
        a_device(town.place, town.people["teacher"], replica, replica)
        heard(town, replica, ago=timedelta(0), offset=offset)

    shown = words(page(client_of("administrator"), f"/office/{town.school}/devices"))

    assert shown.count("Its clock is") == 2
    assert "Its clock is 15 minutes behind." in shown
    assert "Its clock is 1 year ahead." in shown


def test_a_device_is_asked_about_once_and_then_shut_out(town: Town, client_of: ClientOf) -> None:
    a_device(town.place, town.people["observer"], "tablet1", "Tablet <i>hilang</i>")
    heard(town, "tablet1", ago=timedelta(hours=3), waiting=2)
    admin = client_of("administrator")
    path = f"/office/{town.school}/devices/tablet1/revoke"

    asked = words(page(admin, path))
    status, html = post(admin, path, {})

    device = replicas.read(town.place.db, "tablet1")
    assert "2 changes were still waiting on it 3 hours ago." in asked
    assert status == 200
    assert device
    assert device.revoked_at
    assert "<i>hilang" not in html


def test_this_servers_own_machine_and_other_schools_devices_are_not_listed(town: Town, client_of: ClientOf) -> None:
    a_device(town.place, town.people["outside_teacher"], "tablet9", "Tablet orang lain")

    shown = words(page(client_of("administrator"), f"/office/{town.school}/devices"))

    assert "No device is paired yet." in shown


def test_what_a_device_has_just_sent_is_not_said_to_wait(town: Town, client_of: ClientOf, client: FlaskClient) -> None:
    paired = pairing.pair(town.place, town.people["observer"], "Tablet ruang guru")
    device = Device(town.place, paired.replica, town.people["observer"])
    change = device.change(town.school, f"observation/{town.observations['draft']}", {"growth": "Ya"})

    def exchange(waiting: int, *changes: Change) -> None:
        asked = {
            "protocol": 1, "waiting": waiting, "waiting_since": "2026-11-23T04:00:00.000Z", "changes": list(changes)
        }  # fmt: skip
        bearer = {"Authorization": f"Bearer {paired.token}"}
        assert (
            client.post(
                "/sync/v1/exchange", data=msgspec.json.encode(asked), headers=bearer, content_type="application/json"
            ).status_code
            == 200
        )

    exchange(3, change)
    partly = replicas.read(town.place.db, paired.replica)
    exchange(0)
    wholly = replicas.read(town.place.db, paired.replica)

    assert partly
    assert wholly
    assert (partly.waiting, partly.waiting_since) == (2, "2026-11-23T04:00:00.000Z")
    assert (wholly.waiting, wholly.waiting_since) == (0, None)


@pytest.mark.parametrize("since", ["yesterday", "2026-99-99T00:00:00Z", "0001-01-01T00:00:00+14:00", "", "2026-11-23"])
def test_a_time_that_is_none_is_our_first_hearing(town: Town, client: FlaskClient, since: str) -> None:
    paired = pairing.pair(town.place, town.people["observer"], "Tablet ruang guru")
    asked = {"protocol": 1, "waiting": 3, "waiting_since": since, "changes": []}

    answer = client.post("/sync/v1/exchange", json=asked, headers={"Authorization": f"Bearer {paired.token}"})

    device = replicas.read(town.place.db, paired.replica)
    assert answer.status_code == 200
    assert device
    assert device.waiting_since == town.place.moment()


def test_it_says_when_nothing_is_backed_up_and_when_something_is(
    town: Town, client_of: ClientOf, client: FlaskClient, clock: Clock, tmp_path: Path
) -> None:
    admin = client_of("administrator")
    path = f"/office/{town.school}/devices"

    before, health_before = words(page(admin, path)), client.get("/health").get_json()
    backup.make(town.place.settings.database_path, tmp_path / "backups", clock())
    clock.forward(hours=3)
    after, health_after = words(page(admin, path)), client.get("/health").get_json()
    clock.forward(days=4)
    old = words(page(client_of("administrator"), path))

    assert "Nothing is backed up." in before
    assert "The last safety copy was made and checked 3 hours ago" in after
    assert "That is long ago." in old
    assert "That is long ago." not in after
    assert (health_before["backed_up_at"], health_after["backed_up_at"]) == (None, "2026-11-23T05:00:00.000Z")


def test_a_device_is_told_how_far_its_changes_are_backed_up(town: Town, client: FlaskClient, tmp_path: Path) -> None:
    paired = pairing.pair(town.place, town.people["observer"], "Tablet ruang guru")
    device = Device(town.place, paired.replica, town.people["observer"])
    draft = f"observation/{town.observations['draft']}"
    device.write(town.school, draft, {"growth": "Ya"})
    backup.make(town.place.settings.database_path, tmp_path / "backups", town.place.now())
    device.write(town.school, draft, {"growth": "Tidak"})

    answer = client.post("/sync/v1/exchange", json={"protocol": 1}, headers={"Authorization": f"Bearer {paired.token}"})

    assert answer.json
    assert (answer.json["acks"], answer.json["backed_up"]) == ({paired.replica: 2}, {paired.replica: 1})
