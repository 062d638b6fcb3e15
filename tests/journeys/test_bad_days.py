"""Bad lines, dead servers and wrong clocks, seen from the tablet: nothing lost, nothing doubled, nothing claimed."""

import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.cutting_proxy import CuttingProxy, bad_line
from tests.fixtures.serving import NewDevice
from tests.journeys.steps import ARRIVED, SLOW, begin_lesson, make_ready, note, rate, state_line, wait_until_arrived
from tests.people import PRINCIPAL
from tests.serving import Server

TEXT = "Dua murid menjelaskan jawabannya di papan"


@pytest.fixture
def line(server: Server) -> Iterator[CuttingProxy]:
    with bad_line(server.port) as proxy:
        yield proxy


@pytest.fixture
def page(line: CuttingProxy, new_device: NewDevice) -> Page:
    """A tablet in the middle of a lesson, on a line that can be made bad."""
    tablet = new_device(f"http://127.0.0.1:{line.port}").new_page()
    make_ready(tablet, PRINCIPAL)
    begin_lesson(tablet, "Yulia")
    rate(tablet, "A1", 3)
    wait_until_arrived(tablet)
    return tablet


def press_on(page: Page) -> None:
    """Something new to send, and the person's own "send now"."""
    page.goto("/field/id/device")
    page.locator("[data-send]").click()


def in_log(database: Path, words: str) -> int:
    """In how many changes of the log these words stand."""
    connection = sqlite3.connect(database)
    try:
        found = connection.execute("select count(*) from change where body like ?", (f"%{words}%",)).fetchone()[0]
        return int(found)
    finally:
        connection.close()


def seems_arrived(page: Page) -> bool:
    return ARRIVED.search(state_line(page).inner_text()) is not None


def test_an_answer_dropped_after_the_commit_is_not_claimed_and_not_doubled(
    page: Page, line: CuttingProxy, server: Server
) -> None:
    line.line.drop_answers = 1
    note(page, TEXT, "A1")
    until(lambda: line.line.dropped == 1)
    assert not seems_arrived(page)
    assert in_log(server.database, TEXT) == 1

    press_on(page)
    wait_until_arrived(page)

    assert in_log(server.database, TEXT) == 1


def test_a_line_cut_in_mid_body_loses_nothing(page: Page, line: CuttingProxy, server: Server) -> None:
    line.line.cut_after = 700
    note(page, TEXT, "A1")
    until(lambda: line.line.cut >= 1)
    assert not seems_arrived(page)
    assert in_log(server.database, TEXT) == 0

    line.line.cut_after = None
    press_on(page)
    wait_until_arrived(page)

    assert in_log(server.database, TEXT) == 1


def test_a_server_killed_in_the_middle_loses_nothing(page: Page, server: Server) -> None:
    server.kill()
    note(page, TEXT, "A1")
    expect(state_line(page)).not_to_have_text(ARRIVED, timeout=SLOW)

    server.start()
    press_on(page)
    wait_until_arrived(page)

    assert in_log(server.database, TEXT) == 1


def test_a_portal_that_answers_everything_with_a_page_is_named_and_believed_in_nothing(
    page: Page, line: CuttingProxy, server: Server
) -> None:
    line.line.is_portal = True
    note(page, TEXT, "A1")
    expect(state_line(page)).to_contain_text(re.compile("masuk dulu di halamannya|sign in"), timeout=SLOW)
    assert not seems_arrived(page)
    assert in_log(server.database, TEXT) == 0

    line.line.is_portal = False
    press_on(page)
    wait_until_arrived(page)

    assert in_log(server.database, TEXT) == 1


def test_a_tablet_whose_clock_is_a_year_ahead_is_told_and_overwrites_nothing(
    server: Server, new_device: NewDevice
) -> None:
    ahead, honest = new_device(server.origin).new_page(), new_device(server.origin).new_page()
    make_ready(honest, PRINCIPAL)
    begin_lesson(honest, "Yulia")
    rate(honest, "A1", 2)
    wait_until_arrived(honest)
    ahead.clock.set_system_time(time.time() + 365 * 86_400)
    make_ready(ahead, PRINCIPAL)
    ahead.goto(honest.url)
    lesson = parse_qs(urlsplit(honest.url).query)["observation"][0]
    rate(ahead, "A1", 4)
    until(lambda: in_log(server.database, f'{lesson}%"rating.A1":4') == 1)
    wait_until_arrived(ahead)
    expect(state_line(ahead)).to_contain_text(re.compile("jam tablet|clock", re.IGNORECASE), timeout=SLOW)

    honest.reload()
    expect(honest.locator("[name='rating.A1'][value='4']")).to_be_checked(timeout=SLOW)
    rate(honest, "A1", 3)
    until(lambda: in_log(server.database, f'{lesson}%"rating.A1":3') == 1)
    wait_until_arrived(honest)
    ahead.reload()

    expect(ahead.locator("[name='rating.A1'][value='3']")).to_be_checked(timeout=SLOW)


def until(is_so: object, seconds: float = 20) -> None:
    """Wait for something outside the browser."""
    assert callable(is_so)
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)
