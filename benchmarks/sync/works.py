"""Which works are measured, and measuring them: one driven device in a process of its own against one server."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.sync.counting import Counted, counting
from benchmarks.sync.records import changes
from benchmarks.sync.servers import HERE, Running

MANY = 10_000
TABLET = {"size": 250, "page": 200}
"""How many changes the product's own pages send in a request, and how many records they ask for."""
AT_ONCE = {"size": 1000, "page": 1}
"""The most that the protocol takes, and the least it answers."""


@dataclass(frozen=True, slots=True)
class Work:
    """`function` is the function of a peer; `records` how many records a run moves, 0 when a rate means nothing."""

    name: str
    words: str
    records: int
    function: str
    is_among_many: bool = False
    sizes: Mapping[str, int] | None = None
    """Given where only Observe does it: how much it asks for at once."""


PUSH, PULL, RESEND, TWENTY, TEN, IDLE = "push", "pull", "resend", "twenty", "ten", "idle"
WORKS = (
    Work(PUSH, "first push of 1,000", 1000, "first_push"),
    Work(PULL, "first pull of 1,000", 1000, "first_pull"),
    Work(RESEND, "the accepted 1,000, sent again", 1000, "resend"),
    Work("at-once", "first push of 1,000 in one request", 1000, "first_push", sizes=AT_ONCE),
    Work(TWENTY, "20 devices push 50 each, at once", 1000, "twenty"),
    Work(TEN, "10 changed of 10,000, push", 10, "change_ten", is_among_many=True),
    Work(IDLE, "nothing changed at 10,000", 0, "idle", is_among_many=True),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One work of one contestant: the median of several, and what a run of it moves over the line."""

    contestant: str
    work: str
    seconds: float
    fastest: float
    slowest: float
    bytes_up: int = 0
    bytes_down: int = 0
    requests: int = 0

    @property
    def bytes_both(self) -> int:
        return self.bytes_up + self.bytes_down


def places_needed(times: int) -> list[int]:
    """How many records each place has ids for: three sets of fresh places, one place for each run, and a full one."""
    return [*([1000] * 3 * (times + 1)), MANY]


def crowded(times: int) -> slice:
    """Which of these places a crowd pushes to."""
    return slice(2 * (times + 1), 3 * (times + 1))


class Bench:
    """One contestant: its server, its device, and the places to measure in."""

    def __init__(self, contestant: str, server: Running, peer: str, places: Sequence[dict[str, Any]]) -> None:
        self._contestant = contestant
        self._server = server
        self._peer = peer
        self._places = places
        self._fresh = (len(places) - 1) // 3

    def measure(self, records: Path) -> list[Measured]:
        """Every work: once over a line that counts, which also warms up, then straight as often as there are places."""
        works = [work for work in WORKS if work.sizes is None or self._peer == "observe"]
        with _device(self._peer, records) as device, counting(self._server.address) as line:
            return [self._measure(work, device, line) for work in works]

    def _measure(self, work: Work, device: "Device", line: Counted) -> Measured:
        if work.name == TEN:
            device.do("fill", url=self._server.address, straight=self._server.address, place=self._places[-1])
        before = (line.bytes_up, line.bytes_down, line.requests)
        self._run(work, device, line.address, 0)
        counted = (line.bytes_up - before[0], line.bytes_down - before[1], line.requests - before[2])
        seconds = [self._run(work, device, self._server.address, run) for run in range(1, self._fresh)]
        measured = Measured(
            self._contestant, work.name, statistics.median(seconds), min(seconds), max(seconds), *counted
        )
        print(f"  {self._contestant}: {work.words}: {measured.seconds:.3f} s", file=sys.stderr, flush=True)
        return measured

    def _run(self, work: Work, device: "Device", address: str, run: int) -> float:
        place = self._place(work, run)
        given = {"place": place, "changed": changes(run, MANY), **(work.sizes or TABLET)}
        took = device.do(work.function, url=address, straight=self._server.address, **given)
        if self._peer == "observe":
            device.do("settle", url=self._server.address, place=place)
        return took

    def _place(self, work: Work, run: int) -> dict[str, Any]:
        """Of the full place there is one; a work that follows the first push goes where that was."""
        if work.is_among_many:
            return self._places[-1]
        return self._places[{"at-once": 1, TWENTY: 2}.get(work.name, 0) * self._fresh + run]


class Device:
    """A driven device."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def do(self, work: str, **given: Any) -> float:
        """Seconds the timed part took; DeviceFailed when it did not do what was asked."""
        to, back = self._process.stdin, self._process.stdout
        if to is None or back is None:
            raise RuntimeError("a device is spoken to through pipes")
        to.write(json.dumps({"work": work, **given}) + "\n")
        to.flush()
        answer = json.loads(back.readline() or '{"wrong": "the device ended"}')
        if "wrong" in answer:
            raise DeviceFailed(f"{work}: {answer['wrong']}")
        return float(answer["seconds"])


class DeviceFailed(Exception):
    """A device could not do its work, so there is nothing to measure."""


@contextmanager
def _device(peer: str, records: Path) -> Iterator[Device]:
    command = ["node", "--expose-gc", str(HERE / "device.js"), peer, str(records)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Device(process)
        process.terminate()
