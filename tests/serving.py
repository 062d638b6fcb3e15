"""The real program in a process of its own, so that it can be killed."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

START_SECONDS = 60


@dataclass
class Server:
    """`observe serve` on a database file; `kill` is a kill -9."""

    database: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    tree: Path = Path(__file__).parents[1]
    url: str = ""
    """The PostgreSQL that holds the records; without one, the file holds them."""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Server":
        environment = os.environ | {"OBSERVE_DATABASE_PATH": str(self.database), "OBSERVE_DATABASE_URL": self.url}
        log = self.database.with_suffix(".log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "observe.cli", "serve", "--demo", "--port", str(self.port)],
            env=environment,
            stdout=log,
            stderr=log,
            cwd=self.tree,
        )
        log.close()
        self._wait()
        return self

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
            finally:
                connection.close()
            if self.process is None or self.process.poll() is not None:
                break
        raise RuntimeError(f"the server did not start:\n{self.database.with_suffix('.log').read_text()[-4000:]}")

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=20)
            self.process = None
