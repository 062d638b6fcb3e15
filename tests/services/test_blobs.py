"""Photos and recordings arrive whole or not at all, after the words, in whatever pieces, from however many devices."""

import threading
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from observe.domain.access import Viewer
from observe.domain.blobs import BlobAltered, BlobRefused, NoRoomForBlobs, OutOfStep
from observe.domain.errors import NotHere, NotNow
from observe.services import blobs, intake, quarantine
from observe.services.blobs import Shown
from observe.services.courier import Courier
from observe.services.intake import Draft
from observe.services.place import Place
from observe.store import blob_files, people
from observe.store import blobs as rows
from observe.store.blobs import Part
from tests.blobs import attach, digest_of, named
from tests.builders import Clock
from tests.fixtures.place import Town
from tests.quarantine_files import a_photo, a_photo_from, a_recording

pytestmark = pytest.mark.both_engines

PHOTO = a_photo()
SHA256 = digest_of(PHOTO)


@pytest.fixture
def observer(town: Town) -> Viewer:
    """Has a draft that names PHOTO."""
    attach(town.place, town.school, town.observations["draft"], town.people["observer"], PHOTO)
    return viewer(town, "observer")


def viewer(town: Town, who: str) -> Viewer:
    return people.viewer(town.place.db, town.people[who])


def send(town: Town, who: Viewer, data: bytes, start: int = 0, end: int | None = None, whole: int | None = None) -> str:
    """One piece; the standing after it."""
    piece = Part(start, len(data) if whole is None else whole, "")
    return blobs.take_in(town.place, who, town.school, digest_of(data), piece, data[start:end]).standing


def is_the_photo(found: Shown) -> bool:
    """Whether it is drawn as PHOTO is, and holds none of the bytes that were sent."""
    with Image.open(found.path) as drawn, Image.open(BytesIO(PHOTO)) as sent:
        strongest = max(most for _, most in ImageChops.difference(drawn, sent).getextrema())
        return drawn.size == sent.size and strongest < 40 and found.path.read_bytes() != PHOTO


def files(place: Place) -> list[Path]:
    return sorted(path for path in place.settings.blobs.rglob("*") if path.is_file())


def test_a_photo_that_came_in_pieces_is_shown_as_it_was_sent(town: Town, observer: Viewer) -> None:
    assert send(town, observer, PHOTO, 0, 1000) == "arriving"
    assert blobs.standing(town.place, observer, town.school, SHA256).received == 1000
    assert send(town, observer, PHOTO, 1000, 1700) == "arriving"
    assert send(town, observer, PHOTO, 1700) == "kept"

    found = blobs.shown(town.place, observer, town.school, SHA256)
    small = blobs.shown(town.place, observer, town.school, SHA256, is_small=True)
    assert is_the_photo(found)
    assert found.type == "image/jpeg"
    assert len(files(town.place)) == 3
    assert small.path.read_bytes().startswith(b"\xff\xd8")


def test_a_piece_at_the_wrong_place_is_answered_with_the_right_one(town: Town, observer: Viewer) -> None:
    send(town, observer, PHOTO, 0, 1000)

    for start in (0, 999, 1001, len(PHOTO)):
        with pytest.raises(OutOfStep) as wrong:
            send(town, observer, PHOTO, start)
        assert wrong.value.received == 1000


def test_words_come_first(town: Town) -> None:
    with pytest.raises(NotHere):
        blobs.standing(town.place, viewer(town, "observer"), town.school, SHA256)
    with pytest.raises(NotHere):
        send(town, viewer(town, "observer"), PHOTO)

    assert files(town.place) == []


def test_whoever_may_not_write_the_record_cannot_send_for_it(town: Town, observer: Viewer) -> None:
    for who in ("other_observer", "teacher", "administrator", "principal", "outside_observer"):
        with pytest.raises(NotHere):
            send(town, viewer(town, who), PHOTO)


def test_no_more_is_taken_than_the_record_says(town: Town, observer: Viewer) -> None:
    longer = PHOTO + bytes(10)
    piece = Part(0, len(longer), "")
    with pytest.raises(NotHere):
        blobs.take_in(town.place, observer, town.school, SHA256, piece, longer)
    with pytest.raises(OutOfStep):
        blobs.take_in(town.place, observer, town.school, SHA256, replace(piece, length=len(PHOTO)), longer)


def test_what_was_damaged_on_its_way_is_thrown_away_and_may_be_sent_again(town: Town, observer: Viewer) -> None:
    piece = Part(0, len(PHOTO), "")
    with pytest.raises(BlobAltered):
        blobs.take_in(town.place, observer, town.school, SHA256, piece, bytes(len(PHOTO)))

    assert blobs.standing(town.place, observer, town.school, SHA256).received == 0
    assert files(town.place) == []
    assert send(town, observer, PHOTO) == "kept"


