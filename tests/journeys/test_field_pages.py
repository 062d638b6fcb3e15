"""The pages an observer opens with no network: where she is expected, whom to observe, her records, her device."""

import gzip
import json
import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Route, expect

from tests.fixtures.serving import NewDevice, sign_in
from tests.journeys.steps import SLOW, begin_lesson, make_ready, note, rate, state_line, wait_until_arrived
from tests.people import ADMINISTRATOR, PRINCIPAL, SECOND_OBSERVER
from tests.serving import Server

SHEET = re.compile(r"/field/id/sheet/[0-9a-f-]{36}@1\?observation=")


def test_one_tap_on_the_next_visit_opens_its_sheet_with_everything_known_filled_in(
    server: Server, new_device: NewDevice
) -> None:
    tablet = new_device(server.origin)
    page = tablet.new_page()
    make_ready(page, PRINCIPAL)
    tablet.set_offline(True)
    expect(page.locator("[data-part=next-who]")).to_be_visible(timeout=SLOW)
    who = page.locator("[data-part=next-who]").inner_text()
    what = page.locator("[data-part=next-what]").inner_text().split(" · ")

    page.locator("[data-part=next-begin]").click()

    page.wait_for_url(SHEET)
    expect(page.locator("[data-teacher-name]")).to_have_text(who, timeout=SLOW)
    for field, value in zip(("class_name", "subject", "topic"), what, strict=True):
        expect(page.locator(f"#{field}")).to_have_value(value)
    page.goto("/field/id/today")
    expect(page.locator("[data-part=drafts-list] a").first).to_contain_text(who, timeout=SLOW)
    expect(page.locator("[data-part=next-who]")).not_to_have_text(who)


def test_two_taps_from_today_begin_a_lesson_nobody_planned_with_or_without_a_name(
    server: Server, new_device: NewDevice
) -> None:
    tablet = new_device(server.origin)
    page = tablet.new_page()
    make_ready(page, PRINCIPAL)
    tablet.set_offline(True)

    page.get_by_role("link", name="Amati", exact=True).click()
    forgotten = page.locator("[data-part=people-list] button").first
    expect(forgotten).to_be_visible(timeout=SLOW)
    expect(forgotten).to_contain_text("Belum pernah dikunjungi")
    name = forgotten.locator(".list__name").inner_text()
    forgotten.click()

    page.wait_for_url(SHEET)
    expect(page.locator("[data-teacher-name]")).to_have_text(name, timeout=SLOW)
    page.goto("/field/id/observe")
    page.get_by_role("button", name="Pilih gurunya nanti").click()
    page.wait_for_url(SHEET)
    rate(page, "A1", 3)
    page.goto("/field/id/today")
    expect(page.locator("[data-part=drafts-list]")).to_contain_text("Guru belum dipilih", timeout=SLOW)


def test_a_promise_is_ticked_off_with_no_signal_and_the_tap_can_be_taken_back(
    server: Server, new_device: NewDevice
) -> None:
    tablet = new_device(server.origin)
    page = tablet.new_page()
    make_ready(page, PRINCIPAL)
    tablet.set_offline(True)
    promises = page.locator("[data-part=promises-list] > li")
    expect(promises.first).to_be_visible(timeout=SLOW)
    first, second = (promises.nth(place).locator(".promise__text").inner_text() for place in (0, 1))

    for text in (first, second):
        promises.filter(has_text=text).locator("[data-done]").click()
        expect(promises.filter(has_text=text).locator("[data-evidence]")).to_be_visible(timeout=SLOW)
    promises.filter(has_text=first).locator("[data-evidence]").fill("Tiga murid menunjukkan catatannya.")
    promises.filter(has_text=second).locator("[data-undone]").click()
    expect(promises.filter(has_text=second).locator("[data-done]")).to_be_visible(timeout=SLOW)
    page.locator("h1").click()

    page.reload()
    expect(promises.first).to_be_visible(timeout=SLOW)
    expect(promises.filter(has_text=first)).to_have_count(0)
    expect(promises.filter(has_text=second)).to_have_count(1)
    tablet.set_offline(False)
    wait_until_arrived(page)


