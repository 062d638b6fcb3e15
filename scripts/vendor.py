"""Bring the browser libraries of `static/vendor/vendor.lock.json` into `static/vendor/`, each byte checked.

    python scripts/vendor.py                        fetch what the lock names, refuse anything that differs
    python scripts/vendor.py --check                compare the committed files with the lock; needs no network
    python scripts/vendor.py --pin idb@8.0.4        move one library to another version and rewrite its hashes

Fetching needs npm; users of Observe never do, because the files are committed.
"""

import argparse
import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
LOCK = VENDOR / "vendor.lock.json"


class VendorProblem(Exception):
    """What came, or what is here, is not what the lock says."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare the committed files with the lock, offline")
    parser.add_argument("--pin", metavar="PACKAGE@VERSION", help="move one library to this version")
    chosen = parser.parse_args(arguments)
    lock = json.loads(LOCK.read_text())
    try:
        if chosen.pin:
            pin(lock, chosen.pin)
        elif not chosen.check:
            fetch(lock)
        problems = differences(lock)
    except VendorProblem as wrong:
        problems = [str(wrong)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def differences(lock: dict[str, Any], vendor: Path = VENDOR) -> list[str]:
    """Every way the files in `vendor` differ from the lock, in words."""
    expected = {
        f"{name}/{path}": file["sha256"] for name, library in lock.items() for path, file in library["files"].items()
    }
    present = {p.relative_to(vendor).as_posix(): p for p in vendor.rglob("*") if p.is_file() and p.name != LOCK.name}
    missing = [f"{path}: in the lock, not in the tree" for path in sorted(expected.keys() - present.keys())]
    unlocked = [f"{path}: in the tree, not in the lock" for path in sorted(present.keys() - expected.keys())]
    changed = [
        f"{path}: not the bytes the lock names"
        for path in sorted(expected.keys() & present.keys())
        if _sha256(present[path].read_bytes()) != expected[path]
    ]
    return missing + unlocked + changed


def fetch(lock: dict[str, Any]) -> None:
    """Write every library's files; VendorProblem when an archive or a file is not the one that was pinned."""
    for name, library in lock.items():
        archive, integrity = _pack(f"{library['package']}@{library['version']}")
        if integrity != library["integrity"]:
            raise VendorProblem(f"{name}: the archive is {integrity}, the lock says {library['integrity']}")
        for path, content in _contents(archive, library["files"]).items():
            if _sha256(content) != library["files"][path]["sha256"]:
                raise VendorProblem(f"{name}/{path}: not the bytes the lock names")
            _write(VENDOR / name / path, content)


def pin(lock: dict[str, Any], wanted: str) -> None:
    """Move one library to another version: new archive hash, new files, new lock."""
    package, _, version = wanted.rpartition("@")
    name = next((name for name, library in lock.items() if library["package"] == package), None)
    if name is None or not version:
        raise VendorProblem(f"{wanted}: name a library of the lock as package@version")
    library = lock[name]
    archive, integrity = _pack(wanted)
    for path, content in _contents(archive, library["files"]).items():
        _write(VENDOR / name / path, content)
    for path, file in library["files"].items():
        file["sha256"] = _sha256((VENDOR / name / path).read_bytes())
    library.update(version=version, integrity=integrity)
    LOCK.write_text(json.dumps(lock, indent=2) + "\n")


def _pack(wanted: str) -> tuple[bytes, str]:
    """The package's archive as npm hands it out, and its integrity, computed here."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, wanted]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        archives = list(Path(folder).glob("*.tgz"))
        if ran.returncode or len(archives) != 1:
            raise VendorProblem(f"{wanted}: npm could not fetch it: {ran.stderr.strip()}")
        content = archives[0].read_bytes()
    return content, "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def _contents(archive: bytes, files: dict[str, Any]) -> dict[str, bytes]:
    """The wanted files out of the archive. A file without `from` (a licence the archive lacks) is kept by hand."""
    found = {}
    with tempfile.TemporaryFile() as spool:
        spool.write(archive)
        spool.seek(0)
        with tarfile.open(fileobj=spool, mode="r:gz") as tar:
            for path, file in files.items():
                if "from" in file:
                    member = tar.extractfile(f"package/{file['from']}")
                    if member is None:
                        raise VendorProblem(f"{path}: {file['from']} is not a file in the archive")
                    found[path] = member.read()
    return found


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
