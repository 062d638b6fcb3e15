"""Several processes on one PostgreSQL, and a PostgreSQL that restarts under them: nothing lost, doubled or missed."""

import gzip
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from observe.services import verify
from observe.store.postgres import PostgresDb
from scripts.postgresql import Cluster
from scripts.serving import free_port
from tests.faults.test_line_and_power import a_lesson, stored
from tests.fixtures.serving import moved_to
from tests.http_device import HttpDevice
from tests.people import PRINCIPAL, SECOND_OBSERVER
from tests.serving import Server

RESTARTS = 2
LESSONS = 60
NOT_NOW = 503


class Refused(Exception):
    """An answer that says: not now. It said when to come again."""


class Tablet(HttpDevice):
    """Reads the feed as well, and writes down every status it was answered with."""

    cursor: str | None = None

    def talk(self, most: int = 10, limit: int = 7) -> bool:
        """One exchange; whether more waits to be read."""
        cursor = f'"cursor":"{self.cursor}",' if self.cursor else ""
        sent = self.outbox[:most]
        body = f'{{"protocol":1,{cursor}"limit":{limit},"changes":[{",".join(sent)}]}}'.encode()
        status, answer, headers = ask(self.port, "POST", "/sync/v1/exchange", gzip.compress(body), self.token)
        if status == NOT_NOW:
            assert int(headers["Retry-After"]) > 0
            assert answer["type"] == "urn:observe:busy"
            raise Refused
        assert status == 200, answer
        stored_n = int(answer["acks"][self.replica])
        self.outbox = self.outbox[stored_n - self.acknowledged :]
        self.acknowledged, self.cursor = stored_n, answer["cursor"]
        self.take(answer["records"])
        return bool(answer["more"])

    def take(self, records: list[dict[str, Any]]) -> None:
        for entry in records:
            for head in entry["heads"]:
                self.__dict__.setdefault("read", {}).setdefault(entry["record"], {}).update(head["set"])

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        return dict(self.__dict__.get("read", {}))


def ask(port: int, method: str, path: str, body: bytes, token: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip", "Authorization": f"Bearer {token}"}
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read()), dict(response.headers)
    except (OSError, HTTPException) as broke:
        raise AssertionError("a server that runs answers") from broke
    finally:
        connection.close()


@contextmanager
def on(url: str, folder: Path, processes: int) -> Iterator[list[Server]]:
    """So many processes that serve one PostgreSQL, each beside a file of its own name."""
    with ExitStack() as running:
        servers = []
        for number in range(processes):
            server = Server(folder / f"process{number}.sqlite3", free_port(), url=url).start()
            running.callback(server.stop)
            servers.append(server)
        yield servers


@contextmanager
def in_threads(works: list[Callable[[], None]]) -> Iterator[list[BaseException]]:
    """All at once, beside the body, which gets what they raised so far; the first of it is raised in the end."""
    raised: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as wrong:
            raised.append(wrong)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield raised
    finally:
        for thread in threads:
            thread.join(timeout=120)
        if raised:
            raise raised[0]
    assert not any(thread.is_alive() for thread in threads)


def write_lessons(tablet: Tablet, ports: list[int], rng: random.Random) -> None:
    """Write lessons and rate them, through whichever process comes first."""
    for number in range(LESSONS):
        lesson = a_lesson()
        tablet.write(lesson, observer=tablet.person, status="draft", topic=f"{number}")
        tablet.write(lesson, growth=f"kata {number}")
        if rng.random() < 0.4:
            tablet.port = rng.choice(ports)
            tablet.talk()
    while tablet.outbox:
        tablet.talk()


def read_on(reader: Tablet, ports: list[int], is_over: threading.Event, rng: random.Random) -> None:
    """Read what is new again and again, and once more when nobody writes."""
    while True:
        was_over = is_over.is_set()
        reader.port = rng.choice(ports)
        while reader.talk():
            pass
        if was_over:
            return


def damages(url: str) -> list[str]:
    with closing(PostgresDb(url)) as db:
        return [str(damage) for damage in verify.log(db)]


