"""The process that looks at files has little memory, little time, no disk and no secrets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from observe.domain.errors import NotNow
from observe.services import quarantine
from tests.quarantine_files import a_photo, a_recording

LOCKED = (
    "import sys; sys.path.insert(0, sys.argv[1]); from observe.quarantine import picture, room; "
    "picture.prepare(); room.CPU_SECONDS = 1; room._lock(); "
)


def test_a_photo_and_a_recording_are_looked_at_in_another_process(tmp_path: Path) -> None:
    photo, recording = tmp_path / "photo", tmp_path / "recording"
    photo.write_bytes(a_photo(1600, 1200))
    recording.write_bytes(a_recording())

    assert quarantine.look(photo).finding.type == "image/jpeg"
    assert quarantine.look(photo).small.startswith(b"\xff\xd8")
    assert quarantine.look(recording).finding.type == "audio/webm"


def test_what_is_no_photo_is_refused_by_its_content(tmp_path: Path) -> None:
    page = tmp_path / "photo.jpg"
    page.write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")

    assert quarantine.look(page).finding.refused == "unsupported"


def test_a_file_that_breaks_whoever_looks_at_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "_PROGRAM", "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)")
    photo = tmp_path / "photo"
    photo.write_bytes(a_photo())

    assert quarantine.look(photo).finding.refused == "too-large"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGINT"])
def test_a_look_that_was_ended_from_outside_says_nothing_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(quarantine, "_PROGRAM", f"import os, signal; os.kill(os.getpid(), signal.{name})")
    photo = tmp_path / "photo"
    photo.write_bytes(a_photo())

    with pytest.raises(NotNow):
        quarantine.look(photo)


def test_whoever_uses_up_its_time_says_so_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "_PROGRAM", f"{LOCKED}room.CPU_SECONDS = 1; room._lock()\nwhile True: pass")
    photo = tmp_path / "photo"
    photo.write_bytes(a_photo())

    assert quarantine.look(photo).finding.refused == "too-large"


def test_two_files_are_looked_at_at_once_and_the_third_waits_elsewhere() -> None:
    with quarantine.turn(), quarantine.turn(), pytest.raises(NotNow), quarantine.turn():
        pass

    with quarantine.turn():
        pass


@pytest.mark.parametrize(
    ("work", "error"),
    [
        ("open('/etc/hostname')", "Too many open files"),
        ("open('written', 'w')", "Too many open files"),
        ("import os; os.write(0, b'x' * 9)", "File too large"),
        ("bytearray(2_000_000_000)", "MemoryError"),
        ("import socket; socket.socket()", "Too many open files"),
    ],
)
def test_in_the_quarantine_nothing_else_can_be_done(tmp_path: Path, work: str, error: str) -> None:
    with (tmp_path / "file").open("w+b") as file:
        done = subprocess.run(
            [sys.executable, "-I", "-c", f"import socket; {LOCKED}{work}", str(Path(__file__).parents[2])],
            stdin=file,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode != 0
    assert error in done.stderr


def test_it_inherits_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBSERVE_SECRET_KEY", "hush")
    told = "import os, json; print(json.dumps({'detail': ' '.join(os.environ)}))"
    monkeypatch.setattr(quarantine, "_PROGRAM", told)
    photo = tmp_path / "photo"
    photo.write_bytes(b"x")

    assert "OBSERVE_SECRET_KEY" in os.environ
    assert "OBSERVE" not in quarantine.look(photo).finding.detail
