"""The teacher on a cheap phone: reads what was good first, answers in three separate ways, with or without a signal."""

import re

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.fixtures.serving import PHONE, NewDevice
from tests.journeys.steps import SLOW, make_ready, state_line, wait_until_arrived
from tests.people import PRINCIPAL, TEACHER
from tests.serving import Server

REPLY = "Terima kasih. Sudut istilah saya mulai hari Senin."


def test_praise_is_read_before_anything_else_and_the_score_never_without_its_rule_and_its_maker(
    server: Server, new_device: NewDevice
) -> None:
    phone = new_device(server.origin, PHONE)
    page = phone.new_page()
    make_ready(page, TEACHER)
    phone.set_offline(True)
    news = page.locator("[data-part=news-list] a")
    expect(news.first).to_be_visible(timeout=SLOW)
    expect(news.first).to_contain_text("Dari Pak Zulfahmi")
    assert top_of(news.first) < top_of(page.locator("[data-part=mine]"))
    expect(page.get_by_role("navigation").get_by_role("link")).to_have_text(["Hari ini", "Umpan balik"])

    news.first.click()

    expect(page.locator("[data-part=reading]")).to_be_visible(timeout=SLOW)
    order = ["good", "growth-part", "agreed", "areas", "answer"]
    tops = [top_of(page.locator(f"[data-part={part}]")) for part in order]
    assert tops == sorted(tops)
    assert page.locator("[data-part=lowest] > li").count() in (1, 2, 3)
    expect(page.locator("[data-part=best] > li").first).to_contain_text("Menit")
    expect(page.locator("[data-part=score-sum]")).to_be_hidden()
    page.locator("#details-score summary").click()
    expect(page.locator("[data-part=score-sum]")).to_have_text(re.compile(r"\d+ dari \d+ × 100 = \d+,\d"))
    expect(page.locator("[data-part=score-by]")).to_contain_text("Zulfahmi")
    expect(page.locator("[data-part=score-rule]")).to_contain_text("Predikat ditentukan dari nilai sebelum dibulatkan")


def test_reading_agreeing_and_replying_are_three_things_and_each_can_be_changed(
    server: Server, new_device: NewDevice
) -> None:
    phone = new_device(server.origin, PHONE)
    page = phone.new_page()
    open_first_feedback(page)
    phone.set_offline(True)

    page.locator("#stance-agree").check()
    expect(page.locator("#has-read")).not_to_be_checked()
    answer_is(page, "tablet")
    page.reload()
    expect(page.locator("#stance-agree")).to_be_checked(timeout=SLOW)
    expect(page.locator("#has-read")).not_to_be_checked()
    page.locator("#stance-differ").check()
    page.locator("#has-read").check()
    page.locator("#reply").fill(REPLY)
    answer_is(page, "tablet")
    phone.set_offline(False)
    answer_is(page, "centre")
    page.locator("#stance-none").check()
    page.locator("#reply").fill("")
    answer_is(page, "centre")

    page.reload()
    expect(page.locator("#has-read")).to_be_checked(timeout=SLOW)
    expect(page.locator("#stance-none")).to_be_checked()
    expect(page.locator("#reply")).to_have_value("")


def test_an_answer_written_with_no_signal_reaches_the_observer(server: Server, new_device: NewDevice) -> None:
    phone, tablet = new_device(server.origin, PHONE), new_device(server.origin)
    page = phone.new_page()
    observation = open_first_feedback(page)
    principal = tablet.new_page()
    make_ready(principal, PRINCIPAL)
    principal.goto(f"/field/id/read?observation={observation}")
    expect(principal.locator("[data-part=heard-read]")).to_contain_text("belum menyatakan", timeout=SLOW)
    expect(principal.locator("[data-part=answer]")).to_be_hidden()

    answer_offline(phone, page)
    expect(state_line(page)).to_contain_text("HP ini")
    phone.set_offline(False)
    wait_until_arrived(page)
    principal.goto("/field/id/feedback")

    heard = principal.locator("[data-part=answers-list] > li", has_text=REPLY)
    expect(heard).to_contain_text("Guru melihatnya berbeda", timeout=SLOW)
    heard.locator("a").click()
    expect(principal.locator("[data-part=heard-reply]")).to_have_text(REPLY, timeout=SLOW)
    expect(principal.locator("[data-part=heard-read]")).to_contain_text("Dibaca")


def test_the_language_changes_in_the_middle_of_a_reply_and_the_half_sentence_is_there(
    server: Server, new_device: NewDevice
) -> None:
    phone = new_device(server.origin, PHONE)
    page = phone.new_page()
    open_first_feedback(page)
    phone.set_offline(True)
    page.locator("#reply").press_sequentially("Saya kira murid di bang")

    page.locator("#language-switch").click()

    page.wait_for_url("**/field/en/read?**")
    expect(page.locator("#reply")).to_have_value("Saya kira murid di bang", timeout=SLOW)
    expect(page.locator("#answer-title")).to_have_text("Your answer")
    expect(page.locator("#reply")).to_be_focused()
    expect(page.locator("#reply")).to_be_in_viewport()


def open_first_feedback(page: Page) -> str:
    """On a phone made ready, the newest feedback. Returns the observation's id."""
    make_ready(page, TEACHER)
    page.goto("/field/id/feedback")
    page.locator("[data-part=received-list] a").first.click()
    expect(page.locator("[data-part=reading]")).to_be_visible(timeout=SLOW)
    return page.url.partition("observation=")[2]


def answer_offline(phone: BrowserContext, page: Page) -> None:
    phone.set_offline(True)
    page.locator("#has-read").check()
    page.locator("#stance-differ").check()
    page.locator("#reply").fill(REPLY)
    answer_is(page, "tablet")


def answer_is(page: Page, where: str) -> None:
    expect(page.locator("[data-part=answer-state]")).to_have_attribute("data-state", where, timeout=SLOW)


def top_of(element: Locator) -> float:
    box = element.bounding_box()
    assert box
    return box["y"]
