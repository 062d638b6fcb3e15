"""Photos and recordings over the line: who may send what, who is shown what, and what a stranger learns."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from observe.services import intake, pairing
from observe.services.intake import Draft
from observe.store import blobs, replicas
from tests.blobs import attach, digest_of, put
from tests.fixtures.place import Town, csrf_token
from tests.quarantine_files import a_photo, a_photo_from

PHOTO = a_photo()
SHA256 = digest_of(PHOTO)


@pytest.fixture
def token(town: Town) -> Callable[[str], str]:
    return lambda who: pairing.pair(town.place, town.people[who], "Tablet").token


@pytest.fixture
def draft(town: Town) -> str:
    """The field of a draft that names PHOTO."""
    return attach(town.place, town.school, town.observations["draft"], town.people["observer"], PHOTO)


def path(town: Town, sha256: str = SHA256, school: str | None = None) -> str:
    return f"/sync/v1/blobs/{sha256}?school={school or town.school}"


def send(
    client: FlaskClient, where: str, token: str, data: bytes = PHOTO, start: int = 0, **headers: str
) -> TestResponse:
    said = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(start),
        "Upload-Length": str(len(PHOTO)),
    }
    return client.patch(where, data=data, headers=said | {k.replace("_", "-"): v for k, v in headers.items()})


def head(client: FlaskClient, where: str, token: str) -> TestResponse:
    return client.head(where, headers={"Authorization": f"Bearer {token}"})


def test_a_cut_photo_goes_on_where_it_stopped(
    client: FlaskClient, town: Town, token: Callable[[str], str], draft: str
) -> None:
    mine = token("observer")
    assert head(client, path(town), mine).headers["Upload-Offset"] == "0"
    first = send(client, path(town), mine, PHOTO[:700])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "700")

    again = send(client, path(town), mine, PHOTO[:700])
    there = head(client, path(town), mine)
    last = send(client, path(town), mine, PHOTO[700:], start=700)

    assert (again.status_code, again.get_json()["type"], again.get_json()["expected"]) == (
        409,
        "urn:observe:offset",
        700,
    )
    assert (there.headers["Upload-Offset"], there.headers["Observe-Standing"]) == ("700", "arriving")
    assert (last.status_code, last.headers["Observe-Standing"]) == (204, "kept")


def test_a_picture_is_shown_as_nothing_but_a_picture(
    client_of: Callable[[str], FlaskClient], client: FlaskClient, town: Town, token: Callable[[str], str], draft: str
) -> None:
    send(client, path(town), token("observer"))

    browser, small_path = client_of("observer"), f"/sync/v1/blobs/{SHA256}/small?school={town.school}"
    with browser.get(path(town)) as shown, browser.get(small_path) as small:
        assert shown.data.startswith(b"\xff\xd8")
        assert len({shown.data, small.data, PHOTO}) == 3, "nobody is shown the bytes that somebody sent"
        for answer in (shown, small):
            assert answer.status_code == 200
            assert answer.mimetype == "image/jpeg"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["Cache-Control"] == "private, no-store"
            assert answer.headers["Content-Disposition"] == f"inline; filename={SHA256[:12]}.jpg"


def test_the_teacher_sees_it_once_it_is_signed(
    client_of: Callable[[str], FlaskClient], client: FlaskClient, town: Town, token: Callable[[str], str], draft: str
) -> None:
    put(town.place, town.school, PHOTO)
    teacher, hers = client_of("teacher"), token("teacher")
    bearer = {"Authorization": f"Bearer {hers}"}
    assert teacher.get(path(town)).status_code == 404
    assert client.get(path(town), headers=bearer).status_code == 404

    signing = Draft(town.school, f"observation/{town.observations['draft']}", {"status": "signed"})
    assert not intake.write(town.place, town.people["observer"], [signing])

    with teacher.get(path(town)) as by_session, client.get(path(town), headers=bearer) as by_token:
        assert (by_session.status_code, by_token.status_code) == (200, 200)


@pytest.mark.parametrize("who", ["other_observer", "teacher", "administrator", "principal", "outside_observer"])
def test_nobody_else_sends_or_asks_for_a_draft(
    client: FlaskClient, town: Town, token: Callable[[str], str], draft: str, who: str
) -> None:
    put(town.place, town.school, PHOTO)
    theirs = token(who)
    bearer = {"Authorization": f"Bearer {theirs}"}

    answers = [
        head(client, path(town), theirs),
        head(client, path(town, school=town.outside_school), theirs),
        send(client, path(town), theirs),
        send(client, path(town, school=town.outside_school), theirs),
        client.get(path(town), headers=bearer),
        client.get(path(town, school=town.outside_school), headers=bearer),
    ]

    assert {answer.status_code for answer in answers} == {404}


def test_a_photo_of_one_school_is_no_photo_of_another(
    client_of: Callable[[str], FlaskClient], client: FlaskClient, town: Town, token: Callable[[str], str], draft: str
) -> None:
    put(town.place, town.school, PHOTO)
    attach(town.place, town.outside_school, town.observations["outside_signed"], town.people["outside_observer"], PHOTO)

    theirs = token("outside_observer")
    there = head(client, path(town, school=town.outside_school), theirs)

    assert there.headers["Upload-Offset"] == "0", "who knows a digest does not know the photo"
    assert client_of("outside_observer").get(path(town, school=town.outside_school)).status_code == 404


def test_a_removed_photo_is_shown_to_nobody(client_of: Callable[[str], FlaskClient], town: Town, draft: str) -> None:
    put(town.place, town.school, PHOTO)
    removing = Draft(town.school, f"observation/{town.observations['draft']}", {draft: None})
    assert not intake.write(town.place, town.people["observer"], [removing])

    assert client_of("observer").get(path(town)).status_code == 404


def test_a_device_that_was_shut_out_sends_and_sees_nothing(client: FlaskClient, town: Town, draft: str) -> None:
    paired = pairing.pair(town.place, town.people["observer"], "Tablet")
    with town.place.db.atomic():
        replicas.revoke(town.place.db, paired.replica, town.people["administrator"], town.place.moment())

    assert head(client, path(town), paired.token).status_code == 403
    assert send(client, path(town), paired.token).get_json()["type"] == "urn:observe:revoked"
    assert client.get(path(town), headers={"Authorization": f"Bearer {paired.token}"}).status_code == 403


def test_an_unknown_token_and_a_session_send_nothing(
    client_of: Callable[[str], FlaskClient], client: FlaskClient, town: Town, draft: str
) -> None:
    browser = client_of("observer")

    by_session = browser.patch(path(town), data=PHOTO, headers={"X-CSRFToken": csrf_token(browser)})

    assert by_session.status_code == 401
    assert send(client, path(town), "forged").status_code == 401


def test_what_is_sent_under_a_forged_digest_is_thrown_away(
    client: FlaskClient, town: Town, token: Callable[[str], str], draft: str
) -> None:
    mine = token("observer")

    answer = send(client, path(town), mine, bytes(len(PHOTO)))

    assert (answer.status_code, answer.get_json()["expected"]) == (409, 0)
    assert head(client, path(town), mine).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (a_photo_from(1.6), "reveals"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "unsupported"),
        (PHOTO + b"<script>alert(1)</script>", "hides"),
        (PHOTO[:-40], "damaged"),
    ],
)
def test_what_is_no_plain_photo_is_refused_with_its_reason(
    client: FlaskClient, town: Town, token: Callable[[str], str], data: bytes, reason: str
) -> None:
    attach(town.place, town.school, town.observations["draft"], town.people["observer"], data)
    mine, where = token("observer"), path(town, digest_of(data))

    answer = send(client, where, mine, data, Upload_Length=str(len(data)))

    assert (answer.status_code, answer.get_json()["type"], answer.get_json()["reason"]) == (
        422,
        "urn:observe:blob-refused",
        reason,
    )
    assert head(client, where, mine).headers["Observe-Reason"] == reason


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload_Offset": "-1"}, 400),
        ({"Upload_Offset": "1e3"}, 400),
        ({"Upload_Offset": "9" * 40}, 400),
        ({"Upload_Offset": "٣"}, 400),
        ({"Upload_Length": ""}, 400),
        ({"Upload_Length": "999999999"}, 413),
        ({"Upload_Length": "0"}, 404),
        ({"Content_Type": "text/html"}, 415),
        ({"Content_Encoding": "gzip"}, 415),
    ],
)
def test_a_request_that_is_not_this_protocol_is_refused_in_its_words(
    client: FlaskClient, town: Town, token: Callable[[str], str], draft: str, headers: dict[str, str], status: int
) -> None:
    answer = send(client, path(town), token("observer"), **headers)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


def test_a_piece_has_a_limit(client: FlaskClient, town: Town, token: Callable[[str], str], draft: str) -> None:
    answer = send(client, path(town), token("observer"), bytes(1024 * 1024 + 1))

    assert answer.status_code == 413
    assert "1048576" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    "where",
    [
        "/sync/v1/blobs/..%2f..%2fobserve.secret?school=x",
        "/sync/v1/blobs/%2e%2e?school=x",
        f"/sync/v1/blobs/{SHA256}",
        f"/sync/v1/blobs/{SHA256}?school=../..",
        f"/sync/v1/blobs/{SHA256.upper()}?school=x",
        f"/sync/v1/blobs/{SHA256}%00?school=x",
        f"/sync/v1/blobs/{'0' * 4000}?school=x",
    ],
)
def test_no_address_leads_anywhere_else(
    client_of: Callable[[str], FlaskClient], client: FlaskClient, town: Town, token: Callable[[str], str], where: str
) -> None:
    mine = token("observer")

    answers = [client_of("observer").get(where), head(client, where, mine), send(client, where, mine)]

    assert {answer.status_code for answer in answers} <= {400, 404}


def test_a_school_without_room_says_so_in_words(
    client: FlaskClient, town: Town, token: Callable[[str], str], draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs, "room_taken", lambda db, school: 10**12)

    answer = send(client, path(town), token("observer"))

    assert (answer.status_code, answer.get_json()["type"]) == (507, "urn:observe:no-room")
    assert "no room" in answer.get_json()["detail"]


def test_part_of_a_recording_can_be_asked_for(client_of: Callable[[str], FlaskClient], town: Town, draft: str) -> None:
    put(town.place, town.school, PHOTO)

    with client_of("observer").get(path(town), headers={"Range": "bytes=10-19"}) as part:
        assert part.status_code == 206
        assert part.data == PHOTO[10:20]
