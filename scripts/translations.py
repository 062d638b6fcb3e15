"""Keep the Indonesian texts complete, and compile them.

    python scripts/translations.py              compile the fragments into messages.mo, and check them
    python scripts/translations.py --check      check only: nothing missing, unused, contradictory or stale
    python scripts/translations.py --missing    print entries ready to paste into a fragment

English is written in the code and the templates. Indonesian is written in `observe/translations/id/<area>.po`, one
fragment for each area of the product, so that two people rarely edit one file.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
FRAGMENTS = ROOT / "observe" / "translations" / "id"
COMPILED = FRAGMENTS / "LC_MESSAGES" / "messages.mo"
PLURALS = "nplurals=1; plural=0;"  # Indonesian has one form; Babel would write two.
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2), "lazy_pgettext": ((1, "c"), 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w+\}")

Key = tuple[str | None, str, str | None]
"""Context, English, English plural."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="check only, write nothing")
    parser.add_argument("--missing", action="store_true", help="print what has no Indonesian yet")
    chosen = parser.parse_args(arguments)
    used = source_texts()
    translated, problems = indonesian(sorted(FRAGMENTS.glob("*.po")))
    if chosen.missing:
        print(skeleton({key: where for key, where in used.items() if key not in translated}))
        return 0
    problems += unmatched(used, translated)
    if chosen.check:
        problems += staleness(translated)
    else:
        compile_to(COMPILED, translated)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def check() -> list[str]:
    """Everything wrong with the translations, in words."""
    translated, problems = indonesian(sorted(FRAGMENTS.glob("*.po")))
    return problems + unmatched(source_texts(), translated) + staleness(translated)


def source_texts(root: Path = ROOT) -> dict[Key, str]:
    """Every text a person may read, with the place that says it first."""
    found: dict[Key, str] = {}
    for method, path in _sources(root):
        options = {"silent": "false"} if method == "jinja2" else {"encoding": "utf-8"}
        for line, message, _comments, context in extract_from_file(method, path, KEYWORDS, (), options):
            english, plural = message[:2] if isinstance(message, tuple) else (message, None)
            if english:
                found.setdefault((context, english, plural), f"{path.relative_to(root).as_posix()}:{line}")
    return found


def indonesian(fragments: list[Path]) -> tuple[dict[Key, str], list[str]]:
    """The Indonesian of every text in the fragments, and what is wrong inside the fragments."""
    translated: dict[Key, str] = {}
    problems = []
    for path in fragments:
        with path.open("rb") as file:
            messages = read_po(file, locale="id", abort_invalid=True)
        for message in messages:
            if not message.id:
                continue
            key, text = _key(message), _text(message)
            problems += [f"{path.name}: {problem}: {key[1]!r}" for problem in _mistakes(message, text)]
            if text and not message.fuzzy and translated.setdefault(key, text) != text:
                problems.append(f"{path.name}: another fragment translates this differently: {key[1]!r}")
    return translated, problems


def unmatched(used: dict[Key, str], translated: dict[Key, str]) -> list[str]:
    """Texts without Indonesian, and Indonesian without a text."""
    missing = [f"{where}: no Indonesian for {key[1]!r}" for key, where in used.items() if key not in translated]
    unused = [f"nothing says this any more: {key[1]!r}" for key in translated if key not in used]
    return sorted(missing) + sorted(unused)


def staleness(translated: dict[Key, str], compiled: Path = COMPILED) -> list[str]:
    """Whether the compiled file differs from the fragments."""
    if not compiled.exists():
        return [f"{compiled.name} is missing: run scripts/translations.py"]
    with compiled.open("rb") as file:
        catalog = read_mo(file)
    held = {_key(message): _text(message) for message in catalog if message.id}
    one_plural = PLURALS in str(dict(catalog.mime_headers).get("Plural-Forms"))
    return [] if held == translated and one_plural else [f"{compiled.name} is stale: run scripts/translations.py"]


def compile_to(compiled: Path, translated: dict[Key, str]) -> None:
    """Write the .mo: the same bytes for the same texts, whenever and wherever it is made."""
    never = datetime(2026, 1, 1, tzinfo=UTC)
    catalog = Catalog(locale="id", project="Observe", creation_date=never, revision_date=never, fuzzy=False)
    catalog.mime_headers = [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", PLURALS)]
    for context, english, plural in sorted(translated, key=str):
        text = translated[(context, english, plural)]
        catalog.add((english, plural) if plural else english, (text,) if plural else text, context=context)
    compiled.parent.mkdir(parents=True, exist_ok=True)
    with compiled.open("wb") as file:
        write_mo(file, catalog)


def skeleton(missing: dict[Key, str]) -> str:
    """The missing texts as entries of a fragment, waiting for their Indonesian."""
    entries = []
    for (context, english, plural), where in sorted(missing.items(), key=lambda item: item[1]):
        lines = [f"#: {where}", f"msgctxt {_quoted(context)}" if context else "", f"msgid {_quoted(english)}"]
        lines += [f"msgid_plural {_quoted(plural)}", 'msgstr[0] ""'] if plural else ['msgstr ""']
        entries.append("\n".join(line for line in lines if line))
    return "\n\n".join(entries)


def _sources(root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted((root / "observe").rglob("*.py")):
        yield "python", path
    for path in sorted((root / "templates").rglob("*.*")):
        yield "jinja2", path


def _key(message: Message) -> Key:
    english, plural = message.id if isinstance(message.id, tuple | list) else (message.id, None)
    return message.context, english, plural


def _text(message: Message) -> str:
    text = message.string[0] if isinstance(message.string, tuple | list) else message.string
    return str(text or "")


def _mistakes(message: Message, text: str) -> Iterator[str]:
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    if any(forms[1:]):
        yield "Indonesian has one plural form, write msgstr[0] only"
    if message.fuzzy:
        yield "marked fuzzy, which would never be shown"
    english = message.id if isinstance(message.id, tuple | list) else (message.id,)
    promised = {name for form in english for name in PLACEHOLDER.findall(form)}
    given = set(PLACEHOLDER.findall(text))
    if text and (given - promised or set(PLACEHOLDER.findall(english[-1])) - given):
        yield f"placeholders differ, {sorted(promised)} became {sorted(given)}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
