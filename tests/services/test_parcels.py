"""The log of a school carried by hand from one server to another: sealed, in order, and twice without harm."""

import gzip
import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from observe import cli
from observe.domain.access import Role
from observe.services import intake, pairing, parcels, refold, setup
from observe.services.parcels import CannotPack, ParcelRefused
from observe.services.place import Place
from observe.settings import Settings
from observe.store import changes, people, records
from observe.store.sqlite import SqliteDb
from sync import bundle
from sync.bundle import Header
from sync.change import Change, encode
from tests.builders import Clock, a_device, heads_of, ids
from tests.fixtures.place import Town
from tests.saved_file import a_file, new_key

KEY = new_key()
TRUSTED = bundle.fingerprint(bundle.told(KEY))
AT = "2026-11-23T04:00:00.000Z"


@dataclass
class Centre:
    """Another server, with nothing on it yet."""

    place: Place

    def take(self, files: list[bytes], trusted: str = TRUSTED) -> list[dict[str, int]]:
        return [parcels.take_in(self.place, io.BytesIO(data), "part", trusted).counts for data in files]

    def count(self) -> int:
        return int(self.place.db.rows("select count(*) as n from change where record not like 'replica/%'")[0]["n"])


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    clock = Clock()
    place = Place(SqliteDb(tmp_path / "centre.sqlite3"), Settings(), clock, ids(clock))
    setup.prepare(place)
    return Centre(place)


def packed(town: Town, after: int = 0) -> list[bytes]:
    return [b"".join(part.pieces) for part in parcels.parts(town.place.db, town.school, after, KEY, AT)]


def shown(place: Place, town: Town) -> dict[str, dict[str, object]]:
    names = [f"observation/{town.observations[name]}" for name in ("signed", "draft", "other_signed")]
    return {name: kept.values for name in names if (kept := records.read(place.db, town.school, name))}


def test_a_whole_school_arrives_and_is_the_same_there(town: Town, centre: Centre) -> None:
    (counts,) = centre.take(packed(town))

    assert counts == {"new": changes.position(town.place.db, town.school).seq}
    assert shown(centre.place, town) == shown(town.place, town)
    assert people.school(centre.place.db, town.school) == people.school(town.place.db, town.school)
    assert people.school(centre.place.db, town.outside_school) is None
    assert refold.everything(centre.place.db) == []


def test_a_file_brought_twice_changes_nothing(town: Town, centre: Centre) -> None:
    files = packed(town)
    centre.take(files)
    before = centre.count()

    (again,) = centre.take(files, trusted="")

    assert again.keys() == {"here"}
    assert centre.count() == before


def test_what_came_since_is_a_part_of_its_own_that_knows_its_place(town: Town, centre: Centre) -> None:
    draft = f"observation/{town.observations['draft']}"
    first, end = packed(town), changes.position(town.place.db, town.school).seq
    device = a_device(town.place, town.people["observer"])
    device.write(town.school, draft, {"growth": "since"}, seen=heads_of(town.place, town.school, draft, "growth"))
    second = packed(town, after=end)

    with pytest.raises(ParcelRefused, match="comes before it; take that in first"):
        centre.take(second)
    nothing = centre.count()
    counts = centre.take([*first, *second])

    assert nothing == 0
    assert counts[1] == {"new": 1}
    assert shown(centre.place, town)[draft]["growth"] == "since"


def test_a_long_log_comes_in_parts_that_follow_each_other(
    town: Town, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parcels, "MOST_CHANGES", 5)
    files = packed(town)

    with pytest.raises(ParcelRefused, match="take that in first"):
        centre.take([files[1]])
    counts = centre.take(files)

    assert len(files) > 2
    assert all(count.keys() == {"new"} for count in counts)
    assert shown(centre.place, town) == shown(town.place, town)


def test_a_key_nobody_compared_is_shown_and_nothing_taken(town: Town, centre: Centre) -> None:
    with pytest.raises(ParcelRefused, match=TRUSTED):
        centre.take(packed(town), trusted="0000-0000-0000-0000-0000")

    assert centre.count() == 0


def test_a_tablets_key_is_never_a_servers(town: Town) -> None:
    teacher, key = town.people["teacher"], new_key()
    tablet = pairing.pair(town.place, teacher, "hp", bundle.told(key)).replica
    forged = Change(
        "neverheardof.1",
        town.school,
        f"person/{teacher}",
        town.people["administrator"],
        AT,
        {"role.administrator": True},
    )
    header = Header("bundle", 1, tablet, intake.SERVER, AT, 1, [town.school], "log")
    file = io.BytesIO(b"".join(bundle.write(header, [encode(forged).body], key)))

    with pytest.raises(ParcelRefused, match="a server that is not known here"):
        parcels.take_in(town.place, file, "stick")

    assert not people.viewer(town.place.db, teacher).has(town.school, Role.administrator)


