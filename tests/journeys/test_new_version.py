"""A new version of the pages arrives while a lesson is open: it waits, takes nothing away, and then works offline."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from scripts.serving import free_port
from tests.fixtures.serving import NewDevice
from tests.journeys.steps import SLOW, begin_lesson, level, make_ready, rate, wait_until_arrived, wait_until_kept
from tests.people import PRINCIPAL
from tests.serving import Server

_TREE = Path(__file__).parents[2]


@pytest.fixture
def server(demo_database: Path, tmp_path: Path) -> Iterator[Server]:
    """A server whose program can be replaced by a newer one."""
    for name in ("observe", "sync", "static", "templates"):
        shutil.copytree(_TREE / name, tmp_path / "program" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in demo_database.parent.glob("observe.*"):
        shutil.copy(file, tmp_path / file.name)
    running = Server(tmp_path / demo_database.name, free_port(), tree=tmp_path / "program").start()
    yield running
    running.stop()


@pytest.fixture
def tablet(server: Server, new_device: NewDevice) -> BrowserContext:
    """A tablet that works offline, with a lesson begun on it."""
    context = new_device(server.origin)
    page = context.new_page()
    make_ready(page, PRINCIPAL)
    begin_lesson(page, "Yulia")
    rate(page, "A1", 3)
    wait_until_arrived(page)
    return context


def renew(server: Server) -> None:
    """Put a newer version of the program in the place of this one."""
    server.stop()
    with (server.tree / "static/css/base.css").open("a") as sheet:
        sheet.write("\n/* a newer version */\n")
    server.start()


def build_of(page: Page) -> str:
    found = re.search(r"/static/([0-9a-f]+)/", page.locator("script[type=module]").first.get_attribute("src") or "")
    assert found
    return found[1]


def wait_until_offered(page: Page) -> None:
    page.goto("/field/id/device")
    page.locator("[data-part=check]").click()
    expect(page.locator("[data-part=take]")).to_be_visible(timeout=SLOW * 2)


def test_a_new_version_waits_until_it_is_taken_and_then_opens_everything_offline(
    server: Server, tablet: BrowserContext
) -> None:
    page = tablet.pages[0]
    lesson, before = page.url, build_of(page)
    renew(server)
    wait_until_offered(page)
    page.goto(lesson)
    assert build_of(page) == before
    rate(page, "A2", 2)

    page.goto("/field/id/device")
    expect(page.locator("[data-part=take]")).to_be_visible(timeout=SLOW)
    with page.expect_navigation():
        page.locator("[data-part=take]").click()
    tablet.set_offline(True)
    page.goto(lesson)

    assert build_of(page) != before
    expect(level(page, "A1", 3)).to_be_checked(timeout=SLOW)
    expect(level(page, "A2", 2)).to_be_checked()
    rate(page, "B1", 1)
    wait_until_kept(page)
    page.goto(lesson.replace("/field/id/", "/field/en/"))
    expect(level(page, "B1", 1)).to_be_checked(timeout=SLOW)


def test_a_new_version_that_came_while_every_page_was_closed_loses_no_sheet(
    server: Server, tablet: BrowserContext
) -> None:
    page = tablet.pages[0]
    lesson = page.url
    renew(server)
    page.goto("/field/id/today")
    page.evaluate("navigator.serviceWorker.getRegistration().then((registration) => registration.update())")
    page.close()
    tablet.set_offline(True)

    again = tablet.new_page()
    again.goto(lesson)

    expect(level(again, "A1", 3)).to_be_checked(timeout=SLOW)
    rate(again, "A2", 2)
    wait_until_kept(again)
    again.goto("/field/id/today")
    expect(again.locator("main h1, main h2").first).to_be_visible(timeout=SLOW)


def test_a_page_that_is_not_on_the_tablet_leads_to_the_first_one(server: Server, tablet: BrowserContext) -> None:
    page = tablet.pages[0]
    tablet.set_offline(True)

    page.goto("/field/id/sheet/01900000-0000-7000-8000-000000000000@9")

    expect(page).to_have_url(re.compile(r"/field/id/today\?missing="))
