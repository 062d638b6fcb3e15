"""The measuring itself: figures, and the bad line."""

import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks.figures import BEGIN, END, Figure, percentile, table, write
from benchmarks.line import line

SIZE = 20_000


@pytest.fixture
def server() -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(SIZE))
            self.end_headers()
            self.wfile.write(b"x" * SIZE)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile(range(1, 101), 0.95) == 95
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile([7], 0.95) == 7


def test_a_missed_promise_is_said() -> None:
    missed = table([Figure("Tap to durable", 61, "ms", 50)])
    kept = table([Figure("Accessibility", 100, "", 100, more_is_better=True)])

    assert "**missed**" in missed
    assert "**missed**" not in kept


def test_figures_replace_what_was_measured_before_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# Measured\n\n{BEGIN}\nold\n{END}\n\nHow to repeat.\n")

    write([Figure("Tap to durable", 31, "ms", 50)], date(2026, 11, 22), "Chromium 156", tmp_path / "b.json", page)

    assert "old" not in page.read_text()
    assert "| Tap to durable | 31 ms | ≤ 50 ms |" in page.read_text()
    assert page.read_text().endswith(f"{END}\n\nHow to repeat.\n")


def test_a_bad_line_takes_its_time_and_counts_its_bytes(server: str) -> None:
    with line(server, bits_per_second=400_000, round_trip_seconds=0.2) as bad:
        began = time.monotonic()
        with urllib.request.urlopen(bad.address, timeout=10) as answer:
            assert len(answer.read()) == SIZE
        took = time.monotonic() - began

        assert took >= 0.2 + 0.2 + SIZE * 8 / 400_000
        assert took < 2
        assert SIZE < bad.bytes_down < SIZE + 500
