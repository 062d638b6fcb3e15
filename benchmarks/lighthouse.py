"""What an outside judge says of the pages, as a phone on a slow line would see them."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from benchmarks.figures import Figure
from scripts import chromium
from scripts.screens import sign_in
from scripts.serving import demonstration, free_port

HERE = Path(__file__).resolve().parent
PROMISED = {"accessibility": 100, "best-practices": 100, "performance": 95}
PAGES = {"sign-in": ("", "/sign-in"), "Today": ("guru", "/field/id/today"), "Observe": ("kepala", "/field/id/observe")}


def measure(browser: Browser) -> list[Figure]:
    _install()
    figures = []
    with demonstration() as server:
        for name, (person, path) in PAGES.items():
            with _phone(browser, server, person) as port:
                scores = _scores(f"{server}{path}", port)
            figures += [
                Figure(f"Lighthouse, {name}: {category}", round(scores[category] * 100), "", least, more_is_better=True)
                for category, least in PROMISED.items()
            ]
    return figures


@contextmanager
def _phone(browser: Browser, server: str, person: str) -> Iterator[int]:
    """A browser that listens on a port; with a person, one that she has signed in on and made ready."""
    port = free_port()
    with tempfile.TemporaryDirectory() as profile:
        context = browser.browser_type.launch_persistent_context(
            profile, executable_path=chromium.executable(), args=[*chromium.FLAGS, f"--remote-debugging-port={port}"],
            base_url=server,
        )  # fmt: skip
        if person:
            sign_in(context.new_page(), person)
        yield port
        context.close()


def _install() -> None:
    if not (HERE / "node_modules" / ".bin" / "lighthouse").exists():
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE, check=True)


def _scores(url: str, port: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            str(HERE / "node_modules" / ".bin" / "lighthouse"), url,
            "--quiet", "--output=json", f"--output-path={report}",
            f"--only-categories={','.join(PROMISED)}", f"--port={port}", "--disable-storage-reset",
        ]  # fmt: skip
        subprocess.run(command, check=True, timeout=240)
        found: dict[str, Any] = json.loads(report.read_text())
    return {name: category["score"] or 0 for name, category in found["categories"].items()}