def test_a_known_server_cannot_be_played_by_another_key(town: Town, centre: Centre) -> None:
    centre.take(packed(town))
    forged = new_key()
    file = b"".join(next(parcels.parts(town.place.db, town.school, 0, forged, AT)).pieces)

    with pytest.raises(ParcelRefused, match="altered after it was sealed"):
        centre.take([file], trusted=bundle.fingerprint(bundle.told(forged)))


@pytest.mark.parametrize("every", [211])
def test_cut_or_altered_anywhere_nothing_of_it_is_taken(town: Town, centre: Centre, every: int) -> None:
    whole = gzip.decompress(packed(town)[0])
    for place in range(0, len(whole), every):
        for data in (whole[:place], whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]):
            with pytest.raises(ParcelRefused):
                centre.take([data])

    assert centre.count() == 0


def test_a_log_carries_no_more_rights_than_its_authors_have(town: Town, centre: Centre) -> None:
    centre.take(packed(town))
    signed = f"observation/{town.observations['signed']}"
    end = changes.position(town.place.db, town.school).seq
    device = a_device(town.place, town.people["teacher"], "tabletteacher")
    device.write(town.school, signed, {"strengths": "not hers"})
    town.place.db.run("update change set verdict = 'accepted', reason = '' where replica = 'tabletteacher'")

    (counts,) = centre.take(packed(town, after=end))

    assert counts == {"held": 1}


def test_there_is_nothing_to_write_of_a_school_that_is_not_here(town: Town) -> None:
    with pytest.raises(CannotPack):
        list(parcels.parts(town.place.db, "elsewhere", 0, KEY, AT))


Run = Callable[..., int]


def test_by_hand_from_one_machine_to_another(town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = {"OBSERVE_DATABASE_PATH": str(tmp_path / "observe.sqlite3")}
    there = {"OBSERVE_DATABASE_PATH": str(tmp_path / "centre" / "observe.sqlite3")}
    name = people.school(town.place.db, town.school)
    assert name

    exported = cli.main(("bundle", "export", town.school, "--to", str(tmp_path / "stick")), here)
    (file,) = (tmp_path / "stick").iterdir()
    cli.main(("bundle", "key"), here)
    fingerprint = capsys.readouterr().out.splitlines()[-1]
    unknown = cli.main(("bundle", "import", str(file)), there)
    asked = capsys.readouterr().out
    taken = cli.main(("bundle", "import", str(file), "--key", fingerprint, "--lines"), there)
    said = capsys.readouterr().out
    again = cli.main(("bundle", "import", str(file)), there)

    assert (exported, unknown, taken, again) == (0, 1, 0, 0)
    assert fingerprint in asked
    assert f"{changes.position(town.place.db, town.school).seq:>7} taken in" in said
    assert "line 1: " in said
    assert "was here already" in capsys.readouterr().out
    with closing(SqliteDb(tmp_path / "centre" / "observe.sqlite3")) as db:
        assert people.school(db, town.school) == name
        assert refold.everything(db) == []


def test_a_server_that_runs_is_not_written_beside(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = {"OBSERVE_DATABASE_PATH": str(tmp_path / "observe.sqlite3")}
    (tmp_path / "file").write_bytes(b"")

    assert cli.main(("bundle", "import", str(tmp_path / "file")), here) == 2

    assert "stop the server first" in capsys.readouterr().err


def test_an_operator_takes_in_what_a_tablet_sealed_and_nothing_without_a_seal(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    observer, draft = town.people["observer"], f"observation/{town.observations['draft']}"
    tablet = pairing.pair(town.place, observer, "Tablet desa", bundle.told(KEY)).replica
    change = Change(f"{tablet}.1", town.school, draft, observer, AT, {"topic": "Pecahan"})
    sealed, unsealed = tmp_path / "sealed.jsonl.gz", tmp_path / "unsealed.jsonl.gz"
    sealed.write_bytes(a_file(tablet, observer, town.school, [change], KEY).getvalue())
    unsealed.write_bytes(a_file(tablet, observer, town.school, [change]).getvalue())
    town.place.db.close()

    here = {"OBSERVE_DATABASE_PATH": str(tmp_path / "observe.sqlite3")}
    status = cli.main(("bundle", "import", "--lines", str(unsealed), str(sealed)), here)

    told = capsys.readouterr().out
    assert status == 1
    assert f"{unsealed}: This file has no seal" in told
    assert f"1 taken in\n  line 1: {tablet}.1 {draft}: taken in" in told
