"""What an outside judge says of the pages, as a phone on a slow line would see them."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from benchmarks.figures import Figure
from scripts import chromium
from scripts.screens import sign_in
from scripts.serving import demonstration

HERE = Path(__file__).resolve().parent
PROMISED = {"accessibility": 100, "best-practices": 100, "performance": 95}
PAGES = {"sign-in": ("", "/sign-in"), "Today": ("guru", "/field/id/today"), "Observe": ("kepala", "/field/id/observe")}


def measure(browser: Browser) -> list[Figure]:
    _install()
    figures = []
    with demonstration() as server:
        for name, (person, path) in PAGES.items():
            scores = _scores(f"{server}{path}", _cookies(browser, server, person) if person else "")
            figures += [
                Figure(f"Lighthouse, {name}: {category}", round(scores[category] * 100), "", least, more_is_better=True)
                for category, least in PROMISED.items()
            ]
    return figures


def _install() -> None:
    if not (HERE / "node_modules" / ".bin" / "lighthouse").exists():
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE, check=True)


def _cookies(browser: Browser, server: str, person: str) -> str:
    context = browser.new_context(base_url=server)
    sign_in(context.new_page(), person)
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in context.cookies())
    context.close()
    return cookies


def _scores(url: str, cookies: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        report, headers = Path(folder) / "report.json", Path(folder) / "headers.json"
        headers.write_text(json.dumps({"Cookie": cookies} if cookies else {}))
        command = [
            str(HERE / "node_modules" / ".bin" / "lighthouse"), url,
            "--quiet", "--output=json", f"--output-path={report}",
            f"--only-categories={','.join(PROMISED)}", f"--extra-headers={headers}",
            f"--chrome-flags=--headless {' '.join(chromium.FLAGS)}",
        ]  # fmt: skip
        subprocess.run(command, check=True, env={**os.environ, "CHROME_PATH": chromium.executable()}, timeout=240)
        found: dict[str, Any] = json.loads(report.read_text())
    return {name: category["score"] or 0 for name, category in found["categories"].items()}
