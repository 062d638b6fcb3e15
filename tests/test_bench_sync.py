"""Measuring the exchange: the line that counts, the records, and the ratios on the page."""

import threading
import urllib.request
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks.sync.counting import counting
from benchmarks.sync.page import BARE, BEGIN, END, OURS, POUCHDB, Run, promises, write
from benchmarks.sync.records import changes, form, observations
from benchmarks.sync.works import IDLE, PULL, PUSH, Measured
from observe.domain import kinds
from sync.change import Change

SIZE = 20_000


@pytest.fixture
def server() -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_the_line_counts_bytes_both_ways_and_requests(server: str) -> None:
    with counting(server) as line:
        for _ in range(2):
            with urllib.request.urlopen(line.address, data=b"GET x" * (SIZE // 5), timeout=10) as answer:
                assert answer.read() == b"ok"

        assert 2 * SIZE < line.bytes_up < 2 * SIZE + 1000
        assert 4 < line.bytes_down < 1000
        assert line.requests == 2


def test_a_record_is_one_that_the_product_takes_and_of_four_kilobytes() -> None:
    (first, *_) = records = observations()
    change = Change("tablet1.1", "s", "observation/01936b11-04f2-7e0a-8c55-4f1f6a9b7e21", "p", "", first)

    kinds.check(change)

    assert records == observations()
    assert 3_800 < len(str(first)) < 4_600
    assert all(form().rubric.allows(name[7:], value) for name, value in first.items() if name.startswith("rating."))


def test_what_a_run_changes_is_ten_records_and_other_words_in_each_run() -> None:
    assert len({each["index"] for each in changes(1, 10_000)}) == 10
    assert changes(1, 10_000) == changes(1, 10_000) != changes(2, 10_000)


def a_run(*measured: Measured) -> Run:
    return Run(date(2026, 11, 22), "2 processors", measured, {}, {"Kinto, PostgreSQL": "it could not be had"})


def test_a_promise_is_a_ratio_within_the_run_and_a_missed_one_says_by_how_much() -> None:
    run = a_run(
        Measured(BARE, PUSH, 0.1, 0.1, 0.1),
        Measured(OURS, PUSH, 0.4, 0.4, 0.4, 500, 100),
        Measured(POUCHDB, PUSH, 1.0, 1.0, 1.0, 5000, 1000),
        Measured(OURS, IDLE, 0.1, 0.1, 0.1, 200, 300),
    )

    kept = {promise.what: promise.is_kept for promise in promises(run)}

    assert kept["first push of 1,000: times as fast as pouchdb-server"]
    assert not kept["first push of 1,000: times the seconds of the bare door"]
    assert kept["nothing changed at 10,000: bytes both ways, headers too"]
    assert "4.00 × | ≤ 2.00 × | **missed** by a factor of 2.00 |" in run.as_markdown()
    assert "Not in this run: Kinto, PostgreSQL, because it could not be had." in run.as_markdown()


def test_the_page_is_written_between_its_marks_only(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")

    write(a_run(Measured(OURS, PULL, 0.4, 0.3, 0.5, 500, 150_000, 3)), tmp_path / "bench-sync.json", page)

    assert page.read_text().startswith(f"before\n{BEGIN}\n\nMeasured on 2026-11-22")
    assert page.read_text().endswith(f"{END}\nafter\n")
    assert (
        "| first pull of 1,000 | observe, SQLite | 1.00 × | 0.400 (0.300–0.500) | 2,500 | 0.5 | 150 | 3 |"
        in page.read_text()
    )
