"""Every text has its Indonesian, and the compiled file is the one the fragments make."""

import gettext
from pathlib import Path

from scripts import translations

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


def a_fragment(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(HEADER + body)
    return path


def test_every_text_has_indonesian_and_the_compiled_file_is_fresh() -> None:
    assert translations.check() == []


def test_texts_are_found_in_code_and_in_templates(tmp_path: Path) -> None:
    (tmp_path / "observe").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "observe" / "visit.py").write_text('title = lazy_gettext("A visit")\n')
    (tmp_path / "templates" / "visit.html").write_text(
        '{{ ngettext("%(num)d note", "%(num)d notes", n) }}{{ _("Sign") }}'
    )

    found = translations.source_texts(tmp_path)

    assert found[(None, "A visit", None)] == "observe/visit.py:1"
    assert (None, "%(num)d note", "%(num)d notes") in found
    assert (None, "Sign", None) in found


def test_missing_and_unused_texts_are_named() -> None:
    used = {(None, "Sign", None): "templates/visit.html:3"}
    translated = {(None, "Seal", None): "Segel"}

    problems = translations.unmatched(used, translated)

    assert problems == ["templates/visit.html:3: no Indonesian for 'Sign'", "nothing says this any more: 'Seal'"]


def test_two_fragments_that_disagree_are_refused_and_two_that_agree_are_not(tmp_path: Path) -> None:
    field = a_fragment(tmp_path, "field.po", 'msgid "Sign"\nmsgstr "Tanda tangani"\n')
    same = a_fragment(tmp_path, "print.po", 'msgid "Sign"\nmsgstr "Tanda tangani"\n')
    other = a_fragment(tmp_path, "office.po", 'msgid "Sign"\nmsgstr "Teken"\n')

    assert translations.indonesian([field, same])[1] == []
    assert translations.indonesian([field, other])[1] == [
        "office.po: another fragment translates this differently: 'Sign'"
    ]


def test_a_placeholder_lost_in_translation_is_refused(tmp_path: Path) -> None:
    lost = a_fragment(tmp_path, "field.po", 'msgid "Since %(day)s"\nmsgstr "Sejak Senin"\n')

    assert "placeholders differ" in translations.indonesian([lost])[1][0]


def test_the_compiled_file_has_one_plural_form_and_says_it(tmp_path: Path) -> None:
    compiled = tmp_path / "messages.mo"
    translated = {(None, "%(num)d note", "%(num)d notes"): "%(num)d catatan", (None, "Sign", None): "Tanda tangani"}

    translations.compile_to(compiled, translated)

    with compiled.open("rb") as file:
        read = gettext.GNUTranslations(file)
    assert [read.ngettext("%(num)d note", "%(num)d notes", n) for n in (0, 1, 5)] == ["%(num)d catatan"] * 3
    assert read.gettext("Sign") == "Tanda tangani"
    assert translations.staleness(translated, compiled) == []


def test_a_compiled_file_older_than_its_fragments_is_stale(tmp_path: Path) -> None:
    compiled = tmp_path / "messages.mo"
    translations.compile_to(compiled, {(None, "Sign", None): "Teken"})

    assert translations.staleness({(None, "Sign", None): "Tanda tangani"}, compiled) != []


def test_the_same_texts_compile_to_the_same_bytes(tmp_path: Path) -> None:
    translated = {(None, word, None): word.lower() for word in ("Sign", "Note", "Visit")}

    translations.compile_to(tmp_path / "one.mo", translated)
    translations.compile_to(tmp_path / "two.mo", dict(reversed(translated.items())))

    assert (tmp_path / "one.mo").read_bytes() == (tmp_path / "two.mo").read_bytes()
