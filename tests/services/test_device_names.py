"""Nobody ends, takes over or claims what is another's: names and tokens of devices and of servers."""

import hashlib
from typing import Any

import pytest

from observe.services import intake, nodes, pairing, replication
from observe.services.intake import Sender
from observe.services.replication import Forwarder
from observe.store import nodes as node_rows
from observe.store import places, replicas
from observe.store.db import Db
from observe.store.nodes import Node
from sync.change import Change, Written, encode
from sync.errors import Gap, NotThisProtocol
from tests.devices import Device
from tests.services.world import (
    ADMIN,
    LESSON,
    OBSERVER,
    OTHER_SCHOOL,
    SCHOOL,
    STRANGER,
    TEACHER,
    World,
    a_world,
    uuid,
)

pytestmark = pytest.mark.both_engines

AT = "2026-11-02T03:00:00Z"
NODE = Forwarder("nodeserver22", {SCHOOL: False})


@pytest.fixture
def world(db: Db) -> World:
    return a_world(db)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def a_change(id: str, record: str, by: str, school: str = SCHOOL, **values: Any) -> Written:
    named = {name.replace("__", "."): value for name, value in values.items()}
    return encode(Change(id, school, record, by, AT, named, {}))


def a_visit(world: World, id: str, by: str = ADMIN) -> Written:
    return a_change(id, f"visit/{world.place.new_id()}", by, teacher=TEACHER, planned_at=AT)


def paired(world: World, person: str, school: str = SCHOOL) -> Device:
    return Device(world.place, school, person, pairing.pair(world.place, person, "Tablet").replica)


def known(world: World, replica: str) -> replicas.Replica:
    found = replicas.read(world.place.db, replica)
    assert found
    return found


def test_a_member_does_not_end_a_device_of_another_school(world: World) -> None:
    victim, mine = paired(world, OBSERVER), paired(world, STRANGER, OTHER_SCHOOL)
    mine.write(f"replica/{victim.replica}", person=STRANGER, revoked_at=AT)

    receipt = mine.send()

    assert [notice.reason for notice in receipt.held] == ["invalid"]
    assert known(world, victim.replica).revoked_at is None


@pytest.mark.parametrize("target", ["device", "server"])
def test_a_server_that_forwards_does_not_end_what_is_not_its_own(world: World, target: str) -> None:
    own = places.read(world.place.db)
    assert own
    name = paired(world, OBSERVER).replica if target == "device" else own.replica
    record = f"replica/{name}"

    taken = replication.take_over(
        world.place, NODE, [a_change("nodeserver22.1", record, TEACHER, person=TEACHER, revoked_at=AT)]
    )

    assert [notice.reason for notice in taken.held] == ["invalid"]
    assert known(world, name).revoked_at is None


def test_an_administrator_still_ends_a_device_made_known_elsewhere(world: World) -> None:
    tablet = {"person": TEACHER, "name": "Tablet", "token": digest("a"), "paired_at": AT}
    sent = [
        a_change("nodeserver22.1", "replica/tablet222222", TEACHER, **tablet),
        a_change("nodeserver22.2", "replica/tablet222222", ADMIN, revoked_at=AT),
    ]

    taken = replication.take_over(world.place, NODE, sent)

    assert (taken.held, bool(known(world, "tablet222222").revoked_at)) == ([], True)


def test_nobody_takes_the_name_of_a_server(world: World) -> None:
    replication.take_over(world.place, NODE, [a_visit(world, "nodeserver22.1")])
    mine = paired(world, TEACHER)
    mine.write("replica/nodeserver22", person=TEACHER, token=digest("x"), name="x")

    receipt = mine.send()
    taken = replication.take_over(world.place, NODE, [a_visit(world, "nodeserver22.2")])

    assert [notice.reason for notice in receipt.held] == ["invalid"]
    assert (taken.held, known(world, "nodeserver22").person) == ([], None)


def test_not_even_by_way_of_another_server(world: World) -> None:
    replication.take_over(world.place, NODE, [a_visit(world, "nodeserver22.1")])
    other = Forwarder("otherserver2", {SCHOOL: False})
    record = "replica/nodeserver22"

    taken = replication.take_over(world.place, other, [a_change("otherserver2.1", record, TEACHER, person=TEACHER)])

    assert [notice.reason for notice in taken.held] == ["invalid"]
    assert known(world, "nodeserver22").person is None


def test_a_record_kept_all_the_same_gives_nobody_a_name_or_a_token(world: World) -> None:
    replication.take_over(world.place, NODE, [a_visit(world, "nodeserver22.1")])
    mine = pairing.pair(world.place, TEACHER, "Tablet")

    with world.place.db.atomic():
        replicas.introduce(world.place.db, "nodeserver22", {"person": TEACHER, "revoked_at": AT}, AT)
        replicas.introduce(world.place.db, "other2222222", {"person": TEACHER, "token": digest(mine.token)}, AT)

    assert (known(world, "nodeserver22").person, known(world, "nodeserver22").revoked_at) == (None, None)
    found = replicas.by_token(world.place.db, digest(mine.token))
    assert found and found.replica == mine.replica


def test_a_devices_words_that_came_before_its_record_are_still_its_persons(world: World) -> None:
    sent = [
        a_change("tablet222222.1", LESSON, OBSERVER, observer=OBSERVER, status="draft"),
        a_change("nodeserver22.1", "replica/tablet222222", OBSERVER, person=OBSERVER, token=digest("o")),
    ]

    for one in sent:
        assert replication.take_over(world.place, NODE, [one]).held == []

    assert known(world, "tablet222222").person == OBSERVER


