"""The scripts of the field pages as one file: asking for fifty costs a slow processor a second, network or none.

Each module becomes a function that runs when it is first needed and gives what the module exports, so a page runs only
its own. The modules under `static/js/` stay what people read and what the tests import.
"""

import posixpath
import re
from pathlib import Path

FIELD_SCRIPT = "js/field-pages.js"
ENTRY = "js/field/app.js"

_COMMENTS = re.compile(r"^[ \t]*/\*\*(?:(?!\*/)[\s\S])*\*/[ \t]*\n|^[ \t]*//[^\n]*\n|/\*\* @[^*]*\*/ ?", re.MULTILINE)
_IMPORT = re.compile(r'^import (?:(?P<what>\w+|\{[^}]*\}) from )?"(?P<path>\.[^"]+)";[^\n]*\n', re.MULTILINE)
_LATER = re.compile(r'\bimport\("(\.[^"]+)"\)')
_EXPORT = re.compile(r"^export (?=(?:(?:async )?function|class|const) (\w+))", re.MULTILINE)
_LIST = re.compile(r"(?:^|(?<=[;}]))export ?\{([^}]*)\};?", re.MULTILINE)
_UNKNOWN = re.compile(r"^(?:import|export)\b[^\n]*", re.MULTILINE)
_FIRST = """\
const made = new Map();
const once = (path, make) => () => (made.has(path) || made.set(path, make()), made.get(path));
"""


def whole(static: Path) -> str:
    """The one script: every module the field pages can need, and the entry. ValueError for syntax it does not know."""
    parts: dict[str, str] = {}
    _add(static, ENTRY, parts, ())
    entry = parts.pop(ENTRY)
    names = ", ".join(f'"{path}": {_name(path)}' for path in parts)
    return f"{_FIRST}{''.join(parts.values())}export const module = (path) => ({{ {names} }})[path]();\n{entry}"


def _add(static: Path, path: str, parts: dict[str, str], above: tuple[str, ...]) -> None:
    """Put `path` into `parts`, after everything it imports."""
    if path in above:
        raise ValueError(f"{path} imports itself by way of {above[-1]}")
    if path in parts:
        return
    text = (static / path).read_text("utf-8")
    text = text if path.startswith("vendor/") else _COMMENTS.sub("", text)
    for other in _asked_for(text):
        _add(static, _beside(path, other), parts, (*above, path))
    body, exports = _rewritten(path, text)
    parts[path] = (
        body
        if path == ENTRY
        else f'const {_name(path)} = once("{path}", () => {{\n{body}\nreturn {{ {", ".join(exports)} }};\n}});\n'
    )


def _asked_for(text: str) -> list[str]:
    return [found["path"] for found in _IMPORT.finditer(text)] + _LATER.findall(text)


def _rewritten(path: str, text: str) -> tuple[str, list[str]]:
    """The module's text without `import` and `export`, and its exports as the members of an object."""
    text = _IMPORT.sub(lambda found: _taken(path, found), text)
    text = _LATER.sub(lambda found: f"Promise.resolve().then({_name(_beside(path, found[1]))})", text)
    exports = _EXPORT.findall(text)
    text = _EXPORT.sub("", text)
    if listed := _LIST.search(text):
        exports += [_member(each) for each in listed[1].split(",")]
        text = text.replace(listed[0], "")
    if unknown := _UNKNOWN.search(text):
        raise ValueError(f"{path}: cannot join {unknown[0]!r}")
    return text, exports


def _taken(path: str, found: re.Match[str]) -> str:
    """`import { a as b } from "./c.js"` as a line of plain script."""
    source = f"{_name(_beside(path, found['path']))}()"
    if not found["what"]:
        return f"{source};\n"
    if found["what"].startswith("{"):
        return f"const {found['what'].replace(' as ', ': ')} = {source};\n"
    return f"const {{ default: {found['what']} }} = {source};\n"


def _member(listed: str) -> str:
    """`a as b` of an export list, as a member of an object."""
    name, _, known_as = listed.strip().partition(" as ")
    return f"{known_as}: {name}" if known_as else name


def _beside(path: str, relative: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), relative))


def _name(path: str) -> str:
    """What stands for a module: its path, as a name that no module uses itself."""
    return "$" + re.sub(r"\W", "_", path.removesuffix(".js"))
