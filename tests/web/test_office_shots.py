"""Pictures on the office pages and on paper: those that arrived, for those who may see the observation."""

from collections.abc import Callable

from flask.testing import FlaskClient

from observe.services import intake
from observe.services.intake import Draft
from tests.blobs import attach, digest_of, put
from tests.fixtures.place import Town
from tests.quarantine_files import a_photo, a_recording

PHOTO, SOUND = a_photo(), a_recording()
Browser = Callable[[str], FlaskClient]


def page(browser: FlaskClient, town: Town, case: str, end: str = "") -> str:
    return browser.get(f"/office/{town.school}/observations/{town.observations[case]}{end}").get_data(as_text=True)


def test_a_picture_that_arrived_is_shown_and_one_that_has_not_is_named(client_of: Browser, town: Town) -> None:
    who = town.people["observer"]
    attach(town.place, town.school, town.observations["signed"], who, PHOTO, caption="<b>Jembatan</b>", tags=["B3"])
    attach(town.place, town.school, town.observations["signed"], who, SOUND, type="audio/webm", caption="Suara")
    put(town.place, town.school, PHOTO)

    shown = page(client_of("teacher"), town, "signed")
    paper = page(client_of("teacher"), town, "signed", "/print")

    assert f"/sync/v1/blobs/{digest_of(PHOTO)}/small?school={town.school}" in shown
    assert "&lt;b&gt;Jembatan&lt;/b&gt;" in shown
    assert "<b>Jembatan</b>" not in shown
    assert digest_of(SOUND) not in shown
    assert "Belum sampai di sini." in shown
    assert f"/sync/v1/blobs/{digest_of(PHOTO)}?school={town.school}" in paper
    assert digest_of(SOUND) not in paper


def test_a_recording_that_arrived_can_be_listened_to(client_of: Browser, town: Town) -> None:
    attach(town.place, town.school, town.observations["signed"], town.people["observer"], SOUND, type="audio/webm")
    put(town.place, town.school, SOUND, "audio/webm")

    shown = page(client_of("observer"), town, "signed")

    assert f'<audio controls preload="none" src="/sync/v1/blobs/{digest_of(SOUND)}' in shown


def test_an_observation_without_pictures_says_nothing_of_them(client_of: Browser, town: Town) -> None:
    assert 'id="observation-shots" hidden' in page(client_of("observer"), town, "signed")


def test_the_history_tells_of_a_picture_in_words(client_of: Browser, town: Town) -> None:
    who, record = town.people["observer"], f"observation/{town.observations['draft']}"
    field = attach(town.place, town.school, town.observations["draft"], who, PHOTO, caption="Papan tulis")
    assert not intake.write(town.place, who, [Draft(town.school, record, {field: None})])

    shown = page(client_of("observer"), town, "draft")

    assert "Foto atau rekaman" in shown
    assert "Papan tulis" in shown
    assert digest_of(PHOTO) not in shown
