"""Measure what docs/performance.md promises, and write the figures into it.

python -m benchmarks                  everything
python -m benchmarks --only tap       what has "tap" in its name; the page is left as it is
"""

import argparse
import sys
from datetime import date
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks import first_visit, lighthouse, many_records, offline_start, tap
from benchmarks.figures import Figure, table, write
from scripts import chromium

ROOT = Path(__file__).resolve().parent.parent
MEASURES = {
    "first-visit": first_visit.measure,
    "offline-start": offline_start.measure,
    "tap": tap.measure,
    "many-records": many_records.measure,
    "lighthouse": lighthouse.measure,
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="measures whose name holds this")
    chosen = parser.parse_args(arguments)
    figures: list[Figure] = []
    version = ""
    with sync_playwright() as playwright:
        for name, measure in MEASURES.items():
            if chosen.only in name:
                print(f"{name} ...", file=sys.stderr)
                browser = playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.FLAGS)
                version = f"Chromium {browser.version}"
                figures += measure(browser)
                browser.close()
    print(table(figures))
    if figures and not chosen.only:
        write(figures, date.today(), version, ROOT / "build" / "bench.json", ROOT / "docs" / "performance.md")  # noqa: DTZ011
    return 0 if all(figure.is_kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
