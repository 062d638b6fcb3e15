"""The committed browser libraries are the ones the lock names."""

import json
import shutil
from pathlib import Path

import pytest

from scripts import vendor


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(vendor.VENDOR, tmp_path / "vendor"))


def lock() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = json.loads(vendor.LOCK.read_text())
    return read


def test_committed_libraries_are_the_bytes_the_lock_names() -> None:
    assert vendor.differences(lock()) == []


def test_one_changed_byte_is_found_and_named(copy: Path) -> None:
    (copy / "idb" / "idb.js").write_bytes((copy / "idb" / "idb.js").read_bytes() + b" ")

    assert vendor.differences(lock(), copy) == ["idb/idb.js: not the bytes the lock names"]


def test_missing_and_unlocked_files_are_named(copy: Path) -> None:
    (copy / "htmx" / "htmx.min.js").rename(copy / "htmx" / "htmx.js")

    assert vendor.differences(lock(), copy) == [
        "htmx/htmx.min.js: in the lock, not in the tree",
        "htmx/htmx.js: in the tree, not in the lock",
    ]


def test_every_library_has_a_licence_and_an_exact_version() -> None:
    for name, library in lock().items():
        assert "LICENSE" in library["files"], name
        assert library["integrity"].startswith("sha512-"), name
        assert library["version"].replace(".", "").isdigit(), name
