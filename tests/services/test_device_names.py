"""Nobody ends, takes over or claims what is another's: names and tokens of devices and of servers."""

import hashlib
from typing import Any

import pytest

from observe.services import pairing, replication
from observe.services.replication import Forwarder
from observe.store import places, replicas
from observe.store.db import Db
from sync.change import Change, Written, encode
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