def test_a_photo_that_says_where_it_was_taken_is_refused_for_good(town: Town) -> None:
    photo = a_photo_from(1.6)
    attach(town.place, town.school, town.observations["draft"], town.people["observer"], photo)

    for _ in range(2):
        with pytest.raises(BlobRefused) as refused:
            send(town, viewer(town, "observer"), photo)
        assert refused.value.reason == "reveals"
    assert files(town.place) == []
    with pytest.raises(NotHere):
        blobs.shown(town.place, viewer(town, "observer"), town.school, digest_of(photo))


def test_a_recording_that_its_record_calls_a_photo_is_not_taken(town: Town) -> None:
    sound = a_recording()
    attach(town.place, town.school, town.observations["draft"], town.people["observer"], sound)
    with pytest.raises(BlobRefused):
        send(town, viewer(town, "observer"), sound)

    attach(town.place, town.school, town.observations["signed"], town.people["observer"], sound, type="audio/webm")

    assert send(town, viewer(town, "observer"), sound) == "kept"


def test_two_devices_may_send_one_photo_at_once(town: Town, observer: Viewer) -> None:
    wrong: list[BaseException] = []

    def device() -> None:
        at = 0
        try:
            while at < len(PHOTO):
                try:
                    send(town, observer, PHOTO, at, at + 500)
                    at += 500
                except OutOfStep as elsewhere:
                    at = elsewhere.received
                if blobs.standing(town.place, observer, town.school, SHA256).standing == "kept":
                    return None
        except NotNow:
            return device()
        except BaseException as other:
            wrong.append(other)

    threads = [threading.Thread(target=device) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert is_the_photo(blobs.shown(town.place, observer, town.school, SHA256))
    assert len(files(town.place)) == 3


def test_a_process_that_died_after_the_last_piece_is_made_up_for(
    town: Town, observer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(blob_files, "keep", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            send(town, observer, PHOTO)
    assert blobs.standing(town.place, observer, town.school, SHA256).received == len(PHOTO)

    assert send(town, observer, PHOTO, len(PHOTO)) == "kept"


def test_a_photo_that_nobody_has_time_to_look_at_waits_and_loses_nothing(town: Town, observer: Viewer) -> None:
    with quarantine.turn(), quarantine.turn(), pytest.raises(NotNow):
        send(town, observer, PHOTO)

    assert blobs.standing(town.place, observer, town.school, SHA256).received == len(PHOTO)
    assert send(town, observer, PHOTO, len(PHOTO)) == "kept"


def test_a_photo_lost_with_its_disk_may_be_sent_again(town: Town, observer: Viewer) -> None:
    send(town, observer, PHOTO)
    for path in files(town.place):
        path.unlink()

    assert blobs.standing(town.place, observer, town.school, SHA256).received == 0
    assert send(town, observer, PHOTO, 0, 900) == "arriving"
    assert send(town, observer, PHOTO, 900) == "kept"


def test_a_school_without_room_keeps_taking_words(town: Town, observer: Viewer) -> None:
    place = replace(town.place, settings=replace(town.place.settings, school_blob_bytes=len(PHOTO) - 1))
    full = replace(town, place=place)

    with pytest.raises(NoRoomForBlobs):
        send(full, observer, PHOTO)

    assert files(place) == []
    draft = Draft(town.school, f"observation/{town.observations['draft']}", {"topic": "pecahan"})
    assert not intake.write(place, town.people["observer"], [draft])


def test_a_full_disk_is_a_reason_to_wait(town: Town, observer: Viewer, tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("")
    place = replace(town.place, settings=replace(town.place.settings, blob_folder=str(blocked)))

    with pytest.raises(NotNow):
        send(replace(town, place=place), observer, PHOTO)

    assert blobs.standing(town.place, observer, town.school, SHA256).received == 0


def test_half_a_photo_goes_after_a_while_and_a_whole_one_stays(town: Town, observer: Viewer, clock: Clock) -> None:
    other = a_photo(shade=3)
    attach(town.place, town.school, town.observations["draft"], town.people["observer"], other)
    send(town, observer, PHOTO)
    send(town, observer, other, 0, 500)

    clock.forward(days=13)
    blobs.sweep(town.place, town.school)
    assert blobs.standing(town.place, observer, town.school, digest_of(other)).received == 500
    clock.forward(days=2)
    blobs.sweep(town.place, town.school)

    assert blobs.standing(town.place, observer, town.school, digest_of(other)).received == 0
    assert blobs.standing(town.place, observer, town.school, SHA256).standing == "kept"
    assert len(files(town.place)) == 3


def test_what_no_record_names_is_shown_to_nobody_and_goes_after_a_month(town: Town, clock: Clock) -> None:
    who = town.people["observer"]
    field = attach(town.place, town.school, town.observations["draft"], who, PHOTO)
    record = f"observation/{town.observations['draft']}"
    send(town, viewer(town, "observer"), PHOTO)
    assert not intake.write(town.place, who, [Draft(town.school, record, {field: None})])

    with pytest.raises(NotHere):
        blobs.shown(town.place, viewer(town, "observer"), town.school, SHA256)
    blobs.sweep(town.place, town.school)
    clock.forward(days=29)
    blobs.sweep(town.place, town.school)
    assert len(files(town.place)) == 3
    clock.forward(days=2)
    blobs.sweep(town.place, town.school)

    assert files(town.place) == []
    assert rows.read(town.place.db, town.school, SHA256) is None


def test_what_is_named_again_in_time_stays(town: Town, clock: Clock) -> None:
    who, record = town.people["observer"], f"observation/{town.observations['draft']}"
    field = attach(town.place, town.school, town.observations["draft"], who, PHOTO)
    send(town, viewer(town, "observer"), PHOTO)
    assert not intake.write(town.place, who, [Draft(town.school, record, {field: None})])
    blobs.sweep(town.place, town.school)
    clock.forward(days=29)
    assert not intake.write(town.place, who, [Draft(town.school, record, {field: named(PHOTO)})])
    blobs.sweep(town.place, town.school)

    clock.forward(days=29)
    blobs.sweep(town.place, town.school)

    assert is_the_photo(blobs.shown(town.place, viewer(town, "observer"), town.school, SHA256))


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "", "a" * 200, "A" * 64])
def test_no_name_leads_out_of_the_folder(town: Town, name: str) -> None:
    folder = town.place.settings.blobs
    with pytest.raises(ValueError, match="name"):
        blob_files.path_of(folder, name, SHA256)
    with pytest.raises(ValueError, match="name"):
        blob_files.path_of(folder, town.school, name)


def a_lesson_of(town: Town, who: str, **says: object) -> str:
    """The record of a draft of hers that names PHOTO, or says something else of it."""
    record = f"observation/{town.place.new_id()}"
    starts = {"observer": town.people[who], "teacher": town.people["teacher"], "rubric": town.rubric}
    attachment = {f"attachment.{town.place.new_id()}": named(PHOTO, **says)}
    draft = Draft(town.school, record, {**starts, "status": "draft", **attachment})
    assert not intake.write(town.place, town.people[who], [draft])
    return record


def test_whoever_only_knows_its_digest_is_neither_shown_a_photo_nor_told_that_it_is_here(
    town: Town, observer: Viewer
) -> None:
    send(town, observer, PHOTO)
    record, other = a_lesson_of(town, "other_observer"), viewer(town, "other_observer")

    with pytest.raises(NotHere):
        blobs.shown(town.place, other, town.school, SHA256)
    here = blobs.standing(town.place, other, town.school, SHA256)
    assert (here.standing, here.received) == ("arriving", 0)
    assert rows.of_record(town.place.db, town.school, record) == {}


def test_whoever_sends_the_whole_photo_herself_is_shown_it_and_it_is_here_once(town: Town, observer: Viewer) -> None:
    send(town, observer, PHOTO)
    record, other = a_lesson_of(town, "other_observer"), viewer(town, "other_observer")
    before = files(town.place)

    assert send(town, other, PHOTO, 0, 700) == "arriving"
    with pytest.raises(NotHere):
        blobs.shown(town.place, other, town.school, SHA256)
    assert send(town, other, PHOTO, 700) == "kept"

    assert is_the_photo(blobs.shown(town.place, other, town.school, SHA256))
    assert rows.of_record(town.place.db, town.school, record)[SHA256].standing == "kept"
    assert files(town.place) == before


def test_an_observer_shows_her_photo_in_her_next_lesson_without_sending_it_again(town: Town, observer: Viewer) -> None:
    send(town, observer, PHOTO)
    record = a_lesson_of(town, "observer")

    assert blobs.standing(town.place, observer, town.school, SHA256).standing == "kept"
    assert rows.of_record(town.place.db, town.school, record)[SHA256].standing == "kept"


def test_a_removed_photo_is_not_kept_because_another_names_it(town: Town, clock: Clock) -> None:
    who, record = town.people["observer"], f"observation/{town.observations['draft']}"
    field = attach(town.place, town.school, town.observations["draft"], who, PHOTO)
    send(town, viewer(town, "observer"), PHOTO)
    assert not intake.write(town.place, who, [Draft(town.school, record, {field: None})])
    a_lesson_of(town, "other_observer")
    blobs.sweep(town.place, town.school)
    clock.forward(days=31)
    blobs.sweep(town.place, town.school)

    assert files(town.place) == []


def test_what_another_says_and_sends_of_a_photo_is_in_nobodys_way(town: Town, observer: Viewer) -> None:
    longer = len(PHOTO) + 5000
    a_lesson_of(town, "other_observer", bytes=longer)
    other = viewer(town, "other_observer")
    junk = bytes(len(PHOTO) + 1)
    blobs.take_in(town.place, other, town.school, SHA256, Part(0, longer, ""), junk)

    assert blobs.standing(town.place, observer, town.school, SHA256).received == 0
    assert send(town, observer, PHOTO, 0, 900) == "arriving"
    assert send(town, observer, PHOTO, 900) == "kept"


def test_who_corrects_the_size_begins_again(town: Town, observer: Viewer) -> None:
    longer = len(PHOTO) + 10
    attach(town.place, town.school, town.observations["signed"], town.people["observer"], PHOTO, bytes=longer)
    blobs.take_in(town.place, observer, town.school, SHA256, Part(0, longer, ""), PHOTO[:900])

    with pytest.raises(OutOfStep) as wrong:
        send(town, observer, PHOTO, 900)
    assert wrong.value.received == 0
    assert send(town, observer, PHOTO) == "kept"
    assert len(files(town.place)) == 3


def test_small_pieces_take_no_more_of_the_disk_than_large_ones(town: Town) -> None:
    data = a_recording(frames=700)
    attach(town.place, town.school, town.observations["draft"], town.people["observer"], data, type="audio/webm")
    for at in range(0, len(data) // 2, 9000):
        send(town, viewer(town, "observer"), data, at, min(at + 9000, len(data) // 2))

    sizes = sorted(path.stat().st_size for path in files(town.place))
    assert sum(sizes) == len(data) // 2
    assert len(sizes) > 1
    assert all(size >= blobs.SMALL_PIECE_BYTES for size in sizes[1:])
    assert send(town, viewer(town, "observer"), data, len(data) // 2) == "kept"


def test_many_small_files_fill_the_room_as_the_disk_does(town: Town, observer: Viewer) -> None:
    room = len(PHOTO) + rows.FILE_COSTS
    small = replace(town, place=replace(town.place, settings=replace(town.place.settings, school_blob_bytes=room)))
    other = a_photo(20, 20)
    attach(town.place, town.school, town.observations["draft"], town.people["observer"], other)
    assert send(small, observer, PHOTO) == "kept"

    with pytest.raises(NoRoomForBlobs):
        send(small, observer, other)


@pytest.mark.parametrize("is_small", [True, False])
def test_what_is_shown_of_a_photo_is_made_again_when_it_is_lost(town: Town, observer: Viewer, is_small: bool) -> None:
    send(town, observer, PHOTO)
    for where in (blob_files.small_of, blob_files.shown_of):
        where(town.place.settings.blobs, town.school, SHA256).unlink()

    found = blobs.shown(town.place, observer, town.school, SHA256, is_small=is_small)

    with Image.open(found.path) as drawn:
        assert drawn.size == ((320, 240) if is_small else (640, 480))


def test_words_hidden_in_a_photo_are_shown_to_nobody_and_a_server_gets_what_its_digest_says(town: Town) -> None:
    words = b"-6.914744,107.609810 SDN 1" * 20
    hiding = PHOTO[:-2] + words + PHOTO[-2:]
    attach(town.place, town.school, town.observations["draft"], town.people["observer"], hiding)
    observer, sha256 = viewer(town, "observer"), digest_of(hiding)
    assert send(town, observer, hiding) == "kept"

    for is_small in (True, False):
        shown = blobs.shown(town.place, observer, town.school, sha256, is_small=is_small)
        assert words[:26] not in shown.path.read_bytes()
    node = blobs.Node(frozenset({town.school}))
    assert blobs.shown(town.place, node, town.school, sha256).path.read_bytes() == hiding


def test_a_removed_photo_goes_by_itself_in_a_school_that_takes_no_new_ones(town: Town, clock: Clock) -> None:
    who, record = town.people["observer"], f"observation/{town.observations['draft']}"
    field = attach(town.place, town.school, town.observations["draft"], who, PHOTO)
    send(town, viewer(town, "observer"), PHOTO)
    assert not intake.write(town.place, who, [Draft(town.school, record, {field: None})])
    courier = Courier(town.place, lambda: 0.5, 3600)

    for _ in range(3):
        courier.tidy()
        clock.forward(days=16)

    assert files(town.place) == []