def test_a_token_that_is_anothers_is_held_and_stops_nothing(world: World) -> None:
    mine = pairing.pair(world.place, TEACHER, "Tablet")
    token = digest(mine.token)
    sent = [
        a_change("nodeserver22.1", "replica/other2222222", TEACHER, person=TEACHER, token=token),
        a_change("nodeserver22.2", "replica/third2222222", OBSERVER, person=OBSERVER, token=digest("t")),
        a_change("nodeserver22.3", "replica/fourth222222", OBSERVER, person=OBSERVER, token=digest("t")),
        a_change("third2222222.1", LESSON, OBSERVER, observer=OBSERVER, status="draft"),
    ]

    taken = replication.take_over(world.place, NODE, sent)

    assert [notice.id for notice in taken.held] == ["nodeserver22.1", "nodeserver22.3"]
    assert taken.acks == {"nodeserver22": 3, "third2222222": 1}


def test_a_device_is_made_known_by_a_server_alone(world: World) -> None:
    mine = paired(world, TEACHER)
    mine.write("replica/other2222222", person=TEACHER, token=digest("x"), name="x")

    receipt = mine.send()

    assert [notice.reason for notice in receipt.held] == ["invalid"]
    assert replicas.read(world.place.db, "other2222222") is None


def test_asking_for_a_name_does_not_take_it(world: World) -> None:
    """A teacher saw the name of a tablet at the school's server, before its words came here."""
    mine = known(world, paired(world, TEACHER).replica)
    assert pairing.may_offer(world.place, mine, "tabletofobsr")
    record = {"person": OBSERVER, "token": digest("o"), "name": "T", "paired_at": AT}

    taken = replication.take_over(
        world.place,
        NODE,
        [
            a_change("nodeserver22.1", "replica/tabletofobsr", OBSERVER, **record),
            a_change("tabletofobsr.1", LESSON, OBSERVER, observer=OBSERVER, status="draft"),
        ],
    )

    assert (taken.held, known(world, "tabletofobsr").person) == ([], OBSERVER)


def test_a_name_is_claimed_with_what_is_stored_under_it_or_not_at_all(world: World) -> None:
    first = a_change("earlier22222.1", LESSON, OBSERVER, observer=OBSERVER, status="draft")
    second = a_change("earlier22222.2", LESSON, OBSERVER, topic="x")
    sender = Sender("earlier22222", OBSERVER, claims="Tablet")

    with pytest.raises(Gap):
        intake.take_in(world.place, sender, [second])
    assert replicas.read(world.place.db, "earlier22222") is None

    assert intake.take_in(world.place, sender, [first, second]).stored_n == 2
    assert known(world, "earlier22222").person == OBSERVER
    with pytest.raises(NotThisProtocol):
        intake.take_in(world.place, Sender("earlier22222", TEACHER, claims="x"), [a_visit(world, "earlier22222.3")])


def test_an_empty_claim_gives_way_to_the_log(world: World) -> None:
    assert replicas.claim(world.place.db, "tabletofobsr", TEACHER, "x", AT)

    with world.place.db.atomic():
        replicas.introduce(world.place.db, "tabletofobsr", {"person": OBSERVER, "token": digest("o")}, AT)

    found = replicas.by_token(world.place.db, digest("o"))
    assert found and (found.replica, found.person, found.is_guest) == ("tabletofobsr", OBSERVER, True)


def test_the_name_a_server_told_is_nobody_elses_to_claim(world: World) -> None:
    node = a_node(world, SCHOOL)
    assert nodes.claim(world.place, node, "nodeserver22") == "nodeserver22"

    mine = known(world, paired(world, TEACHER).replica)

    assert not pairing.may_offer(world.place, mine, "nodeserver22")


def a_node(world: World, school: str) -> Node:
    made = nodes.let_in(world.place, "", "Server", {school: False})
    found = node_rows.read(world.place.db, made.node)
    assert found
    return found


def test_a_server_is_told_by_a_name_that_is_no_other_ones(world: World) -> None:
    own, tablet = places.read(world.place.db), paired(world, OBSERVER)
    assert own
    node, foreign = a_node(world, SCHOOL), a_node(world, OTHER_SCHOOL)

    for name in (None, "", "../x", "x" * 33, "UPPER123", own.replica, tablet.replica):
        assert nodes.claim(world.place, node, name) == ""
    assert nodes.claim(world.place, node, "nodeserver22") == "nodeserver22"
    assert nodes.claim(world.place, foreign, "nodeserver22") == ""
    assert nodes.claim(world.place, a_node(world, SCHOOL), "nodeserver22") == "nodeserver22", "let in once more"


def test_a_server_numbers_nothing_for_a_device_its_schools_do_not_know(world: World) -> None:
    tablet = paired(world, OBSERVER)
    world.start(tablet)
    tablet.send()
    foreign = Forwarder("evilnode2222", {OTHER_SCHOOL: False})
    record, name = f"replica/{tablet.replica}", f"person/{OBSERVER}"
    sent = [
        a_change("evilnode2222.1", name, STRANGER, OTHER_SCHOOL, name="X", role__observer=True),
        a_change("evilnode2222.2", record, OBSERVER, OTHER_SCHOOL, person=OBSERVER, token=digest("guess")),
        a_change(f"{tablet.replica}.2", f"visit/{uuid(7)}", OBSERVER, OTHER_SCHOOL, teacher=OBSERVER),
    ]

    taken = [replication.take_over(world.place, foreign, [one]) for one in sent]
    tablet.write(LESSON, topic="x")

    assert [notice.id for one in taken for notice in one.held] == ["evilnode2222.2"]
    assert taken[2].forks == {tablet.replica: 2}
    assert tablet.send().stored_n == 2, "the device goes on under its name"
