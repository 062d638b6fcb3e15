"""The door for devices, as bytes over HTTP: what it takes, what it refuses, and what an answer carries."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from observe.services import pairing
from tests.fixtures.place import Town

CHANGE = (
    b'{"id":"dev00001.1","school":"s","record":"observation/x","by":"b",'
    b'"at":"2026-11-22T03:15:09.120Z","set":{"growth":"words"}}'
)


@dataclass
class Tablet:
    """A paired device that speaks to the app itself."""

    client: FlaskClient
    replica: str
    token: str
    person: str
    school: str
    n: int = 0
    cursor: str | None = None
    heard: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, body: bytes) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return self.client.post("/sync/v1/exchange", data=body, headers=headers)


@pytest.fixture
def tablet(client: FlaskClient, town: Town) -> Tablet:
    person = town.people["observer"]
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