def test_a_record_is_found_by_three_letters_and_by_its_state(server: Server, new_device: NewDevice) -> None:
    tablet = new_device(server.origin)
    page = tablet.new_page()
    make_ready(page, PRINCIPAL)
    tablet.set_offline(True)
    begin_lesson(page, "Yulia")
    page.goto("/field/id/records")
    rows = page.locator("[data-part=list] > li")
    expect(rows.first).to_contain_text("Di tablet ini, menunggu dikirim", timeout=SLOW)

    page.locator("#find-record").fill("yul")
    for row in rows.all():
        expect(row).to_contain_text("Yulia")
    page.locator("#record-state").select_option("waiting")
    expect(rows).to_have_count(1)
    page.locator("#record-state").select_option("attention")
    expect(page.locator("[data-part=empty-what]")).to_have_text("Tidak ada catatan yang cocok dengan yang Anda cari.")
    page.get_by_role("button", name="Tampilkan semua catatan").click()
    expect(rows.nth(1)).to_be_visible()


def test_the_other_language_keeps_the_place_and_what_was_half_typed(server: Server, new_device: NewDevice) -> None:
    tablet = new_device(server.origin)
    page = tablet.new_page()
    make_ready(page, PRINCIPAL)
    page.goto("/field/id/records")
    expect(page.locator(".record").first).to_be_visible(timeout=SLOW)
    tablet.set_offline(True)
    page.locator("#find-record").fill("yulia")
    page.locator("#record-state").select_option("signed")
    shown = page.locator("[data-part=list] > li").count()

    page.locator("#language-switch").click()

    page.wait_for_url("**/field/en/records")
    expect(page.get_by_role("heading", level=1)).to_have_text("My records")
    expect(page.locator("#find-record")).to_have_value("yulia", timeout=SLOW)
    expect(page.locator("#find-record")).to_be_focused()
    expect(page.locator("#record-state")).to_have_value("signed")
    expect(page.locator("[data-part=list] > li")).to_have_count(shown)


def test_everything_that_waits_is_in_the_saved_file(server: Server, new_device: NewDevice) -> None:
    tablet = new_device(server.origin)
    page = tablet.new_page()
    make_ready(page, PRINCIPAL)
    tablet.set_offline(True)
    begin_lesson(page, "Yulia")
    rate(page, "A1", 4)
    note(page, "Sebelas tangan terangkat", "A1")
    state_line(page).click()
    expect(page.locator("[data-part=waits-line]")).to_contain_text("1 catatan menunggu", timeout=SLOW)
    expect(page.locator("[data-part=waits-list]")).to_contain_text("Yulia")

    with page.expect_download() as download:
        page.get_by_role("button", name="Simpan ke berkas").click()

    raw = download.value.path().read_bytes()
    header, *changes, seal = [json.loads(line) for line in gzip.decompress(raw).decode().splitlines()]
    written = {name: value for change in changes for name, value in change["set"].items()}
    assert header["changes"] == len(changes)
    assert "set" not in seal
    assert written["rating.A1"] == 4
    assert "Sebelas tangan terangkat" in [value["text"] for name, value in written.items() if name.startswith("note.")]
    assert [change["by"] for change in changes] == [header["by"]] * len(changes)


def test_a_tablet_is_handed_on_and_the_next_person_sees_nothing_of_the_one_before(
    server: Server, new_device: NewDevice
) -> None:
    tablet = new_device(server.origin)
    page = tablet.new_page()
    make_ready(page, PRINCIPAL)
    tablet.set_offline(True)
    begin_lesson(page, "Yulia")
    rate(page, "A1", 4)
    sheet = page.url
    sign_out(page, expected="1 catatan Anda belum terkirim")
    tablet.set_offline(False)
    page.goto("/field/id/records")
    expect(page.locator("#nobody")).to_be_visible(timeout=SLOW)
    expect(page.locator("[data-part=page]")).to_be_hidden()
    assert page.request.get("/csrf").status == 401  # the session he left behind has been ended

    make_ready(page, SECOND_OBSERVER)
    page.goto("/field/id/records")
    expect(page.locator(".record").first).to_be_visible(timeout=SLOW)
    expect(page.locator("main")).not_to_contain_text("menunggu dikirim")
    page.goto(sheet)
    expect(page.locator("[name='rating.A1'][value='4']")).not_to_be_checked()
    sign_out(page, expected="Tidak ada yang menunggu")

    sign_in(page, PRINCIPAL)
    page.wait_for_url("**/field/id/today", timeout=SLOW)
    wait_until_arrived(page)
    expect(page.locator("[data-part=drafts-list] a").first).to_contain_text("Yulia", timeout=SLOW)


