"""The program that looks at one file somebody sent, in a process that can do nothing else.

The file comes in on standard input. Out go one line of JSON and, for a picture, the same drawn anew: first small, then
in full. By then the process may not write a file, start a program or open anything, and has little memory and time
left; it was given no secrets.
"""

import json
import sys

from observe.quarantine import picture, sound
from observe.quarantine.picture import Drawn
from observe.quarantine.refused import Refused

MEMORY_BYTES = 768 * 1024 * 1024
CPU_SECONDS = 10
MOST_BYTES = 16 * 1024 * 1024
_NOTHING = Drawn(b"", b"")


def main() -> None:
    picture.prepare()
    _lock()
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        type_, drawn = look(data)
        said: dict[str, object] = {"type": type_, "small": len(drawn.small)}
    except Refused as wrong:
        said, drawn = {"refused": wrong.reason, "detail": wrong.detail}, _NOTHING
    except (MemoryError, RecursionError):
        said = {"refused": "too-large", "detail": "it takes more than this server gives to any one file"}
        drawn = _NOTHING
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + drawn.small + drawn.shown)
    sys.stdout.buffer.flush()


def look(data: bytes) -> tuple[str, Drawn]:
    """What the file is by its content, whatever it was called, and what is shown of it if it is a picture."""
    if len(data) > MOST_BYTES:
        raise Refused("too-large", f"a file may hold {MOST_BYTES} bytes")
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", picture.look(data)
    if data.startswith(b"\x1aE\xdf\xa3"):
        sound.look_at_webm(data)
        return "audio/webm", _NOTHING
    if data.startswith(b"OggS"):
        sound.look_at_ogg(data)
        return "audio/ogg", _NOTHING
    if data[4:8] == b"ftyp":
        sound.look_at_mp4(data)
        return "audio/mp4", _NOTHING
    raise Refused("unsupported", "only photos (JPEG) and recordings (WebM, Ogg, MP4) are taken")


def _lock() -> None:
    """From here on: so much memory and time, and nothing of the disk. On Windows there is the parent's clock alone."""
    try:
        import resource  # noqa: PLC0415 (not on Windows)
    except ImportError:
        return
    # first SIGXCPU, which says what was used up; SIGKILL, which anybody may send, only for who survives that
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 2))
    for which, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(which, (most, most))
