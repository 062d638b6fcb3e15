"""Having a file looked at by a process of its own, which is given no secrets and may do nothing else."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from observe.domain.errors import NotNow

_SOURCE = Path(__file__).parents[2]
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from observe.quarantine.room import main; main()"
_PATIENCE_SECONDS = 60
"""Of the clock, which says more of this machine than of the file: that has its seconds of a processor."""
_AT_ONCE = 2
_turns = threading.BoundedSemaphore(_AT_ONCE)
_FAULTS_OF_THE_FILE = {
    getattr(signal, name).value
    for name in ("SIGXCPU", "SIGXFSZ", "SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE", "SIGSYS")
    if hasattr(signal, name)
}
"""How a process ends by what it did itself. Anything else came from outside: a stop, or a machine without memory."""


class Finding(msgspec.Struct, frozen=True):
    """What a file is by its content, or why it is not taken: a reason of `observe.quarantine.refused`."""

    type: str = ""
    refused: str = ""
    detail: str = ""
    small: int = 0
    """How many bytes of what follows are the small picture."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The finding; when the file is a picture, what is shown of it, drawn anew: a small JPEG and one in full."""

    finding: Finding
    small: bytes = b""
    shown: bytes = b""


@contextmanager
def turn() -> Iterator[None]:
    """Looking at a file, of which a process does two at a time; NotNow at once when both are taken."""
    if not _turns.acquire(blocking=False):
        raise NotNow
    try:
        yield
    finally:
        _turns.release()


def look(path: Path) -> Looked:
    """What is in the file; NotNow when nobody could look. A file that breaks whoever looks at it is refused.

    A look that was ended from outside says nothing of the file.
    """
    try:
        with path.open("rb") as file:
            done = subprocess.run(  # noqa: S603 (a program of ours, and nothing of what was sent in its arguments)
                [sys.executable, "-I", "-B", "-c", _PROGRAM, str(_SOURCE)],
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                cwd=path.anchor or "/",
                timeout=_PATIENCE_SECONDS,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired) as wrong:
        raise NotNow from wrong
    if -done.returncode in _FAULTS_OF_THE_FILE:
        return Looked(Finding(refused="too-large", detail="it takes more than this server gives to any one file"))
    if done.returncode < 0:
        raise NotNow
    line, _, drawn = done.stdout.partition(b"\n")
    try:
        finding = msgspec.json.decode(line, type=Finding)
        return Looked(finding, drawn[: finding.small], drawn[finding.small :])
    except msgspec.MsgspecError as wrong:
        raise NotNow from wrong  # the process never came to look: no memory, or no such program
