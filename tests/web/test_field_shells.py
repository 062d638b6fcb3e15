"""The shells of the field pages: complete, the same for everybody, and nobody's."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient

from observe.pages import folder
from tests.fixtures.place import Town

PAGES = ("today", "observe", "records", "feedback", "device", "read")
SAID = re.compile(r'\bsay\(\s*"([^"]+)"')


class _Blocks(HTMLParser):
    """The JSON blocks of a page by their id."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = dict(attrs).get("id") or "" if tag == "script" else ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[self._inside] = self.found.get(self._inside, "") + data


@pytest.mark.parametrize("page", PAGES)
def test_a_shell_is_the_same_whoever_asks(
    page: str, client_of: Callable[[str], FlaskClient], client: FlaskClient
) -> None:
    seen = {who: client_of(who).get(f"/field/id/{page}").text for who in ("principal", "teacher")}

    assert seen["principal"] == seen["teacher"] == client.get(f"/field/id/{page}").text


@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_text_the_scripts_say_is_in_the_page(lang: str, client: FlaskClient) -> None:
    blocks = _Blocks()
    blocks.feed(client.get(f"/field/{lang}/today").text)
    words = json.loads(blocks.found["words"])

    said = {
        key: path.name for path in (folder("static") / "js").rglob("*.js") for key in SAID.findall(path.read_text())
    }

    assert {key: where for key, where in said.items() if key not in words} == {}


def test_a_sheet_carries_its_rubric_for_scoring_and_none_of_its_words_twice(
    client_of: Callable[[str], FlaskClient], town: Town
) -> None:
    page = client_of("principal").get(f"/field/id/sheet/{town.rubric}?school={town.school}").text
    blocks = _Blocks()
    blocks.feed(page)
    rubric = json.loads(blocks.found["rubric"])

    codes = [indicator["code"] for area in rubric["areas"] for indicator in area["indicators"]]

    assert len(codes) == page.count("data-indicator=") == 12
    assert all("text" not in indicator for area in rubric["areas"] for indicator in area["indicators"])


def test_a_sheet_of_another_school_is_not_there(client_of: Callable[[str], FlaskClient], town: Town) -> None:
    stranger = client_of("outside_teacher")

    assert stranger.get(f"/field/id/sheet/{town.rubric}?school={town.school}").status_code == 404


def test_the_manifest_names_icons_that_are_there(client: FlaskClient, app: Flask) -> None:
    manifest = client.get("/manifest.webmanifest").get_json()

    assert manifest["display"] == "standalone"
    assert [client.get(icon["src"]).status_code for icon in manifest["icons"]] == [200, 200, 200]
