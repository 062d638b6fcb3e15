"""Headers on every answer, one strict door for JSON, CSRF, limits, logs, and people's text that stays text."""

import gzip
import http.client
import json
import logging
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from observe.app import create_app
from observe.services import intake, pairing
from observe.services.intake import Draft
from observe.services.place import Place
from observe.settings import Settings
from observe.web import security
from scripts.serving import free_port
from tests.builders import Clock
from tests.fixtures.place import Town, csrf_token, form_token, sign_in
from tests.people import PASS_PHRASE
from tests.serving import Server

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}&lt;b&gt;'
SECRET_WORDS = "Anak itu menangis di pojok kelas"


def test_the_policy_is_the_one_that_was_decided() -> None:
    assert security.POLICY == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; media-src 'self' blob:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def test_every_answer_carries_the_headers_errors_and_files_too(app: Flask, town: Town, place: Place) -> None:
    @app.get("/try/bug")
    def bug() -> str:
        raise RuntimeError(SECRET_WORDS)

    app.testing = False
    browser = app.test_client()
    sign_in(browser, place, town.people["principal"])
    asked = {
        "a page": browser.get("/account"),
        "a list": browser.get(f"/office/{town.school}/observations"),
        "a shell": browser.get("/field/id/today"),
        "the worker": browser.get("/sw.js"),
        "a redirect": browser.get("/"),
        "not found": browser.get("/nowhere"),
        "not a file": browser.get("/static/x/y.css"),
        "not yours": browser.get(f"/office/{town.outside_school}/observations"),
        "wrong method": browser.delete("/account"),
        "options": browser.options("/account"),
        "head": browser.head("/account"),
        "no token": browser.post("/sign-out"),
        "too large": browser.post("/sign-in", data={"login": "x" * 2_000_000}),
        "a device's error": browser.post("/sync/v1/exchange", json={}),
        "a bug": browser.get("/try/bug"),
    }

    for what, answer in asked.items():
        missing = {
            name: answer.headers.get(name)
            for name, value in security.HEADERS.items()
            if answer.headers.get(name) != value
        }
        assert missing == {}, what
        answer.close()
    assert asked["a bug"].status_code == 500
    assert asked["too large"].status_code == 413


def test_a_host_that_is_not_ours_is_refused_with_the_headers(place: Place, clock: Clock) -> None:
    settings = Settings(secret_key="x", trusted_hosts=("school.example",))
    browser = create_app(settings, db=place.db, now=clock).test_client()

    ours = browser.get("/sign-in", headers={"Host": "school.example"})
    other = browser.get("/sign-in", headers={"Host": "evil.example"})

    assert ours.status_code == 200
    assert other.status_code == 400
    assert other.headers["Content-Security-Policy"] == security.POLICY


@pytest.mark.parametrize(("is_behind_https", "sent"), [(True, "max-age=31536000"), (False, None)])
def test_https_is_remembered_where_there_is_https(
    place: Place, clock: Clock, is_behind_https: bool, sent: str | None
) -> None:
    app = create_app(Settings(secret_key="x", is_behind_https=is_behind_https), db=place.db, now=clock)

    assert app.test_client().get("/health").headers.get("Strict-Transport-Security") == sent


def test_a_page_with_a_persons_data_is_stored_nowhere(client_of: Callable[[str], FlaskClient], town: Town) -> None:
    browser = client_of("principal")
    observation = town.observations["signed"]

    for path in (
        "/account",
        "/csrf",
        f"/office/{town.school}/observations",
        f"/office/{town.school}/observations/{observation}",
        f"/office/{town.school}/observations/{observation}/print",
        f"/office/{town.school}/people",
    ):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "no-store", path


def test_a_page_and_its_fragment_are_kept_apart(client_of: Callable[[str], FlaskClient], town: Town) -> None:
    answer = client_of("principal").get(f"/office/{town.school}/observations")

    assert "HX-Request" in answer.headers["Vary"]


