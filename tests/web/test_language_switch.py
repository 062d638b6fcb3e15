"""Switching language in the middle of a form loses nothing, with scripts and without."""

import re

from playwright.sync_api import Page, expect

from tests.fixtures.serving import NewDevice
from tests.people import ADMINISTRATOR, PASS_PHRASE
from tests.serving import Server


def new_person(page: Page) -> None:
    page.goto("/sign-in")
    page.locator("#login").fill(ADMINISTRATOR)
    page.locator("#password").fill(PASS_PHRASE)
    page.locator("main form button.button--next").click()
    page.wait_for_url(re.compile("/office/"))
    page.goto(page.url.replace("/observations", "/people/new"))
    page.locator("#name").fill("Ayu Lestari, S.Pd.")
    page.locator("#subjects").fill("IPA dan <b>prakarya</b>")
    page.locator("#observes").check()
    page.locator("#teaches").uncheck()
    page.locator("#classes").fill("VIII B")


def assert_all_is_there(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#name")).to_have_value("Ayu Lestari, S.Pd.")
    expect(page.locator("#subjects")).to_have_value("IPA dan <b>prakarya</b>")
    expect(page.locator("#classes")).to_have_value("VIII B")
    expect(page.locator("#observes")).to_be_checked()
    expect(page.locator("#teaches")).not_to_be_checked()
    expect(page.locator(".entry__error")).to_have_count(0)


def test_with_scripts_what_was_typed_is_typed_again(server: Server, new_device: NewDevice) -> None:
    page = new_device(server.origin).new_page()
    new_person(page)

    page.locator('form[action="/language/en"] button').click()

    assert_all_is_there(page)
    assert page.evaluate("sessionStorage.length") == 0
    page.reload()
    expect(page.locator("#name")).to_have_value("")


def test_without_scripts_the_form_is_sent_along(server: Server, new_device: NewDevice) -> None:
    page = new_device(server.origin, java_script_enabled=False).new_page()
    new_person(page)

    page.locator('main form button[name="speak"]').click()

    assert_all_is_there(page)


def test_a_pass_phrase_is_never_kept(server: Server, new_device: NewDevice) -> None:
    page = new_device(server.origin).new_page()
    page.goto("/sign-in")
    page.locator("#login").fill("kepala")
    page.locator("#password").fill(PASS_PHRASE)

    page.locator('form[action="/language/en"] button').click()

    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#login")).to_have_value("kepala")
    expect(page.locator("#password")).to_have_value("")
