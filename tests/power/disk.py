"""A disk in a file, whose power can be cut: what a program was told is on it, and nothing else, is on the copy.

ext4 in a loop device. The copy is taken of the file behind the device while those who write are stopped, so it holds
what was flushed and what the file system wrote by itself, and nothing that was only in the memory of the machine. It is
mounted like a disk after a power cut: its journal is read, and what was half written is as it was found.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_MEGABYTES = 192
_SELDOM_SECONDS = 600
"""How often the file system writes by itself: hardly ever, so that only what was asked to be flushed is there."""


class NoLoopDevice(Exception):
    """This machine does not let us mount a file: it needs root, and a kernel with loop devices."""


class Disk:
    """`folder` is on the disk, until `cut` takes away everything that was not flushed."""

    def __init__(self, folder: Path) -> None:
        self._image = folder / "disk.img"
        self._copies = folder
        self._cuts = 0
        self.folder = folder / "disk"
        self.folder.mkdir()
        with self._image.open("wb") as file:
            file.truncate(_MEGABYTES * 2**20)
        _run("mkfs.ext4", "-q", "-F", str(self._image))
        _mount(self._image, self.folder)

    def cut(self, processes: Sequence[int]) -> Path:
        """The disk as a power cut now would leave it; `processes` are those that write to it, and go on afterwards."""
        self._cuts += 1
        copy = self._copies / f"cut-{self._cuts}.img"
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            _run("cp", "--sparse=always", str(self._image), str(copy))
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)
        return copy

    def remove(self) -> None:
        _unmount(self.folder)


@contextmanager
def a_disk() -> Iterator[Disk]:
    with tempfile.TemporaryDirectory(prefix="observe-power-") as folder:
        disk = Disk(Path(folder))
        try:
            yield disk
        finally:
            disk.remove()


@contextmanager
def after_the_cut(copy: Path) -> Iterator[Path]:
    """The copy mounted, in a folder; both are gone afterwards."""
    folder = copy.with_suffix(".mounted")
    folder.mkdir()
    _mount(copy, folder)
    try:
        yield folder
    finally:
        _unmount(folder)
        folder.rmdir()
        copy.unlink()


def _mount(image: Path, folder: Path) -> None:
    if os.geteuid() != 0 or not shutil.which("losetup"):
        raise NoLoopDevice
    mounted = subprocess.run(
        ["mount", "-o", f"loop,commit={_SELDOM_SECONDS}", str(image), str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        raise NoLoopDevice(mounted.stderr.strip())


def _unmount(folder: Path) -> None:
    _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
