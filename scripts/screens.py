"""Picture every page into `screens/`, with a contact sheet, to look at what people will look at.

    python -m scripts.screens                    everything: each size, light, both languages
    python -m scripts.screens --only observe     the pages whose name holds "observe"
    python -m scripts.screens --quick            one size, one light, one language each

What is pictured is data: see `scripts/pages_to_picture.py`.
"""

import argparse
import html
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from scripts import chromium
from scripts.pages_to_picture import PICTURES, Picture, places
from scripts.serving import PASSWORD, demonstration

FOLDER = Path(__file__).resolve().parent.parent / "screens"
USABLE = '[data-part="page"]:not([hidden]), #sheet[data-ready="true"]'
"""A field page that has drawn what is on the device."""

SIZES = {"tablet": (1024, 768), "upright": (768, 1024), "phone": (360, 740), "paper": (794, 1123)}


class CannotShow(Exception):
    """The page did not open."""


@dataclass(frozen=True, slots=True)
class View:
    """One way of looking at a page."""

    size: str
    light: str
    lang: str

    def file_name(self, picture: Picture) -> str:
        return f"{picture.name}--{self.size}--{self.light}--{self.lang}.png"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="pages whose name holds this")
    parser.add_argument("--quick", action="store_true", help="one size, one light, one language")
    parser.add_argument("--address", help="picture a server that is already running")
    chosen = parser.parse_args(arguments)
    pictures = [picture for picture in PICTURES if chosen.only in picture.name]
    started = monotonic()
    FOLDER.mkdir(exist_ok=True)
    if chosen.address:
        failed = take_all(chosen.address, pictures, quick=chosen.quick)
    else:
        with demonstration() as address:
            failed = take_all(address, pictures, quick=chosen.quick)
    _write_contact_sheet(FOLDER)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.name}/index.html, {monotonic() - started:.0f} s")
    for failure in failed:
        print(failure, file=sys.stderr)
    return 1 if failed else 0


def take_all(address: str, pictures: list[Picture], *, quick: bool) -> list[str]:
    """Picture each page in every way; what could not be pictured comes back in words."""
    failed = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.FLAGS)
        for role in dict.fromkeys(picture.role for picture in pictures):
            context, known = context_of(browser, address, role)
            for picture in (picture for picture in pictures if picture.role == role):
                failed += list(_take(context, known, picture, views(picture, quick=quick)))
            context.close()
        browser.close()
    return failed


def views(picture: Picture, *, quick: bool) -> list[View]:
    """Every way of looking at this page. The sun theme is for the pages used in the sun."""
    lights = ["light", "dark", "sun"] if picture.is_field else ["light"] if picture.is_paper else ["light", "dark"]
    if quick:
        return [View(picture.sizes[0], "light", "id")]
    every = [View(size, light, "id") for size in picture.sizes for light in lights]
    return every + [View(size, "light", "en") for size in picture.sizes]


def context_of(browser: Browser, address: str, role: str) -> tuple[BrowserContext, dict[str, str]]:
    """A browser where this person has signed in, and the addresses that only her records know."""
    context = browser.new_context(base_url=address, reduced_motion="reduce", locale="id-ID", timezone_id="Asia/Jakarta")
    context.set_default_timeout(8_000)
    page = context.new_page()
    if role:
        sign_in(page, role)
    known = places(page, role) | {"address": address}
    page.close()
    return context, known


def sign_in(page: Page, role: str) -> None:
    """Sign in as one of the demonstration accounts; whoever has field pages makes this device ready for them."""
    page.goto("/sign-in")
    page.locator("input[name=login]").fill(role)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button.button--next").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    if "/field/" in page.url:
        make_ready(page)


def make_ready(page: Page) -> None:
    """Give the device the name it proposes, and wait until it works without a network."""
    page.locator("[data-part=pairing-form] button").click()
    page.locator("[data-part=ready-shells][data-state=done]").wait_for(timeout=60_000)


def _take(context: BrowserContext, known: dict[str, str], picture: Picture, ways: list[View]) -> Iterator[str]:
    for view in ways:
        page = context.new_page()
        try:
            show(context, page, known, picture, view)
            page.screenshot(path=FOLDER / view.file_name(picture), full_page=picture.is_whole)
            if picture.is_paper:
                page.pdf(path=(FOLDER / view.file_name(picture)).with_suffix(".pdf"), prefer_css_page_size=True)
        except (Error, CannotShow) as problem:
            yield f"{view.file_name(picture)}: {str(problem).splitlines()[0]}"
        finally:
            page.close()


def show(context: BrowserContext, page: Page, known: dict[str, str], picture: Picture, view: View) -> None:
    """Open the page as `view` says and bring it into the state worth looking at; CannotShow when it does not open."""
    width, height = SIZES[view.size]
    page.set_viewport_size({"width": width, "height": height})
    scheme: Literal["dark", "light"] = "dark" if view.light == "dark" else "light"
    page.emulate_media(color_scheme=scheme, media="print" if picture.is_paper else "screen")
    context.add_cookies([{"name": "lang", "value": view.lang, "url": known["address"]}])
    page.add_init_script(f"localStorage.setItem('observe-theme', '{view.light}')")
    answer = page.goto(_filled(_filled(picture.path, known), {"lang": view.lang}))
    if answer is not None and not answer.ok:
        raise CannotShow(f"{answer.status} at {page.url}")
    page.wait_for_load_state("networkidle")
    if picture.is_field:
        page.wait_for_selector(USABLE)
    if picture.prepare:
        picture.prepare(page)
    page.wait_for_timeout(150)  # fonts and the last state line


def _filled(path: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def _write_contact_sheet(folder: Path) -> None:
    groups: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.png")):
        groups.setdefault(path.name.split("--", 1)[0], []).append(path.name)
    sections = "".join(
        f"<section><h2>{html.escape(name)}</h2><div>{''.join(map(_figure, files))}</div></section>"
        for name, files in groups.items()
    )
    (folder / "index.html").write_text(
        '<!doctype html><meta charset="utf-8"><title>Observe: every page</title><style>'
        "body{font:16px system-ui;margin:2rem;background:#eee}div{display:flex;flex-wrap:wrap;gap:1rem}"
        "figure{margin:0}img{height:22rem;border:1px solid #999;object-fit:cover;object-position:top}"
        f"</style><h1>Observe: every page</h1>{sections}"
    )


def _figure(name: str) -> str:
    shown = html.escape(name.removesuffix(".png").replace("--", ", "))
    return (
        f'<figure><a href="{name}"><img src="{name}" alt="{shown}" loading="lazy"></a>'
        f"<figcaption>{shown}</figcaption></figure>"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
