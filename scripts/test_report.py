"""Refuse a test run that looked away: something skipped, or a whole kind of test that did not run.

    python scripts/test_report.py FOLDER ALLOWED_SKIPS

FOLDER holds the `pytest.xml` and `node.tap` that `make test` writes.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree


def main(arguments: list[str]) -> int:
    folder, allowed_skips = (Path(argument) for argument in arguments)
    allowed = _allowed(allowed_skips.read_text())
    found = [
        *python_problems(_read(folder / "pytest.xml"), allowed),
        *node_problems(_read(folder / "node.tap"), allowed),
    ]
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


def python_problems(junit: str, allowed: frozenset[str]) -> Iterator[str]:
    """What pytest did not really test, from its JUnit report."""
    cases = list(ElementTree.fromstring(junit).iter("testcase")) if junit else []  # noqa: S314 - our own report
    if not cases:
        yield "no Python test ran"
    for case in cases:
        name = f"{case.get('classname')}::{case.get('name')}"
        for skipped in case.iter("skipped"):
            if name not in allowed:
                yield f"skipped: {name}: {skipped.get('message')}"


def node_problems(tap: str, allowed: frozenset[str]) -> Iterator[str]:
    """What node did not really test, from its TAP report."""
    passed = re.search(r"^# pass (\d+)$", tap, re.MULTILINE)
    if passed is None or passed[1] == "0":
        yield "no JavaScript test ran"
    for name, directive in re.findall(r"^\s*(?:not )?ok \d+ - (.*?) # (SKIP|TODO)\b", tap, re.MULTILINE):
        if name not in allowed:
            yield f"skipped: {name} ({directive})"


def _allowed(text: str) -> frozenset[str]:
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return frozenset(line for line in lines if line)


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
