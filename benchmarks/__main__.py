"""Measure what docs/performance.md promises, and write the figures into it.

python -m benchmarks                  everything
python -m benchmarks --only tap       what has "tap" in its name; the page is left as it is

On a busy machine the page is left as it is too, unless --busy is said.
"""

import argparse
import os
import sys
from datetime import date
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks import first_visit, lighthouse, many_records, offline_start, tap, ten_years
from benchmarks.figures import Figure, table, write
from scripts import chromium

ROOT = Path(__file__).resolve().parent.parent
MEASURES = {
    "first-visit": first_visit.measure,
    "offline-start": offline_start.measure,
    "tap": tap.measure,
    "many-records": many_records.measure,
    "lighthouse": lighthouse.measure,
    "ten-years": ten_years.measure,
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="measures whose name holds this")
    parser.add_argument("--busy", action="store_true", help="write the figures even when the machine is busy")
    chosen = parser.parse_args(arguments)
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    is_quiet = load < processors
    if not is_quiet:
        print(
            f"This machine is busy (load {load:.1f} on {processors} processors): figures mean little.", file=sys.stderr
        )
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
    if figures and not chosen.only and (is_quiet or chosen.busy):
        machine = f"{version}, {processors} processors, load {load:.1f} before"
        write(figures, date.today(), machine, ROOT / "build" / "bench.json", ROOT / "docs" / "performance.md")  # noqa: DTZ011
    return 0 if all(figure.is_kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
