"""Which pages are pictured, by whom they are seen, and what is done on them first."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from playwright.sync_api import Error, Page

EVERY_SIZE = ("tablet", "upright", "phone")
DESK = ("tablet", "phone")
PAPER = ("paper",)


@dataclass(frozen=True, slots=True)
class Picture:
    """One page, in a state worth looking at."""

    name: str
    role: str
    """Whose page it is: a demonstration account, or nobody."""
    path: str
    """Where it is; `{lang}` becomes the language, and the other names what `places` found for this person."""
    prepare: Callable[[Page], None] | None = None
    """What is done on the page before the picture is taken."""
    sizes: tuple[str, ...] = EVERY_SIZE
    is_whole: bool = True
    """The whole page, or what fits on the screen."""

    @property
    def is_field(self) -> bool:
        return self.path.startswith(("/field/", "{sheet}"))

    @property
    def is_paper(self) -> bool:
        return self.sizes == PAPER


def places(page: Page, role: str) -> dict[str, str]:
    """Addresses that only this person's records know."""
    if not role:
        return {}
    page.goto("/office/")
    found = re.search(r"/office/([^/]+)", page.url)
    known = {"school": found[1] if found else ""}
    page.goto(f"/office/{known['school']}/rubrics")
    known["rubric"] = _first(page, r"/rubrics/([^/]+)$")
    page.goto(f"/office/{known['school']}/observations")
    known["observation"] = _first(page, r"/observations/([^/?]+)$")
    if role == "kepala":
        with suppress(Error):  # what cannot be begun is reported by the pictures that need it
            known["sheet"] = begin_a_lesson(page)
    return known


def _first(page: Page, address: str) -> str:
    """The first thing the page links to whose address looks like this."""
    for link in page.locator("main a[href]").all():
        found = re.search(address, link.get_attribute("href") or "")
        if found:
            return found[1]
    return ""


def begin_a_lesson(page: Page) -> str:
    """Begin an observation on this device, write as an observer would have by minute 34, and say where its sheet is."""
    page.goto("/field/id/observe")
    page.locator("main input[type=search]").fill("Lestari")
    page.locator("[data-teacher]", has_text="Lestari").first.click()
    page.wait_for_selector('#sheet[data-ready="true"]', timeout=15_000)
    address = page.url
    base = page.evaluate("document.querySelector('script[type=module]').src.replace(/js\\/field.*/, 'js/local/')")
    page.evaluate(_WRITE, {"base": base, "notes": _NOTES, "levels": _LEVELS})
    page.wait_for_timeout(500)
    return re.sub(r"https?://[^/]+/field/id/", "/field/{lang}/", address)


_WRITE = """
async ({ base, notes, levels }) => {
  const { open } = await import(`${base}records.js`);
  const { currentPerson } = await import(`${base}device.js`);
  const store = open((await currentPerson()).person);
  const address = new URL(location.href);
  const record = `observation/${address.searchParams.get("observation")}`;
  const codes = [...document.querySelectorAll("[data-indicator]")].map((item) => item.dataset.indicator);
  const began = new Date(Date.now() - 34 * 60_000).toISOString();
  const set = { started_at: began, class_name: "VIII C", topic: "Sistem pencernaan manusia" };
  levels.forEach((level, n) => { if (level !== null) set[`rating.${codes[n]}`] = level; });
  notes.forEach(([minute, text, ...items], n) => {
    const tags = items.map((item) => codes[item]);
    set[`note.01936b11-04f2-7e0a-8c55-00000000000${n}`] = { text, at_s: minute * 60 + 7 * n, tags };
  });
  await store.keep({ school: address.searchParams.get("school"), record, set });
}
"""
_LEVELS = [3, 4, 3, 2, 4, 3, None, 3, None, None, None, None]
_NOTES: list[list[object]] = [
    [1, "Papan tulis memuat tujuan pelajaran; seorang murid membacanya keras-keras.", 0],
    [4, "“Siapa yang tahu ke mana nasi pergi setelah ditelan?” Tujuh tangan terangkat.", 1, 2],
    [9, "Kelompok di dekat jendela menggambar lambung, dua murid di belakang menunggu.", 3],
    [13, "Guru duduk di kelompok tiga, bertanya “bagaimana kalian tahu?”, menunggu jawaban.", 4],
    [18, "Setiap murid memegang satu kartu organ dan menyusunnya di lantai.", 4, 5],
    [23, "Rani menjelaskan usus halus kepada temannya dengan tali tiga meter.", 5],
    [27, "Guru berkeliling dengan daftar nama dan memberi tanda pada lembar tiap kelompok.", 7],
    [31, "Tiga murid di baris belakang belum menulis apa pun.", 3],
]


def show_evidence(page: Page) -> None:
    _press(page, '[data-show="evidence"]')


def show_summary(page: Page) -> None:
    _press(page, '[data-go="summary"]')


def show_remarks(page: Page) -> None:
    page.locator("[data-remarks]").nth(1).click()


def _press(page: Page, selector: str) -> None:
    """Press it where it is shown: a tablet shows both panes, and a sheet opens where it was left."""
    button = page.locator(selector).locator("visible=true")
    if button.count():
        button.first.click()


PICTURES = [
    Picture("sign-in", "", "/sign-in", is_whole=False),
    Picture("today-observer", "kepala", "/field/{lang}/today"),
    Picture("observe", "kepala", "/field/{lang}/observe"),
    Picture("sheet", "kepala", "{sheet}", is_whole=False),
    Picture("sheet-evidence", "kepala", "{sheet}", show_evidence, ("upright", "phone"), is_whole=False),
    Picture("sheet-remarks", "kepala", "{sheet}", show_remarks, ("tablet",), is_whole=False),
    Picture("sheet-summary", "kepala", "{sheet}", show_summary),
    Picture("records", "kepala", "/field/{lang}/records"),
    Picture("device", "kepala", "/field/{lang}/device"),
    Picture("account", "kepala", "/account", sizes=DESK),
    Picture("sign-out", "kepala", "/sign-out", sizes=DESK, is_whole=False),
    Picture("today-teacher", "guru", "/field/{lang}/today"),
    Picture("feedback", "guru", "/field/{lang}/feedback"),
    Picture("read", "guru", "/field/{lang}/read?observation={observation}"),
    Picture("observations", "admin", "/office/{school}/observations", sizes=DESK),
    Picture("observation", "admin", "/office/{school}/observations/{observation}", sizes=DESK),
    Picture("observation-on-paper", "admin", "/office/{school}/observations/{observation}/print", sizes=PAPER),
    Picture("people", "admin", "/office/{school}/people", sizes=DESK),
    Picture("person-new", "admin", "/office/{school}/people/new", sizes=DESK),
    Picture("devices", "admin", "/office/{school}/devices", sizes=DESK),
    Picture("hand-in", "admin", "/office/{school}/files", sizes=DESK),
    Picture("decisions", "admin", "/office/{school}/decisions", sizes=DESK),
    Picture("rubrics", "admin", "/office/{school}/rubrics", sizes=DESK),
    Picture("rubric", "admin", "/office/{school}/rubrics/{rubric}", sizes=DESK),
    Picture("rubric-on-paper", "admin", "/office/{school}/rubrics/{rubric}/print", sizes=PAPER),
]
