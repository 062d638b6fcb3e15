"""Hold the templates to what a strict CSP, htmx 4 and Alpine's CSP build can run, and to where each may be used.

    python scripts/lint_templates.py [FILE ...]      all of templates/ when no file is named

What it refuses would not fail in a test: the browser drops it in silence, or runs a person's words as code.
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"

JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
NAME = re.compile(r"!?[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*")
LOOP = re.compile(r"(\w+|\(\w+,\s*\w+\))\s+in\s+[A-Za-z_$][\w$.]*")
HARMLESS = re.compile(
    r"""(static_)?url(_for)?\(.*\) | (\w+\.)*(\w+_)?id | loop\.index0?
        | _\(\s*("[^"]*"|'[^']*')\s*\) | "[^"]*" | '[^']*' """,
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Tag:
    """One start tag, with the Jinja expressions of its attributes in place of where they stood."""

    line: int
    name: str
    attributes: dict[str, str]


def main(arguments: list[str]) -> int:
    paths = [Path(argument) for argument in arguments] or sorted(TEMPLATES.rglob("*.html"))
    found = [problem for path in paths for problem in problems(path, path.read_text())]
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


def problems(path: Path, source: str) -> Iterator[str]:
    """Everything wrong with one template, each with its line."""
    tags = _tags(source)
    is_field = "field" in path.parts
    for tag in tags:
        for rule in RULES:
            yield from (f"{path}:{tag.line}: {problem}" for problem in rule(tag))
        if is_field:
            yield from (f"{path}:{tag.line}: {problem}" for problem in _htmx_attributes(tag))
    for match in re.finditer(r"\|\s*safe\b|autoescape\s+false", source):
        yield f"{path}:{_line(source, match.start())}: escaping may not be switched off"
    if path.name.startswith("_") and not re.search(r"\{#.*?Needs:.*?#\}", source, re.DOTALL):
        yield f"{path}:1: a partial says what it takes: {{# What it shows. Needs: one, two #}}"
    yield from (f"{path}:{line}: a form that posts carries a csrf_token" for line in _forms_without_token(source))


def _no_inline_code(tag: Tag) -> Iterator[str]:
    if tag.name == "style" or "style" in tag.attributes:
        yield "inline style: the CSP drops it"
    if tag.name == "script" and "src" not in tag.attributes and tag.attributes.get("type") != "application/json":
        yield "inline script: the CSP drops it"
    for name, value in tag.attributes.items():
        if re.fullmatch(r"on[a-z]+", name):
            yield f"{name}: an inline handler, the CSP drops it"
        if value.strip().lower().startswith(("javascript:", "js:")):
            yield f"{name}: code in a value, the CSP drops it"


def _no_evaluated_htmx(tag: Tag) -> Iterator[str]:
    for name, value in tag.attributes.items():
        plain = name.removeprefix("data-")
        if plain.startswith("hx-on"):
            yield f"{name}: needs eval, does nothing here"
        if plain.startswith("hx-trigger") and "[" in value:
            yield f"{name}: a [filter] needs eval, does nothing here"


def _only_names_for_alpine(tag: Tag) -> Iterator[str]:
    for name, value in tag.attributes.items():
        if name.startswith("x-html"):
            yield "x-html: words would run as markup"
        elif name == "x-for":
            if not LOOP.fullmatch(value.strip()):
                yield f"x-for: {value!r} is not `item in items`"
        elif _is_alpine(name) and value.strip() and not NAME.fullmatch(value.strip()) and not _expressions(value):
            yield f"{name}: {value!r} is more than one name or !name"
        if name.startswith("x-show"):
            yield "x-show: writes a style attribute; use x-bind:hidden"


def _no_words_where_code_is_read(tag: Tag) -> Iterator[str]:
    for name, value in tag.attributes.items():
        if _is_alpine(name) or name.removeprefix("data-").startswith("hx-"):
            for expression in _expressions(value):
                if not HARMLESS.fullmatch(expression):
                    yield f"{name}: {{{{ {expression} }}}} may be a person's words; this attribute is read as code"


def _htmx_attributes(tag: Tag) -> Iterator[str]:
    for name in tag.attributes:
        if name.removeprefix("data-").startswith("hx-"):
            yield f"{name}: a field page opens with no network"


RULES: tuple[Callable[[Tag], Iterator[str]], ...] = (
    _no_inline_code,
    _no_evaluated_htmx,
    _only_names_for_alpine,
    _no_words_where_code_is_read,
)


def _is_alpine(name: str) -> bool:
    return name.startswith(("x-", ":", "@"))


class _Reader(HTMLParser):
    """Collects start tags. Jinja was hidden as characters HTML has no opinion about."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[Tag] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(Tag(self.getpos()[0], tag, {name: value or "" for name, value in attrs}))


def _tags(source: str) -> list[Tag]:
    """The start tags of a template; `{{ … }}` in attributes becomes `⟦number⟧` while HTML is read."""
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        lines = "\n" * match[0].count("\n")
        if not match[0].startswith("{{"):
            return " " + lines
        hidden.append(match[0][2:-2].strip("-+ \n"))
        return f"⟦{len(hidden) - 1}⟧" + lines

    reader = _Reader()
    reader.feed(JINJA.sub(hide, source))
    reader.close()

    def show(value: str) -> str:
        return re.sub(r"⟦(\d+)⟧", lambda match: "⟦" + hidden[int(match[1])] + "⟧", value)

    return [
        Tag(tag.line, tag.name, {name: show(value) for name, value in tag.attributes.items()}) for tag in reader.tags
    ]


def _expressions(value: str) -> list[str]:
    return [match.strip() for match in re.findall(r"⟦(.*?)⟧", value, re.DOTALL)]


def _forms_without_token(source: str) -> Iterator[int]:
    for match in re.finditer(r"<form\b[^>]*\bmethod=[\"']post[\"'].*?</form>", source, re.DOTALL | re.IGNORECASE):
        if "csrf_token" not in match[0] and "hidden_tag" not in match[0]:
            yield _line(source, match.start())


def _line(source: str, position: int) -> int:
    return source.count("\n", 0, position) + 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
