"""What people do with a device, step by step."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.fixtures.serving import sign_in

SLOW = 20_000
ARRIVED = re.compile("sudah sampai di pusat|has arrived at the centre", re.IGNORECASE)


def make_ready(page: Page, username: str, lang: str = "id") -> None:
    """Sign in on a new device, name it, and wait until it works without a signal."""
    sign_in(page, username)
    page.goto(f"/field/{lang}/device?welcome=1")
    page.locator("[data-part=pairing-form] button").click()
    expect(page.locator("[data-part=ready-shells]")).to_have_attribute("data-state", "done", timeout=SLOW)
    page.goto(f"/field/{lang}/today")


def begin_lesson(page: Page, teacher: str, lang: str = "id") -> None:
    """From the start page to an open sheet of the short form."""
    page.goto(f"/field/{lang}/observe")
    page.locator("main input[type=search]").fill(teacher)
    page.locator("main button", has_text=teacher).first.click()
    expect(page.locator("#sheet-clock")).to_be_visible(timeout=SLOW)
    expect(page.locator("[data-teacher-name]")).to_contain_text(teacher, timeout=SLOW)


def rate(page: Page, code: str, value: int | str) -> None:
    """Touch a level."""
    level(page, code, value).locator("xpath=..").click()
    expect(level(page, code, value)).to_be_checked()


def level(page: Page, code: str, value: int | str) -> Locator:
    return page.locator(f"[name='rating.{code}'][value='{value}']")


def note(page: Page, text: str, *codes: str) -> None:
    """One evidence note, tagged."""
    page.locator("#composer [data-new-note]").click()
    page.locator("#note-text").fill(text)
    for code in codes:
        page.locator("#note-tag").select_option(code)
    page.locator("[data-close-note]").click()
    expect(page.locator("#stream li", has_text=text)).to_have_count(1)


def state_line(page: Page) -> Locator:
    return page.locator("#state-line [role=status]")


def wait_until_arrived(page: Page) -> None:
    """The state line says that everything is at the centre: never while a touch is on its way to the disk."""
    expect(state_line(page)).to_have_text(ARRIVED, timeout=SLOW)


def wait_until_kept(page: Page) -> None:
    """The state line says that something waits on this device."""
    expect(state_line(page)).to_have_text(re.compile("menunggu|wait", re.IGNORECASE), timeout=SLOW)
