"""The demonstration school, served on a free port from a folder that is thrown away."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "amati-bersama-2026"  # noqa: S105 - printed by `make run`, and refused on any address but loopback
START_SECONDS = 60


class DidNotStart(Exception):
    """The server ended, or said nothing for a minute. The message is its own output."""


@contextmanager
def demonstration(settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a freshly made demonstration school; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="observe-") as folder:
        port = free_port()
        database = {"OBSERVE_DATABASE_PATH": f"{folder}/observe.sqlite3"}
        log = Path(folder) / "server.log"
        command = [sys.executable, "-m", "observe.cli", "serve", "--demo", "--host", "127.0.0.1", "--port", str(port)]
        with log.open("w") as output:
            environment = {**os.environ, **database, **(settings or {})}
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address, process, log)
            yield address
        finally:
            process.terminate()  # not an interrupt: a shell's background jobs do not hear it
            process.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/health", timeout=5).close()  # noqa: S310 - our own address
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
        else:
            return
    raise DidNotStart(log.read_text())
