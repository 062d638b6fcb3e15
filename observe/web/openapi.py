"""What other programs need to speak `/sync/v1`: an OpenAPI document, made from what the code itself checks with."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from observe.domain.kinds import DIGEST, KINDS, MAX_BLOB_BYTES, PICTURE_TYPE, SOUND_TYPES, UUID, Shape
from observe.domain.verdict import REASONS
from observe.services.feed import MOST_RECORDS
from sync.change import CHANGE_ID, FIELD, MAX_CHANGE_BYTES, MAX_CHANGES, MAX_FIELDS, RECORD, TIME

blueprint = Blueprint("openapi", __name__)

Schema = dict[str, Any]
_PROBLEMS = {
    "400": "Not this protocol.",
    "401": "The token, or the name and pass-phrase, is not known here.",
    "403": "This replica was shut out; what it holds stays on it.",
    "409": "A fork or a gap. A gap names the replica and the number expected next.",
    "410": "This server is of another history: offer everything again, and read from the start.",
    "413": "Too large; `detail` names the limit.",
    "415": "Not JSON, or packed in a way that is not known here.",
    "426": "The client is too old.",
    "429": "Too many attempts; `Retry-After` says when.",
    "503": "Not now; `Retry-After` says when.",
}

_BYTES: Schema = {"type": "string", "format": "binary"}
_BLOB_PROBLEMS = {
    "404": "No accepted record that you may write, or see, names it.",
    "409": "It ends elsewhere; `expected` says where to go on.",
    "422": "It was looked at and is not taken; `reason` says why.",
    "507": "The school's room for photos and recordings is full.",
}


@blueprint.get("/sync/v1/openapi.json")
def document() -> Response:
    response = Response(json.dumps(_document(), ensure_ascii=False), mimetype="application/json")
    response.cache_control.public = True
    response.cache_control.max_age = 3600
    return response


def _document() -> Schema:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Observe, sync protocol",
            "version": "1",
            "description": "Two replicas exchange changes until both hold the same set: docs/sync-protocol.md.",
        },
        "paths": {
            "/sync/v1/pair": {"post": _operation("Pair a device", "PairRequest", "201", "Pairing", needs_token=False)},
            "/sync/v1/exchange": {"post": _operation("Send and receive", "ExchangeRequest", "200", "ExchangeAnswer")},
            "/sync/v1/blobs/{sha256}": {
                "head": _blob("How much of a photo or recording is here", "200", _standing_headers()),
                "patch": _blob("Send the next piece of it", "204", _standing_headers()) | _piece(),
                "get": _blob("The whole of it", "200", {}, _any_of(PICTURE_TYPE, *SOUND_TYPES)),
            },
            "/sync/v1/blobs/{sha256}/small": {
                "get": _blob("A small picture of a photo", "200", {}, _any_of(PICTURE_TYPE)),
            },
        },
        "components": {
            "securitySchemes": {"replica": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "PairRequest": _pair_request(),
                "Pairing": _pairing(),
                "ExchangeRequest": _exchange_request(),
                "ExchangeAnswer": _exchange_answer(),
                "Change": _change(),
                "Head": _head(),
                "Record": _record(),
                "Problem": _problem(),
                **{_kind_name(kind): _kind(fields) for kind, fields in KINDS.items()},
            },
        },
    }


def _operation(summary: str, asks: str, status: str, gives: str, *, needs_token: bool = True) -> Schema:
    problems = {code: _told(text) for code, text in _PROBLEMS.items()}
    return {
        "summary": summary,
        "security": [{"replica": []}] if needs_token else [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(asks)}}},
        "responses": {
            status: {"description": "Done, durably.", "content": {"application/json": {"schema": _ref(gives)}}},
            **problems,
        },
    }


def _blob(summary: str, status: str, headers: Schema, content: Schema | None = None) -> Schema:
    done = {"description": "Done, durably."} | ({"headers": headers} if headers else {})
    return {
        "summary": summary,
        "security": [{"replica": []}],
        "parameters": [
            {"name": "sha256", "in": "path", "required": True, "schema": _matching(DIGEST.pattern)},
            {"name": "school", "in": "query", "required": True, "schema": _matching(UUID.pattern)},
        ],
        "responses": {
            status: done | ({"content": content} if content else {}),
            **{code: _told(text) for code, text in {**_PROBLEMS, **_BLOB_PROBLEMS}.items()},
        },
    }


def _piece() -> Schema:
    """What a PATCH carries."""
    said = ("Upload-Offset", "Upload-Length")
    number = {"type": "integer", "minimum": 0, "maximum": MAX_BLOB_BYTES}
    path_and_school = _blob("", "204", {})["parameters"]
    return {
        "parameters": [
            *path_and_school,
            *({"name": name, "in": "header", "required": True, "schema": number} for name in said),
        ],
        "requestBody": {"required": True, "content": {"application/offset+octet-stream": {"schema": _BYTES}}},
    }


def _standing_headers() -> Schema:
    standings = {"enum": ["arriving", "kept", "refused"]}
    return {
        "Upload-Offset": {"required": True, "schema": {"type": "integer", "minimum": 0}},
        "Observe-Standing": {"required": True, "schema": standings},
        "Observe-Reason": {"schema": {"enum": ["unsupported", "damaged", "too-large", "reveals", "hides"]}},
    }


def _any_of(*types: str) -> Schema:
    return {type_: {"schema": {}} for type_ in types}


def _told(text: str) -> Schema:
    return {"description": text, "content": {"application/problem+json": {"schema": _ref("Problem")}}}


def _pair_request() -> Schema:
    texts = {"login": _string(200), "password": _string(1000), "key": _string(200)}
    return _object({"protocol": {"const": 1}, "name": _string(80) | {"minLength": 1}}, texts)


def _pairing() -> Schema:
    school = _object({"id": _string(64), "name": _string(300), "time_zone": _string(64), "roles": _list(_string(32))})
    return _object(
        {"replica": _string(32), "token": _string(200), "person": _string(64), "schools": _list(school)},
        {"name": _string(300)},
    )


def _exchange_request() -> Schema:
    return _object(
        {"protocol": {"const": 1}},
        {
            "cursor": {"type": ["string", "null"]},
            "changes": _list(_ref("Change")) | {"maxItems": MAX_CHANGES},
            "feed": {"enum": ["heads", "log"], "description": "heads for a device, log for a server of a school"},
            "limit": {"type": "integer", "minimum": 1, "maximum": MOST_RECORDS},
            "waiting": {"type": "integer", "minimum": 0, "maximum": 1_000_000_000},
            "waiting_since": _matching(TIME.pattern),
            "now": _matching(TIME.pattern),
            "terse": {"type": "boolean", "description": "leave out of the answer what is empty or as it was"},
            "folds": {"type": "boolean", "description": "leave out records that only these changes touched"},
        },
    )


def _exchange_answer() -> Schema:
    numbers = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}
    named = {"id": _matching(CHANGE_ID.pattern), "reason": {"enum": list(REASONS)}}
    held = _object(named, {"detail": {"type": "string"}})
    return _object(
        {"protocol": {"const": 1}, "acks": numbers},
        {
            "held": _list(held),
            "records": _list(_ref("Record")),
            "cursor": {"type": "string"},
            "more": {"type": "boolean"},
            "backed_up": numbers,
            "now": _matching(TIME.pattern),
        },
    ) | {"description": "Only an answer to a `terse` request is without one of the others."}


def _change() -> Schema:
    field = {"type": "object", "propertyNames": _matching(FIELD.pattern) | {"maxLength": 128}}
    seen = field | {"additionalProperties": _list(_matching(CHANGE_ID.pattern))}
    kinds = ", ".join(f"{kind} ({_kind_name(kind)})" for kind in KINDS)
    return _object(
        {
            "id": _matching(CHANGE_ID.pattern),
            "school": _string(64) | {"minLength": 1},
            "record": _matching(RECORD.pattern),
            "by": _string(64) | {"minLength": 1},
            "at": _matching(TIME.pattern),
            "set": field
            | {"minProperties": 1, "maxProperties": MAX_FIELDS}
            | {"description": f"Fields by name; null clears. What each kind of record may hold: {kinds}."},
        },
        {"seen": seen},
    ) | {"description": f"At most {MAX_CHANGE_BYTES} bytes."}


def _head() -> Schema:
    return _object(
        {
            "id": _matching(CHANGE_ID.pattern),
            "by": _string(64),
            "at": _matching(TIME.pattern),
            "set": {"type": "object"},
        }
    )


def _record() -> Schema:
    return _object(
        {"record": _matching(RECORD.pattern)},
        {
            "school": _string(64),
            "whole": {"type": "boolean"},
            "gone": {"type": "boolean"},
            "heads": _list(_ref("Head")),
            "cleared": _list({"type": "string"}),
        },
    )


def _problem() -> Schema:
    return _object(
        {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}},
        {"detail": {"type": "string"}, "expected": {"type": "integer"}}
        | {"replica": {"type": "string"}, "reason": {"type": "string"}},
    )


def _kind(fields: Mapping[str, Shape]) -> Schema:
    """The fields of one kind; `rating.*` stands for `rating.` and one further part."""
    named = {name: _or_cleared(shape) for name, shape in fields.items() if not name.endswith(".*")}
    patterned = {
        f"^{name[:-2]}\\.[A-Za-z0-9_-]+$": _or_cleared(shape) for name, shape in fields.items() if name.endswith(".*")
    }
    return {"type": "object", "properties": named, "patternProperties": patterned, "additionalProperties": False}


def _or_cleared(shape: Shape) -> Schema:
    return {"anyOf": [dict(shape.schema), {"type": "null"}]}


def _kind_name(kind: str) -> str:
    return f"{kind.capitalize()}Fields"


def _object(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _string(most: int) -> Schema:
    return {"type": "string", "maxLength": most}


def _matching(pattern: str) -> Schema:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