def test_a_file_never_changes_under_its_address(app: Flask, client: FlaskClient) -> None:
    with client.get(f"/static/{app.config['BUILD']}/css/base.css") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["../observe.secret", "%2e%2e/wsgi.py", "..%2f..%2fwsgi.py", "css/../../wsgi.py"])
def test_nothing_outside_the_static_folder_is_served(app: Flask, client: FlaskClient, path: str) -> None:
    assert client.get(f"/static/{app.config['BUILD']}/{path}").status_code == 404


def _posts(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or set()) and not rule.rule.startswith("/sync/"):
            yield re.sub(r"<[^<>]+>", "x", rule.rule.replace("<lang>", "en"))


def test_no_form_is_taken_without_its_token(app: Flask, client_of: Callable[[str], FlaskClient]) -> None:
    browser = client_of("principal")

    answers = {path: browser.post(path, data={"csrf_token": "invented"}).status_code for path in _posts(app)}

    assert answers.pop("/sign-in") == 422
    assert set(answers.values()) == {400}
    assert browser.get("/account").status_code == 200


def test_no_form_is_taken_with_somebody_elses_token(client_of: Callable[[str], FlaskClient]) -> None:
    stolen = csrf_token(client_of("teacher"))

    assert client_of("principal").post("/sign-out", data={"csrf_token": stolen}).status_code == 400


def test_signing_in_with_a_form_that_stood_open_says_to_try_again(client: FlaskClient, town: Town) -> None:
    answer = client.post("/sign-in", data={"login": "teacher", "password": "x", "csrf_token": "yesterday's"})

    assert answer.status_code == 422
    assert "terlalu lama terbuka" in answer.get_data(as_text=True)


def test_behind_https_a_form_from_another_site_is_refused(place: Place, clock: Clock, town: Town) -> None:
    browser = create_app(Settings(secret_key="x", is_behind_https=True), db=place.db, now=clock).test_client()
    base = "https://school.example"
    sign_in(browser, place, town.people["teacher"], base)
    asked = browser.get("/csrf", base_url=base).json
    assert asked

    def switch(**headers: str) -> int:
        data = {"csrf_token": asked["token"]}
        return browser.post("/language/en", base_url=base, data=data, headers=headers).status_code

    assert switch(Referer="https://evil.example/") == 400
    assert switch() == 400
    assert switch(Referer=f"{base}/account") == 303


@pytest.fixture
def device(place: Place, town: Town, app: Flask) -> Callable[..., TestResponse]:
    """Send a body to the exchange, as a paired device."""
    token = pairing.pair(place, town.people["observer"], "Tablet").token
    browser = app.test_client()

    def send(body: bytes, **headers: str) -> TestResponse:
        given = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return browser.post(
            "/sync/v1/exchange",
            data=body,
            headers=given | {name.replace("_", "-"): value for name, value in headers.items()},
        )

    return send


