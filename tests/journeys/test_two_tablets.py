"""Two tablets of one observer on one observation, both without a signal."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.fixtures.serving import NewDevice
from tests.journeys.steps import (
    SLOW,
    begin_lesson,
    level,
    make_ready,
    note,
    rate,
    wait_until_arrived,
    wait_until_kept,
)
from tests.people import PRINCIPAL
from tests.serving import Server

FIRST_NOTE, SECOND_NOTE = "Catatan dari tablet pertama", "Catatan dari tablet kedua"


def open_same(tablet: BrowserContext, address: str) -> Page:
    page = tablet.new_page()
    make_ready(page, PRINCIPAL)
    page.goto(address)
    expect(page.locator("#sheet-clock")).to_be_visible(timeout=SLOW)
    return page


def test_different_fields_both_stay_and_one_field_is_decided_by_a_person(server: Server, new_device: NewDevice) -> None:
    first, second = new_device(server.origin), new_device(server.origin)
    one = first.new_page()
    make_ready(one, PRINCIPAL)
    begin_lesson(one, "Yulia")
    rate(one, "A1", 2)
    wait_until_arrived(one)
    two = open_same(second, one.url)
    expect(level(two, "A1", 2)).to_be_checked(timeout=SLOW)

    first.set_offline(True)
    second.set_offline(True)
    rate(one, "A2", 4)
    note(one, FIRST_NOTE, "A2")
    rate(one, "A1", 1)
    rate(two, "B1", 3)
    note(two, SECOND_NOTE, "B1")
    rate(two, "A1", 4)
    wait_until_kept(one)
    wait_until_kept(two)
    first.set_offline(False)
    wait_until_arrived(one)
    second.set_offline(False)
    wait_until_arrived(two)

    decide(two, "A1", "Mahir")
    wait_until_arrived(two)
    for page in (one, two):
        page.reload()
        wait_until_arrived(page)
        for code, value in {"A1": 4, "A2": 4, "B1": 3}.items():
            expect(level(page, code, value)).to_be_checked(timeout=SLOW)
        for text in (FIRST_NOTE, SECOND_NOTE):
            expect(page.locator("#stream li", has_text=text)).to_have_count(1)
        expect(page.locator(".differ:visible")).to_have_count(0)


def decide(page: Page, code: str, label: str) -> None:
    """Both answers stand beside each other; the person touches the one that is used."""
    choices = page.locator(f"#indicator-{code} .differ")
    expect(choices).to_be_visible(timeout=SLOW)
    expect(choices.locator("button")).to_have_count(2)
    choices.locator(".differ__choice", has_text=label).locator("button").click()
    expect(choices).to_be_hidden(timeout=SLOW)
