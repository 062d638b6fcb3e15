"""A PostgreSQL server of our own in a folder that is thrown away, for tests and measurements. It really flushes."""

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from scripts.serving import free_port

START_SECONDS = 60
USER = "observe"
_INSTALL = Path(__file__).with_name("postgresql.sh")
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class DidNotStart(Exception):
    """The server ended, or did not answer for a minute. The message is its own output."""


@cache
def programs() -> Path:
    """The folder of `initdb` and `postgres`; FileNotFoundError says how to get them."""
    asked = subprocess.run([str(_INSTALL)], capture_output=True, text=True, check=False)
    if asked.returncode:
        raise FileNotFoundError(f"there is no PostgreSQL here: run scripts/postgresql.sh\n{asked.stderr}")
    return Path(asked.stdout.strip())


@dataclass
class Cluster:
    """One server on a free port of 127.0.0.1, under an account of its own where we are root (PostgreSQL refuses root).

    It sorts like an Indonesian dictionary unless a column says otherwise, as somebody else's server may.
    """

    folder: Path
    port: int
    settings: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    made: int = 0

    @classmethod
    def new(cls, **settings: str) -> "Cluster":
        """A running server; `settings` as in postgresql.conf."""
        folder = Path(tempfile.mkdtemp(prefix="observe-postgresql-"))
        cluster = cls(folder, free_port(), settings)
        _give_to_server(folder)
        making = ["initdb", "-D", "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"]
        collating = ["--locale-provider=icu", "--icu-locale=id"]
        made = cluster._run(*making, *collating)
        if made.returncode:
            raise DidNotStart(made.stdout.decode())
        return cluster.start()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def new_database(self, like: str = "") -> str:
        """The address of a new database: empty, or a copy of the one at the address `like`, which nobody has open."""
        self.made += 1
        name = f"observe{self.made}"
        template = ("-T", like.rpartition("/")[2]) if like else ()
        made = self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, *template, name)
        if made.returncode:
            raise DidNotStart(made.stdout.decode())
        return self.url(name)

    def start(self) -> "Cluster":
        given = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            **self.settings,
        }
        log = self.log.open("ab")
        self.process = subprocess.Popen(
            [str(programs() / "postgres"), "-D", "data", *(f"-c{name}={value}" for name, value in given.items())],
            cwd=self.folder,
            stdout=log,
            stderr=log,
            preexec_fn=_end_with_us,  # noqa: PLW1509 - no thread of ours holds a lock it needs
            **_as_server(),
        )
        log.close()
        self._wait()
        return self

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT in good order, SIGQUIT at once and without a checkpoint, as when the power goes."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)
            self.process = None

    def crash(self) -> None:
        self.stop(signal.SIGQUIT)

    def throw_away(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process is not None and self.process.poll() is None:
            if self._run("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)).returncode == 0:
                return
            time.sleep(0.05)
        raise DidNotStart(self.log.read_text()[-4000:])

    def _run(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [str(programs() / program), *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            **_as_server(),
        )


def _as_server() -> dict[str, Any]:
    """The account the server's programs run under: `postgres`, which its package makes, when we are root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


def _give_to_server(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")


def _end_with_us() -> None:
    """However the thread that started it ends, its server does not stay behind."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGQUIT)
