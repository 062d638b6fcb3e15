"""No page has a violation that axe knows of: at three widths, in both languages, light, dark and in the sun."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from scripts.pages_to_picture import PICTURES, Picture
from scripts.screens import SIZES, View, context_of, show
from tests.serving import Server

AXE = (Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """
async (options) => {
  const { violations } = await axe.run(document, options);
  const where = (nodes) => nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ");
  return violations.map(({ id, nodes }) => `${id}: ${where(nodes)}`);
}
"""
SCREENS = [picture for picture in PICTURES if not picture.is_paper]


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("role", sorted({picture.role for picture in SCREENS}))
def test_every_page_is_clean(server: Server, browser: Browser, role: str, lang: str) -> None:
    context, known = context_of(browser, server.origin, role)
    found: list[str] = []
    try:
        for picture in [picture for picture in SCREENS if picture.role == role]:
            page = context.new_page()
            show(context, page, known, picture, View("tablet", "light", lang))
            page.evaluate(AXE)
            for size in ("tablet", "upright", "phone"):
                width, height = SIZES[size]
                page.set_viewport_size({"width": width, "height": height})
                found += [f"{picture.name}, {size}, {lang}: {wrong}" for wrong in violations(page, picture)]
            page.close()
    finally:
        context.close()

    assert found == []


def violations(page: Page, picture: Picture) -> list[str]:
    """Every rule in light; what depends on colour in every theme."""
    wear(page, "light")
    found = run(page, {"runOnly": {"type": "tag", "values": TAGS}})
    contrast = "color-contrast-enhanced" if picture.is_field else "color-contrast"
    for theme in ("light", "dark", "sun"):
        wear(page, theme)
        wrong = run(page, {"runOnly": {"type": "rule", "values": [contrast]}})
        found += [f"{theme}: {each}" for each in wrong]
    return found


def wear(page: Page, theme: str) -> None:
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)


def run(page: Page, options: dict[str, Any]) -> list[str]:
    found = page.evaluate(RUN, options)
    assert isinstance(found, list)
    return found
