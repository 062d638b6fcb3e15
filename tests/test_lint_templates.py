"""What the template lint refuses, and what it lets pass."""

from pathlib import Path

import pytest

from scripts import lint_templates
from scripts.lint_templates import TEMPLATES, problems


def found(source: str, path: str = "office/people.html") -> list[str]:
    return [problem.split(": ", 1)[1] for problem in problems(Path(path), source)]


def test_the_templates_of_the_product_pass() -> None:
    assert [problem for path in TEMPLATES.rglob("*.html") for problem in problems(path, path.read_text())] == []


@pytest.mark.parametrize(
    "source",
    [
        '<p style="color: red">x</p>',
        "<style>p { color: red }</style>",
        "<script>go()</script>",
        '<button onclick="go()">Go</button>',
        '<a href="javascript:go()">Go</a>',
        '<button hx-on:click="go()">Go</button>',
        '<button data-hx-on:click="go()">Go</button>',
        "<button hx-vals='js:{a: 1}'>Go</button>",
        "<input hx-trigger=\"keyup[key=='Enter']\">",
        '<p x-html="words"></p>',
        '<p x-show="open"></p>',
        '<p x-text="a + b"></p>',
        '<p x-text="say(name)"></p>',
        '<p @click="open = true"></p>',
        '<p :class="{open: isOpen}"></p>',
        '<template x-for="i in count()"></template>',
        "<div x-data=\"note('{{ note.text }}')\"></div>",
        '<div hx-vals=\'{"name": "{{ person.name }}"}\'></div>',
        '<a hx-get="/people?q={{ query }}">Next</a>',
        '<div {% if is_open %}x-init="{{ start }}"{% endif %}></div>',
        "{{ note.text|safe }}",
        '<form method="post"><button>Save</button></form>',
    ],
)
def test_refused(source: str) -> None:
    assert found(source)


@pytest.mark.parametrize(
    "source",
    [
        '<script src="{{ static_url(\'js/app.js\') }}" type="module"></script>',
        '<script type="application/json" id="sheet">{{ sheet|tojson }}</script>',
        '<fieldset x-data="indicator" data-text="{{ indicator.text }}"></fieldset>',
        '<p x-text="note.text" x-bind:hidden="!isOpen" @click.prevent="open"></p>',
        '<template x-for="note in visit.notes" :key="note.id"></template>',
        '<template x-for="(note, place) in notes"></template>',
        '<form method="post" hx-post="{{ url_for(\'.set_note\') }}">{{ form.csrf_token }}</form>',
        '<p hx-target="#note-{{ note.id }}"></p>',
        "<button hx-confirm=\"{{ _('Really?') }}\" hx-vals='{\"page\": 2}'>Go</button>",
        '<option value="{{ name }}" {% if name == chosen %}selected{% endif %}>{{ name }}</option>',
        '{# <p style="x"> in a comment #}',
    ],
)
def test_let_pass(source: str) -> None:
    assert found(source) == []


def test_a_field_page_has_no_htmx() -> None:
    assert found('<a hx-get="/x">x</a>', "field/today.html") == ["hx-get: a field page opens with no network"]


def test_a_partial_says_what_it_needs() -> None:
    assert found("<p>x</p>", "office/_note.html")
    assert not found("{# One note. Needs: note #}\n<p>x</p>", "office/_note.html")


def test_the_line_is_named() -> None:
    first = next(problems(Path("a.html"), "{# two\nlines #}\n<p>\n<p style='x'>"))

    assert first.startswith("a.html:4: ")


def test_the_command_fails_when_a_template_does(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("<p style='x'>")
    (tmp_path / "good.html").write_text("<p>x</p>")

    assert lint_templates.main([str(tmp_path / "bad.html")]) == 1
    assert lint_templates.main([str(tmp_path / "good.html")]) == 0