def test_the_page_asks_who_goes_on_when_another_person_has_signed_in(server: Server, new_device: NewDevice) -> None:
    tablet = new_device(server.origin)
    page = tablet.new_page()
    make_ready(page, PRINCIPAL)
    tablet.clear_cookies()
    sign_in(page, SECOND_OBSERVER)

    page.goto("/field/id/device")
    expect(page.locator("[data-part=differs-line]")).to_contain_text("Zulfahmi", timeout=SLOW)
    expect(page.locator("[data-part=differs-line]")).to_contain_text("Sri")
    expect(page.locator("[data-part=page]")).to_be_hidden()
    page.get_by_role("button", name=re.compile("Zulfahmi.* yang meneruskan")).click()

    expect(page.locator("#whose")).to_contain_text("Zulfahmi", timeout=SLOW)
    expect(page.locator("[data-part=people-list]")).to_contain_text("sedang memakai")


def test_a_page_nobody_is_signed_in_on_says_so_and_shows_the_way(server: Server, new_device: NewDevice) -> None:
    page = new_device(server.origin).new_page()

    page.goto("/field/id/records")

    expect(page.locator("#nobody")).to_contain_text("Belum ada yang masuk", timeout=SLOW)
    expect(page.locator("#nobody a")).to_have_attribute("href", "/sign-in")


def test_the_state_line_names_a_network_that_answers_everything_with_its_own_page(
    server: Server, new_device: NewDevice
) -> None:
    tablet = new_device(server.origin)
    page = tablet.new_page()
    make_ready(page, PRINCIPAL)

    def portal(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body="<h1>Selamat datang di Hotel Batanghari</h1>")

    tablet.route("**/sync/v1/exchange", portal)
    begin_lesson(page, "Yulia")

    expect(state_line(page)).to_contain_text("Jaringan ini minta Anda masuk dulu", timeout=SLOW)
    expect(state_line(page)).to_contain_text("1 catatan menunggu dikirim")
    tablet.unroute("**/sync/v1/exchange", portal)
    page.goto("/field/id/device")
    page.get_by_role("button", name="Kirim sekarang").click()
    wait_until_arrived(page)


def test_the_state_line_says_that_the_clock_is_a_year_off(server: Server, new_device: NewDevice) -> None:
    page = new_device(server.origin).new_page()
    make_ready(page, PRINCIPAL)

    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=365))
    page.goto("/field/id/today")

    expect(state_line(page)).to_contain_text("Jam tablet ini meleset 365 hari", timeout=SLOW)


def test_an_administrator_who_observes_nobody_is_told_where_to_go(server: Server, new_device: NewDevice) -> None:
    page = new_device(server.origin).new_page()
    make_ready(page, ADMINISTRATOR)

    page.goto("/field/id/observe")

    expect(page.locator("[data-part=not-observer]")).to_be_visible(timeout=SLOW)
    expect(page.locator("[data-part=choosing]")).to_be_hidden()


def sign_out(page: Page, *, expected: str) -> None:
    """From the page of the device, having been told what waits."""
    page.goto("/field/id/device")
    page.locator("[data-leave]").click()
    expect(page.locator("[data-part=leave-line]")).to_contain_text(expected, timeout=SLOW)
    page.locator("dialog button[value=leave]").click()
    page.wait_for_url(re.compile(r"/sign-in|/today"))