BAD_JSON = {
    "nothing": b"",
    "not JSON": b"<html>portal</html>",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "not a number": b'{"protocol":1,"name":"x","waiting":NaN}',
    "infinity": b'{"protocol":1,"name":"x","waiting":-Infinity}',
    "too large a number": b'{"protocol":1,"name":"x","waiting":1e999}',
    "too large a whole number": b'{"protocol":1,"name":"x","waiting":' + b"9" * 5000 + b"}",
    "a key twice": b'{"protocol":1,"name":"x","protocol":1}',
    "half a character": b'{"protocol":1,"name":"\\ud800"}',
    "half a character in a key": b'{"protocol":1,"name":"x","\\udfff":1}',
    "NUL": b'{"protocol":1,"name":"a\\u0000b"}',
    "a raw NUL": b'{"protocol":1,"name":"a\x00b"}',
    "not UTF-8": b'{"protocol":1,"name":"\xff\xfe"}',
    "UTF-16": '{"protocol":1,"name":"x"}'.encode("utf-16"),
    "100,000 brackets": b"[" * 100_000,
    "100,000 closed brackets": b'{"protocol":1,"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "100,000 braces": b'{"a":' * 100_000,
    "cut off": b'{"protocol":1,"name":"x"',
    "something after it": b'{"protocol":1,"name":"x"} {}',
    "a comment": b'{"protocol":1,/* */"name":"x"}',
    "no protocol": b'{"name":"x"}',
}  # fmt: skip


def _assert_refused(answer: TestResponse, what: object = "") -> None:
    """A 4xx with a reason a program and a person can read, and nothing stored."""
    assert 400 <= answer.status_code < 500, what
    assert answer.mimetype == "application/problem+json", what
    assert answer.json, what
    assert answer.json["type"].startswith("urn:observe:"), what
    assert len(answer.json["detail"]) > 10, what
    assert len(answer.get_data()) < 1500, what


def test_the_exchange_refuses_what_is_no_json_of_ours(device: Callable[..., TestResponse]) -> None:
    for what, body in BAD_JSON.items():
        _assert_refused(device(body), what)


def test_pairing_refuses_what_is_no_json_of_ours(client_of: Callable[[str], FlaskClient]) -> None:
    browser = client_of("observer")
    headers = {"X-CSRFToken": csrf_token(browser), "Content-Type": "application/json"}

    for what, body in BAD_JSON.items():
        _assert_refused(browser.post("/sync/v1/pair", data=body, headers=headers), what)


@pytest.mark.parametrize(
    "change",
    [b"1", b"null", b"[]", b"{}", b'{"id":"x"}', b'{"id":1,"school":2,"record":3,"by":4,"at":5,"set":6,"seen":7}'],
)
def test_the_exchange_refuses_what_is_no_change(device: Callable[..., TestResponse], change: bytes) -> None:
    _assert_refused(device(b'{"protocol":1,"changes":[' + change + b"]}"))


@pytest.mark.parametrize(
    "more",
    [
        {"waiting": -1}, {"waiting": 10**15}, {"waiting": "3"}, {"limit": "x"}, {"cursor": 7}, {"cursor": "not ours"},
        {"cursor": "é中"}, {"changes": {}}, {"changes": None}, {"feed": "everything"}, {"now": 7},
    ],
)  # fmt: skip
def test_the_exchange_refuses_an_envelope_with_something_else_in_it(
    device: Callable[..., TestResponse], more: dict[str, object]
) -> None:
    _assert_refused(device(json.dumps({"protocol": 1} | more).encode()))


@pytest.mark.parametrize(
    "now", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "yesterday", "", "2026-13-45T99:00"]
)
def test_a_clock_that_makes_no_sense_stops_nothing(device: Callable[..., TestResponse], now: str) -> None:
    assert device(json.dumps({"protocol": 1, "now": now}).encode()).status_code == 200


def test_a_bomb_is_not_inflated(device: Callable[..., TestResponse]) -> None:
    bomb = gzip.compress(b" " * 300_000_000)

    answer = device(bomb, Content_Encoding="gzip")

    assert len(bomb) < 400_000
    assert answer.status_code == 413
    assert "8388608" in answer.get_data(as_text=True)


def test_many_packed_pieces_are_one_body(device: Callable[..., TestResponse]) -> None:
    assert device(gzip.compress(b" " * 1_000_000) * 20, Content_Encoding="gzip").status_code == 413


def test_a_body_over_the_limit_is_refused_with_the_limit(device: Callable[..., TestResponse]) -> None:
    answer = device(b" " * 8_388_609)

    assert answer.status_code == 413
    assert "8388608" in answer.get_data(as_text=True)


def test_a_pairing_over_the_limit_is_refused_with_the_limit(client: FlaskClient) -> None:
    answer = client.post("/sync/v1/pair", data=b" " * 5000, content_type="application/json")

    assert answer.status_code == 413
    assert "4096" in answer.get_data(as_text=True)


