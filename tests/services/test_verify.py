"""What somebody alters in the database by hand is found, and named by school, row, record and kind."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from observe import cli
from observe.services import backup, intake, refold
from observe.services.intake import Draft
from observe.store import held
from observe.store.db import Db
from observe.store.sqlite_copy import SqliteReader
from tests.builders import NOON, a_device, heads_of
from tests.fixtures.place import Town
from tests.services.world import LESSON, OBSERVER, SCHOOL, a_world


@dataclass
class Scene:
    """The town with a held change, one that was released, a conflict and a step."""

    town: Town
    database: Path
    held_seq: int

    def look(self) -> list[str]:
        with closing(SqliteReader(self.database)) as db:
            return [str(damage) for damage in refold.everything(db)]

    def alter(self, sql: str) -> int:
        """What somebody with a SQLite shell does; how many rows it touched."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            return connection.execute(sql).rowcount


@pytest.fixture
def scene(town: Town, tmp_path: Path) -> Scene:
    place, people = town.place, town.people
    signed, draft = (f"observation/{town.observations[name]}" for name in ("signed", "draft"))
    teacher = a_device(place, people["teacher"], "tabletteacher")
    for words in ("mine to write?", "and this?"):
        receipt = teacher.write(town.school, signed, {"strengths": words})
        row = held.of_school(place.db, town.school)[-1]
        released = {"change": receipt.held[0].id, "verdict": "released"}
        if words.startswith("mine"):
            decision = Draft(town.school, f"decision/{place.new_id()}", released)
            assert not intake.write(place, people["administrator"], [decision])
    for replica in ("tablet1observer", "tablet2observer"):
        a_device(place, people["observer"], replica).write(town.school, draft, {"topic": replica})
    step = {"observer": people["observer"], "teacher": people["teacher"], "text": "Ask more", "status": "open"}
    observation = {"observation": town.observations["signed"]}
    assert not intake.write(
        place, people["observer"], [Draft(town.school, f"step/{place.new_id()}", step | observation)]
    )
    return Scene(town, tmp_path / "observe.sqlite3", row.seq)


def test_what_the_program_wrote_is_whole(scene: Scene) -> None:
    assert scene.look() == []


ALTERED = {
    "the text of a change": (
        "update change set body = replace(body, 'tablet1obs', 'tablet9obs') where replica = 'tablet1observer'",
        "[text]",
    ),
    "the text and its digest": (
        "update change set body = body || ' ', digest = 'x' where replica = 'tablet1observer'",
        "[text]",
    ),
    "a verdict": ("update change set verdict = 'accepted', reason = '' where seq = :held", "it was held (not-allowed)"),
    "a row taken out": ("delete from change where replica = 'tablet1observer'", "is gone [missing]"),
    "the author of a change": ("update change set made_by = 'x' where replica = 'tablet1observer'", "made_by 'x' was"),
    "the record of a change": (
        "update change set record = 'observation/x' where replica = 'tablet1observer'",
        "[columns]",
    ),
    "the chain": ("update change set chain = 'x' where replica = 'tablet1observer'", "[chain]"),
    "the counter": ("update feed set seq = seq - 1", "[counter]"),
    "the counter's digest": ("update feed set chain = 'x'", "[counter]"),
    "how far a device is stored": (
        "update replica set stored_n = 7 where replica = 'tablet1observer'",
        "replica tablet1observer: it is said to be stored up to 7, and 1",
    ),
    "a rating": (
        """update record set fields = replace(fields, '"Ask more"', '"Ask less"')""",
        "its field text is not what the log makes it",
    ),
    "who may see a record": (
        """update record set audience = replace(audience, 'role:admin', 'role:x') where kind = 'observation'""",
        "who may see it was altered",
    ),
    "a conflict hidden": ("update record set has_conflict = 0", "it is marked wrongly"),
    "a record hidden from devices": ("update record set seq = 1 where kind = 'step'", "so devices miss that"),
    "a record taken out": ("delete from record where kind = 'step'", "it is not stored"),
    "a record put in": (
        "insert into record select school, 'step/x', kind, seq, fields, audience, 0 from record where kind = 'step'",
        "nothing in the log makes this record",
    ),
    "a score": ("update observation set percent = 99.9 where rowid = 1", "was altered: percent"),
    "a role": ("update person set is_administrator = 1 where is_teacher = 1", "was altered: is_administrator"),
    "a member put in": (
        "insert into person select school, 'x', name, nip, 1, 1, 1, 1 from person limit 1",
        "nothing in the log makes its row in the table person",
    ),
    "a school's name": ("update school set name = 'x'", "was altered: name"),
    "a step": ("update step set status = 'done'", "was altered: status"),
    "a row of a step taken out": ("delete from step", "its row in the table step is gone"),
    "a held change let through": (
        "update held set standing = 'released', decided_by = 'x' where seq = :held",
        "it stands as released, and by the decisions in the log it is waiting",
    ),
    "a held change forgotten": ("delete from held where seq = :held", "nobody is asked to decide"),
    "the reason of a held change": ("update held set reason = 'invalid' where seq = :held", "is not what the log says"),
}


