"""What was measured as Markdown: every figure, and the promises as ratios within the run."""

import json
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from benchmarks.sync.works import IDLE, PULL, PUSH, TEN, TWENTY, WORKS, Measured

BEGIN = "<!-- measured: make bench-sync writes between these lines -->"
END = "<!-- end of measured exchange -->"
OURS, OURS_ELSEWHERE = "observe, SQLite", "observe, PostgreSQL"
POUCHDB, KINTO, BARE = "pouchdb-server", "Kinto, PostgreSQL", "bare door, SQLite"
PEERS = (POUCHDB, KINTO)


@dataclass(frozen=True, slots=True)
class Promise:
    """A ratio or a size, and the most or the least it may be."""

    what: str
    value: float
    bound: float
    unit: str = "×"
    more_is_better: bool = False

    @property
    def is_kept(self) -> bool:
        return self.value >= self.bound if self.more_is_better else self.value <= self.bound

    @property
    def missed_by(self) -> str:
        """How many times too slow, too many or too large."""
        off = self.bound / self.value if self.more_is_better else self.value / self.bound
        return "" if self.is_kept else f"**missed** by a factor of {off:.2f}"


@dataclass(frozen=True, slots=True)
class Run:
    """One run on one machine."""

    on: date
    machine: str
    measured: Sequence[Measured]
    peak_mib: Mapping[str, float]
    absent: Mapping[str, str]

    def of(self, contestant: str, work: str) -> Measured | None:
        return next((each for each in self.measured if (each.contestant, each.work) == (contestant, work)), None)

    def as_markdown(self) -> str:
        machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {self.machine}"
        absent = [f"Not in this run: {name}, because {why}." for name, why in self.absent.items()]
        parts = [
            f"Measured on {self.on.isoformat()}: {machine}.",
            *absent,
            _promises(self),
            _figures(self),
            _memory(self),
        ]
        return "\n\n".join(part for part in parts if part)


def write(run: Run, json_path: Path, page: Path) -> None:
    """Keep the figures as JSON, and put them into the page between its two marks."""
    json_path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"on": run.on.isoformat(), "machine": run.machine, "peak_mib": dict(run.peak_mib)}
    json_path.write_text(json.dumps(kept | {"measured": [asdict(each) for each in run.measured]}, indent=2) + "\n")
    text, marked = page.read_text(), f"{re.escape(BEGIN)}.*{re.escape(END)}"
    page.write_text(re.sub(marked, lambda _: f"{BEGIN}\n\n{run.as_markdown()}\n\n{END}", text, flags=re.S))


def promises(run: Run) -> Iterator[Promise]:
    """Those that this run can say something about."""
    yield from _quicker_than_peers(run)
    yield from _beside_the_bare_door(run)
    yield from _on_the_line(run)
    if OURS in run.peak_mib:
        yield Promise("memory of the server at its peak, SQLite", run.peak_mib[OURS], 150, "MiB")
    yield from _on_postgresql(run)


def _quicker_than_peers(run: Run) -> Iterator[Promise]:
    wanted = ((PUSH, 2.0, PEERS), (PULL, 2.5, (POUCHDB,)), (TEN, 5.0, PEERS), (IDLE, 5.0, PEERS), (TWENTY, 2.0, PEERS))
    for work, bound, peers in wanted:
        ours = run.of(OURS, work)
        theirs = [found for peer in peers if (found := run.of(peer, work))]
        if ours and theirs:
            quickest = min(theirs, key=lambda found: found.seconds)
            yield Promise(
                f"{_words(work)}: times as fast as {quickest.contestant}", quickest.seconds / ours.seconds, bound,
                more_is_better=True,
            )  # fmt: skip


def _beside_the_bare_door(run: Run) -> Iterator[Promise]:
    ours, bare = run.of(OURS, PUSH), run.of(BARE, PUSH)
    if ours and bare:
        yield Promise(f"{_words(PUSH)}: times the seconds of the bare door", ours.seconds / bare.seconds, 2.0)


def _on_the_line(run: Run) -> Iterator[Promise]:
    if ten := run.of(OURS, TEN):
        yield Promise(f"{_words(TEN)}: bytes both ways", ten.bytes_both, 2048, "bytes")
    if idle := run.of(OURS, IDLE):
        yield Promise(f"{_words(IDLE)}: bytes both ways, headers too", idle.bytes_both, 600, "bytes")
    for work in (PUSH, PULL):
        ours, theirs = run.of(OURS, work), run.of(POUCHDB, work)
        if ours and theirs:
            share = ours.bytes_both / theirs.bytes_both
            yield Promise(f"{_words(work)}: bytes both ways, as a part of {POUCHDB}'s", share, 1 / 3)


def _on_postgresql(run: Run) -> Iterator[Promise]:
    for work in WORKS:
        on_sqlite, elsewhere = run.of(OURS, work.name), run.of(OURS_ELSEWHERE, work.name)
        if on_sqlite and elsewhere:
            ratio = elsewhere.seconds / on_sqlite.seconds
            yield Promise(f"{work.words}: PostgreSQL, times the seconds of SQLite", ratio, 1.5)


def _promises(run: Run) -> str:
    rows = [_promise(each) for each in promises(run)]
    return "\n".join(["| promise | measured | promised | |", "|---|---:|---:|---|", *rows]) if rows else ""


def _promise(each: Promise) -> str:
    sign = "≥" if each.more_is_better else "≤"
    bound = f"{sign} {_number(each.bound)} {each.unit}"
    return f"| {each.what} | {_number(each.value)} {each.unit} | {bound} | {each.missed_by} |"


def _figures(run: Run) -> str:
    """Every work of everybody: beside the seconds, how many times as long as ours on SQLite."""
    columns = (
        "| work | who | times ours | seconds (fastest to slowest) | records a second | kB up | kB down | requests |"
    )
    rows = [columns, "|---|---|---:|---:|---:|---:|---:|---:|"]
    for work in WORKS:
        ours = run.of(OURS, work.name)
        for each in run.measured:
            if each.work == work.name:
                times = f"{_number(each.seconds / ours.seconds)} ×" if ours else ""
                spread = f"{_seconds(each.seconds)} ({_seconds(each.fastest)}–{_seconds(each.slowest)})"
                rate = f"{work.records / each.seconds:,.0f}" if work.records else ""
                line = f"{_kb(each.bytes_up)} | {_kb(each.bytes_down)} | {each.requests or ''}"
                rows.append(f"| {work.words} | {each.contestant} | {times} | {spread} | {rate} | {line} |")
    return "\n".join(rows)


def _memory(run: Run) -> str:
    rows = [f"| {name} | {peak:.0f} MiB |" for name, peak in run.peak_mib.items()]
    return "\n".join(["| server's process, at its peak over all of this | |", "|---|---:|", *rows]) if rows else ""


def _words(work: str) -> str:
    return next(each.words for each in WORKS if each.name == work)


def _seconds(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.2f}"


def _kb(size: int) -> str:
    return f"{size / 1000:,.0f}" if size >= 100_000 else f"{size / 1000:.1f}" if size else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
