"""A photo and a recording of a lesson: made with no signal, sent after the words on a bad line, seen by the right."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.cutting_proxy import CuttingProxy, bad_line
from tests.fixtures.serving import PHONE, KeptDevice, NewDevice, sign_in
from tests.journeys.steps import ARRIVED, SLOW, begin_lesson, make_ready, note, rate, state_line, wait_until_arrived
from tests.journeys.test_bad_days import until
from tests.people import PRINCIPAL, SECOND_OBSERVER, TEACHER
from tests.serving import Server

MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
FULL = """
() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (value, key) {
    if (value?.byteLength > 1500000) throw new DOMException("no room", "QuotaExceededError");
    return put.call(this, value, key);
  };
}
"""
"""A disk with one and a half megabytes left: the photo would just fit."""
SLOW_TO_DRAW = """
const draw = window.createImageBitmap.bind(window);
window.createImageBitmap = async (file) => {
  await new Promise((resolve) => setTimeout(resolve, 1500));
  return draw(file);
};
"""
"""A cheap telephone."""
EARS = """
window.streams = [];
const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await get(wanted);
  window.streams.push(stream);
  return stream;
};
"""
OPEN_MICROPHONES = "() => window.streams.flatMap((s) => s.getTracks()).filter((t) => t.readyState === 'live').length"
WAITS = re.compile(r"\d foto atau rekaman menunggu")


@pytest.fixture
def line(server: Server) -> Iterator[CuttingProxy]:
    with bad_line(server.port) as proxy:
        yield proxy


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """As a telephone takes it: large, lying on its side, and telling where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "S", 2: (1.0, 36.0, 0.0), 3: "E", 4: (103.0, 36.0, 0.0)})
    path = tmp_path / "IMG_2041.jpg"
    picture = Image.linear_gradient("L").resize((2400, 1800)).convert("RGB")
    picture.paste(Image.effect_noise((1300, 1300), 60).convert("RGB"), (0, 0))
    picture.save(path, "JPEG", quality=90, exif=exif)
    return path


def a_tablet(kept_device: KeptDevice, line: CuttingProxy) -> BrowserContext:
    return kept_device(f"http://127.0.0.1:{line.port}", flags=MICROPHONE, permissions=["microphone"])


def shots(page: Page) -> Any:
    return page.locator("#shots li.shot")


def widths(page: Page, pictures: str) -> list[int]:
    return list(page.locator(pictures).evaluate_all("all => all.map((each) => each.naturalWidth)"))


def standings(database: Path) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.execute("select standing, received from blob order by received"))


def count_held(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("select count(*) from held").fetchone()[0])


def test_a_photo_and_a_recording_made_offline_reach_the_teacher_after_the_words(
    server: Server, line: CuttingProxy, kept_device: KeptDevice, new_device: NewDevice, photo: Path
) -> None:
    tablet = a_tablet(kept_device, line)
    address = make_both_offline(tablet, photo)
    tablet.close()
    line.line.cut_after = 100_000
    tablet = a_tablet(kept_device, line)
    page = find_both_offline(tablet, address)

    tablet.set_offline(False)
    page.goto("/field/id/device")
    page.locator("[data-send]").click()
    until(lambda: line.line.cut > 0)
    expect(page.locator("[data-part=waits-line]")).to_contain_text("Semua yang Anda tulis di sini", timeout=SLOW)
    expect(page.locator("[data-part=waits-line]")).to_have_text(WAITS, timeout=SLOW)
    page.locator("[data-leave]").click()
    expect(page.locator("[data-part=leave-line]")).to_have_text(WAITS, timeout=SLOW)
    page.locator("[data-part=leave-form] [value=stay]").click()
    assert [standing for standing, received in standings(server.database) if received] != ["kept", "kept"]
    page.goto(address)
    until(lambda: [standing for standing, _ in standings(server.database)] == ["kept", "kept"], 90)
    expect(shots(page).first).to_contain_text("Sudah di pusat", timeout=SLOW)
    expect(shots(page).last).to_contain_text("Sudah di pusat", timeout=SLOW)
    expect(state_line(page)).not_to_have_text(WAITS, timeout=SLOW)

    page.locator(".sheet-bar__summary").click()
    page.locator("[data-sign]").click()
    wait_until_arrived(page)
    see_it_as_the_teacher(server, new_device, address)
    see_nothing_as_a_stranger(server, new_device, page)


