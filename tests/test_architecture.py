"""The parts of ARCHITECTURE.md and docs/style.md that import-linter and ruff do not see."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = sorted([*(ROOT / "observe").rglob("*.py"), *(ROOT / "sync").rglob("*.py")])
SCRIPTS = sorted(path for path in (ROOT / "static").rglob("*.js") if "vendor" not in path.parts)
SHEETS = sorted((ROOT / "static" / "css").rglob("*.css"))

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "data", "info", "common", "misc", "base"}
SQL = re.compile(
    r"\s*(select\s.+\sfrom|insert\s+into|update\s+\w+\s+set|delete\s+from|create\s+(table|index))\s", re.I | re.S
)
# `secrets` is not here: a token or a pass-phrase is made where it is needed, and its source is not for swapping.
FETCHES = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time",
    "os.urandom", "uuid.uuid1", "uuid.uuid4",
    "random.random", "random.choice", "random.randint", "random.shuffle",
}  # fmt: skip


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))


def lines_with(pattern: str, paths: list[Path], *, except_in: tuple[str, ...] = ()) -> list[str]:
    wanted = re.compile(pattern)
    return [
        f"{relative(path)}:{number}: {line.strip()}"
        for path in paths
        if path.name not in except_in
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if wanted.search(line)
    ]


def test_an_init_holds_nothing_but_a_version() -> None:
    for path in CODE:
        if path.name == "__init__.py":
            for node in ast.parse(path.read_text()).body:
                is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
                is_version = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__"
                assert is_docstring or is_version, f"{relative(path)}: {ast.unparse(node)}"


def test_a_module_is_named_for_what_is_in_it() -> None:
    assert [relative(path) for path in [*CODE, *SCRIPTS] if path.stem in EMPTY_NAMES] == []


def test_sql_is_written_in_the_store_alone() -> None:
    outside = [
        f"{relative(path)}:{node.lineno}: {node.value.strip()[:60]}"
        for path in CODE
        if "store" not in path.parts
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]

    assert outside == []


def test_the_clock_new_ids_and_chance_are_fetched_at_the_edge_alone() -> None:
    inside = [
        f"{relative(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in CODE
        if path.name not in {"app.py", "cli.py"}
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in FETCHES
    ]

    assert inside == []


ONCE = {
    "build._pair": "a demonstration is made by one process, in a file",
    "build._part": "a demonstration is made by one process, in a file",
    "joining.join": "an operator's command, which may be given again",
    "uplink.compare": "a round of the node, which comes again",
    "uplink._deal": "a round of the node, which comes again",
}
"""What opens a transaction and is not done again after a conflict, and why that is right."""


def test_what_opens_a_transaction_is_done_again_after_a_conflict() -> None:
    opening = {
        f"{path.stem}.{node.name}"
        for path in CODE
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(part, ast.Attribute) and ast.unparse(part) == "place.db.atomic" for part in ast.walk(node))
        and "retried" not in map(ast.unparse, node.decorator_list)
    }

    assert opening - set(ONCE) == set()


def test_only_errors_know_status_codes_of_refusals() -> None:
    below_web = [path for path in CODE if "web" not in path.parts and path.name != "app.py"]

    assert lines_with(r"\b(status_code|HTTPStatus)\b", below_web) == []


def test_files_stay_small() -> None:
    assert [relative(path) for path in [*CODE, *SCRIPTS, *SHEETS] if len(path.read_text().splitlines()) > 400] == []


def test_no_script_makes_markup_or_code_out_of_text() -> None:
    assert (
        lines_with(r"\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\(", SCRIPTS) == []
    )


def test_every_module_is_type_checked() -> None:
    unchecked = [relative(path) for path in SCRIPTS if not path.read_text().startswith("// @ts-check\n")]

    assert unchecked == []


def test_the_service_worker_imports_nothing() -> None:
    assert lines_with(r"^\s*import\b|importScripts", [ROOT / "static" / "sw.js"]) == []


def test_colours_are_named_in_the_tokens_and_for_paper_alone() -> None:
    assert (
        lines_with(
            r":[^;{]*(#[0-9a-fA-F]{3,8}\b|\b(rgb|hsl|oklch|oklab|lab)a?\()",
            SHEETS,
            except_in=("tokens.css", "print.css"),
        )
        == []
    )


def test_css_uses_layers_logical_sides_and_no_important() -> None:
    assert [relative(path) for path in SHEETS if "@layer" not in path.read_text()] == []
    assert lines_with(r"!important", SHEETS) == []
    assert lines_with(r"^\s*(margin|padding|border)-(left|right|top|bottom)\b|text-align:\s*(left|right)", SHEETS) == []
