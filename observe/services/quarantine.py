"""Having a file looked at by a process of its own, which is given no secrets and may do nothing else."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from observe.domain.errors import NotNow

_SOURCE = Path(__file__).parents[2]
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from observe.quarantine.room import main; main()"
_PATIENCE_SECONDS = 30


class Finding(msgspec.Struct, frozen=True):
    """What a file is by its content, or why it is not taken: a reason of `observe.quarantine.refused`."""

    type: str = ""
    refused: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """The finding, and a small JPEG when the file is a picture."""

    finding: Finding
    small: bytes


def look(path: Path) -> Looked:
    """What is in the file; NotNow when nobody could look. A file that breaks whoever looks at it is refused."""
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
    if done.returncode < 0:
        return Looked(Finding(refused="too-large", detail="it takes more than this server gives to any one file"), b"")
    line, _, small = done.stdout.partition(b"\n")
    try:
        return Looked(msgspec.json.decode(line, type=Finding), small)
    except msgspec.MsgspecError as wrong:
        raise NotNow from wrong  # the process never came to look: no memory, or no such program
