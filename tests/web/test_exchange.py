"""The door for devices, as bytes over HTTP: what it takes, what it refuses, and what an answer carries."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from observe.services import intake, pairing
from observe.services.intake import Draft
from observe.store import people, replicas
from sync import cursor as cursors
from sync.cursor import Cursor, Place
from tests.builders import Clock
from tests.fixtures.place import Town

CHANGE = (
    b'{"id":"dev00001.1","school":"s","record":"observation/x","by":"b",'
    b'"at":"2026-11-22T03:15:09.120Z","set":{"growth":"words"}}'
)
LESSON, OTHER = (f"observation/01900000-0000-7000-8000-0000000000{n}" for n in ("ee", "ef"))


@dataclass
class Tablet:
    """A paired device that speaks to the app itself."""

    client: FlaskClient
    replica: str
    token: str
    person: str
    school: str
    n: int = 0

    def says(self, **members: Any) -> dict[str, Any]:
        """What the server answers to these members of a request."""
        answer = self.ask(json.dumps({"protocol": 1, **members}).encode())
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def change(self, record: str, **values: Any) -> dict[str, Any]:
        self.n += 1
        at = "2026-11-22T03:15:09.120Z"
        envelope = {"id": f"{self.replica}.{self.n}", "school": self.school, "record": record, "by": self.person}
        return {**envelope, "at": at, "set": values}

    def ask(self, body: bytes) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return self.client.post("/sync/v1/exchange", data=body, headers=headers)


@pytest.fixture
def tablet(client: FlaskClient, town: Town) -> Tablet:
    return a_tablet(client, town, "observer")


def a_tablet(client: FlaskClient, town: Town, whose: str) -> Tablet:
    person = town.people[whose]
    paired = pairing.pair(town.place, person, "Tablet")
    return Tablet(client, paired.replica, paired.token, person, town.school)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"protocol":1,"waiting_since":"\xff"}',
        b'{"protocol":1,"protocol":1}',
        b'{"protocol":1,"changes":[],"changes":[]}',
        b'{"protocol":1,"now":"\\u0000"}',
        b'{"protocol":1,"now":"\\ud800"}',
        b'{"protocol":1,"later":NaN}',
        b'{"protocol":1,"later":' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"protocol":1,"later":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"protocol":1,"changes":[1]}',
        b'{"protocol":1,"changes":[' + CHANGE + b",]}",
        b'{"protocol":1,"changes":[' + CHANGE.replace(b"words", b"\xff") + b"]}",
        b'{"protocol":1,"changes":[' + CHANGE.replace(b'"set":{', b'"set":{"growth":"x",') + b"]}",
        b'{"protocol":1,"changes":[' + CHANGE.replace(b'"words"', b"9007199254740992") + b"]}",
        b'{"protocol":1,"changes":[' + CHANGE.replace(b'"words"', b"[" * 40 + b"]" * 40) + b"]}",
    ],
)
def test_what_is_not_this_protocol_is_refused_as_that(tablet: Tablet, body: bytes) -> None:
    answer = tablet.ask(body)

    assert (answer.status_code, answer.json and answer.json["type"]) == (400, "urn:observe:not-this-protocol")


@pytest.mark.parametrize("spaced", [b'{"protocol": 1}', b'{ "protocol":1 , "changes":[ ] }', b'\n{"protocol":1}'])
def test_spaces_in_a_request_mean_nothing(tablet: Tablet, spaced: bytes) -> None:
    assert tablet.ask(spaced).status_code == 200


def test_a_device_that_asks_for_it_is_told_nothing_that_says_nothing(tablet: Tablet) -> None:
    first = tablet.says(terse=True)

    again = tablet.says(terse=True, cursor=first["cursor"])

    assert first.keys() == {"protocol", "acks", "records", "cursor"}
    assert again == {"protocol": 1, "acks": {tablet.replica: 0}}


def test_an_older_device_is_told_all_of_it(tablet: Tablet) -> None:
    answer = tablet.says()

    assert answer.keys() == {"protocol", "acks", "held", "records", "cursor", "more", "now", "backed_up"}


def test_what_a_device_folds_by_itself_does_not_come_back_and_is_told_to_others(tablet: Tablet, town: Town) -> None:
    record = "observation/01900000-0000-7000-8000-00000000abcd"
    cursor = tablet.says(terse=True)["cursor"]
    started = tablet.change(record, observer=tablet.person, teacher=town.people["teacher"], status="draft")

    spared = tablet.says(terse=True, folds=True, cursor=cursor, changes=[started])
    echoed = tablet.says(terse=True, cursor=cursor, changes=[tablet.change(record, growth="words")])

    assert spared.keys() == {"protocol", "acks", "cursor"}
    assert [entry["record"] for entry in echoed["records"]] == [record]


@pytest.mark.parametrize("folds", [True, False])
def test_what_she_brought_and_may_not_see_any_more_is_gone(tablet: Tablet, town: Town, folds: bool) -> None:
    record = "observation/01900000-0000-7000-8000-00000000abcd"
    started = tablet.change(record, observer=tablet.person, teacher=town.people["teacher"], status="draft")
    tablet.says(changes=[started], folds=folds)  # and the answer is lost
    person = f"person/{tablet.person}"
    assert not intake.found(town.place, [Draft(town.school, person, {"active": False})])

    answer = tablet.says(changes=[started], folds=folds)

    assert answer["records"] == [{"record": record, "gone": True}]


def test_what_waits_is_told_or_is_nothing(tablet: Tablet, town: Town) -> None:
    tablet.says(terse=True, waiting=5, waiting_since="2026-11-22T03:15:09.120Z")
    known = replicas.read(town.place.db, tablet.replica)
    tablet.says(terse=True)
    now = replicas.read(town.place.db, tablet.replica)

    assert known and (known.waiting, known.waiting_since) == (5, "2026-11-22T03:15:09.120Z")
    assert now and (now.waiting, now.waiting_since) == (0, None)


def test_an_answer_has_the_headers_it_needs_and_no_others(tablet: Tablet) -> None:
    answer = tablet.ask(b'{"protocol":1,"terse":true}')

    told = {name for name, _ in answer.headers}
    assert told - {"Content-Encoding"} == {"Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options"}
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


def test_a_question_with_nothing_to_say_fits_with_its_answer_into_little(tablet: Tablet) -> None:
    cursor = tablet.says(terse=True)["cursor"]
    body = json.dumps({"protocol": 1, "terse": True, "cursor": cursor}, separators=(",", ":")).encode()

    answer = tablet.ask(body)

    headers = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
    assert len(body) + len(answer.data) + len(headers) <= 260


def test_a_device_that_says_the_same_again_is_not_put_down_each_time(tablet: Tablet, town: Town, clock: Clock) -> None:
    tablet.says(terse=True)
    first = replicas.read(town.place.db, tablet.replica)
    clock.forward(seconds=30)
    tablet.says(terse=True)
    soon = replicas.read(town.place.db, tablet.replica)
    clock.forward(seconds=40)
    tablet.says(terse=True)
    later = replicas.read(town.place.db, tablet.replica)

    assert first and soon and later
    assert first.last_seen_at == soon.last_seen_at
    assert str(later.last_seen_at) > str(first.last_seen_at)


@pytest.mark.both_engines
def test_a_question_with_nothing_to_say_takes_three_looks_into_the_records(
    tablet: Tablet, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = tablet.says(terse=True)["cursor"]
    asked: list[str] = []
    rows = town.place.db.rows
    monkeypatch.setattr(town.place.db, "rows", lambda sql, *params: asked.append(sql) or rows(sql, *params))

    assert tablet.says(terse=True, cursor=cursor).keys() == {"protocol", "acks"}
    assert len(asked) <= 3


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "happens",
    [
        {"person": {"name": "Another name"}},
        {"person": {"role.administrator": True}},
        {"person": {"role.observer": False, "role.teacher": True}},
        {"person": {"active": False}},
        {"school": {"address": "Jalan Baru"}},
    ],
)
def test_whatever_happens_is_told_at_the_next_question(
    tablet: Tablet, town: Town, happens: dict[str, dict[str, Any]]
) -> None:
    first = tablet.says(terse=True)
    ids = {"person": tablet.person, "school": tablet.school}
    drafts = [Draft(town.school, f"{kind}/{ids[kind]}", values) for kind, values in happens.items()]
    assert not intake.write(town.place, town.people["administrator"], drafts)

    told = tablet.says(terse=True, cursor=first["cursor"])
    again = tablet.says(terse=True, cursor=told["cursor"])

    assert told["records"]
    assert again.keys() == {"protocol", "acks"}


@pytest.mark.both_engines
def test_a_centre_that_was_restored_says_so_to_a_question_with_nothing_to_say(tablet: Tablet, town: Town) -> None:
    cursor = tablet.says(terse=True)["cursor"]
    with town.place.db.atomic():
        town.place.db.run("update place set epoch = 'another'")

    answer = tablet.ask(json.dumps({"protocol": 1, "terse": True, "cursor": cursor}).encode())

    assert answer.status_code == 410


def test_a_device_that_was_shut_out_is_told_so_when_it_has_nothing_to_say(tablet: Tablet, town: Town) -> None:
    cursor = tablet.says(terse=True)["cursor"]
    pairing.revoke(town.place, people.viewer(town.place.db, town.people["administrator"]), tablet.replica)

    answer = tablet.ask(json.dumps({"protocol": 1, "terse": True, "cursor": cursor}).encode())

    assert answer.status_code == 403


def test_a_device_that_sends_again_in_smaller_batches_is_told_nothing_before_the_last(
    tablet: Tablet, town: Town
) -> None:
    """What stands here holds what its later changes did; laid over that, its earlier ones would come back."""
    cursor = tablet.says(terse=True)["cursor"]
    lesson = {"observer": tablet.person, "teacher": town.people["teacher"], "rubric": town.rubric, "status": "draft"}
    first = tablet.change(LESSON, **lesson)
    second = tablet.change(LESSON, growth="first words")
    third = tablet.change(LESSON, growth="other words") | {"seen": {"growth": [second["id"]]}}
    tablet.says(terse=True, folds=True, cursor=cursor, changes=[first, second, third])  # and the answer is lost

    behind = tablet.says(terse=True, folds=True, cursor=cursor, changes=[first, second])
    whole = tablet.says(terse=True, folds=True, cursor=cursor, changes=[third])

    assert behind == {"protocol": 1, "acks": {tablet.replica: 2}, "more": True}
    assert whole["acks"] == {tablet.replica: 3}
    assert [told["record"] for told in whole["records"]].count(LESSON) == 1
    assert "more" not in whole


@pytest.mark.parametrize("reader", ["person:{observer}", "a", "o", "role:administrator", "members"])
def test_a_cursor_somebody_wrote_herself_tells_of_no_more_than_she_ever_saw(
    client: FlaskClient, town: Town, reader: str
) -> None:
    observer = a_tablet(client, town, "observer")
    lesson = {"observer": observer.person, "teacher": town.people["teacher"], "rubric": town.rubric}
    observer.says(changes=[observer.change(LESSON, **lesson, status="draft")])
    observer.says(changes=[observer.change(OTHER, **lesson, status="signed")])
    mine = a_tablet(client, town, "other_teacher")
    known = cursors.decode(mine.says()["cursor"])
    as_whom = reader.format(observer=observer.person)
    forged = {mark: Place(stood.seq, stood.chain, as_whom) for mark, stood in known.schools.items()}

    told = mine.says(cursor=cursors.encode(Cursor(known.epoch, forged)))

    assert {entry["record"] for entry in told["records"]}.isdisjoint({LESSON, OTHER})