@pytest.mark.parametrize("what", ALTERED)
def test_what_is_altered_by_hand_is_named(scene: Scene, what: str) -> None:
    sql, said = ALTERED[what]

    touched = scene.alter(sql.replace(":held", str(scene.held_seq)))
    found = scene.look()

    assert touched > 0
    assert any(said in damage for damage in found), found
    assert all("school" in damage or "replica" in damage for damage in found)


def test_one_altered_row_is_one_name_with_its_row_and_record(scene: Scene) -> None:
    record = f"observation/{scene.town.observations['draft']}"
    seq = scene.town.place.db.rows("select seq from change where replica = 'tablet2observer'")[0]["seq"]

    scene.alter("update change set digest = 'x' where replica = 'tablet2observer'")

    assert scene.look() == [
        f"school {scene.town.school}, row {seq} of its log, {record}: the text of tablet2observer.1 was altered [text]"
    ]


def test_a_log_written_anew_chain_and_all_does_not_fit_an_earlier_backup(scene: Scene, tmp_path: Path) -> None:
    backup.make(scene.database, tmp_path / "backups", NOON)
    backup.take_note(scene.town.place)
    school = scene.town.school
    end = scene.town.place.db.rows("select seq, chain from feed where school = :school", {"school": school})[0]

    scene.alter(f"update change set chain = 'forged' where school = '{school}' and seq = {end['seq']}")
    scene.alter(f"update feed set chain = 'forged' where school = '{school}'")

    assert any("not the one a backup was made of [history]" in damage for damage in scene.look())


def test_it_looks_at_one_moment_while_the_server_writes(scene: Scene) -> None:
    town, draft = scene.town, f"observation/{scene.town.observations['draft']}"
    device = a_device(town.place, town.people["observer"], "busytablet")
    with closing(SqliteReader(scene.database)) as db, db.snapshot():
        before = db.rows("select max(seq) as seq from change")
        device.write(town.school, draft, {"growth": "x"}, seen=heads_of(town.place, town.school, draft, "growth"))
        after = db.rows("select max(seq) as seq from change")

    assert before == after


def test_the_command_names_what_it_found_and_ends_with_one(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    environment = {"OBSERVE_DATABASE_PATH": str(scene.database)}

    whole = cli.main(("verify",), environment)
    scene.alter("update step set status = 'done'")
    altered = cli.main(("verify",), environment)

    assert (whole, altered) == (0, 1)
    told = capsys.readouterr().out
    assert "all whole." in told
    assert "its row in the table step was altered: status [row]" in told


def test_a_record_that_was_let_in_and_set_aside_again_is_whole(town: Town, tmp_path: Path) -> None:
    place, new = town.place, f"observation/{town.place.new_id()}"
    teacher = a_device(place, town.people["teacher"], "tabletteacher")
    (notice,) = teacher.write(town.school, new, {"topic": "mine to start?"}).held
    decision = f"decision/{place.new_id()}"
    for verdict in ("released", "set-aside"):
        draft = Draft(town.school, decision, {"change": notice.id, "verdict": verdict})
        assert not intake.write(place, town.people["administrator"], [draft])

    with closing(SqliteReader(tmp_path / "observe.sqlite3")) as db:
        assert [str(damage) for damage in refold.everything(db)] == []


@pytest.mark.both_engines
def test_on_both_engines_a_copy_is_verified_and_what_was_altered_is_named(db: Db) -> None:
    world = a_world(db)
    device = world.device(OBSERVER)
    world.start(device, class_name="VIII B")
    assert device.send().held == []

    whole = refold.everything(db)
    receipt = backup.check_copy(db, db, "itself", NOON)
    backup.note(db, receipt)
    db.run("update observation set class_name = 'IX A'")
    altered = refold.everything(db)

    assert whole == []
    assert backup.backed_up(world.place, OBSERVER) == {device.replica: 1}
    assert [str(damage) for damage in altered] == [
        f"school {SCHOOL}, {LESSON}: its row in the table observation was altered: class_name [row]"
    ]
