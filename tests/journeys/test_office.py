"""Office pages in a real browser: alive where there is a script, whole where there is none."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.fixtures.serving import PHONE, TABLET, UPRIGHT, sign_in
from tests.people import ADMINISTRATOR, PRINCIPAL, TEACHER
from tests.serving import Server

Opens = Callable[..., BrowserContext]
MARK = "document.body.dataset.neverReloaded = 'true'"
NEVER_RELOADED = "document.body.dataset.neverReloaded === 'true'"


@pytest.fixture
def office(server: Server, new_device: Opens) -> Callable[..., Page]:
    """`office(PRINCIPAL)`: her observations, in a browser of their own."""

    def opened(username: str, size: dict[str, int] = TABLET, lang: str = "id") -> Page:
        context = new_device(server.origin, size)
        page = context.new_page()
        sign_in(page, username)
        context.add_cookies([{"name": "lang", "value": lang, "url": server.origin}])
        page.goto("/office/")
        page.wait_for_url("**/observations")
        return page

    return opened


def go(page: Page, thing: str) -> None:
    page.goto(re.sub(r"/observations.*", f"/{thing}", page.url))


def test_a_list_is_narrowed_without_loading_the_page_and_its_address_can_be_kept(office: Callable[..., Page]) -> None:
    page = office(PRINCIPAL)
    page.evaluate(MARK)
    before = page.locator(".observations li").count()

    page.get_by_label("Keadaan", exact=True).select_option("answered")

    expect(page).to_have_url(re.compile("state=answered"))
    expect(page.locator(".observations .state").first).to_have_text("Sudah dijawab guru")
    assert page.locator(".observations .state", has_text="belum dibaca").count() == 0
    assert page.evaluate(NEVER_RELOADED)
    shown = page.locator("#found-count").inner_text()
    page.reload()
    assert page.locator("#found-count").inner_text() == shown
    assert before == 25


def test_another_language_shows_the_same_narrowed_list(office: Callable[..., Page]) -> None:
    page = office(PRINCIPAL)
    page.get_by_label("Keadaan", exact=True).select_option("draft")
    expect(page).to_have_url(re.compile("state=draft"))

    page.get_by_role("button", name="English").click()

    expect(page.get_by_label("State", exact=True)).to_have_value("draft")
    expect(page).to_have_url(re.compile("state=draft"))


def test_without_a_script_the_same_list_is_narrowed_by_its_button(server: Server, browser: Browser) -> None:
    context = browser.new_context(base_url=server.origin, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, PRINCIPAL)
    page.goto("/office/")
    page.get_by_label("Keadaan", exact=True).select_option("draft")
    page.get_by_role("button", name="Tampilkan", exact=True).click()

    expect(page.locator(".observations .state").first).to_have_text("Belum ditandatangani")
    go(page, "decisions")
    page.get_by_role("button", name="Pakai yang ini").first.click()
    expect(page.get_by_text("Sudah diputuskan.")).to_be_visible()
    context.close()


def test_an_answer_is_chosen_and_the_page_goes_on_where_it_was(office: Callable[..., Page]) -> None:
    page = office(PRINCIPAL)
    go(page, "decisions")
    page.evaluate(MARK)
    count = page.locator("#office-ways a", has_text="Keputusan").inner_text()
    asked = page.locator(".question").count()

    page.get_by_role("button", name="Pakai yang ini").first.click()

    expect(page.get_by_text("Sudah diputuskan.")).to_be_visible()
    expect(page.locator(".question")).to_have_count(asked - 1)
    expect(page.locator("#office-ways a", has_text="Keputusan")).not_to_have_text(count)
    expect(page.locator("#main")).to_be_focused()
    assert page.evaluate(NEVER_RELOADED)


def test_a_held_change_is_let_through_and_that_is_taken_back(office: Callable[..., Page]) -> None:
    page = office(ADMINISTRATOR)
    go(page, "decisions")
    waiting = page.locator("#decisions-held .held")
    before = waiting.count()

    waiting.first.get_by_role("button", name="Sisihkan").click()
    expect(page.get_by_text("Ini disisihkan.")).to_be_visible()
    expect(waiting).to_have_count(before - 1)
    page.locator("#decisions-decided summary").first.click()
    page.get_by_role("button", name="Tarik kembali keputusan ini").first.click()

    expect(page.get_by_text("Ditarik kembali")).to_be_visible()
    expect(waiting).to_have_count(before)


def test_when_the_centre_is_gone_the_page_says_so_and_keeps_what_it_showed(
    office: Callable[..., Page], server: Server
) -> None:
    page = office(PRINCIPAL)
    shown = page.locator(".observations li").count()
    page.context.set_offline(True)

    page.get_by_label("Keadaan", exact=True).select_option("draft")

    expect(page.get_by_text("Pusat tidak bisa dihubungi.")).to_be_visible()
    assert page.locator(".observations li").count() == shown
    page.context.set_offline(False)
    page.get_by_label("Keadaan", exact=True).select_option("answered")
    expect(page.get_by_text("Pusat tidak bisa dihubungi.")).to_be_hidden()
    expect(page.locator(".observations .state").first).to_have_text("Sudah dijawab guru")


def test_somebody_signed_out_elsewhere_is_asked_to_sign_in_and_comes_back(office: Callable[..., Page]) -> None:
    page = office(PRINCIPAL)
    page.context.clear_cookies(name="observe")

    page.get_by_label("Keadaan", exact=True).select_option("draft")

    page.wait_for_url("**/sign-in?**")
    expect(page.locator("[name=login]")).to_be_visible()


def test_the_devices_page_hears_by_itself_what_arrives(office: Callable[..., Page]) -> None:
    page = office(ADMINISTRATOR)
    page.clock.install()
    go(page, "devices")
    page.evaluate(MARK)
    page.evaluate("document.querySelector('#devices-late-title').textContent = 'old'")

    page.clock.fast_forward(21_000)

    expect(page.locator("#devices-late-title")).not_to_have_text("old")
    assert page.evaluate(NEVER_RELOADED)


PAPER = """() => ({
  head: getComputedStyle(document.querySelector(".paper-items thead")).display,
  row: getComputedStyle(document.querySelector(".paper-items tbody tr")).breakInside,
  signatures: getComputedStyle(document.querySelector(".signatures")).breakInside,
  ways: getComputedStyle(document.querySelector(".nav")).display,
  places: document.querySelectorAll(".signature").length,
})"""


@pytest.mark.parametrize("lang", ["id", "en"])
def test_paper_repeats_heads_splits_no_row_and_numbers_its_pages(office: Callable[..., Page], lang: str) -> None:
    page = office(PRINCIPAL, lang=lang)
    page.locator(".observations a").nth(3).click()
    page.goto(page.url + "/print")
    expect(page.locator("[data-print]")).to_be_visible()
    page.emulate_media(media="print")

    paper = page.evaluate(PAPER)
    pdf = page.pdf(prefer_css_page_size=True)

    assert paper["head"] == "table-header-group"
    assert (paper["row"], paper["signatures"], paper["ways"]) == ("avoid", "avoid", "none")
    assert paper["places"] >= 2
    assert 1 < len(re.findall(rb"/Type /Page\b", pdf)) < 8
    box = re.search(rb"/MediaBox \[0 0 (\d+)[.\d]* (\d+)", pdf)
    assert box
    assert (int(box[1]), int(box[2])) in {(594, 841), (595, 842), (594, 842), (595, 841)}
    sheets = page.evaluate("[...document.styleSheets].map(s => [...s.cssRules].map(r => r.cssText).join()).join()")
    assert "counter(page)" in sheets


def test_nothing_is_wider_than_the_screen(office: Callable[..., Page]) -> None:
    too_wide = []
    for size in (TABLET, UPRIGHT, PHONE):
        for lang in ("id", "en"):
            page = office(PRINCIPAL, size, lang)
            first = str(page.locator(".observations a").first.get_attribute("href"))
            go(page, "people")
            person = str(page.locator(".list a").first.get_attribute("href"))
            go_to = ["people", "devices", "decisions", "rubrics"]
            root = re.sub(r"/people.*", "", page.url)
            for address in [first, f"{first}/print", person, f"{person}/edit", *(f"{root}/{thing}" for thing in go_to)]:
                page.goto(address)
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    too_wide.append((address, size["width"], lang))

    assert too_wide == []


def test_a_teacher_finds_her_own_feedback_and_nothing_of_the_office(office: Callable[..., Page]) -> None:
    page = office(TEACHER, PHONE)

    ways = page.locator("#office-ways a").all_inner_texts()
    page.locator(".observations a").first.click()

    assert ways == ["Pengamatan", "Instrumen", "Di kelas", "Akun saya"]
    expect(page.get_by_role("link", name="Baca dan jawab")).to_be_visible()


def test_a_nip_is_counted_while_it_is_typed(office: Callable[..., Page]) -> None:
    page = office(ADMINISTRATOR)
    go(page, "people/new")
    field = page.get_by_label("NIP")

    field.press_sequentially("19680412 199203")
    expect(page.get_by_text("Masih kurang 4 angka.")).to_be_visible()
    field.press_sequentially("1002")
    expect(page.get_by_text("angka.")).to_be_hidden()
    field.press_sequentially("77")
    expect(page.get_by_text("Kelebihan 2 angka.")).to_be_visible()