def test_processes_that_write_one_school_at_once_lose_double_and_hide_nothing(
    postgresql: Cluster, demo_url: str, tmp_path: Path
) -> None:
    url = postgresql.new_database(like=demo_url)
    with on(url, tmp_path, processes=2) as servers:
        ports = [server.port for server in servers]
        writers = [Tablet.paired(ports[number % 2], PRINCIPAL) for number in range(4)]
        readers = [Tablet.paired(port, PRINCIPAL) for port in ports]
        is_over = threading.Event()
        reading = [lambda r=r, n=n: read_on(r, ports, is_over, random.Random(n)) for n, r in enumerate(readers)]
        writing = [lambda w=w, n=n: write_lessons(w, ports, random.Random(n)) for n, w in enumerate(writers)]
        with in_threads(reading):
            try:
                with in_threads(writing):
                    pass
            finally:
                is_over.set()

    found = stored(url)
    assert all(found[f"{writer.replica}.{n}"] == 1 for writer in writers for n in range(1, writer.n + 1))
    assert damages(url) == []
    mine = [{name: fields[name] for name in ("topic", "growth")} for fields in lessons_of(writers)]
    for reader in readers:
        theirs = [
            {"topic": fields["topic"], "growth": fields["growth"]}
            for record, fields in reader.records.items()
            if record.startswith("observation/0190aaaa-")
        ]
        assert sorted(map(str, theirs)) == sorted(map(str, mine))


def lessons_of(writers: list[Tablet]) -> list[dict[str, str]]:
    return [{"topic": f"{number}", "growth": f"kata {number}"} for _ in writers for number in range(LESSONS)]


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[Cluster]:
    """A PostgreSQL that nobody else needs."""
    cluster = Cluster.new()
    yield cluster
    cluster.throw_away()


def push_patiently(tablet: Tablet, is_over: threading.Event, refused: list[int]) -> None:
    """Go on whatever is answered, as a tablet does."""
    while tablet.outbox or not is_over.is_set():
        if not is_over.is_set() and len(tablet.outbox) < 30:
            tablet.write(a_lesson(), observer=tablet.person, status="draft", growth="x" * 3000)
        try:
            tablet.talk()
        except Refused:
            refused.append(tablet.n)
            time.sleep(0.1)


def test_a_postgresql_restarted_under_load_loses_and_doubles_nothing_it_acknowledged(
    fragile: Cluster, demo_database: Path, tmp_path: Path
) -> None:
    url = moved_to(fragile, demo_database)
    refused: list[int] = []
    with on(url, tmp_path, processes=2) as servers:
        tablets = [
            Tablet.paired(server.port, login) for server in servers for login in (PRINCIPAL, SECOND_OBSERVER, PRINCIPAL)
        ]
        is_over = threading.Event()
        with in_threads([lambda t=t: push_patiently(t, is_over, refused) for t in tablets]) as raised:
            try:
                for number in range(RESTARTS):
                    before = [tablet.acknowledged for tablet in tablets]
                    wait_until(
                        lambda b=before: raised or all(t.acknowledged > n for t, n in zip(tablets, b, strict=True))
                    )
                    fragile.crash()
                    if number == 0:
                        assert_says_not_now(servers[0])
                    fragile.start()
            finally:
                is_over.set()
        for server in servers:
            assert "Traceback" not in server.database.with_suffix(".log").read_text()

    found = stored(url)
    assert all(tablet.acknowledged == tablet.n > 0 for tablet in tablets)
    assert all(found[f"{tablet.replica}.{n}"] == 1 for tablet in tablets for n in range(1, tablet.n + 1))
    assert damages(url) == []


def wait_until(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


def assert_says_not_now(server: Server) -> None:
    """Pages and machines are told to come again, and nobody is told of a fault."""
    for path in ("/health", "/"):
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", path)
        response = connection.getresponse()
        said = response.read()
        connection.close()
        assert response.status in {NOT_NOW, 200, 302, 303}, said
        if response.status == NOT_NOW:
            assert int(response.headers["Retry-After"]) > 0
