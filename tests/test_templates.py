"""Every template compiles, and a partial says what it takes."""

import re
from collections.abc import Iterator

import pytest
from jinja2 import Environment, meta

from observe.app import create_app
from observe.services.place import Place
from observe.settings import Settings
from scripts.lint_templates import TEMPLATES

SETS = re.compile(r"\{%-?\s*(?:set\s+(\w+)|from\s+\S+\s+import\s+([^%]+?))\s*(?:=|-?%\})")


@pytest.fixture
def environment(place: Place) -> Iterator[Environment]:
    app = create_app(Settings(secret_key="x"), db=place.db)
    with app.test_request_context("/"):
        known: dict[str, object] = {}
        app.update_template_context(known)
        app.jinja_env.globals.update(dict.fromkeys(known))
        yield app.jinja_env


def test_every_template_compiles(environment: Environment) -> None:
    for name in environment.list_templates(extensions=["html"]):
        environment.get_template(name)


def test_a_partial_names_everything_it_takes(environment: Environment) -> None:
    unsaid = {}
    for path in TEMPLATES.rglob("_*.html"):
        source = path.read_text()
        needs = re.search(r"Needs:(.*?)#\}", source, re.DOTALL)
        made = {word for pair in SETS.findall(source) for word in re.findall(r"\w+", " ".join(pair))}
        taken = meta.find_undeclared_variables(environment.parse(source)) - environment.globals.keys() - made
        missing = taken - set(re.findall(r"\w+", needs[1] if needs else ""))
        if missing:
            unsaid[path.relative_to(TEMPLATES).as_posix()] = sorted(missing)

    assert unsaid == {}
