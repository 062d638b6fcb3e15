"""Handing in a saved file: a page that works without a script, takes what a tablet really saves, and says what became
of it.
"""

import gzip
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from observe.services import pairing
from observe.store import records
from tests.fixtures.place import Town, csrf_token
from tests.saved_file import BrowserTablet
from tests.web.test_office_observations import page, words

ClientOf = Callable[[str], FlaskClient]
HEADER = b'{"observe":"bundle","protocol":1,"replica":"aaaa","by":"x","made_at":"","changes":%d}\n'


def hand_in(
    browser: FlaskClient, town: Town, data: bytes, name: str = "observe.jsonl.gz", **more: Any
) -> tuple[int, str]:
    form = {"csrf_token": csrf_token(browser), "file": (io.BytesIO(data), name)} | more
    with browser.post(f"/office/{town.school}/files", data=form, content_type="multipart/form-data") as answer:
        answer.request.environ["wsgi.input"].close()  # a large form is a file of the test client's
        return answer.status_code, words(answer.get_data(as_text=True))


@pytest.fixture
def saved(town: Town) -> bytes:
    """What the browser's own code saves on a tablet of the observer's: one edit that counts, one that is not hers."""
    tablet = BrowserTablet()
    paired = pairing.pair(town.place, town.people["observer"], "Tablet desa", tablet.key)
    me = {"replica": paired.replica, "token": paired.token, "person": town.people["observer"], "name": "Yusuf"}
    schools = [{"id": town.school, "name": "SMP", "time_zone": "Asia/Jakarta", "roles": ["observer"]}]
    edits = [
        {
            "school": town.school,
            "record": f"observation/{town.observations['draft']}",
            "set": {"strengths": "Tertib – ½"},
        },
        {"school": town.school, "record": f"person/{town.people['teacher']}", "set": {"name": "Not mine to write"}},
    ]
    name, data = tablet.save(me | {"schools": schools}, edits)
    assert re.fullmatch(rf"observe-\d{{4}}-\d\d-\d\d-{paired.replica}\.jsonl\.gz", name)
    return data


@pytest.mark.parametrize("carrier", ["observer", "administrator"])
def test_what_a_tablet_saved_arrives_with_whoever_carries_it(
    town: Town, client_of: ClientOf, saved: bytes, carrier: str
) -> None:
    browser = client_of(carrier)
    browser.set_cookie("lang", "en")

    status, told = hand_in(browser, town, saved)
    again, told_again = hand_in(browser, town, saved)

    kept = records.read(town.place.db, town.school, f"observation/{town.observations['draft']}")
    assert kept
    assert kept.value("strengths") == "Tertib – ½"
    assert (status, again) == (200, 200)
    assert "Saved by Yusuf Hamdani, S.Pd. on “Tablet desa”. Its seal is right" in told
    assert "1 change is new and was taken in" in told
    assert "1 change is kept, but waits for a decision" in told
    assert "2 changes were here already" in told_again
    assert "Tertib" not in told, "who brings a file need not be one who may read it"


def test_an_altered_file_is_refused_in_plain_words(town: Town, client_of: ClientOf, saved: bytes) -> None:
    browser = client_of("administrator")
    browser.set_cookie("lang", "id")
    altered = gzip.compress(gzip.decompress(saved).replace("½".encode(), "¼".encode()))

    status, told = hand_in(browser, town, altered)

    assert status == 422
    assert "“Tablet desa”" in told
    assert "diubah" in told


def test_half_a_file_says_that_its_end_is_missing(town: Town, client_of: ClientOf, saved: bytes) -> None:
    browser = client_of("observer")
    browser.set_cookie("lang", "en")
    plain = gzip.decompress(saved)

    status, told = hand_in(browser, town, plain[: plain.index(b"Not mine")], "half.jsonl")

    assert status == 200
    assert "The end of this file is missing." in told
    assert "1 change is new and was taken in" in told


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "This is not a file that Observe saved"),
        (b"%PDF-1.7", "This is not a file that Observe saved"),
        (gzip.compress(b"\n" * 70_000_000), "This is not a file that Observe saved"),
        (gzip.compress(HEADER % 1 + b"\n" * 30_000_000), "This is not a file that Observe saved"),
        (gzip.compress(HEADER % 10**9), "larger than the centre takes at once"),
    ],
    ids=["nothing", "another kind of file", "only empty lines", "too many empty lines", "says it is too large"],
)
def test_what_is_no_saved_file_is_refused_in_plain_words(
    town: Town, client_of: ClientOf, data: bytes, said: str
) -> None:
    browser = client_of("teacher")
    browser.set_cookie("lang", "en")

    status, told = hand_in(browser, town, data)

    assert (status, said in told) == (422, True), told


def test_no_file_chosen_is_said(town: Town, client_of: ClientOf) -> None:
    browser = client_of("teacher")
    browser.set_cookie("lang", "en")

    status, told = hand_in(browser, town, b"", "")

    assert (status, "Choose the file first." in told) == (422, True)


def test_a_file_may_be_larger_than_a_form_and_not_larger_than_the_limit(town: Town, client_of: ClientOf) -> None:
    browser = client_of("teacher")
    large = town.place.settings.request_bytes + 1
    status, _ = hand_in(browser, town, b"x" * large)
    announced = {"CONTENT_LENGTH": str(town.place.settings.exchange_bytes + 200_000)}
    refused = browser.post(
        f"/office/{town.school}/files", content_type="multipart/form-data; boundary=x", environ_overrides=announced
    )

    assert (status, refused.status_code) == (422, 413)


def test_without_the_forms_token_nothing_is_taken(town: Town, client_of: ClientOf, saved: bytes) -> None:
    status, _ = hand_in(client_of("observer"), town, saved, csrf_token="")

    assert status == 400


def test_the_way_there_is_on_the_account_and_on_the_devices_page(town: Town, client_of: ClientOf) -> None:
    way = f'href="/office/{town.school}/files"'

    assert way in client_of("teacher").get("/account").get_data(as_text=True)
    assert "Hand in a saved file" in page(client_of("administrator"), f"/office/{town.school}/files")