def test_a_damaged_packed_body_is_refused_wherever_it_is_damaged(device: Callable[..., TestResponse]) -> None:
    whole = gzip.compress(b'{"protocol":1,"cursor":null,"changes":[]}', mtime=0)

    for place in range(len(whole)):
        damaged = bytes(byte ^ (0x55 if at == place else 0) for at, byte in enumerate(whole))
        assert device(damaged, Content_Encoding="gzip").status_code in {200, 400}, place
    for length in range(len(whole)):
        assert device(whole[:length], Content_Encoding="gzip").status_code == 400, length


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "x" * 500])
def test_another_packing_is_refused(device: Callable[..., TestResponse], encoding: str) -> None:
    answer = device(zlib.compress(b'{"protocol":1}'), Content_Encoding=encoding)

    assert answer.status_code == 415
    _assert_refused(answer)


@pytest.mark.parametrize("path", ["/sync/v1/exchange", "/sync/v1/pair"])
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_only_json_comes_in_at_the_devices_doors(
    client: FlaskClient, place: Place, town: Town, path: str, kind: str
) -> None:
    token = pairing.pair(place, town.people["observer"], "Tablet").token

    answer = client.post(
        path, data=b'{"protocol":1,"name":"x"}', content_type=kind, headers={"Authorization": f"Bearer {token}"}
    )

    assert answer.status_code == 415
    _assert_refused(answer)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer é", "Basic eDp5", "Bearer " + "x" * 5000, "bearer \0"]
)
def test_a_token_that_is_none_is_unknown(client: FlaskClient, header: str) -> None:
    answer = client.post(
        "/sync/v1/exchange", json={"protocol": 1}, headers={"Authorization": header.replace("\0", "0")}
    )

    assert answer.status_code == 401
    _assert_refused(answer)


@pytest.mark.parametrize(
    "given",
    [{"login": "a\0b", "password": "x"}, {"login": "x" * 101, "password": "x"}, {"login": "x"}, {"password": "x"}, {},
     {"login": "\ud800".encode("utf-8", "surrogatepass"), "password": b"\xff"}],
)  # fmt: skip
def test_a_form_with_something_else_in_it_is_shown_again(client: FlaskClient, given: dict[str, object]) -> None:
    page = client.get("/sign-in").get_data(as_text=True)
    token = form_token(page)

    assert client.post("/sign-in", data=given | {"csrf_token": token}).status_code == 422


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "path", ["/%00", "/office/%00/observations", "/office/%FF%FE/observations", "/field/id/sheet/" + "x" * 4000,
             "/office/x/observations?page=99999999999999999999", "/sign-in?next=%00", "/language/%0d%0a"]
)  # fmt: skip
def test_no_address_makes_the_server_fail(client_of: Callable[[str], FlaskClient], path: str) -> None:
    assert client_of("principal").get(path).status_code < 500


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "value", ["%00", "%FF", "9" * 40, "-1", "2026-99-99", "0001-01-01", "9999-12-31", "%22%3E", "x" * 2000]
)
def test_no_filter_makes_the_server_fail(client_of: Callable[[str], FlaskClient], town: Town, value: str) -> None:
    browser = client_of("principal")

    for page in ("observations", "people"):
        for name in ("from", "to", "page", "teacher", "rubric", "state", "words", "role"):
            assert browser.get(f"/office/{town.school}/{page}?{name}={value}").status_code < 500, name


def test_peoples_text_stays_text(client_of: Callable[[str], FlaskClient], town: Town, place: Place) -> None:
    people, school = town.people, town.school
    hostile = HOSTILE[:300]
    drafts = [
        Draft(school, f"person/{people['teacher']}", {"name": hostile, "position": hostile, "subjects": hostile}),
        Draft(school, f"school/{school}", {"name": hostile, "letterhead": hostile, "address": hostile}),
    ]
    assert not intake.found(place, drafts)
    written = {
        "topic": hostile, "class_name": hostile, "strengths": hostile, "growth": hostile,
        "note.0190aaaa-0000-7000-8000-000000000001": {"text": hostile, "at_s": 5, "tags": []},
    }  # fmt: skip
    record = f"observation/{town.observations['draft']}"
    assert not intake.write(place, people["observer"], [Draft(school, record, written | {"status": "signed"})])
    pairing.pair(place, people["teacher"], "<script>alert(3)</script>")
    browser = client_of("principal")

    seen = 0
    signed = f"observations/{town.observations['draft']}"
    pages = ("observations", signed, f"{signed}/print", "people", f"people/{people['teacher']}", "devices", "rubrics")
    for path in pages:
        page = browser.get(f"/office/{school}/{path}").get_data(as_text=True)
        assert "<img src=x" not in page, path
        assert "<script>alert" not in page, path
        assert not re.search(r"""\s(?:x-|hx-|@|:)[\w:.-]*="[^"]*alert\(""", page), path
        seen += "&lt;img src=x" in page

    assert seen >= 5


