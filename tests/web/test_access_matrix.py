"""Every route x method x role x whose record: what each answers, in one table. A route without a row fails.

Who may see which observation stands in SEES once; pages, files and the feed are all held to it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from observe.services import intake, nodes, pairing
from observe.services.intake import Draft
from observe.store import held
from tests.blobs import attach, put
from tests.builders import a_device, heads_of
from tests.fixtures.place import PEOPLE, Town, csrf_token

ANYBODY = frozenset({"anonymous", *PEOPLE})
SIGNED_IN = frozenset(PEOPLE)
OURS = frozenset({"observer", "other_observer", "teacher", "other_teacher", "administrator", "principal"})
THEIRS = SIGNED_IN - OURS
OUR_ADMINISTRATORS = frozenset({"administrator", "principal"})
OUR_LEADERS = OUR_ADMINISTRATORS | {"observer", "other_observer"}
THEIR_LEADERS = frozenset({"outside_observer", "outside_administrator"})
NOBODY: frozenset[str] = frozenset()

SEES = {
    "draft": frozenset({"observer"}),
    "signed": frozenset({"observer", "teacher", "administrator", "principal"}),
    "other_draft": frozenset({"other_observer"}),
    "other_signed": frozenset({"other_observer", "other_teacher", "administrator", "principal"}),
    "outside_signed": frozenset({"outside_observer", "outside_teacher", "outside_administrator"}),
}
BY_SCHOOL = {"ours": OURS, "theirs": THEIRS}
LED_BY = {"ours": OUR_LEADERS, "theirs": THEIR_LEADERS}
RUN_BY = {"ours": OUR_ADMINISTRATORS, "theirs": frozenset({"outside_administrator"})}
PERSON_RUN_BY = {
    "teacher": OUR_ADMINISTRATORS,
    "outsider": NOBODY,
    "outsider at home": frozenset({"outside_administrator"}),
}
DEVICE_RUN_BY = {"teacher": OUR_ADMINISTRATORS, "outsider": NOBODY}


@dataclass(frozen=True)
class Row:
    """Who gets `ok`, for each case of a route; everybody else is turned away."""

    may: Mapping[str, frozenset[str]]
    ok: int = 200


def everyone(who: frozenset[str], ok: int = 200) -> Row:
    return Row({"": who}, ok)


TOKEN_ONLY = {"POST exchange.exchange", "PATCH blobs.append", "GET blobs.lost"}
FOR_PROGRAMS = {"GET identity.csrf", "GET blobs.show", "GET blobs.small"}
"""Nobody is sent to the sign-in page by these."""
TABLE: dict[str, Row] = {
    "GET identity.home": everyone(ANYBODY, 303),
    "GET identity.sign_in": everyone(ANYBODY, 200),
    "POST identity.begin": everyone(ANYBODY, 422),
    "GET identity.ask_sign_out": everyone(SIGNED_IN),
    "POST identity.end": everyone(SIGNED_IN, 303),
    "GET identity.account": everyone(SIGNED_IN),
    "POST identity.change_password": everyone(SIGNED_IN, 422),
    "POST identity.revoke_device": Row(
        {
            "teacher": OUR_ADMINISTRATORS | {"teacher"},
            "outsider": frozenset({"outside_teacher", "outside_administrator"}),
        },
        303,
    ),
    "GET identity.csrf": everyone(SIGNED_IN),
    "POST language.choose": everyone(ANYBODY, 303),
    "GET health.show": everyone(ANYBODY),
    "GET openapi.document": everyone(ANYBODY),
    "GET assets.serve": everyone(ANYBODY),
    "GET field.begin": everyone(ANYBODY, 302),
    "GET field.page": everyone(ANYBODY),
    "GET field.sheet": Row({"ours": OURS, "theirs": THEIRS}),
    "GET field.manifest": everyone(ANYBODY),
    "GET worker.worker": everyone(ANYBODY),
    "GET blobs.show": Row(SEES),
    "GET blobs.small": Row(SEES),
    "PATCH blobs.append": everyone(NOBODY),  # a device's token alone
    "GET blobs.lost": everyone(NOBODY),  # a server's token alone
    "POST exchange.exchange": everyone(NOBODY),  # a session opens nothing here; see the feed below
    "POST pairing.pair": everyone(SIGNED_IN, 201),
    "POST pairing.let_in": everyone(OUR_ADMINISTRATORS | {"outside_administrator"}, 201),
    "GET observations.door": everyone(SIGNED_IN, 303),
    "GET observations.of_school": Row(BY_SCHOOL, 303),
    "GET observations.index": Row(BY_SCHOOL),
    "GET observations.show": Row(SEES),
    "GET observations.print_filled": Row(SEES),
    "GET people.index": Row(LED_BY),
    "GET people.start": Row(RUN_BY),
    "POST people.add": Row(RUN_BY, 422),
    "GET people.show": Row(
        {"teacher": OUR_LEADERS, "outsider": NOBODY, "outsider at home": THEIR_LEADERS},
    ),
    "GET people.edit": Row(PERSON_RUN_BY),
    "POST people.change": Row(PERSON_RUN_BY, 422),
    "POST people.give_account": Row(PERSON_RUN_BY, 200),
    "GET devices.index": Row(RUN_BY),
    "GET devices.ask_revoke": Row(DEVICE_RUN_BY),
    "POST devices.revoke": Row(DEVICE_RUN_BY, 303),
    "GET files.index": Row(BY_SCHOOL),
    "POST files.hand_in": Row(BY_SCHOOL, 422),
    "GET servers.index": Row(RUN_BY),
    "POST servers.send": Row(RUN_BY, 303),
    "GET servers.ask_revoke": Row({"ours": OUR_ADMINISTRATORS, "theirs": NOBODY}),
    "POST servers.revoke": Row({"ours": OUR_ADMINISTRATORS, "theirs": NOBODY}, 303),
    "GET rubrics.index": Row(BY_SCHOOL),
    "GET rubrics.show": Row(BY_SCHOOL),
    "GET rubrics.print_blank": Row(BY_SCHOOL),
    "GET decisions.index": Row(BY_SCHOOL),
    "POST decisions.decide": Row({"held": OUR_ADMINISTRATORS | {"teacher"}}, 303),
    "POST decisions.answer": Row({"conflict": frozenset({"observer"})}, 303),
    "POST decisions.amend": Row({"late": frozenset({"observer"})}, 303),
}


@dataclass
class Scene:
    """The town with what the rows speak of: devices, a held change, a conflict."""

    app: Flask
    town: Town
    client_of: Callable[[str], FlaskClient]
    devices: dict[str, str]
    held: str
    node: str
    photos: dict[str, str]

    def browser(self, role: str) -> FlaskClient:
        return self.app.test_client() if role == "anonymous" else self.client_of(role)


@pytest.fixture
def scene(app: Flask, town: Town, client_of: Callable[[str], FlaskClient]) -> Scene:
    place, people = town.place, town.people
    signed = f"observation/{town.observations['signed']}"
    teachers = a_device(place, people["teacher"], "tabletteacher")
    a_device(place, people["outside_teacher"], "tabletoutside")
    receipt = teachers.write(town.school, signed, {"strengths": "mine to write?"})
    for replica in ("tablet1observer", "tablet2observer"):
        device = a_device(place, people["observer"], replica)
        device.write(town.school, f"observation/{town.observations['draft']}", {"topic": replica})
    node = nodes.let_in(place, "", "Server sekolah", {town.school: False}).node
    devices = {"teacher": "tabletteacher", "outsider": "tabletoutside"}
    photos = {}
    for number, (case, observation) in enumerate(sorted(town.observations.items())):
        home, observer = (town.outside_school, "outside_observer") if case == "outside_signed" else (town.school, "")
        observer = observer or ("other_observer" if case.startswith("other") else "observer")
        photo = b"photo %d" % number
        attach(place, home, observation, people[observer], photo)
        photos[case] = put(place, home, photo)
    return Scene(app, town, client_of, devices, receipt.held[0].id, node, photos)


def rows(app: Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield f"{method} {rule.endpoint}", rule.rule


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    routes = {name for name, _ in rows(app)}

    assert sorted(routes - TABLE.keys()) == [], "say who may open these"
    assert sorted(TABLE.keys() - routes) == [], "these are gone"


@pytest.mark.parametrize("name", sorted(TABLE))
def test_each_route_answers_each_role_as_the_table_says(scene: Scene, name: str) -> None:
    row, method = TABLE[name], name.partition(" ")[0]
    wrong = []
    for case, may in row.may.items():
        for role in sorted(ANYBODY, key=lambda role: role in may):  # whoever may not, first: she must change nothing
            for rule in (rule for known, rule in rows(scene.app) if known == name):
                got = _ask(scene, role, method, name, rule, case)
                if got not in _expected(name, role, role in may, row.ok, method, case):
                    wrong.append(f"{role}, {case or rule}: {got}")

    assert wrong == []


def _expected(name: str, role: str, is_allowed: bool, ok: int, method: str, case: str) -> set[int]:
    if is_allowed:
        return {303} if name == "GET identity.sign_in" and role != "anonymous" else {ok}
    if name in TOKEN_ONLY or (role == "anonymous" and name in FOR_PROGRAMS):
        return {401}
    if role == "anonymous":
        return {303} if method == "GET" else {401}
    is_ours = role in OURS
    is_at_home = (case not in {"theirs", "outsider at home", "outside_signed"}) == is_ours
    return {403, 404} if is_at_home else {404}


def _ask(scene: Scene, role: str, method: str, name: str, rule: str, case: str) -> int:
    browser = scene.browser(role)
    path = _path(scene, rule, case)
    if method == "GET":
        with browser.get(path) as answer:  # a file is sent from an open file
            return answer.status_code
    token = csrf_token(browser) if role != "anonymous" else ""
    if method == "PATCH":
        return browser.patch(path, headers={"X-CSRFToken": token}).status_code
    if rule.startswith("/sync/"):
        body = {"protocol": 1, "name": "Tablet"}
        return browser.post(path, json=body, headers={"X-CSRFToken": token}).status_code
    return browser.post(path, data={**_form(scene, name), "csrf_token": token}).status_code


def _path(scene: Scene, rule: str, case: str) -> str:
    town, people = scene.town, scene.town.people
    is_theirs = case in {"theirs", "outside_signed", "outsider at home"}
    filled = {
        "lang": "id",
        "school": town.outside_school if is_theirs else town.school,
        "rubric_key": town.rubric,
        "named": town.rubric,
        "observation": town.observations.get(case, ""),
        "person": people["outside_teacher"] if case.startswith("outsider") else people["teacher"],
        "replica": scene.devices.get(case, ""),
        "node": scene.node,
        "build": scene.app.config["BUILD"],
        "path": "css/base.css",
        "page": "today",
        "sha256": scene.photos.get(case, "0" * 64),
    }
    path = re.sub(r"<(?:[^<>]*\)?:)?(\w+)>", lambda found: filled[found[1]], rule)
    return f"{path}?school={filled['school']}" if "/sheet/" in rule or "/blobs/" in rule else path


def _form(scene: Scene, name: str) -> dict[str, str]:
    town = scene.town
    if name == "POST decisions.decide":
        standing = held.of_school(town.place.db, town.school, "waiting")
        return {"change": scene.held, "shown": "waiting" if standing else "released", "verdict": "released", "why": ""}
    if name == "POST decisions.answer":
        return _first_answer(scene)
    if name == "POST decisions.amend":
        return _late_change(scene)
    return {"username": ""}


def _first_answer(scene: Scene) -> dict[str, str]:
    """What the page offers the one who may decide."""
    page = scene.browser("observer").get(f"/office/{scene.town.school}/decisions").get_data(as_text=True)
    form = page.partition('action="/office/' + scene.town.school + '/decisions/answer"')[2].partition("</form>")[0]
    given = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    return {"record": f"observation/{scene.town.observations['draft']}", **given}


def _late_change(scene: Scene) -> dict[str, str]:
    """What the page offers the observer of a signed observation, to whom a tablet of hers sent a late change."""
    town = scene.town
    if not any(item.reason == "signed-off" for item in held.of_school(town.place.db, town.school, "waiting")):
        late = a_device(town.place, town.people["observer"], "tabletlate")
        late.write(town.school, f"observation/{town.observations['signed']}", {"topic": "ditulis di tablet lain"})
    page = scene.browser("observer").get(f"/office/{town.school}/decisions").get_data(as_text=True)
    form = page.partition('action="/office/' + town.school + '/decisions/amend"')[2].partition("</form>")[0]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


@pytest.mark.parametrize("role", sorted(SIGNED_IN))
def test_the_list_of_observations_holds_what_a_person_may_see_and_nothing_else(scene: Scene, role: str) -> None:
    school = scene.town.school if role in OURS else scene.town.outside_school

    page = scene.browser(role).get(f"/office/{school}/observations").get_data(as_text=True)

    assert {name for name, id_ in scene.town.observations.items() if id_ in page} == _seen_by(role)


@pytest.mark.parametrize("role", sorted(SIGNED_IN))
def test_the_feed_holds_what_a_person_may_see_and_nothing_else(scene: Scene, role: str) -> None:
    records = _feed(scene, role)

    observations = {record["record"] for record in records if record["record"].startswith("observation/")}
    schools = {record["school"] for record in records}
    assert {name for name, id_ in scene.town.observations.items() if f"observation/{id_}" in observations} == _seen_by(
        role
    )
    assert schools == {scene.town.school if role in OURS else scene.town.outside_school}


def test_a_teacher_is_not_sent_her_colleagues_staff_numbers(scene: Scene) -> None:
    sent = {
        record["record"]: json.dumps(record["heads"])
        for record in _feed(scene, "teacher")
        if record["record"].startswith("person/")
    }

    assert "nip" not in sent[f"person/{scene.town.people['principal']}"]
    assert "nip" in sent[f"person/{scene.town.people['teacher']}"]


def test_words_taken_back_before_signing_reach_nobody_else(scene: Scene) -> None:
    town = scene.town
    device = a_device(town.place, town.people["observer"], "tablet3observer")
    record = f"observation/{town.observations['draft']}"
    first = device.change(town.school, record, {"growth": "kata yang ditarik kembali"})
    device.send(first)
    device.write(town.school, record, {"growth": "kata yang lebih baik"}, seen={"growth": [first.id]})
    device.write(town.school, record, {"topic": "pecahan"}, seen={"topic": ["tablet1observer.1", "tablet2observer.1"]})
    device.write(town.school, record, {"status": "signed"}, seen={"status": _heads(scene, record, "status")})

    sent = json.dumps(_feed(scene, "teacher"))
    page = scene.browser("teacher").get(f"/office/{town.school}/{record.replace('observation/', 'observations/')}")

    assert "kata yang lebih baik" in sent
    assert "kata yang ditarik kembali" not in sent
    assert page.status_code == 200
    assert "kata yang ditarik kembali" not in page.get_data(as_text=True)


def test_only_an_administrator_makes_a_held_change_count(scene: Scene) -> None:
    path = f"/office/{scene.town.school}/decisions/held"
    author = scene.browser("teacher")

    author.post(path, data={**_form(scene, "POST decisions.decide"), "csrf_token": csrf_token(author)})

    assert len(held.of_school(scene.town.place.db, scene.town.school, "waiting")) >= 1
    assert not [
        item
        for item in held.of_school(scene.town.place.db, scene.town.school, "released")
        if item.made_by == scene.town.people["teacher"]
    ]


def test_a_token_opens_no_page_and_a_session_opens_no_feed(scene: Scene) -> None:
    token = pairing.pair(scene.town.place, scene.town.people["teacher"], "Tablet").token

    page = scene.app.test_client().get("/account", headers={"Authorization": f"Bearer {token}"})
    feed = scene.browser("teacher").post("/sync/v1/exchange", json={"protocol": 1})

    assert (page.status_code, feed.status_code) == (303, 401)


def test_somebody_who_left_the_school_sees_nothing_of_it(scene: Scene) -> None:
    town, who = scene.town, scene.town.people["teacher"]
    browser = scene.browser("teacher")
    assert not intake.found(town.place, [Draft(town.school, f"person/{who}", {"active": False})])

    listed = browser.get(f"/office/{town.school}/observations")
    shown = browser.get(f"/office/{town.school}/observations/{town.observations['signed']}")

    assert (listed.status_code, shown.status_code) == (404, 404)
    assert _feed(scene, "teacher") == []


def _seen_by(role: str) -> set[str]:
    return {name for name, who in SEES.items() if role in who}


def _feed(scene: Scene, role: str) -> list[dict[str, object]]:
    """All a new device of hers receives."""
    token = pairing.pair(scene.town.place, scene.town.people[role], "Tablet").token
    records: list[dict[str, object]] = []
    cursor = None
    while True:
        answer = scene.app.test_client().post(
            "/sync/v1/exchange",
            json={"protocol": 1, "cursor": cursor, "limit": 3},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 200
        assert answer.json
        records += answer.json["records"]
        cursor = answer.json["cursor"]
        if not answer.json["more"]:
            return records


def _heads(scene: Scene, record: str, name: str) -> list[str]:
    return heads_of(scene.town.place, scene.town.school, record, name)[name]
