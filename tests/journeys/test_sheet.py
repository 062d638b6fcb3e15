"""The sheet of a lesson, in a real browser: what is tapped or typed is kept, and the page comes back as it was left."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.builders import a_device, heads_of
from tests.fixtures.serving import PHONE
from tests.fixtures.tablet import Tablet

KEPT = "Tersimpan"
FULL = """
() => {
  window.realPut = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
}
"""
STUCK = """
() => {
  window.realPut = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = () => { throw new DOMException("busy", "UnknownError"); };
}
"""
ROOM_AGAIN = "() => { IDBObjectStore.prototype.put = window.realPut; }"


def test_a_tap_is_on_the_disk_before_the_page_says_so_and_survives_a_reload(tablet: Tablet) -> None:
    tablet.open_sheet()
    tablet.context.set_offline(True)

    choose(tablet.page, "A1", "3")
    expect(tablet.page.locator("#state-line")).to_contain_text(KEPT)

    assert tablet.fields["rating.A1"] == 3
    assert tablet.fields["status"] == "draft"
    tablet.context.set_offline(False)
    tablet.reload()
    expect(level(tablet.page, "A1", "3")).to_be_checked()


def test_a_sheet_without_a_network_comes_back_to_the_same_half_sentence(tablet: Tablet) -> None:
    wait_until_ready_for_offline(tablet)
    tablet.open_sheet()
    tablet.context.set_offline(True)
    tablet.page.locator("#indicator-B4").scroll_into_view_if_needed()
    choose(tablet.page, "B4", "2")
    tablet.page.locator("#composer [data-new-note]").click()
    tablet.page.locator("#note-text").press_sequentially("Guru bertanya, lalu men")
    top = top_of(tablet.page, "#indicator-B4")
    tablet.page.wait_for_timeout(500)

    tablet.reload()

    expect(tablet.page.locator("#note-text")).to_have_value("Guru bertanya, lalu men")
    expect(tablet.page.locator("#note-text")).to_be_focused()
    expect(level(tablet.page, "B4", "2")).to_be_checked()
    assert abs(top_of(tablet.page, "#indicator-B4") - top) < 4
    tablet.page.keyboard.type("unggu")
    expect(tablet.page.locator("#note-text")).to_have_value("Guru bertanya, lalu menunggu")


def test_a_page_closed_between_two_letters_loses_none_of_them(tablet: Tablet) -> None:
    tablet.open_sheet()
    tablet.page.locator("#composer [data-new-note]").click()
    tablet.page.locator("#note-text").fill("Guru menunggu jawaban")
    expect(tablet.page.locator("#state-line")).to_contain_text(KEPT)
    tablet.page.evaluate(STUCK)

    tablet.page.locator("#note-text").fill("Guru menunggu jawaban tiga detik")
    expect(tablet.page.locator("#state-line")).not_to_contain_text(KEPT)
    tablet.reload()

    expect(tablet.page.locator("#note-text")).to_have_value("Guru menunggu jawaban tiga detik")
    (note,) = (value for name, value in tablet.fields.items() if name.startswith("note."))
    assert note["text"] == "Guru menunggu jawaban tiga detik"
    assert tablet.page.evaluate("Object.keys(localStorage).filter((key) => key.includes('unkept'))") == []


def test_what_this_page_kept_later_is_not_undone_by_what_it_once_could_not_keep(tablet: Tablet) -> None:
    tablet.open_sheet()
    tablet.page.evaluate(STUCK)
    choose(tablet.page, "A1", "2")
    tablet.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    tablet.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    tablet.page.evaluate(ROOM_AGAIN)
    expect(tablet.page.locator("#state-line")).to_contain_text(KEPT, timeout=20_000)
    choose(tablet.page, "A1", "3")
    expect(tablet.page.locator("#state-line")).to_contain_text(KEPT)

    tablet.reload()

    expect(level(tablet.page, "A1", "3")).to_be_checked()


def test_the_language_changes_in_the_middle_of_a_note_and_nothing_is_lost(tablet: Tablet) -> None:
    observation = tablet.open_sheet()
    choose(tablet.page, "A2", "4")
    note_button(tablet.page, "A2").click()
    tablet.page.locator("#note-text").press_sequentially("Murid menghubungkan dengan")

    tablet.page.locator(".sheet-bar__more summary").click()
    tablet.page.locator("#language-switch").click()
    tablet.page.wait_for_url("**/field/en/sheet/**")
    tablet.wait()

    assert tablet.observation == observation
    expect(tablet.page.locator("html")).to_have_attribute("lang", "en")
    expect(tablet.page.locator("#note-text")).to_have_value("Murid menghubungkan dengan")
    expect(tablet.page.locator("[data-note-tags]")).to_contain_text("A2")
    expect(level(tablet.page, "A2", "4")).to_be_checked()
    expect(tablet.page.locator("#indicator-A2")).to_contain_text("Comment")


def test_a_mistaken_level_can_be_cleared_and_is_then_not_scored(tablet: Tablet) -> None:
    tablet.open_sheet()
    choose(tablet.page, "A1", "1")
    expect(tablet.page.locator("[data-area=A] [data-count]")).to_have_text("1/2")

    tablet.page.locator("#indicator-A1 [data-clear]").click()

    expect(tablet.page.locator("#indicator-A1")).to_have_attribute("data-state", "not-scored")
    expect(tablet.page.locator("[data-area=A] [data-count]")).to_have_text("0/2")
    expect(tablet.page.locator("#indicator-A1 [data-clear]")).to_be_hidden()
    assert "rating.A1" not in tablet.fields
    tablet.reload()
    expect(tablet.page.locator("#indicator-A1 input:checked")).to_have_count(0)


def test_zero_and_not_applicable_and_not_scored_are_three_things(tablet: Tablet) -> None:
    tablet.open_sheet(tablet.house.long_rubric)
    may_be_na = tablet.page.locator("[data-indicator]:has(input[value=na])").first
    na = may_be_na.get_attribute("data-indicator") or ""
    low, high = [code for code in codes(tablet.page) if code != na][:2]
    choose(tablet.page, na, "na")
    choose(tablet.page, low, "0")
    choose(tablet.page, high, "2")

    tablet.page.locator(".sheet-bar__summary").click()

    summary = tablet.page.locator("#summary")
    expect(summary.locator("[data-sum]")).to_have_text("2 dari 4 × 100 = 50,0")
    expect(summary.locator("[data-counted]")).to_have_text(
        "Butir yang dinilai: 2. Belum dinilai: 35. Tidak berlaku: 1."
    )
    expect(summary.locator("[data-missing] li")).to_have_count(35)
    expect(summary.locator("[data-bare] li")).to_have_count(1)
    assert (tablet.fields[f"rating.{na}"], tablet.fields[f"rating.{low}"]) == ("na", 0)


def test_a_lesson_can_be_observed_and_signed_with_the_keyboard_alone(tablet: Tablet) -> None:
    tablet.open_sheet()
    keys = tablet.page.keyboard

    tab_to(tablet.page, "#lesson-facts summary")
    keys.press("Enter")
    tab_to(tablet.page, "#teacher")
    keys.type("aminah")
    keys.press("Enter")
    tab_to(tablet.page, "#class_name")
    keys.type("VIII A")
    tab_to(tablet.page, "#indicator-A1 input")
    keys.press("Space")
    keys.press("ArrowDown")
    tab_to(tablet.page, "#indicator-A1 [data-note]")
    keys.press("Enter")
    keys.type("Tujuan ditulis di papan")
    keys.press("Escape")
    tab_to(tablet.page, ".sheet-bar__summary")
    keys.press("Enter")
    tab_to(tablet.page, "[data-sign]")
    keys.press("Enter")

    expect(tablet.page.locator("[data-signed-line]")).to_contain_text("Ibu Hj. Ratna Dewi")
    kept = tablet.fields
    notes = [value for name, value in kept.items() if name.startswith("note.")]
    assert kept["rating.A1"] == 2
    assert kept["teacher"] == tablet.house.cast.teacher
    assert kept["class_name"] == "VIII A"
    assert [(note["text"], note["tags"]) for note in notes] == [("Tujuan ditulis di papan", ["A1"])]
    assert kept["status"] == "signed"


def test_signing_waits_for_a_teacher_closes_the_sheet_and_can_be_taken_back(tablet: Tablet) -> None:
    tablet.open_sheet()
    choose(tablet.page, "A1", "3")
    note_button(tablet.page, "A1").click()
    tablet.page.locator("#note-text").fill("Tujuan ditulis di papan")
    tablet.page.locator("[data-close-note]").click()
    tablet.page.locator(".sheet-bar__summary").click()
    tablet.page.locator("[data-sign]").click()
    expect(tablet.page.locator("#teacher")).to_be_focused()

    choose_teacher(tablet.page, "aminah")
    tablet.page.locator(".sheet-bar__summary").click()
    tablet.page.locator("#strengths").fill("Tujuan jelas sejak awal.")
    tablet.page.locator("#step-1").fill("Menunggu lima detik setelah bertanya.")
    tablet.page.locator("[data-sign]").click()

    expect(tablet.page.locator("[data-signed-line]")).to_be_visible()
    expect(level(tablet.page, "A1", "3")).to_be_disabled()
    tablet.page.locator("[data-go=lesson]").first.click()
    expect(tablet.page.locator("#stream")).to_contain_text("Tujuan ditulis di papan")
    expect(tablet.page.locator("#composer")).to_be_hidden()
    tablet.page.locator(".sheet-bar__summary").click()
    expect(tablet.page.locator("#strengths")).not_to_be_editable()
    tablet.reload()
    expect(tablet.page.locator("#step-1")).to_have_value("Menunggu lima detik setelah bertanya.")
    tablet.page.locator("[data-reopen]").click()
    expect(level(tablet.page, "A1", "3")).to_be_enabled()
    assert tablet.fields["status"] == "draft"


def test_a_full_tablet_says_so_and_keeps_the_words_on_the_page(tablet: Tablet) -> None:
    tablet.open_sheet()
    choose(tablet.page, "A1", "3")
    tablet.page.evaluate(FULL)

    tablet.page.locator("#composer [data-new-note]").click()
    tablet.page.locator("#note-text").fill("Tulisan yang belum muat " * 400)

    expect(tablet.page.locator("#state-line")).to_have_attribute("data-problem", "true", timeout=10_000)
    expect(tablet.page.locator("#state-line")).to_contain_text("BELUM")
    expect(tablet.page.locator("#note-text")).to_have_value("Tulisan yang belum muat " * 400)

    tablet.page.evaluate(ROOM_AGAIN)
    expect(tablet.page.locator("#state-line")).not_to_have_attribute("data-problem", "true", timeout=15_000)
    assert any(name.startswith("note.") for name in tablet.fields)


def test_on_a_phone_a_note_opens_over_the_items_and_gives_them_back(tablet: Tablet) -> None:
    tablet.page.set_viewport_size(PHONE)
    tablet.open_sheet()
    note_button(tablet.page, "B3").scroll_into_view_if_needed()
    top = top_of(tablet.page, "#indicator-B3")

    note_button(tablet.page, "B3").click()
    expect(tablet.page.locator("#rubric-pane")).to_be_hidden()
    tablet.page.keyboard.type("Dua murid berdebat tentang jawabannya")
    tablet.page.locator("[data-close-note]").click()

    expect(tablet.page.locator("#evidence-pane")).to_be_hidden()
    expect(tablet.page.locator("#indicator-B3 [data-remarks]")).to_have_text("Bukti: 1")
    assert abs(top_of(tablet.page, "#indicator-B3") - top) < 4


def test_a_removed_note_can_be_brought_back(tablet: Tablet) -> None:
    tablet.open_sheet()
    note_button(tablet.page, "A1").click()
    tablet.page.keyboard.type("Murid bertanya balik")
    tablet.page.locator("[data-remove-note]").click()
    expect(tablet.page.locator("#stream li")).to_have_count(0)

    tablet.page.locator("[data-undo-note]").click()

    expect(tablet.page.locator("#stream li")).to_have_count(1)
    tablet.reload()
    expect(tablet.page.locator("#stream")).to_contain_text("Murid bertanya balik")


def test_words_from_another_device_appear_under_the_cursor_and_are_not_written_over_unseen(tablet: Tablet) -> None:
    observation = tablet.open_sheet()
    tablet.page.locator(".sheet-bar__summary").click()
    tablet.page.locator("#strengths").press_sequentially("Salam hangat.")
    wait_until_kept(tablet, "strengths", "Salam hangat.")
    tablet.exchange()
    write_elsewhere(tablet, observation, {"strengths": "Salam hangat. Nama murid disebut."})
    tablet.exchange()

    expect(tablet.page.locator("#strengths")).to_have_value("Salam hangat. Nama murid disebut.")
    expect(tablet.page.locator("#strengths")).to_be_focused()


def test_two_answers_are_both_shown_and_the_person_chooses(tablet: Tablet) -> None:
    observation = tablet.open_sheet()
    choose(tablet.page, "A1", "2")
    tablet.exchange()
    tablet.context.set_offline(True)
    choose(tablet.page, "A1", "3")
    expect(tablet.page.locator("#state-line")).to_contain_text(KEPT)
    write_elsewhere(tablet, observation, {"rating.A1": 4})
    tablet.context.set_offline(False)
    tablet.exchange()

    question = tablet.page.locator("#indicator-A1 .differ")
    expect(question.locator(".differ__choice")).to_have_count(2)
    question.locator(".differ__choice", has=tablet.page.locator(".differ__value", has_text="4.")).locator(
        "button"
    ).click()

    expect(question).to_have_count(0)
    expect(level(tablet.page, "A1", "4")).to_be_checked()
    assert tablet.fields["rating.A1"] == 4


def level(page: Page, code: str, value: str) -> Locator:
    return page.locator(f"#indicator-{code} input[value='{value}']")


def choose(page: Page, code: str, value: str) -> None:
    """Tap the level, where a finger would."""
    page.locator(f"#indicator-{code} label", has=page.locator(f"input[value='{value}']")).click()


def note_button(page: Page, code: str) -> Locator:
    return page.locator(f"#indicator-{code} [data-note]")


def codes(page: Page) -> list[str]:
    return [
        str(code)
        for code in page.evaluate("[...document.querySelectorAll('[data-indicator]')].map(e => e.dataset.indicator)")
    ]


def top_of(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box
    return box["y"]


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the first element that fits has the focus."""
    for _ in range(250):
        if page.evaluate("(selector) => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key never comes to {selector}")


