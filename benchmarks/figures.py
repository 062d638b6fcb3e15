"""What was measured, beside what was promised."""

import json
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from math import ceil
from pathlib import Path

BEGIN, END = "<!-- measured: make bench writes between these lines -->", "<!-- end of measured -->"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, and the most (or, for a score, the least) it may be."""

    what: str
    value: float
    unit: str
    promised: float | None = None
    more_is_better: bool = False
    detail: str = ""

    @property
    def is_kept(self) -> bool:
        if self.promised is None:
            return True
        return self.value >= self.promised if self.more_is_better else self.value <= self.promised


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    return sorted(values)[max(0, ceil(len(values) * share) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """The figures as Markdown."""
    rows = ["| what | measured | promised | |", "|---|---:|---:|---|"]
    for figure in figures:
        sign = "≥" if figure.more_is_better else "≤"
        promised = f"{sign} {_number(figure.promised)} {figure.unit}" if figure.promised is not None else ""
        missed = "" if figure.is_kept else "**missed** "
        rows.append(f"| {figure.what} | {_number(figure.value)} {figure.unit} | {promised} | {missed}{figure.detail} |")
    return "\n".join(rows)


def write(figures: Sequence[Figure], on: date, chromium: str, json_path: Path, page: Path) -> None:
    """Keep the figures as JSON, and put them into the page between its two marks."""
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {chromium}"
    json_path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"on": on.isoformat(), "machine": machine, "figures": [asdict(figure) for figure in figures]}
    json_path.write_text(json.dumps(kept, indent=2) + "\n")
    measured = f"{BEGIN}\n\nMeasured on {on.isoformat()}: {machine}.\n\n{table(figures)}\n\n{END}"
    page.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: measured, page.read_text(), flags=re.S))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.1f}"
