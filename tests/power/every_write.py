"""A centre on SQLite that dies at any of its writes to the disk: by itself, or with the power.

What the program writes is recorded once, call by call. Then the files are put together as they stood after each of a
number of calls: as a killed program leaves them (every call counted), and as a power cut does (what was flushed, and of
the rest any part in any order, some of it torn at a sector). Each must hold what had been acknowledged until then.
"""

import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from observe.services import intake, verify
from observe.store.sqlite import SqliteDb
from tests.builders import NOON, Clock, a_place
from tests.faults.test_line_and_power import stored
from tests.power.writer import REPLICA, batches

SECTOR = 512
_CALLS = "pwrite64,write,ftruncate,fdatasync,fsync,unlink"
_CALL = re.compile(r"(?P<call>\w+)\((?P<given>.*)\)\s+= (?P<result>\d+)")
_FD = re.compile(r"\d+<(?P<path>[^>]*)>")


class NoRecorder(Exception):
    """There is no strace here, or it may not look."""


@dataclass(frozen=True)
class Call:
    """One call: which file, and the bytes at an offset, or its new length, or that it was flushed or taken away."""

    kind: str
    file: str = ""
    data: bytes = b""
    at: int = 0


@dataclass
class Disk:
    """Files by name, as a running program sees them; and what of them a power cut would surely leave."""

    now: dict[str, bytearray]
    flushed: dict[str, bytearray]
    pending: dict[str, list[Call]] = field(default_factory=dict)

    def do(self, call: Call) -> None:
        if call.kind in {"fdatasync", "fsync"}:
            self.flushed[call.file] = bytearray(self.now.get(call.file, b""))
            self.pending[call.file] = []
            return
        _apply(self.now, call)
        self.pending.setdefault(call.file, []).append(call)

    def after_a_power_cut(self, rng: random.Random) -> dict[str, bytearray]:
        files = {name: bytearray(data) for name, data in self.flushed.items()}
        for calls in self.pending.values():
            arrived = [call for call in calls if rng.random() < rng.choice([0, 0.5, 0.95, 1])]
            if rng.random() < 0.5:
                rng.shuffle(arrived)
            for call in arrived:
                _apply(files, _torn(call, rng) if rng.random() < 0.1 else call)
        return files


def broken_promises(cuts: int, seed: int) -> Iterator[str]:
    """Ten times `cuts` places to die at, chosen by `seed`; what was acknowledged and is not there."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="observe-writes-") as name:
        folder = Path(name)
        base, school, person, calls = _recorded(folder)
        chosen = set(rng.sample(range(1, len(calls) + 1), min(cuts * 10, len(calls))))
        disk = Disk({base.name: bytearray(base.read_bytes())}, {base.name: bytearray(base.read_bytes())})
        acknowledged = 0
        for at, call in enumerate(calls, 1):
            if call.kind == "acknowledged":
                acknowledged = call.at
            else:
                disk.do(call)
            if at in chosen:
                for how, files in (("killed", disk.now), ("power", disk.after_a_power_cut(rng))):
                    for wrong in _wrong(folder / f"{how}-{at}", base.name, files, acknowledged, school, person):
                        yield f"{how} at call {at} of {len(calls)}: {wrong}"


def _recorded(folder: Path) -> tuple[Path, str, str, list[Call]]:
    """The database before, who writes, and every call that changed its files until all was acknowledged and closed."""
    database, base, trace = folder / "centre.sqlite3", folder / "base" / "centre.sqlite3", folder / "calls.txt"
    writer = [sys.executable, "-m", "tests.power.writer"]
    made = subprocess.run([*writer, "make", str(database)], check=True, capture_output=True, text=True)
    school, person = made.stdout.split()
    base.parent.mkdir()
    shutil.copy(database, base)
    recorder = ["strace", "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={_CALLS}", "-e", "signal=none"]
    try:
        subprocess.run(
            [*recorder, "-o", str(trace), *writer, "write", str(database), school, person],
            check=True,
            capture_output=True,
        )
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise NoRecorder(str(error)) from error
    calls = [call for line in trace.read_text("latin-1").splitlines() if (call := _read(line, database))]
    return base, school, person, calls


def _read(line: str, database: Path) -> Call | None:
    """A line of the recording, when it is about one of the database's files or an acknowledgement."""
    found = _CALL.search(line)
    if not found:
        return None
    first, _, rest = found["given"].partition(", ")
    fd = _FD.match(first)
    file = Path(_bytes(fd["path"]).decode() if fd else _bytes(first.strip('"')).decode())
    kind = found["call"]
    if kind == "write" and first.startswith("1<"):
        words = _bytes(rest.split('"')[1]).decode().split()
        return Call("acknowledged", at=int(words[1])) if words[:1] == ["ACK"] else None
    if not file.name.startswith(database.name) or file.name.endswith("-shm"):
        return None
    if kind == "pwrite64":
        return Call(kind, file.name, _bytes(rest.split('"')[1]), int(rest.rsplit(", ", 1)[1]))
    return Call(kind, file.name, at=int(rest) if kind == "ftruncate" else 0)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _apply(files: dict[str, bytearray], call: Call) -> None:
    if call.kind == "unlink":
        files.pop(call.file, None)
        return
    data = files.setdefault(call.file, bytearray())
    end = call.at if call.kind == "ftruncate" else call.at + len(call.data)
    if len(data) < end:
        data.extend(bytes(end - len(data)))
    if call.kind == "ftruncate":
        del data[end:]
    else:
        data[call.at : end] = call.data


def _torn(call: Call, rng: random.Random) -> Call:
    """The first sectors of it, and no more."""
    return Call(call.kind, call.file, call.data[: rng.randrange(0, len(call.data) + 1, SECTOR)], call.at)


def _wrong(
    folder: Path, name: str, files: dict[str, bytearray], acknowledged: int, school: str, person: str
) -> Iterator[str]:
    folder.mkdir()
    for file, data in files.items():
        (folder / file).write_bytes(data)
    database = folder / name
    try:
        found = stored(database)
        lost = [n for n in range(1, acknowledged + 1) if found[f"{REPLICA}.{n}"] != 1]
        if lost:
            yield f"{acknowledged} were acknowledged; {lost[:5]} are not there once"
        with closing(SqliteDb(database)) as db:
            yield from (str(damage) for damage in verify.log(db))
            yield from _sent_again(db, school, person)
    except sqlite3.Error as error:
        yield f"the database cannot be read: {error}"
    shutil.rmtree(folder)


def _sent_again(db: SqliteDb, school: str, person: str) -> Iterator[str]:
    """The tablet sends everything once more; then each change is there once."""
    place = a_place(db, clock=Clock(NOON))
    reached = 0
    for sent in batches(place, school, person):
        reached = intake.take_in(place, intake.Sender(REPLICA, person), sent).stored_n
    (row,) = db.rows("select count(*) as n, count(distinct n) as different from change where replica = 'writer000000'")
    if not row["n"] == row["different"] == reached:
        yield f"after sending everything again: {row}, {reached} acknowledged"
