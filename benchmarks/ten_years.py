"""Ten years of a school beside one: what an exchange with nothing new, a page and a whole reading cost then."""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from benchmarks.figures import Figure
from observe.app import create_app
from observe.domain import builtin
from observe.domain.ids import new_id
from observe.services import accounts, intake, pairing, refold, verify
from observe.services.intake import Draft, Sender
from observe.services.place import Place
from observe.settings import Settings
from observe.store.sqlite import SqliteDb
from sync.change import Change, encode

TEACHERS = 30
VISITS_A_YEAR = 8
"""Of each teacher. Each is a draft, a signature with all its words, the teacher's answer and a word added later."""
PASSWORD = "pengukuran-saja-2026"  # noqa: S105 - of a database that is thrown away
BEGIN = datetime(2016, 7, 18, 1, tzinfo=UTC)
TIMES = 15
PROMISED = {
    "an exchange with nothing new": 1.5,
    "the list of observations": 2.0,
    "one observation with its history": 1.5,
}
WORDS = "Guru menunggu lima detik setelah bertanya; tiga murid di baris belakang mengangkat tangan. "


@dataclass
class School:
    """One installation with so many years in it."""

    place: Place
    id: str
    principal: str
    teachers: list[str]
    last: str = ""


def measure(browser: Browser) -> list[Figure]:
    """In this process, without a network: what the server itself has to do. The browser is not asked."""
    del browser
    with _years(1) as one, _years(10) as ten:
        short, long = _costs(one), _costs(ten)
        database = Path(str(ten.place.settings.database_path)).stat().st_size / 1e6
        changes = ten.place.db.rows("select count(*) as n from change")[0]["n"]
        began = time.perf_counter()
        damage = verify.log(ten.place.db) + refold.everything(ten.place.db)
        verified = time.perf_counter() - began
    if damage:
        raise RuntimeError(f"ten years do not verify: {damage[0]}")
    figures = [
        Figure(
            f"Ten years of a school against one: {name}",
            round(long[name] / short[name], 1),
            "times",
            most,
            detail=f"{long[name] * 1000:.1f} ms against {short[name] * 1000:.1f} ms",
        )
        for name, most in PROMISED.items()
    ]
    return [
        *figures,
        Figure("Ten years of a school: the database", round(database, 1), "MB", detail=f"{changes:,} changes"),
        Figure("Ten years of a school: everything read for the first time", round(long["everything"], 1), "s"),
        Figure("Ten years of a school: log and records verified", round(verified, 1), "s"),
    ]


@contextmanager
def _years(years: int) -> Iterator[School]:
    with tempfile.TemporaryDirectory(prefix="observe-") as folder:
        path = Path(folder) / "observe.sqlite3"
        db = SqliteDb(path)
        settings = Settings(database_path=path, secret_key="for measuring alone")  # noqa: S106
        at = BEGIN
        place = Place(db, settings, lambda: at, lambda: new_id(at, secrets.token_bytes))
        create_app(settings, db=db)
        school = _a_school(place)
        for year in range(years):
            for visit in range(VISITS_A_YEAR):
                at = BEGIN + timedelta(days=365 * year + 40 * visit)
                _a_round(replace(school, place=replace(place, now=lambda at=at: at)), school)  # type: ignore[misc]
        yield school
        db.close()


def _a_school(place: Place) -> School:
    id, principal = place.new_id(), place.new_id()
    teachers = [place.new_id() for _ in range(TEACHERS)]
    form = builtin.instrument("instruction-short")
    roles = {"role.observer": True, "role.administrator": True}
    people = [Draft(id, f"person/{principal}", {"name": "Kepala Sekolah", **roles})] + [
        Draft(id, f"person/{teacher}", {"name": f"Guru {n}", "role.teacher": True})
        for n, teacher in enumerate(teachers)
    ]
    school = Draft(id, f"school/{id}", {"name": "SMP", "time_zone": "Asia/Jakarta"})
    held = intake.found(place, [school, *people, Draft(id, f"rubric/{form.id}", form.fields)])
    if held:
        raise RuntimeError(f"the school was not founded: {held[0]}")
    accounts.open_account(place, principal, "kepala", PASSWORD)
    return School(place, id, principal, teachers)


def _a_round(now: School, school: School) -> None:
    """Every teacher is visited once, and answers."""
    place = now.place
    tablet = pairing.pair(place, school.principal, "Tablet").replica
    lessons = [(teacher, place.new_id()) for teacher in school.teachers]
    sent: list[Change] = []
    for teacher, id in lessons:
        record, at = f"observation/{id}", place.moment()
        begun = {"observer": school.principal, "teacher": teacher, "status": "draft", "started_at": at}
        whole = {"status": "signed", "signed_at": at, **_answers()}
        for fields in ({**begun, "rubric": builtin.instrument("instruction-short").reference}, whole):
            seen = {"status": [f"{tablet}.{len(sent)}"]} if "signed_at" in fields else {}
            sent.append(Change(f"{tablet}.{len(sent) + 1}", school.id, record, school.principal, at, fields, seen))
    intake.take_in(place, Sender(tablet, school.principal), [encode(change) for change in sent])
    for teacher, id in lessons:
        answer = {f"read.{teacher}": place.moment(), f"stance.{teacher}": "agree", f"reply.{teacher}": WORDS}
        intake.write(place, teacher, [Draft(school.id, f"observation/{id}", answer)])
        school.last = id


def _answers() -> dict[str, Any]:
    codes = [item.code for area in builtin.instrument("instruction-short").rubric.areas for item in area.indicators]
    notes = {
        f"note.0193a1c2-0000-7000-8000-{n:012d}": {"text": WORDS, "at_s": n * 240, "tags": [codes[n]]}
        for n in range(10)
    }
    ratings = {f"rating.{code}": 3 for code in codes} | {f"comment.{code}": WORDS for code in codes}
    return {**ratings, **notes, "strengths": WORDS * 3, "growth": WORDS * 3}


def _costs(school: School) -> dict[str, float]:
    app = create_app(school.place.settings, db=school.place.db)
    browser = _signed_in(app)
    paired = pairing.pair(school.place, school.principal, "HP")
    office = f"/office/{school.id}/observations"
    began = time.perf_counter()
    cursor = _read(browser, paired.token, None)
    everything = time.perf_counter() - began
    return {
        "everything": everything,
        "an exchange with nothing new": _usual(lambda: _read(browser, paired.token, cursor)),
        "the list of observations": _usual(lambda: _get(browser, office)),
        "one observation with its history": _usual(lambda: _get(browser, f"{office}/{school.last}")),
    }


def _usual(work: Callable[[], object]) -> float:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return median(took)


def _read(browser: FlaskClient, token: str, cursor: str | None) -> str:
    """Everything that is new since `cursor`; where that ends."""
    while True:
        asked = {"protocol": 1, "cursor": cursor, "limit": 200}
        answer = browser.post("/sync/v1/exchange", json=asked, headers={"Authorization": f"Bearer {token}"}).get_json()
        cursor = str(answer["cursor"])
        if not answer["more"]:
            return cursor


def _get(browser: FlaskClient, path: str) -> None:
    if browser.get(path).status_code != 200:
        raise RuntimeError(f"{path} did not open")


def _signed_in(app: Flask) -> FlaskClient:
    browser = app.test_client()
    page = browser.get("/sign-in").get_data(as_text=True)
    token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    browser.post("/sign-in", data={"login": "kepala", "password": PASSWORD, "csrf_token": token})
    return browser