def choose_teacher(page: Page, part: str) -> None:
    page.locator("#teacher").fill(part)
    page.locator("#teacher-choices [role=option]").first.click()


def wait_until_kept(tablet: Tablet, name: str, value: object) -> None:
    for _ in range(40):
        if tablet.fields.get(name) == value:
            return
        tablet.page.wait_for_timeout(100)
    raise AssertionError(f"{name} never reached the disk")


def wait_until_ready_for_offline(tablet: Tablet) -> None:
    ready = """
    async (folder) => {
      const { module } = await import(`${folder}/js/field-pages.js`);
      return module("js/exchange/shells.js").readyForOffline();
    }
    """
    for _ in range(60):
        if tablet.page.evaluate(ready, tablet.folder):
            return
        tablet.page.wait_for_timeout(250)
    raise AssertionError("the pages never became ready for offline")


def write_elsewhere(tablet: Tablet, observation: str, fields: dict[str, Any]) -> None:
    """The same observer at home, on another device that knows what the centre knew."""
    cast = tablet.house.cast
    record = f"observation/{observation}"
    seen = heads_of(cast.place, cast.school, record, *fields)
    receipt = a_device(cast.place, cast.principal, "laptop1").write(cast.school, record, fields, seen=seen)
    assert not receipt.held
