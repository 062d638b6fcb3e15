"""The main job: a lesson observed without a signal, read and answered on a phone, seen again and printed."""

import re

from playwright.sync_api import BrowserContext, expect

from observe.domain import builtin
from tests.fixtures.serving import PHONE, KeptDevice, NewDevice
from tests.journeys.steps import (
    SLOW,
    begin_lesson,
    level,
    make_ready,
    note,
    rate,
    state_line,
    wait_until_arrived,
    wait_until_kept,
)
from tests.people import PRINCIPAL, TEACHER
from tests.serving import Server

CODES = [indicator.code for indicator in builtin.instrument("instruction-short").rubric.indicators]
RATINGS = {code: 2 + place % 3 for place, code in enumerate(CODES)}
TEACHER_NAME = "Yulia"
NOTES = [
    "Guru menulis tujuan di papan dan membacakannya",
    "Empat murid di bangku belakang belum membuka buku",
    "“Coba jelaskan dengan kata-katamu sendiri” kepada Rani",
    "Kelompok tiga membandingkan dua cara menghitung gradien",
    "Guru berkeliling, berhenti di setiap meja",
    "Sebelas tangan terangkat saat ditanya contoh di kampung",
    "Murid menilai jawaban temannya dengan daftar periksa",
    "<b>Tugas</b> rumah & refleksi ditulis di kartu keluar",
]
STRENGTHS = "Murid diberi waktu berpikir sebelum menjawab."
GROWTH = "Beri giliran kepada murid di bangku belakang."
STEP = "Memakai kartu nama untuk memilih penjawab."
REPLY = "Terima kasih. Bangku belakang memang sulit melihat papan."


def test_a_lesson_from_a_tablet_with_no_signal_to_the_teachers_phone_and_back(
    server: Server, kept_device: KeptDevice, new_device: NewDevice
) -> None:
    tablet = kept_device(server.origin)
    observe_offline(tablet)
    tablet.close()

    tablet = kept_device(server.origin)
    observation = reopen_offline_and_sign(tablet)
    arrives_by_itself(tablet)

    phone = new_device(server.origin, PHONE)
    teacher_reads_and_answers_offline(phone, observation)

    principal_sees_the_answer(tablet, observation)
    paper_holds_it_all(tablet, observation)


def observe_offline(tablet: BrowserContext) -> None:
    page = tablet.new_page()
    make_ready(page, PRINCIPAL)
    tablet.set_offline(True)
    begin_lesson(page, TEACHER_NAME)
    for place, (code, value) in enumerate(RATINGS.items()):
        rate(page, code, value)
        if place < len(NOTES):
            note(page, NOTES[place], code)
    wait_until_kept(page)
    expect(state_line(page)).not_to_have_text(re.compile("sudah sampai di pusat"))


def reopen_offline_and_sign(tablet: BrowserContext) -> str:
    """The browser comes back with no network: everything stands where it stood. Returns the observation's id."""
    tablet.set_offline(True)
    page = tablet.new_page()
    page.goto("/field/id/today")
    page.locator("a[href*='/sheet/']").first.click()
    for code, value in RATINGS.items():
        expect(level(page, code, value)).to_be_checked(timeout=SLOW)
    for text in NOTES:
        expect(page.locator("#stream li", has_text=text)).to_have_count(1)
    page.locator("[data-go=summary]:visible").first.click()
    page.locator("#strengths").fill(STRENGTHS)
    page.locator("#growth").fill(GROWTH)
    page.locator("#step-1").fill(STEP)
    page.locator("#step-1-due").fill("2026-12-15")
    page.locator("[data-sign]").click()
    expect(page.locator("[data-signed-line]")).to_be_visible(timeout=SLOW)
    found = re.search(r"observation=([0-9a-f-]{36})", page.url)
    assert found
    return found[1]


def arrives_by_itself(tablet: BrowserContext) -> None:
    page = tablet.pages[-1]
    tablet.set_offline(False)
    wait_until_arrived(page)


def teacher_reads_and_answers_offline(phone: BrowserContext, observation: str) -> None:
    page = phone.new_page()
    make_ready(page, TEACHER)
    page.goto("/field/id/feedback")
    expect(page.locator(f"a[href*='{observation}']")).to_be_visible(timeout=SLOW)
    phone.set_offline(True)
    page.locator(f"a[href*='{observation}']").click()
    expect(page.locator("[data-part=strengths]")).to_have_text(STRENGTHS, timeout=SLOW)
    expect(page.locator("[data-part=growth]")).to_have_text(GROWTH)
    expect(page.locator("[data-part=agreed-list]")).to_contain_text(STEP)
    assert all(text in page.content().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for text in NOTES)
    page.locator("#has-read").check()
    page.locator("#stance-differ").check()
    page.locator("#reply").fill(REPLY)
    expect(page.locator("[data-part=answer-state]")).to_have_attribute("data-state", "tablet", timeout=SLOW)
    page.reload()
    expect(page.locator("#reply")).to_have_value(REPLY, timeout=SLOW)
    expect(page.locator("#has-read")).to_be_checked()
    expect(page.locator("#stance-differ")).to_be_checked()
    phone.set_offline(False)
    wait_until_arrived(page)


def principal_sees_the_answer(tablet: BrowserContext, observation: str) -> None:
    page = tablet.pages[-1]
    page.goto(f"/field/id/read?observation={observation}")
    expect(page.locator("[data-part=heard-reply]")).to_have_text(REPLY, timeout=SLOW)


def paper_holds_it_all(tablet: BrowserContext, observation: str) -> None:
    page = tablet.new_page()
    school = page.request.get("/csrf").json()["schools"][0]["id"]
    page.goto(f"/office/{school}/observations/{observation}")
    expect(page.locator("main")).to_contain_text(REPLY)
    page.goto(f"/office/{school}/observations/{observation}/print")
    paper = page.locator("body")
    for text in [*NOTES, STRENGTHS, GROWTH, STEP, REPLY]:
        expect(paper).to_contain_text(text)
    for code in CODES:
        expect(paper).to_contain_text(code)
