"""The house keeps its promises: what exists is documented, what is documented exists, a wheel is the whole product."""

import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from observe import __version__
from observe.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def test_every_setting_is_documented_and_no_other() -> None:
    documented = set(re.findall(r"`(OBSERVE_[A-Z_]+)`", (DOCS / "settings.md").read_text()))

    assert documented == {f"OBSERVE_{name.upper()}" for name in Settings.__slots__}


def test_every_command_is_documented() -> None:
    asked = subprocess.run([sys.executable, "-m", "observe.cli", "--help"], capture_output=True, text=True, check=True)
    listed = re.search(r"\{([a-z,-]+)\}", asked.stdout)
    assert listed, asked.stdout

    text = (DOCS / "settings.md").read_text()

    assert [command for command in listed[1].split(",") if f"`observe {command}" not in text] == []


def test_every_make_target_is_in_the_readme() -> None:
    targets = re.findall(r"^([a-z]+): .*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    readme = (ROOT / "README.md").read_text()

    assert [target for target in targets if target != "help" and f"make {target}" not in readme] == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text())
        if not (document.parent / target).exists()
    ]

    assert broken == []


def test_decisions_are_numbered_and_give_their_cost() -> None:
    decisions = sorted((DOCS / "adr").glob("[0-9]*.md"))

    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(len(decisions))]
    for path in decisions:
        assert re.findall(r"^## (.*)$", path.read_text(), re.MULTILINE) == ["Context", "Decision", "Cost"], path.name


def test_the_change_log_speaks_of_this_version() -> None:
    assert re.search(rf"^## {re.escape(__version__)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_no_committed_file_names_a_package_registry() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    hosts = re.compile(rb"registry\.(npmjs|yarnpkg)\.|files\.pythonhosted\.org|pypi\.org/simple")
    paths = [ROOT / name for name in listed.split("\0") if name and name != "tests/test_house.py"]

    assert [path.name for path in paths if path.is_file() and hosts.search(path.read_bytes())] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True)
    return next(folder.glob("observe-*.whl"))


def test_a_wheel_holds_the_whole_product(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        *(f"observe/_pages/{path}" for path in _files("templates") | _files("static")),
        *_files("observe/store/migrations"),
        *_files("observe/translations"),
        *_files("observe/domain/instruments"),
        *_files("sync"),
    }

    assert len(expected) > 50
    assert sorted(expected - inside) == []
    assert [name for name in inside if name.startswith(("tests/", "scripts/", "benchmarks/"))] == []


def test_an_installed_wheel_serves_the_pages_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    command = _install(wheel, tmp_path / "venv")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    said = subprocess.run([command, "--help"], cwd=elsewhere, capture_output=True, text=True, check=True).stdout
    assert "serve" in said

    with _serving(command, elsewhere) as address:
        health = _get(f"{address}/health")
        sign_in = _get(f"{address}/sign-in")
        sheet = re.search(r'href="(/static/[^"]+/css/every-page\.css)"', sign_in)

        assert '"ok"' in health
        assert '<html lang="id"' in sign_in
        assert sheet
        assert "--" in _get(address + sheet[1])
    assert (elsewhere / "var" / "observe.sqlite3").exists()


def _files(folder: str) -> set[str]:
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in found}


def _install(wheel: Path, venv: Path) -> Path:
    """A fresh environment with the wheel in it, borrowing the dependencies (and not the checkout) of this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = venv / "bin" / "python"
    site = next((venv / "lib").glob("python*")) / "site-packages"
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--ignore-installed", str(wheel)], check=True, capture_output=True)
    return venv / "bin" / "observe"


@contextmanager
def _serving(command: Path, folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OBSERVE_", "PYTHON"))}
    log = folder / "log.txt"
    with log.open("w") as out:
        process = subprocess.Popen(
            [command, "serve", "--port", str(port)], cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, process, log)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) in {0, 130, -signal.SIGINT}, log.read_text()


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(150):
        assert process.poll() is None, log.read_text()
        try:
            _get(f"{address}/health")
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the server did not start: {log.read_text()}")


def _get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=5) as answer:
        return str(answer.read().decode())
