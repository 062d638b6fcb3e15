"""The servers that are measured, each as its own people start it, on a disk, from a folder that is thrown away."""

import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.serving import DidNotStart, free_port

HERE = Path(__file__).resolve().parent
KINTO = Path("build/bench-sync/kinto/bin/kinto")
START_SECONDS = 120
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers at `address`."""

    address: str
    pid: int

    def peak_mib(self) -> float:
        """The most memory it has ever held, in MiB."""
        found = _PEAK.search(Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0


@contextmanager
def observe(folder: Path, url: str = "") -> Iterator[Running]:
    """`observe serve`: the records in a file of the folder, or in the PostgreSQL at `url`."""
    port = free_port()
    command = [sys.executable, "-m", "observe.cli", "serve", "--port", str(port)]
    with _started(command, f"http://127.0.0.1:{port}", "/health", folder, observe_environment(folder, url)) as running:
        yield running


def observe_environment(folder: Path, url: str = "") -> dict[str, str]:
    return {
        "OBSERVE_DATABASE_PATH": str(folder / "observe.sqlite3"),
        "OBSERVE_DATABASE_URL": url,
        "OBSERVE_BACKUP_FOLDER": str(folder / "backups"),
    }


@contextmanager
def bare(folder: Path) -> Iterator[Running]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.sync.bare", str(folder / "bare.sqlite3"), str(port)]
    with _started(command, f"http://127.0.0.1:{port}", "/x", folder) as running:
        yield running


@contextmanager
def pouchdb_server(folder: Path) -> Iterator[Running]:
    """PouchDB's own server, on LevelDB."""
    port = free_port()
    program = HERE / "node_modules" / "pouchdb-server" / "bin" / "pouchdb-server"
    options = ["--host", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--no-stdout-logs"]
    options += ["--config", str(folder / "config.json")]
    with _started(["node", str(program), *options], f"http://127.0.0.1:{port}", "/", folder, cwd=folder) as running:
        yield running


@contextmanager
def kinto(folder: Path, url: str) -> Iterator[Running]:
    """Kinto on PostgreSQL, with basic authentication, which costs it least."""
    port = free_port()
    settings = folder / "kinto.ini"
    settings.write_text(_KINTO.format(port=port, url=url, secret=secrets.token_hex(32)))
    program = KINTO.resolve()
    subprocess.run([str(program), "migrate", "--ini", str(settings)], check=True, capture_output=True)
    command = [str(program), "start", "--ini", str(settings), "--port", str(port)]
    with _started(command, f"http://127.0.0.1:{port}", "/v1/__heartbeat__", folder) as running:
        yield running


_KINTO = """
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = {port}
threads = 8

[app:main]
use = egg:kinto
kinto.storage_backend = kinto.core.storage.postgresql
kinto.storage_url = {url}
kinto.cache_backend = kinto.core.cache.memory
kinto.permission_backend = kinto.core.permission.postgresql
kinto.permission_url = {url}
kinto.userid_hmac_secret = {secret}
multiauth.policies = basicauth
kinto.bucket_create_principals = system.Authenticated

[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = ERROR
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatter_plain]
format = %(message)s
"""


@contextmanager
def _started(
    command: Sequence[str],
    address: str,
    path: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[Running]:
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **(environment or {})}, stdout=output, stderr=subprocess.STDOUT, cwd=cwd
        )
    try:
        _wait(f"{address}{path}", process, log)
        yield Running(address, process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError as answered:
            answered.close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise DidNotStart(log.read_text()[-4000:])
