"""Photos between a school's own server and the centre: after the words, in pieces, whatever happens to the line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from flask import Flask

from observe.domain.errors import NotHere
from observe.services import blob_line, blobs, nodes, pairing, quarantine
from observe.services.blob_line import PIECE_BYTES, Carried
from observe.services.courier import Courier
from observe.services.line import LineDown, Said
from observe.services.place import Place
from observe.store import blob_files, people, uplinks
from observe.store import blobs as rows
from observe.store import nodes as node_rows
from observe.store.blobs import Part
from observe.store.db import Db
from tests.blobs import digest_of, named
from tests.devices import Device
from tests.quarantine_files import a_photo, a_recording
from tests.services.test_uplink import a_node
from tests.services.two_servers import Wire, an_app, forward, let_in
from tests.services.world import LESSON, OBSERVER, OTHER_SCHOOL, SCHOOL, SECOND, TEACHER, a_world

pytestmark = pytest.mark.both_engines

SOUND = a_recording(frames=1500)
SHA256 = digest_of(SOUND)
FIELD = "attachment.01900000-0000-7000-8000-0000000000a1"
HER_LESSON = "observation/01900000-0000-7000-8000-00000000f001"
HER_FIELD = "attachment.01900000-0000-7000-8000-0000000000f1"


@dataclass
class BlobWire:
    """A line into an app; `lost` requests do not arrive, of `unheard` ones the answer does not."""

    app: Flask
    lost: int = 0
    unheard: int = 0
    asked: list[str] = field(default_factory=list)

    def __call__(self, method: str, path: str, body: bytes, headers: Mapping[str, str], token: str) -> Said:
        self.asked.append(method)
        if self.lost > 0:
            self.lost -= 1
            raise LineDown("offline", "cut")
        sent = {**headers, "Authorization": f"Bearer {token}"}
        with self.app.test_client().open(path, method=method, data=body, headers=sent) as answer:
            said = {name.lower(): value for name, value in answer.headers.items()}
            data = answer.get_data()
        if self.unheard > 0:
            self.unheard -= 1
            raise LineDown("offline", "cut")
        return Said(answer.status_code, said, data)


@dataclass
class Servers:
    """A centre and a node that has read everything."""

    centre: Place
    node: Place
    form: str
    token: str
    words: Wire
    wire: BlobWire

    def go(self) -> Carried:
        assert forward(self.node, self.words).problem is None
        return blob_line.carry(self.node, self.wire)


@pytest.fixture
def servers(db: Db, tmp_path: Path) -> Iterator[Servers]:
    world, made = a_world(db), a_node()
    centre, node = (
        replace(place, settings=replace(place.settings, blob_folder=str(tmp_path / name)))
        for place, name in ((world.place, "centre"), (made, "node"))
    )
    token = let_in(centre, node, SCHOOL)
    app = an_app(centre)
    yield Servers(centre, node, world.form, token, Wire(app), BlobWire(app))
    node.db.close()


def record_at(place: Place, form: str, replica: str = "tablet1") -> Device:
    """A lesson with a recording, written and sent at this server."""
    device = Device.paired(place, SCHOOL, OBSERVER, replica)
    device.write(LESSON, observer=OBSERVER, teacher=TEACHER, rubric=form, status="draft")
    device.write(LESSON, **{FIELD.replace(".", "__"): named(SOUND, type="audio/webm")})
    device.send()
    viewer = people.viewer(place.db, OBSERVER)
    assert blobs.take_in(place, viewer, SCHOOL, SHA256, Part(0, len(SOUND), ""), SOUND).standing == "kept"
    return device


def has_it(place: Place) -> bool:
    return blob_files.read(place.settings.blobs, SCHOOL, SHA256) == SOUND


def test_a_recording_left_at_the_node_arrives_at_the_centre_in_pieces(servers: Servers) -> None:
    assert forward(servers.node, servers.words).is_done
    record_at(servers.node, servers.form)

    assert servers.go() == Carried(sent=1)

    assert has_it(servers.centre)
    pieces = -(-len(SOUND) // PIECE_BYTES)
    assert pieces > 1
    assert servers.wire.asked == ["HEAD", *["PATCH"] * pieces]
    assert servers.go() == Carried()
    assert servers.wire.asked[1 + pieces :] == ["GET"], "only whether the centre has lost anything"


def test_a_recording_of_the_centre_comes_to_the_node(servers: Servers) -> None:
    record_at(servers.centre, servers.form)

    assert servers.go() == Carried(fetched=1)

    assert has_it(servers.node)
    assert servers.go() == Carried(), "what came from the centre is not sent back"


@pytest.mark.parametrize("fault", ["lost", "unheard"])
@pytest.mark.parametrize("at", ["node", "centre"])
def test_a_cut_line_goes_on_where_it_stopped(servers: Servers, at: str, fault: str) -> None:
    assert forward(servers.node, servers.words).is_done
    record_at(servers.node if at == "node" else servers.centre, servers.form)
    problems = []
    for _ in range(5):
        setattr(servers.wire, fault, 1 if len(problems) < 3 else 0)
        problems.append(servers.go().problem)

    assert problems[:3] == ["offline"] * 3
    assert has_it(servers.centre)
    assert has_it(servers.node)


def test_words_written_meanwhile_go_first(servers: Servers) -> None:
    assert forward(servers.node, servers.words).is_done
    device = record_at(servers.node, servers.form)
    assert forward(servers.node, servers.words).is_done
    device.write(LESSON, topic="pecahan")
    device.send()

    assert blob_line.carry(servers.node, servers.wire) == Carried(has_words=True)

    assert not has_it(servers.centre)
    assert servers.go() == Carried(sent=1)


def test_a_centre_that_lost_its_history_is_sent_it_again(servers: Servers) -> None:
    assert forward(servers.node, servers.words).is_done
    record_at(servers.node, servers.form)
    servers.go()
    with servers.centre.db.atomic():
        rows.forget(servers.centre.db, SCHOOL, SHA256)
    blob_files.drop_kept(servers.centre.settings.blobs, SCHOOL, SHA256)

    with servers.node.db.atomic():
        uplinks.offer_again(servers.node.db)

    assert servers.go() == Carried(sent=1)
    assert has_it(servers.centre)


def test_a_full_centre_is_a_reason_to_wait(servers: Servers) -> None:
    assert forward(servers.node, servers.words).is_done
    record_at(servers.node, servers.form)
    full = replace(servers.centre, settings=replace(servers.centre.settings, school_blob_bytes=10))
    wire = BlobWire(an_app(full))
    forward(servers.node, servers.words)

    assert blob_line.carry(servers.node, wire).problem == "no-room"
    assert servers.go() == Carried(sent=1)


def test_a_node_is_given_and_may_send_only_what_its_schools_name(servers: Servers) -> None:
    record_at(servers.centre, servers.form)
    stranger = nodes.let_in(servers.centre, "", "Server lain", {OTHER_SCHOOL: False}).token
    path = f"/sync/v1/blobs/{SHA256}?school="

    answers = {
        (method, school): servers.wire(method, path + school, b"", {}, stranger).status
        for method in ("GET", "HEAD")
        for school in (SCHOOL, OTHER_SCHOOL)
    }

    assert set(answers.values()) == {404}
    assert servers.wire("GET", path + SCHOOL, b"", {}, servers.token).status == 200


def test_a_server_that_was_shut_out_is_given_nothing(servers: Servers) -> None:
    record_at(servers.centre, servers.form)
    forward(servers.node, servers.words)
    (node,) = node_rows.all_of(servers.centre.db)
    node_rows.revoke(servers.centre.db, node.node, "", servers.centre.moment())

    assert blob_line.carry(servers.node, servers.wire).problem == "shut-out"
    assert not has_it(servers.node)


def named_by_another(place: Place, form: str, **says: object) -> None:
    """A second observer names the recording in a draft of her own; without having it."""
    device = Device.paired(place, SCHOOL, SECOND, "tablet9")
    device.write(HER_LESSON, observer=SECOND, teacher=TEACHER, rubric=form, status="draft")
    device.write(HER_LESSON, **{HER_FIELD.replace(".", "__"): named(SOUND, type="audio/webm", **says)})
    device.send()


def may_hear_it(place: Place, person: str) -> bool:
    try:
        blobs.shown(place, people.viewer(place.db, person), SCHOOL, SHA256)
    except NotHere:
        return False
    return True


def test_a_false_size_in_somebodys_draft_stops_no_node_from_fetching(servers: Servers) -> None:
    record_at(servers.centre, servers.form)
    named_by_another(servers.centre, servers.form, bytes=len(SOUND) + 1)

    assert servers.go().fetched == 1
    assert has_it(servers.node)


def test_a_file_the_node_lost_is_fetched_again(servers: Servers) -> None:
    record_at(servers.centre, servers.form)
    servers.go()
    blob_files.path_of(servers.node.settings.blobs, SCHOOL, SHA256).write_bytes(SOUND[:100])

    assert servers.go() == Carried(fetched=1)
    assert has_it(servers.node)


@pytest.mark.parametrize("at", ["node", "centre"])
def test_who_brought_it_travels_with_it_and_who_only_names_it_hears_nothing_anywhere(servers: Servers, at: str) -> None:
    assert forward(servers.node, servers.words).is_done
    record_at(servers.node if at == "node" else servers.centre, servers.form)
    named_by_another(servers.centre, servers.form)
    for _ in range(2):
        servers.go()

    for place in (servers.node, servers.centre):
        assert (may_hear_it(place, OBSERVER), may_hear_it(place, SECOND)) == (True, False)


@pytest.mark.parametrize("at", ["node", "centre"])
def test_who_brings_it_later_as_well_hears_it_everywhere(servers: Servers, at: str) -> None:
    record_at(servers.centre, servers.form)
    named_by_another(servers.centre, servers.form)
    servers.go()
    place = servers.node if at == "node" else servers.centre
    hers = people.viewer(place.db, SECOND)
    assert blobs.take_in(place, hers, SCHOOL, SHA256, Part(0, len(SOUND), ""), SOUND).standing == "kept"

    servers.go()

    assert may_hear_it(servers.node, SECOND)
    assert may_hear_it(servers.centre, SECOND)


def a_photo_besides(servers: Servers, shade: int) -> str:
    """The digest of another file of the same lesson at the centre."""
    photo = a_photo(64, 48, shade)
    device = Device.paired(servers.centre, SCHOOL, OBSERVER, f"camera{shade}")
    device.write(LESSON, **{f"attachment__01900000-0000-7000-8000-{shade:012x}": named(photo)})
    device.send()
    viewer, piece = people.viewer(servers.centre.db, OBSERVER), Part(0, len(photo), "")
    assert blobs.take_in(servers.centre, viewer, SCHOOL, digest_of(photo), piece, photo).standing == "kept"
    return digest_of(photo)


@pytest.mark.parametrize("status", [413, 500, 503])
def test_the_others_travel_when_one_cannot_and_it_is_told(servers: Servers, status: int) -> None:
    record_at(servers.centre, servers.form)
    digests = sorted([SHA256, a_photo_besides(servers, 7), a_photo_besides(servers, 200)])
    plain = servers.wire

    def line(method: str, path: str, body: bytes, headers: Mapping[str, str], token: str) -> Said:
        return Said(status, {}, b"") if digests[0] in path else plain(method, path, body, headers, token)

    forward(servers.node, servers.words)
    carried = blob_line.carry(servers.node, line)

    assert (carried.fetched, bool(carried.problem)) == (2, True)
    assert servers.go() == Carried(fetched=1)


def test_a_centre_that_takes_nothing_is_not_asked_for_every_file(servers: Servers) -> None:
    record_at(servers.centre, servers.form)
    for shade in (3, 90, 200):
        a_photo_besides(servers, shade)
    asked: list[str] = []

    def line(method: str, path: str, body: bytes, headers: Mapping[str, str], token: str) -> Said:
        asked.append(path)
        return Said(503, {}, b"")

    forward(servers.node, servers.words)
    with pytest.MonkeyPatch.context() as patience:
        patience.setattr(blob_line, "MOST_IN_A_ROW", 2)
        assert blob_line.carry(servers.node, line).problem == "server"

    assert len(asked) == 2


def test_a_node_that_has_no_time_to_look_fetches_the_rest_later(servers: Servers) -> None:
    record_at(servers.centre, servers.form)
    with quarantine.turn(), quarantine.turn():
        assert servers.go() == Carried(problem="busy-here")

    assert servers.go() == Carried(fetched=1)


def test_a_file_the_centre_lost_is_sent_again(servers: Servers) -> None:
    assert forward(servers.node, servers.words).is_done
    record_at(servers.node, servers.form)
    servers.go()
    blob_files.path_of(servers.centre.settings.blobs, SCHOOL, SHA256).unlink()

    assert servers.go() == Carried(sent=1)
    assert has_it(servers.centre)


def test_only_a_server_of_the_school_is_told_what_was_lost(servers: Servers) -> None:
    record_at(servers.centre, servers.form)
    blob_files.path_of(servers.centre.settings.blobs, SCHOOL, SHA256).unlink()
    stranger = nodes.let_in(servers.centre, "", "Server lain", {OTHER_SCHOOL: False}).token
    tablet = pairing.pair(servers.centre, OBSERVER, "Tablet").token

    said = [
        servers.wire("GET", f"/sync/v1/blobs?school={SCHOOL}", b"", {}, token)
        for token in (servers.token, stranger, tablet, "forged")
    ]

    assert [each.status for each in said] == [200, 404, 404, 401]
    assert SHA256.encode() in said[0].body


def test_what_keeps_photos_waiting_is_noted_and_keeps_no_words_waiting(servers: Servers) -> None:
    assert forward(servers.node, servers.words).is_done
    record_at(servers.node, servers.form)
    full = replace(servers.centre, settings=replace(servers.centre.settings, school_blob_bytes=10))
    wire = BlobWire(an_app(full))
    courier = Courier(servers.node, lambda: 0.5, 3600, lambda url: servers.words, lambda url: wire)

    courier.go()

    found = uplinks.read(servers.node.db)
    assert found
    assert (found.problem, found.again_at) == ("no-room", None)