def test_a_recording_is_kept_when_its_page_is_left_and_rescued_when_it_is_killed(
    server: Server, line: CuttingProxy, kept_device: KeptDevice
) -> None:
    tablet = a_tablet(kept_device, line)
    page = tablet.new_page()
    make_ready(page, PRINCIPAL)
    begin_lesson(page, "Yulia")
    address = page.url
    page.locator("#record").click()
    expect(page.locator("#capture-said")).to_contain_text("0.01", timeout=SLOW)
    page.locator(".sheet-bar__back").click()
    page.wait_for_url("**/today")

    page.goto(address)
    expect(shots(page)).to_have_count(1, timeout=SLOW)
    page.locator("#record").click()
    expect(page.locator("#capture-said")).to_contain_text("0.16", timeout=2 * SLOW)
    take_nothing_in_another_window(tablet, address)
    page.goto("about:blank")
    page.goto(address)

    expect(shots(page)).to_have_count(2, timeout=SLOW)
    expect(page.locator("#capture-said")).to_have_text(re.compile("terputus|Tersimpan"), timeout=SLOW)
    until(lambda: [standing for standing, _ in standings(server.database)] == ["kept", "kept"], 60)


def take_nothing_in_another_window(tablet: BrowserContext, address: str) -> None:
    """What the first one still records is not rescued here, and nobody records it twice."""
    other = tablet.new_page()
    other.goto(address)
    other.locator("#record").click()
    expect(other.locator("#capture-said")).to_contain_text("di jendela lain", timeout=SLOW)
    expect(shots(other)).to_have_count(1)
    other.close()


def test_a_photo_still_being_drawn_is_kept_and_one_of_two_equal_ones_arrives(
    server: Server, new_device: NewDevice, photo: Path
) -> None:
    context = new_device(server.origin)
    context.add_init_script(SLOW_TO_DRAW)
    page = context.new_page()
    make_ready(page, PRINCIPAL)
    begin_lesson(page, "Yulia")
    rate(page, "A1", 3)
    wait_until_arrived(page)
    address = page.url
    context.set_offline(True)
    page.locator("#photo").set_input_files(photo)
    page.locator("a.sheet-bar__back").click()
    page.wait_for_url("**/today")

    page.goto(address)
    expect(shots(page)).to_have_count(1, timeout=SLOW)
    page.locator("#photo").set_input_files(photo)
    expect(shots(page)).to_have_count(2, timeout=SLOW)
    shots(page).first.locator("summary").click()
    shots(page).first.locator("[data-remove-shot]").click()
    expect(shots(page)).to_have_count(1, timeout=SLOW)
    expect(shots(page)).to_contain_text("Menunggu dikirim")
    context.set_offline(False)

    until(lambda: [standing for standing, _ in standings(server.database)] == ["kept"], 60)
    expect(shots(page)).to_contain_text("Sudah di pusat", timeout=SLOW)


def test_signing_ends_a_recording_and_keeps_it_with_no_microphone_left_open(
    server: Server, line: CuttingProxy, kept_device: KeptDevice
) -> None:
    tablet = a_tablet(kept_device, line)
    page = tablet.new_page()
    page.add_init_script(EARS)
    make_ready(page, PRINCIPAL)
    begin_lesson(page, "Yulia")
    rate(page, "A1", 3)
    before = count_held(server.database)
    page.evaluate("() => { const record = document.querySelector('#record'); record.click(); record.click(); }")
    expect(page.locator("#capture-said")).to_contain_text("0.01", timeout=SLOW)

    page.locator(".sheet-bar__summary").click()
    page.locator("[data-sign]").click()
    expect(page.locator("[data-reopen]")).to_be_visible(timeout=SLOW)

    assert page.evaluate(OPEN_MICROPHONES) == 0
    expect(page.locator("#record")).to_be_hidden()
    until(lambda: [standing for standing, _ in standings(server.database)] == ["kept"], 60)
    assert count_held(server.database) == before


def test_another_tablet_does_not_call_a_photo_arrived_before_it_is(
    server: Server, new_device: NewDevice, photo: Path
) -> None:
    first = new_device(server.origin)
    page = first.new_page()
    make_ready(page, PRINCIPAL)
    begin_lesson(page, "Yulia")
    first.route("**/sync/v1/blobs/**", lambda route: route.abort())
    page.locator("#photo").set_input_files(photo)
    expect(shots(page)).to_have_count(1, timeout=SLOW)
    wait_until_arrived(page)

    other = new_device(server.origin).new_page()
    make_ready(other, PRINCIPAL)
    other.goto(page.url)
    expect(shots(other)).to_contain_text("Akan tampil bila ada jaringan", timeout=SLOW)
    expect(shots(other)).not_to_contain_text("Sudah di pusat")
    first.unroute("**/sync/v1/blobs/**")
    page.reload()
    until(lambda: [standing for standing, _ in standings(server.database)] == ["kept"], 60)
    other.reload()

    expect(shots(other)).to_contain_text("Sudah di pusat", timeout=SLOW)


