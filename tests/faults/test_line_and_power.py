"""What was acknowledged is there once, whatever happens to the server or to the line."""

import random
import threading
import time
import uuid
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from observe.store.postgres import PostgresDb
from observe.store.sqlite import SqliteDb
from tests.cutting_proxy import bad_line
from tests.http_device import HttpDevice, LineBroke
from tests.people import PRINCIPAL, SECOND_OBSERVER
from tests.serving import Server

pytestmark = pytest.mark.both_engines

KILLS = 4


def a_lesson() -> str:
    return f"observation/0190aaaa-0000-7000-8000-{uuid.uuid4().hex[:12]}"


def stored(database: Path | str) -> Counter[str]:
    """How often each change id is in the log of a SQLite file, or of the PostgreSQL at an address."""
    with closing(PostgresDb(database) if isinstance(database, str) else SqliteDb(database)) as db:
        return Counter(f"{row['replica']}.{row['n']}" for row in db.rows("select replica, n from change"))


def stored_by(server: Server) -> Counter[str]:
    return stored(server.url or server.database)


def push_until(device: HttpDevice, is_over: threading.Event, rng: random.Random) -> None:
    while not is_over.is_set():
        for _ in range(rng.randint(1, 30)):
            device.write(a_lesson(), observer=device.person, status="draft", growth="x" * rng.randint(0, 4000))
        try:
            device.exchange()
        except LineBroke:
            time.sleep(0.05)


def test_a_server_killed_under_load_loses_and_doubles_nothing_it_acknowledged(server: Server) -> None:
    devices = [HttpDevice.paired(server.port, login) for login in (PRINCIPAL, SECOND_OBSERVER, PRINCIPAL)]
    is_over = threading.Event()
    rngs = [random.Random(seed) for seed in range(len(devices))]
    threads = [
        threading.Thread(target=push_until, args=(device, is_over, rng))
        for device, rng in zip(devices, rngs, strict=True)
    ]
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        time.sleep(0.7)
        server.kill()
        server.start()
    is_over.set()
    for thread in threads:
        thread.join(timeout=60)
    for device in devices:
        while device.outbox:
            device.exchange()
    server.stop()

    found = stored_by(server)

    assert all(device.acknowledged == device.n > 0 for device in devices)
    for device in devices:
        assert all(found[f"{device.replica}.{n}"] == 1 for n in range(1, device.n + 1))


def test_an_answer_lost_after_the_commit_costs_a_resend_and_doubles_nothing(server: Server) -> None:
    device = HttpDevice.paired(server.port, PRINCIPAL)
    with bad_line(server.port) as line:
        device.port = line.port
        device.write(a_lesson(), observer=device.person, status="draft")
        line.line.drop_answers = 2
        broken = 0
        while device.outbox:
            try:
                device.exchange()
            except LineBroke:
                broken += 1
    server.stop()

    assert broken == 2
    assert stored_by(server)[f"{device.replica}.1"] == 1


def test_a_request_cut_anywhere_stores_all_of_it_or_nothing(server: Server) -> None:
    device = HttpDevice.paired(server.port, PRINCIPAL)
    with bad_line(server.port) as line:
        device.port = line.port
        for _ in range(3):
            device.write(a_lesson(), observer=device.person, status="draft", growth="kata " * 30)
        for cut_after in range(50, 2000, 100):
            line.line.cut_after = cut_after
            try:
                device.exchange()
                break
            except LineBroke:
                assert device.acknowledged == 0
        line.line.cut_after = None
        if device.outbox:
            device.exchange()
        assert line.line.cut > 3
    server.stop()

    assert [stored_by(server)[f"{device.replica}.{n}"] for n in (1, 2, 3)] == [1, 1, 1]


def test_a_portals_page_is_not_taken_for_an_answer(server: Server) -> None:
    device = HttpDevice.paired(server.port, PRINCIPAL)
    with bad_line(server.port) as line:
        device.port = line.port
        device.write(a_lesson(), observer=device.person, status="draft")
        line.line.is_portal = True
        try:
            device.exchange()
            raise AssertionError("a page was read as an answer")
        except LineBroke:
            pass

        line.line.is_portal = False
        device.exchange()

    assert device.outbox == []
