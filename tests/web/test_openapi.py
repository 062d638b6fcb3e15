"""The published document of `/sync/v1`: valid, true to the code, and what a fuzzer makes of it."""

import json
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from observe.domain import kinds
from observe.services import verify
from sync.change import Change
from tests.fixtures.place import PASSWORD, Town
from tests.fixtures.strategies import field_values

load_all_checks()
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
HELD_TO = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    )
]  # fmt: skip
BOLD = settings(
    max_examples=50,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def token(client: FlaskClient, town: Town) -> str:
    asked = {"protocol": 1, "login": "principal", "password": PASSWORD, "name": "Tablet uji"}
    return str(client.post("/sync/v1/pair", json=asked).get_json()["token"])


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/sync/v1/exchange", "POST"),
        ("/sync/v1/pair", "POST"),
        ("/sync/v1/blobs/{sha256}", "PATCH"),
        ("/sync/v1/blobs/{sha256}", "GET"),
    ],
)
def test_a_fuzzer_that_read_the_document_finds_no_500_and_no_answer_it_does_not_tell_of(
    path: str, method: str, mode: GenerationMode, app: Flask, token: str, town: Town
) -> None:
    operation = schemathesis.openapi.from_wsgi("/sync/v1/openapi.json", app)[path][method]
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}

    @BOLD
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=HELD_TO, headers=headers)

    ask()
    assert verify.log(town.place.db) == []


def test_whatever_a_device_writes_is_stored_once_with_a_verdict_and_verifies(
    client: FlaskClient, token: str, town: Town
) -> None:
    """Well-formed changes with any values in any fields of any kind, numbered as a device numbers them."""
    person = town.people["principal"]
    replica = _replica_of(client, token)
    sent: list[str] = []

    @BOLD
    @given(record=_records(town), set_=field_values(), by=st.sampled_from([person, town.people["teacher"], "x"]))
    def write(record: str, set_: dict[str, Any], by: str) -> None:
        n = len(sent) + 1
        change = {"id": f"{replica}.{n}", "school": town.school, "record": record, "by": by}
        body = json.dumps({"protocol": 1, "changes": [{**change, "at": "2026-11-22T03:15:09.120Z", "set": set_}]})
        answer = client.post(
            "/sync/v1/exchange",
            data=body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert answer.get_json()["acks"][replica] == n
        sent.append(body)

    write()
    rows = town.place.db.rows("select n, verdict from change where replica = :replica order by n", {"replica": replica})
    assert [row["n"] for row in rows] == list(range(1, len(sent) + 1))
    assert verify.log(town.place.db) == []


def test_the_document_says_of_every_kind_what_the_code_checks(client: FlaskClient) -> None:
    schemas = client.get("/sync/v1/openapi.json").get_json()["components"]["schemas"]

    for kind, fields in kinds.KINDS.items():
        told = schemas[f"{kind.capitalize()}Fields"]
        assert told["properties"].keys() == {name for name in fields if not name.endswith(".*")}
        assert len(told["patternProperties"]) == len(fields) - len(told["properties"])


@BOLD
@given(set_=field_values())
@pytest.mark.parametrize("kind", sorted(kinds.KINDS))
def test_the_document_and_the_code_take_and_refuse_the_same_values(kind: str, set_: dict[str, Any]) -> None:
    id = "tablet1" if kind == "replica" else "0193a1c2-0000-7000-8000-000000000001"
    value = next(iter(set_.values()))
    for name, shape in kinds.KINDS[kind].items():
        change = Change(
            "tablet1.1", "s", f"{kind}/{id}", "me", "2026-11-22T03:15:09Z", {name.replace("*", "A1"): value}
        )
        is_told = value is None or jsonschema_rs.is_valid(dict(shape.schema), value, validate_formats=True)
        assert _fits(change) == is_told, (name, value)


def _fits(change: Change) -> bool:
    try:
        kinds.check(change)
    except kinds.Misfit:
        return False
    return True


def _replica_of(client: FlaskClient, token: str) -> str:
    answer = client.post("/sync/v1/exchange", json={"protocol": 1}, headers={"Authorization": f"Bearer {token}"})
    (replica,) = answer.get_json()["acks"]
    return str(replica)


def _records(town: Town) -> st.SearchStrategy[str]:
    known = [f"observation/{id}" for id in town.observations.values()]
    return st.sampled_from([*known, f"person/{town.people['teacher']}", f"school/{town.school}"]) | st.from_regex(
        r"[a-z_]{1,12}/[A-Za-z0-9-]{1,64}", fullmatch=True
    )