def make_both_offline(tablet: BrowserContext, photo: Path) -> str:
    """The address of the sheet."""
    page = tablet.new_page()
    make_ready(page, PRINCIPAL)
    begin_lesson(page, "Yulia")
    rate(page, "A1", 3)
    wait_until_arrived(page)

    tablet.set_offline(True)
    page.locator("#photo").set_input_files(photo)
    expect(shots(page)).to_have_count(1, timeout=SLOW)
    page.locator("#record").click()
    expect(page.locator("#capture-said")).to_contain_text("0.01", timeout=SLOW)
    page.locator("#record").click()
    expect(shots(page)).to_have_count(2, timeout=SLOW)
    first = shots(page).last
    first.locator("summary").click()
    first.locator(".shot__caption").fill("Jembatan dari kertas")
    first.locator(".shot__pick").select_option("A2")
    note(page, "Kelompok di dekat jendela menjelaskan jembatannya", "A1")
    expect(first).to_contain_text("Menunggu dikirim")
    return page.url


def find_both_offline(tablet: BrowserContext, address: str) -> Page:
    """After the tablet was closed: everything is there, and said to wait."""
    tablet.set_offline(True)
    page = tablet.new_page()
    page.goto(address)
    expect(shots(page)).to_have_count(2, timeout=SLOW)
    expect(shots(page).last.locator(".shot__caption")).to_have_value("Jembatan dari kertas")
    expect(page.locator("#shots audio")).to_have_count(1)
    until(lambda: min(widths(page, "#shots img"), default=0) > 0)
    expect(state_line(page)).to_have_text(WAITS, timeout=SLOW)
    return page


def see_it_as_the_teacher(server: Server, new_device: NewDevice, address: str) -> None:
    observation = parse_qs(urlsplit(address).query)["observation"][0]
    phone = new_device(server.origin, PHONE)
    page = phone.new_page()
    make_ready(page, TEACHER)
    page.goto(f"/field/id/read?observation={observation}")
    listed = page.locator("[data-part=shots-list] > li")
    expect(listed).to_have_count(2, timeout=SLOW)
    expect(listed.first).to_contain_text("Jembatan dari kertas")
    until(lambda: widths(page, "[data-part=shots-list] img") == [240])
    listed.first.locator("button").click()
    until(lambda: widths(page, "[data-part=shots-list] img") == [1200])
    listed.last.get_by_role("button").click()
    expect(listed.last.locator("audio")).to_have_count(1, timeout=SLOW)
    phone.set_offline(True)
    page.reload()
    until(lambda: widths(page, "[data-part=shots-list] img") == [240])


def see_nothing_as_a_stranger(server: Server, new_device: NewDevice, page: Page) -> None:
    with closing(sqlite3.connect(server.database)) as connection:
        found = connection.execute("select school, sha256 from blob where type = 'image/jpeg'").fetchone()
    path = f"/sync/v1/blobs/{found[1]}?school={found[0]}"
    mine = page.request.get(path)
    stranger = new_device(server.origin).new_page()
    sign_in(stranger, SECOND_OBSERVER)

    assert mine.status == 200
    assert b"Exif" not in mine.body()
    assert stranger.request.get(path).status == 404
    assert new_device(server.origin).new_page().request.get(path).status == 401


def test_a_full_tablet_refuses_the_photo_and_keeps_the_words(
    server: Server, new_device: NewDevice, photo: Path
) -> None:
    context = new_device(server.origin)
    page = context.new_page()
    make_ready(page, PRINCIPAL)
    begin_lesson(page, "Yulia")
    expect(page.locator("#record-hint")).to_be_hidden()
    context.set_offline(True)
    page.evaluate(FULL)

    page.locator("#photo").set_input_files(photo)
    expect(page.locator("#capture-said")).to_contain_text("Tulisan Anda tetap tersimpan", timeout=SLOW)
    note(page, "Tulisan ini tetap ada", "A1")
    page.reload()

    expect(page.locator("#stream li", has_text="Tulisan ini tetap ada")).to_have_count(1, timeout=SLOW)
    expect(shots(page)).to_have_count(0)
    assert ARRIVED.search(state_line(page).inner_text()) is None


def test_a_browser_that_cannot_record_says_so(server: Server, new_device: NewDevice) -> None:
    context = new_device(server.origin)
    context.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined });")
    page = context.new_page()
    make_ready(page, PRINCIPAL)
    begin_lesson(page, "Yulia")

    expect(page.locator("#record")).to_be_hidden()
    expect(page.locator("#record-hint")).to_contain_text("https")
