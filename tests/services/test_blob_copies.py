"""Photos in backups: copied once, brought back, and named when they are lost or altered."""

from datetime import timedelta
from pathlib import Path

import pytest

from observe import cli
from observe.services import backup, blob_copies, intake
from observe.services.intake import Draft
from observe.store import blob_files, blobs
from observe.store.sqlite import SqliteDb
from tests.blobs import attach, digest_of, put
from tests.builders import NOON
from tests.fixtures.place import Town
from tests.quarantine_files import a_photo

PHOTO, OTHER = a_photo(shade=20), a_photo(shade=200)
SHA256 = digest_of(PHOTO)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def environment(town: Town, folder: Path) -> dict[str, str]:
    settings = town.place.settings
    return {"OBSERVE_DATABASE_PATH": str(settings.database_path), "OBSERVE_BACKUP_FOLDER": str(folder)}


@pytest.fixture
def field(town: Town) -> str:
    """Of a draft, whose photo is here."""
    put(town.place, town.school, PHOTO)
    return attach(town.place, town.school, town.observations["draft"], town.people["observer"], PHOTO)


def path(town: Town, sha256: str = SHA256) -> Path:
    return blob_files.path_of(town.place.settings.blobs, town.school, sha256)


def test_a_backup_takes_the_photos_along_and_each_of_them_once(
    town: Town, field: str, environment: dict[str, str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["backup"], environment) == 0
    assert "1 photos and recordings, 1 of them new" in capsys.readouterr().out
    copied = blob_files.path_of(folder / "observe.blobs", town.school, SHA256)
    assert copied.read_bytes() == PHOTO
    written = copied.stat().st_mtime_ns

    made = backup.make(town.place.settings.database_path, folder, NOON)
    again = blob_copies.copy(folder / made.name, town.place.settings.blobs, folder / "observe.blobs")

    assert (again.known, again.fresh, again.lost) == (1, 0, [])
    assert copied.stat().st_mtime_ns == written


def test_a_copy_that_was_altered_is_made_anew(town: Town, field: str, folder: Path) -> None:
    made = backup.make(town.place.settings.database_path, folder, NOON)
    target = blob_copies.beside(folder / made.name)
    blob_copies.copy(folder / made.name, town.place.settings.blobs, target)
    blob_files.path_of(target, town.school, SHA256).write_bytes(b"altered")

    assert blob_copies.copy(folder / made.name, town.place.settings.blobs, target).fresh == 1
    assert blob_files.path_of(target, town.school, SHA256).read_bytes() == PHOTO


def test_a_backup_names_a_photo_that_is_gone_and_holds_the_words_all_the_same(
    town: Town, field: str, environment: dict[str, str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path(town).write_bytes(b"altered")

    assert cli.main(["backup"], environment) == 1

    assert SHA256 in capsys.readouterr().out
    assert len(list(folder.glob("*.backup.sqlite3"))) == 1
    assert not blob_files.path_of(folder / "observe.blobs", town.school, SHA256).exists()


def test_a_restore_brings_the_photos_back(
    town: Town, field: str, environment: dict[str, str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["backup"], environment) == 0
    (made,) = folder.glob("*.backup.sqlite3")
    town.place.db.close()
    path(town).unlink()

    assert cli.main(["restore", "--over", str(made)], environment) == 0

    assert "1 of 1 photos and recordings are there" in capsys.readouterr().out
    assert path(town).read_bytes() == PHOTO


@pytest.mark.both_engines
def test_what_is_gone_or_altered_is_named_with_its_record(town: Town, field: str) -> None:
    folder, record = town.place.settings.blobs, f"observation/{town.observations['draft']}"
    assert blob_copies.damages(town.place.db, folder) == []

    path(town).write_bytes(PHOTO[:-1] + b"x")
    altered = blob_copies.damages(town.place.db, folder)
    path(town).unlink()
    gone = blob_copies.damages(town.place.db, folder)

    assert [(damage.record, "altered" in damage.detail) for damage in altered] == [(record, True)]
    assert [(damage.record, "gone" in damage.detail) for damage in gone] == [(record, True)]


@pytest.mark.both_engines
def test_a_list_of_names_that_was_altered_by_hand_is_named(town: Town, field: str) -> None:
    with town.place.db.atomic():
        town.place.db.run("delete from blob_use")

    (damage,) = blob_copies.damages(town.place.db, town.place.settings.blobs)

    assert damage.record == f"observation/{town.observations['draft']}"


def test_the_command_that_verifies_looks_at_photos_too(
    town: Town, field: str, environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["verify"], environment) == 0
    path(town).unlink()

    assert cli.main(["verify"], environment) == 1
    assert SHA256 in capsys.readouterr().out


def test_copies_that_no_backup_speaks_of_go_and_the_others_stay(town: Town, field: str, folder: Path) -> None:
    place, database = town.place, town.place.settings.database_path
    first = backup.make(database, folder, NOON)
    blob_copies.copy(folder / first.name, place.settings.blobs, folder / "observe.blobs")
    record = f"observation/{town.observations['draft']}"
    attach(place, town.school, town.observations["draft"], town.people["observer"], OTHER)
    put(place, town.school, OTHER)
    assert not intake.write(place, town.people["observer"], [Draft(town.school, record, {field: None})])
    with place.db.atomic():
        blobs.forget(place.db, town.school, SHA256)
    second = backup.make(database, folder, NOON + timedelta(days=1))
    blob_copies.copy(folder / second.name, place.settings.blobs, folder / "observe.blobs")

    assert blob_copies.drop_old("observe", folder, NOON) == 0
    (folder / first.name).unlink()
    assert blob_copies.drop_old("observe", folder, NOON) == 3

    left = [file.name for file in (folder / "observe.blobs").glob("*/*/*")]
    assert sorted(left) == [digest_of(OTHER) + ending for ending in ("", ".shown.jpg", ".small.jpg")]


def test_a_database_of_the_version_before_has_no_photos(tmp_path: Path) -> None:
    db = SqliteDb(tmp_path / "old.sqlite3")
    db.define("create table migration (number integer primary key, name text not null, applied_at text not null)")

    assert blob_copies.damages(db, tmp_path) == []
    db.close()


def test_a_small_picture_that_a_backup_did_not_come_to_is_made_up_for(town: Town, field: str, folder: Path) -> None:
    made = backup.make(town.place.settings.database_path, folder, NOON)
    source, target = town.place.settings.blobs, blob_copies.beside(folder / made.name)
    blob_copies.copy(folder / made.name, source, target)
    blob_files.small_of(target, town.school, SHA256).unlink()

    blob_copies.copy(folder / made.name, source, target)

    assert blob_files.small_of(target, town.school, SHA256).exists()
