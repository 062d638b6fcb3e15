"""A school's node forwards everything and reads everything, whatever happens to the line or to either server."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from observe.domain import kinds
from observe.services import intake, moving, pairing, setup, uplink
from observe.services.intake import Draft
from observe.services.place import Place
from observe.settings import Settings
from observe.store import backups, changes, held, people, places, replicas, tables, uplinks
from observe.store.db import Db
from observe.store.sqlite import SqliteDb
from sync.chain import link
from tests.devices import Device
from tests.services.two_servers import Wire, an_app, forward, held_in_common, let_in, log_of
from tests.services.world import (
    ADMIN,
    COLLEAGUE,
    LESSON,
    OBSERVER,
    OTHER_SCHOOL,
    SCHOOL,
    TEACHER,
    Clock,
    World,
    a_world,
    uuid,
)

pytestmark = pytest.mark.both_engines


@dataclass
class Pair:
    """A centre with a school, and its node that has read everything once."""

    world: World
    node: Place
    wire: Wire

    @property
    def centre(self) -> Place:
        return self.world.place

    def device(self, at: Place, person: str, replica: str) -> Device:
        return Device.paired(at, SCHOOL, person, replica)

    def start(self, device: Device) -> None:
        device.write(LESSON, observer=device.person, teacher=TEACHER, rubric=self.world.form, status="draft")

    def agree(self) -> bool:
        return held_in_common(self.centre, SCHOOL) == held_in_common(self.node, SCHOOL)


def a_node(start: int = 500_000) -> Place:
    ids = iter(range(start, start + 100_000))
    made = Place(SqliteDb(None), Settings(), Clock(), lambda: uuid(next(ids)))
    setup.prepare(made)
    return made


@pytest.fixture
def pair(db: Db) -> Iterator[Pair]:
    """A centre on either database, and a node on SQLite as in a school."""
    world, node = a_world(db), a_node()
    let_in(world.place, node, SCHOOL)
    made = Pair(world, node, Wire(an_app(world.place)))
    assert forward(node, made.wire).is_done
    yield made
    node.db.close()


def test_a_new_node_reads_everything_of_its_schools_and_nothing_of_others(pair: Pair) -> None:
    assert pair.agree()
    assert [school.school for school in people.schools(pair.node.db)] == [SCHOOL]
    assert log_of(pair.node, SCHOOL) == log_of(pair.centre, SCHOOL)


def test_what_a_node_has_read_it_does_not_send_back(pair: Pair) -> None:
    assert all(b'"changes":[]' in asked for asked in pair.wire.asked)


def test_what_a_device_left_at_the_node_arrives_at_the_centre(pair: Pair) -> None:
    tablet = pair.device(pair.node, OBSERVER, "tablet1")
    pair.start(tablet)
    tablet.write(LESSON, rating__A1=3)
    tablet.send()

    done = forward(pair.node, pair.wire)

    assert (done.is_done, pair.agree()) == (True, True)
    assert held_in_common(pair.centre, SCHOOL)[LESSON]["rating.A1"] == [("tablet1.2", "3")]


def test_bodies_travel_byte_by_byte(pair: Pair) -> None:
    tablet = pair.device(pair.node, OBSERVER, "tablet1")
    pair.start(tablet)
    tablet.send()
    forward(pair.node, pair.wire)

    here = changes.by_id(pair.node.db, SCHOOL, "tablet1.1")
    there = changes.by_id(pair.centre.db, SCHOOL, "tablet1.1")

    assert here and there
    assert (here.body, here.digest) == (there.body, there.digest)


@pytest.mark.parametrize("fault", ["lost", "unheard"])
def test_a_cut_line_costs_a_repeat_and_doubles_nothing(pair: Pair, fault: str) -> None:
    tablet = pair.device(pair.node, OBSERVER, "tablet1")
    pair.start(tablet)
    tablet.send()
    setattr(pair.wire, fault, 2)

    assert [forward(pair.node, pair.wire).problem for _ in range(3)] == ["offline", "offline", None]

    assert pair.agree()
    assert log_of(pair.centre, SCHOOL).count("tablet1.1 accepted") == 1


def test_a_timeout_halves_what_is_sent_at_once_and_success_doubles_it(pair: Pair) -> None:
    tablet = pair.device(pair.node, OBSERVER, "tablet1")
    for n in range(40):
        tablet.write(f"observation/{uuid(3000 + n)}", observer=OBSERVER, status="draft")
    tablet.send()
    pair.wire.lost, pair.wire.problem = 3, "timeout"
    sizes = []
    for _ in range(3):
        forward(pair.node, pair.wire)
        found = uplinks.read(pair.node.db)
        sizes.append(found.batch if found else 0)

    assert sizes == [20, 10, 5]
    assert forward(pair.node, pair.wire).is_done
    assert pair.agree()
    found = uplinks.read(pair.node.db)
    assert found and found.batch > 5


def test_after_a_failure_the_timer_waits(pair: Pair) -> None:
    pair.wire.lost = 1

    forward(pair.node, pair.wire)

    assert not uplink.is_due(pair.node)


def test_the_centres_verdict_stands(pair: Pair) -> None:
    tablet = pair.device(pair.node, OBSERVER, "tablet1")
    pair.start(tablet)
    tablet.send()
    intake.write(pair.centre, ADMIN, [Draft(SCHOOL, f"person/{OBSERVER}", {"role.observer": False})])

    assert forward(pair.node, pair.wire).is_done

    assert pair.agree()
    assert LESSON not in held_in_common(pair.node, SCHOOL)
    assert [item.reason for item in held.of_school(pair.node.db, SCHOOL)] == ["not-allowed"]
    assert log_of(pair.node, SCHOOL).count("tablet1.1 accepted") == 1, "the row itself never changes"


def test_a_ruling_is_told_to_the_devices_of_the_node(pair: Pair) -> None:
    tablet = pair.device(pair.node, OBSERVER, "tablet1")
    pair.start(tablet)
    tablet.send()
    tablet.pull()
    intake.write(pair.centre, ADMIN, [Draft(SCHOOL, f"person/{OBSERVER}", {"role.observer": False})])
    forward(pair.node, pair.wire)

    tablet.pull()

    assert LESSON not in tablet.records or tablet.shows(LESSON) == {}


def test_a_decision_made_at_the_centre_counts_at_the_node(pair: Pair) -> None:
    tablet = pair.device(pair.node, OBSERVER, "tablet1")
    pair.start(tablet)
    tablet.send()
    intake.write(pair.centre, ADMIN, [Draft(SCHOOL, f"person/{OBSERVER}", {"role.observer": False})])
    forward(pair.node, pair.wire)
    release = {"change": "tablet1.1", "verdict": "released"}
    assert not intake.write(pair.centre, ADMIN, [Draft(SCHOOL, f"decision/{uuid(70)}", release)])

    forward(pair.node, pair.wire)

    assert pair.agree()
    assert LESSON in held_in_common(pair.node, SCHOOL)


def test_two_administrators_who_decide_apart_end_with_the_same(pair: Pair) -> None:
    tablet = pair.device(pair.node, TEACHER, "tablet1")
    tablet.write(LESSON, growth="Saya tulis sendiri")
    tablet.send()
    forward(pair.node, pair.wire)
    for place, verdict, n in ((pair.node, "released", 70), (pair.centre, "set-aside", 71)):
        decision = {"change": "tablet1.1", "verdict": verdict}
        assert not intake.write(place, ADMIN, [Draft(SCHOOL, f"decision/{uuid(n)}", decision)])

    forward(pair.node, pair.wire)

    standing = [
        [item.standing for item in held.of_record(place.db, SCHOOL, LESSON)] for place in (pair.node, pair.centre)
    ]
    assert standing[0] == standing[1]
    assert pair.agree()


def copy_of(place: Place) -> Db:
    copy = SqliteDb(None)
    moving.move(place.db, copy, place.moment())
    return copy


def put_back(place: Place, copy: Db) -> None:
    with place.db.atomic():
        tables.clear(place.db)
        for table in tables.holding(copy):
            tables.copy(copy, place.db, table)


def restored(pair: Pair, copy: Db) -> None:
    """The centre as it was, under a new epoch and a new name, as `observe restore` makes it."""
    put_back(pair.centre, copy)
    pair.centre.db.run("update place set epoch = 'restored', replica = 'centreagain'")
    with pair.centre.db.atomic():
        replicas.add(pair.centre.db, "centreagain", None, "server", None, pair.centre.moment())


def test_a_centre_restored_from_a_backup_is_healed_by_its_node(pair: Pair) -> None:
    copy = copy_of(pair.centre)
    tablet, other = (pair.device(pair.node, OBSERVER, "tablet1"), pair.device(pair.centre, OBSERVER, "tablet2"))
    pair.start(tablet)
    tablet.send()
    other.write(LESSON.replace("100", "101"), observer=OBSERVER, status="draft")
    other.write(f"observation/{uuid(101)}", observer=OBSERVER, status="draft")
    other.send()
    intake.write(pair.centre, ADMIN, [Draft(SCHOOL, f"person/{COLLEAGUE}", {"name": "Written at the centre"})])
    forward(pair.node, pair.wire)
    before = held_in_common(pair.centre, SCHOOL)

    restored(pair, copy)
    assert held_in_common(pair.centre, SCHOOL) != before
    assert forward(pair.node, pair.wire).is_done

    assert held_in_common(pair.centre, SCHOOL) == before
    assert pair.agree()


def test_a_restored_centre_is_offered_everything_in_order_though_something_new_waited(pair: Pair) -> None:
    copy = copy_of(pair.centre)
    tablet = pair.device(pair.node, OBSERVER, "tablet1")
    pair.start(tablet)
    tablet.send()
    forward(pair.node, pair.wire)
    restored(pair, copy)
    tablet.write(LESSON, rating__A1=2)
    tablet.send()

    assert forward(pair.node, pair.wire).is_done

    assert held.of_school(pair.centre.db, SCHOOL) == [], "an edit was judged before what it edits had come back"
    assert pair.agree()


def test_a_device_that_met_the_node_meets_the_centre_and_doubles_nothing(pair: Pair) -> None:
    paired = pairing.pair(pair.node, OBSERVER, "Tablet")
    tablet = Device(pair.node, SCHOOL, OBSERVER, paired.replica)
    pair.start(tablet)
    kept = list(tablet.outbox)
    tablet.send()
    forward(pair.node, pair.wire)

    answer = pair.wire.app.test_client().post(
        "/sync/v1/exchange",
        data=b'{"protocol":1,"changes":[' + kept[0].body.encode() + b"]}",
        content_type="application/json",
        headers={"Authorization": f"Bearer {paired.token}"},
    )

    assert answer.status_code == 200
    assert answer.json and answer.json["acks"] == {paired.replica: 1}
    assert log_of(pair.centre, SCHOOL).count(f"{paired.replica}.1 accepted") == 1


def test_a_device_shut_out_at_the_node_is_shut_out_at_the_centre(pair: Pair) -> None:
    paired = pairing.pair(pair.node, OBSERVER, "Tablet")
    pairing.revoke(pair.node, people.viewer(pair.node.db, ADMIN), paired.replica)

    forward(pair.node, pair.wire)

    known = replicas.read(pair.centre.db, paired.replica)
    assert known and known.revoked_at


def test_what_a_device_brought_to_the_centre_first_is_no_gap_at_the_node(pair: Pair) -> None:
    paired = pairing.pair(pair.centre, OBSERVER, "Tablet")
    tablet = Device(pair.centre, SCHOOL, OBSERVER, paired.replica)
    pair.start(tablet)
    tablet.send()
    forward(pair.node, pair.wire)
    tablet.place = pair.node
    tablet.write(LESSON, rating__A1=2)

    assert tablet.send().stored_n == 2
    assert forward(pair.node, pair.wire).is_done and pair.agree()


def test_a_copied_device_loses_nothing_on_either_side(pair: Pair) -> None:
    paired = pairing.pair(pair.node, OBSERVER, "Tablet")
    forward(pair.node, pair.wire)
    one = Device(pair.node, SCHOOL, OBSERVER, paired.replica)
    two = Device(pair.centre, SCHOOL, OBSERVER, paired.replica)
    for copy, n in ((one, 101), (two, 102)):
        copy.write(f"observation/{uuid(n)}", observer=OBSERVER, status="draft", topic=f"of {n}")
        copy.send()

    assert forward(pair.node, pair.wire).is_done

    assert held.of_school(pair.node.db, SCHOOL) == [], "nobody is asked what to do with the old numbers"
    common = held_in_common(pair.centre, SCHOOL)
    assert common[f"observation/{uuid(101)}"]["topic"][0][1] == "of 101"
    assert common[f"observation/{uuid(102)}"]["topic"][0][1] == "of 102"
    assert pair.agree()


def test_what_a_copied_device_has_alike_on_both_sides_counts_at_the_node_too(pair: Pair) -> None:
    """Its numbers part before a change that the node has read from the centre already."""
    intake.found(pair.centre, [Draft(OTHER_SCHOOL, f"person/{OBSERVER}", {"name": "x", "role.observer": True})])
    paired = pairing.pair(pair.centre, OBSERVER, "Tablet")
    forward(pair.node, pair.wire)
    one = Device(pair.node, SCHOOL, OBSERVER, paired.replica)
    two = Device(pair.centre, SCHOOL, OBSERVER, paired.replica)
    for copy, topic in ((one, "of one"), (two, "of two")):
        copy.school = OTHER_SCHOOL
        copy.write(f"observation/{uuid(101)}", observer=OBSERVER, status="draft", topic=topic)
        copy.send()
    one.school = SCHOOL
    one.write(f"observation/{uuid(102)}", observer=OBSERVER, status="draft", topic="alike")
    two.n, two.outbox = one.n, list(one.outbox)
    one.send(), two.send()
    uplinks.set_batch(pair.node.db, 1)

    forward(pair.node, pair.wire)

    assert f"{paired.replica}.2" in str(held_in_common(pair.node, SCHOOL)[f"observation/{uuid(102)}"])
    assert pair.agree()


def test_what_a_restored_centre_lost_under_a_copied_devices_number_comes_back_under_another(pair: Pair) -> None:
    paired = pairing.pair(pair.node, OBSERVER, "Tablet")
    forward(pair.node, pair.wire)
    copy = copy_of(pair.centre)
    one = Device(pair.node, SCHOOL, OBSERVER, paired.replica)
    two = Device(pair.centre, SCHOOL, OBSERVER, paired.replica)
    one.write(f"observation/{uuid(101)}", observer=OBSERVER, status="draft", topic="of one")
    two.write(f"observation/{uuid(102)}", observer=OBSERVER, status="draft", topic="of two")
    of_one = list(one.outbox)
    one.send(), two.send()
    forward(pair.node, pair.wire)
    restored(pair, copy)
    intake.take_in(pair.centre, intake.Sender(paired.replica, OBSERVER), of_one)

    assert forward(pair.node, pair.wire).is_done

    common = held_in_common(pair.centre, SCHOOL)
    assert common[f"observation/{uuid(101)}"]["topic"][0][1] == "of one"
    assert common[f"observation/{uuid(102)}"]["topic"][0][1] == "of two"
    assert pair.agree()
    logs = log_of(pair.node, SCHOOL)
    for place in (pair.node, pair.centre):
        with place.db.atomic():
            uplinks.offer_again(place.db)
    assert forward(pair.node, pair.wire).is_done
    assert log_of(pair.node, SCHOOL) == logs, "offered once more it moves no further"


def test_a_decision_on_a_copied_devices_number_means_the_change_the_centre_has(pair: Pair) -> None:
    paired = pairing.pair(pair.node, OBSERVER, "Tablet")
    forward(pair.node, pair.wire)
    one = Device(pair.node, SCHOOL, OBSERVER, paired.replica)
    two = Device(pair.centre, SCHOOL, OBSERVER, paired.replica)
    one.write(f"observation/{uuid(101)}", observer=OBSERVER, status="draft")
    two.write(f"person/{uuid(102)}", name="Somebody new")
    one.send(), two.send()
    forward(pair.node, pair.wire)
    decision = {"change": f"{paired.replica}.1", "verdict": "released"}
    assert not intake.write(pair.centre, ADMIN, [Draft(SCHOOL, f"decision/{uuid(70)}", decision)])

    forward(pair.node, pair.wire)

    assert f"person/{uuid(102)}" in held_in_common(pair.node, SCHOOL)
    assert pair.agree()


def test_a_release_that_the_centre_refuses_is_undone_at_the_node(pair: Pair) -> None:
    phone = pair.device(pair.node, TEACHER, "tablet1")
    phone.write(f"person/{TEACHER}", position="Guru")
    phone.send()
    decision = {"change": "tablet1.1", "verdict": "released"}
    assert not intake.write(pair.node, ADMIN, [Draft(SCHOOL, f"decision/{uuid(70)}", decision)])
    assert "position" in held_in_common(pair.node, SCHOOL)[f"person/{TEACHER}"]
    intake.write(pair.centre, ADMIN, [Draft(SCHOOL, f"person/{ADMIN}", {"role.administrator": False})])

    forward(pair.node, pair.wire)

    assert pair.agree()
    assert [item.standing for item in held.of_record(pair.node.db, SCHOOL, f"person/{TEACHER}")] == ["waiting"]


def a_late_change(pair: Pair) -> str:
    """What the observer wrote on a second tablet at the node without knowing that she had signed on the first."""
    tablet, other = (pair.device(pair.node, OBSERVER, name) for name in ("tablet1", "tablet2"))
    pair.start(tablet)
    tablet.write(LESSON, status="signed", signed_at="2026-11-02T03:00:00Z")
    tablet.send()
    late = other.write(LESSON, growth="written on the other tablet")
    assert [notice.reason for notice in other.send().held] == ["signed-off"]
    forward(pair.node, pair.wire)
    return late.id


def take_in(place: Place, change: str, by: str = OBSERVER) -> list[str]:
    """The amendment and the decision that goes with it; why they are held, when they are."""
    amended = {"growth": "written on the other tablet", "status": "signed", "signed_at": place.moment()}
    decision = Draft(SCHOOL, f"decision/{place.new_id()}", {"change": change, "verdict": "set-aside"})
    return [notice.reason for notice in intake.write_in_turn(place, by, Draft(SCHOOL, LESSON, amended), decision)]


def standings(place: Place) -> list[str]:
    return [item.standing for item in held.of_record(place.db, SCHOOL, LESSON)]


def test_what_an_observer_takes_in_at_the_node_is_put_away_at_the_centre(pair: Pair) -> None:
    assert take_in(pair.node, a_late_change(pair)) == []

    forward(pair.node, pair.wire)

    assert standings(pair.node) == standings(pair.centre) == ["set-aside"]
    assert [item.record for item in held.of_school(pair.centre.db, SCHOOL)] == []
    assert pair.agree()


def test_what_was_let_through_at_the_centre_is_not_put_away_by_its_observer_at_the_node(pair: Pair) -> None:
    change = a_late_change(pair)
    release = {"change": change, "verdict": "released"}
    assert not intake.write(pair.centre, ADMIN, [Draft(SCHOOL, f"decision/{uuid(70)}", release)])
    assert take_in(pair.node, change) == []

    forward(pair.node, pair.wire)

    assert standings(pair.node) == standings(pair.centre) == ["released"]
    assert pair.agree()


def test_a_school_that_began_at_the_node_grows_at_the_centre() -> None:
    world, centre = a_world(), a_node()
    let_in(centre, world.place, SCHOOL, begins=True)
    wire = Wire(an_app(centre))

    forward(world.place, wire)
    assert forward(world.place, wire).is_done

    assert held_in_common(centre, SCHOOL) == held_in_common(world.place, SCHOOL)
    assert held.of_school(centre.db, SCHOOL) == []
    world.place.db.close(), centre.db.close()


def test_a_log_that_was_altered_on_the_way_is_not_taken_in(pair: Pair) -> None:
    pair.device(pair.centre, ADMIN, "tablet9")
    intake.write(pair.centre, ADMIN, [Draft(SCHOOL, f"person/{COLLEAGUE}", {"name": "Siti"})])
    pair.centre.db.run("update change set body = replace(body, 'Siti', 'Susi')")

    assert forward(pair.node, pair.wire).problem == "altered"
    assert "Susi" not in str(held_in_common(pair.node, SCHOOL))


def test_a_node_writes_for_its_members_alone(pair: Pair) -> None:
    tablet = pair.device(pair.node, OBSERVER, "tablet1")
    tablet.write(LESSON, by=uuid(999), observer=uuid(999), status="draft")
    tablet.send()

    forward(pair.node, pair.wire)

    assert "tablet1.1 held" in log_of(pair.centre, SCHOOL)


def test_a_node_that_was_shut_out_is_told_so(pair: Pair) -> None:
    pair.centre.db.run("update node set revoked_at = '2026-11-02T00:00:00Z'")

    assert forward(pair.node, pair.wire).problem == "shut-out"


def test_the_chain_of_the_node_holds_its_rulings_too(pair: Pair) -> None:
    test_the_centres_verdict_stands(pair)
    chain = ""

    for row in changes.walk(pair.node.db, SCHOOL, 0, 10_000):
        chain = link(chain, row.body, row.verdict, row.reason)
        assert row.chain == chain


def test_a_node_copied_without_its_name_changed_goes_on_under_a_new_one(pair: Pair) -> None:
    copy = copy_of(pair.node)
    intake.write(pair.node, ADMIN, [Draft(SCHOOL, f"person/{COLLEAGUE}", {"name": "First"})])
    forward(pair.node, pair.wire)
    name = places.read(pair.node.db)
    put_back(pair.node, copy)
    intake.write(pair.node, ADMIN, [Draft(SCHOOL, f"person/{TEACHER}", {"name": "Second"})])

    assert forward(pair.node, pair.wire).is_done

    assert places.read(pair.node.db) != name
    assert pair.agree()
    assert {"First", "Second"} <= {person.name for person in people.of_school(pair.centre.db, SCHOOL)}


def test_what_a_node_never_had_is_in_no_backup_of_it(pair: Pair) -> None:
    intake.found(pair.centre, [Draft(OTHER_SCHOOL, f"person/{OBSERVER}", {"name": "x", "role.observer": True})])
    paired = pairing.pair(pair.centre, OBSERVER, "Tablet")
    tablet = Device(pair.centre, SCHOOL, OBSERVER, paired.replica)
    pair.start(tablet)
    tablet.school = OTHER_SCHOOL
    tablet.write(f"observation/{uuid(102)}", observer=OBSERVER, status="draft")
    tablet.school = SCHOOL
    tablet.write(LESSON, topic="the third")
    tablet.send()

    forward(pair.node, pair.wire)

    assert backups.reach_of_log(pair.node.db)[paired.replica] == 1
    assert backups.reach_of_log(pair.centre.db)[paired.replica] == 3


def test_what_waited_for_a_newer_version_counts_when_the_server_starts_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    tablet = pair.device(pair.centre, OBSERVER, "tablet1")
    pair.start(tablet)
    tablet.write(LESSON, mood="good")
    tablet.send()
    forward(pair.node, pair.wire)
    assert [item.reason for item in held.of_school(pair.node.db, SCHOOL)] == ["unknown"]
    later = {**kinds.KINDS, "observation": {**kinds.KINDS["observation"], "mood": lambda value: True}}
    monkeypatch.setattr(kinds, "KINDS", later)

    pair.wire.app = an_app(pair.centre)
    forward(pair.node, pair.wire)

    assert held_in_common(pair.centre, SCHOOL)[LESSON]["mood"] == [("tablet1.2", "good")]
    assert pair.agree()


def test_a_node_that_is_older_than_its_centre_keeps_what_it_does_not_know(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = kinds.KINDS
    later = {**kinds.KINDS, "observation": {**kinds.KINDS["observation"], "mood": lambda value: True}}
    tablet = pair.device(pair.centre, OBSERVER, "tablet1")
    pair.start(tablet)
    tablet.write(LESSON, mood="good")
    monkeypatch.setattr(kinds, "KINDS", later)
    tablet.send()
    monkeypatch.setattr(kinds, "KINDS", older)
    forward(pair.node, pair.wire)
    assert "mood" not in held_in_common(pair.node, SCHOOL)[LESSON]

    monkeypatch.setattr(kinds, "KINDS", later)
    forward(pair.node, pair.wire)

    assert pair.agree()
