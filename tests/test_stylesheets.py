"""What STYLE says about CSS, as far as a machine can hold it."""

import re
from pathlib import Path

import pytest

from observe.pages import folder

SHEETS = sorted((folder("static") / "css").rglob("*.css"))
LAYERS = {"reset", "base", "layout", "components", "print"}
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|color-mix)\(")
PHYSICAL = re.compile(
    r"(?<![\w-])(?:margin|padding|border)-(?:left|right|top|bottom)\b|(?<![\w-])(?:left|right|top|bottom)\s*:"
)
NAME = re.compile(r"--([\w-]+)\s*:")
USE = re.compile(r"var\(--([\w-]+)")


def _rules(path: Path) -> str:
    return COMMENT.sub("", path.read_text())


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_stylesheet_names_no_colour_no_side_and_shouts_at_nobody(path: Path) -> None:
    rules = _rules(path)

    assert "!important" not in rules
    assert PHYSICAL.findall(rules) == []
    assert path.name == "tokens.css" or COLOUR.findall(rules) == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_every_layer_a_stylesheet_opens_is_one_of_ours(path: Path) -> None:
    assert set(re.findall(r"@layer (\w+) \{", _rules(path))) <= LAYERS


def test_every_token_that_is_used_exists() -> None:
    named = {name for path in SHEETS for name in NAME.findall(_rules(path))}

    assert {name for path in SHEETS for name in USE.findall(_rules(path))} - named == set()


def test_dark_is_the_same_whether_the_device_or_the_person_asks() -> None:
    tokens = _rules(folder("static") / "css" / "tokens.css")
    by_device = re.search(r'\[data-theme="sun"\]\) \{(.*?)\}', tokens, re.DOTALL)
    by_person = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', tokens, re.DOTALL)

    assert by_device and by_person
    assert by_device[1].split() == by_person[1].split()


TEXT_ON = {
    "ink": ("paper", "paper-deep", "paper-raised", "mark-wash", "warn-wash", "bad-wash"),
    "ink-soft": ("paper", "paper-deep", "paper-raised"),
    "accent": ("paper", "paper-deep", "paper-raised"),
    "accent-deep": ("paper", "paper-deep"),
    "warn": ("paper", "paper-deep", "warn-wash"),
    "bad": ("paper", "paper-deep", "bad-wash"),
    "good": ("paper", "paper-deep"),
    "on-accent": ("accent", "accent-deep"),
    "on-mark": ("mark",),
}
THEMES = {"light": ":root {", "dark": ':root[data-theme="dark"] {', "sun": ':root[data-theme="sun"] {'}


@pytest.mark.parametrize("theme", THEMES)
def test_text_stands_out_seven_to_one_in_every_theme(theme: str) -> None:
    tokens = _rules(folder("static") / "css" / "tokens.css")
    colours = _colours(tokens, THEMES["light"]) | _colours(tokens, THEMES[theme])

    pale = {
        f"{text} on {ground}": round(_contrast(colours[text], colours[ground]), 2)
        for text, grounds in TEXT_ON.items()
        for ground in grounds
        if _contrast(colours[text], colours[ground]) < 7
    }

    assert pale == {}


def _colours(tokens: str, opening: str) -> dict[str, str]:
    block = tokens.split(opening, 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """As WCAG 2.2 defines relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
