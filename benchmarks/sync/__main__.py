"""Measure exchanging with others beside, and write the ratios into docs/performance.md.

python -m benchmarks.sync                     everything
python -m benchmarks.sync --only observe      contestants whose name holds this; the page is left as it is
python -m benchmarks.sync --times 3           runs of each work (5)

On a busy machine the page is left as it is too, unless --busy is said.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.sync import raw, servers
from benchmarks.sync.installation import found, places
from benchmarks.sync.page import Run, write
from benchmarks.sync.records import COUNT, observations
from benchmarks.sync.servers import KINTO, Running
from benchmarks.sync.works import PUSH, Bench, Measured, crowded, places_needed
from observe.settings import read_settings
from scripts.postgresql import Cluster

ROOT = Path(__file__).resolve().parents[2]
SLOW = 1
"""Runs of Kinto, which takes a transaction for each record and so takes its time."""


@dataclass
class Rig:
    """What a run of the benchmark has at hand."""

    folder: Path
    records: list[dict[str, Any]]
    cluster: Cluster
    times: int
    measured: list[Measured] = field(default_factory=list)
    peak_mib: dict[str, float] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    @property
    def records_file(self) -> Path:
        return self.folder / "records.json"

    def new_folder(self, name: str) -> Path:
        made = self.folder / name
        made.mkdir()
        return made


def main(arguments: Sequence[str]) -> int:
    chosen = _chosen(arguments)
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    is_quiet = load < processors
    if not is_quiet:
        print(f"This machine is busy (load {load:.1f} on {processors}): figures mean little.", file=sys.stderr)
    is_written = not chosen.only and (is_quiet or chosen.busy)
    machine = f"{processors} processors, load {load:.1f} before"
    with tempfile.TemporaryDirectory(prefix="bench-sync-", dir=_on_a_disk()) as folder:
        cluster = Cluster.new(timezone="UTC")
        try:
            rig = Rig(Path(folder), observations(), cluster, chosen.times)
            rig.records_file.write_text(json.dumps(rig.records))
            for name, contest in CONTESTANTS.items():
                if chosen.only in name:
                    print(f"{name} ...", file=sys.stderr)
                    contest(rig, name)
                    if is_written:
                        write(_run(rig, machine), ROOT / "build" / "bench-sync.json", ROOT / "docs" / "performance.md")
        finally:
            cluster.throw_away()
    print(_run(rig, machine).as_markdown())
    return 0


def _run(rig: Rig, machine: str) -> Run:
    return Run(date.today(), machine, rig.measured, rig.peak_mib, rig.absent)  # noqa: DTZ011


def _chosen(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="contestants whose name holds this")
    parser.add_argument("--times", type=int, default=5, help="runs of each work, after one that counts bytes (5)")
    parser.add_argument("--busy", action="store_true", help="write the figures even when the machine is busy")
    return parser.parse_args(arguments)


def _on_a_disk() -> Path:
    """Not `/tmp`, which is memory on many machines: a flush has to cost what it costs."""
    made = ROOT / "build" / "bench-sync"
    made.mkdir(parents=True, exist_ok=True)
    return made


def _observe_on_sqlite(rig: Rig, name: str) -> None:
    _observe(rig, name, "")


def _observe_on_postgresql(rig: Rig, name: str) -> None:
    _observe(rig, name, rig.cluster.new_database())


def _observe(rig: Rig, name: str, url: str) -> None:
    folder, wanted = rig.new_folder(name), places(places_needed(rig.times))
    found(read_settings(servers.observe_environment(folder, url)), wanted, crowded(rig.times))
    _contest(rig, name, servers.observe(folder, url), "observe", wanted)


def _bare(rig: Rig, name: str) -> None:
    _contest(rig, name, servers.bare(rig.new_folder(name)), "bare", places(places_needed(rig.times)))


def _pouchdb(rig: Rig, name: str) -> None:
    if not (servers.HERE / "node_modules" / "pouchdb-server").exists():
        rig.absent[name] = "its packages could not be had from npm"
        return
    _contest(rig, name, servers.pouchdb_server(rig.new_folder(name)), "pouchdb", places(places_needed(rig.times)))


def _kinto(rig: Rig, name: str) -> None:
    if not KINTO.exists():
        rig.absent[name] = "its packages could not be had from PyPI"
        return
    times = min(rig.times, SLOW)
    server = servers.kinto(rig.new_folder(name), rig.cluster.new_database())
    _contest(rig, name, server, "kinto", places(places_needed(times)))


def _contest(
    rig: Rig, name: str, server: AbstractContextManager[Running], peer: str, wanted: list[dict[str, Any]]
) -> None:
    with server as running:
        rig.measured += Bench(name, running, peer, wanted).measure(rig.records_file)
        rig.peak_mib[name] = running.peak_mib()


def _raw_sqlite(rig: Rig, name: str) -> None:
    file = rig.new_folder(name) / "raw.sqlite3"
    _raw(rig, name, lambda ids: raw.into_sqlite(file, ids, rig.records))


def _raw_postgresql(rig: Rig, name: str) -> None:
    url = rig.cluster.new_database()
    _raw(rig, name, lambda ids: raw.into_postgresql(url, ids, rig.records))


def _raw(rig: Rig, name: str, insert: Callable[[list[str]], float]) -> None:
    ids = places([COUNT])[0]["ids"]
    insert(ids)
    seconds = [insert(ids) for _ in range(rig.times)]
    rig.measured.append(Measured(name, PUSH, median(seconds), min(seconds), max(seconds)))


CONTESTANTS: dict[str, Callable[[Rig, str], None]] = {
    "raw insert, SQLite": _raw_sqlite,
    "raw insert, PostgreSQL": _raw_postgresql,
    "bare door, SQLite": _bare,
    "observe, SQLite": _observe_on_sqlite,
    "observe, PostgreSQL": _observe_on_postgresql,
    "pouchdb-server": _pouchdb,
    "Kinto, PostgreSQL": _kinto,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