def test_the_log_holds_no_name_no_note_no_token_and_no_query(
    app: Flask, town: Town, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/try/bug")
    def bug() -> str:
        raise ValueError(SECRET_WORDS)

    app.testing = False
    caplog.set_level(logging.DEBUG)
    browser = app.test_client()
    sign_in(browser, place, town.people["principal"])
    token = pairing.pair(place, town.people["principal"], "Tablet Rahasia").token
    browser.get("/try/bug")
    browser.get(f"/office/{town.school}/people?words=Siti+Aminah")
    browser.get("/office/Siti-Aminah/observations")
    browser.get("/Siti-Aminah")
    browser.post("/sign-in", data={"login": "siti-aminah", "password": SECRET_WORDS})
    browser.post("/sync/v1/exchange", json={"protocol": 1}, headers={"Authorization": f"Bearer {token}"})
    browser.post("/sync/v1/exchange", data=b'{"protocol":1,"x":"Siti', headers={"Authorization": f"Bearer {token}"})

    formatter = logging.Formatter("%(name)s %(levelname)s %(message)s")
    text = "\n".join(formatter.format(record) for record in caplog.records)

    assert "GET /try/bug 500" in text
    assert "ValueError" in text
    assert "in bug" in text, "a bug's place is written down"
    for word in ("Siti", "siti", SECRET_WORDS, token, "Rahasia", "words=", "127.0.0.1", town.people["principal"]):
        assert word not in text


@pytest.mark.parametrize(("trusted", "address"), [(0, "127.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.1")])
def test_who_the_client_is_is_believed_of_as_many_proxies_as_the_operator_says(
    place: Place, clock: Clock, trusted: int, address: str
) -> None:
    app = create_app(Settings(secret_key="x", trusted_proxies=trusted), db=place.db, now=clock)

    @app.get("/try/address")
    def show() -> str:
        from flask import request

        return request.remote_addr or ""

    answer = app.test_client().get("/try/address", headers={"X-Forwarded-For": "1.2.3.4, 198.51.100.1, 203.0.113.9"})

    assert answer.get_data(as_text=True) == address


def test_the_real_server_sees_that_a_proxy_stands_between(tmp_path: Path) -> None:
    """Waitress takes X-Forwarded-* away unless told not to; then a proxy's every visitor would look local."""
    server = Server(tmp_path / "observe.sqlite3", free_port()).start()
    try:
        answers = {
            what: _sign_in_over_the_wire(server.port, headers)
            for what, headers in {
                "here": {},
                "through a proxy": {"X-Forwarded-For": "203.0.113.9"},
                "under another name": {"Host": "evil.example"},
            }.items()
        }
    finally:
        server.stop()

    log = (tmp_path / "observe.log").read_text()
    assert answers == {"here": (303, None), "through a proxy": (422, None), "under another name": (422, None)}
    assert "POST /sign-in 303" in log
    assert "203.0.113.9" not in log


def _sign_in_over_the_wire(port: int, headers: dict[str, str]) -> tuple[int, str | None]:
    """The status of signing in to a demonstration account, and what the server says it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/sign-in", headers=headers)
    answer = connection.getresponse()
    cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
    token = form_token(answer.read().decode())
    form = urlencode({"login": "kepala", "password": PASS_PHRASE, "csrf_token": token})
    kind = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/sign-in", form, kind | headers)
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.headers.get("Server")
