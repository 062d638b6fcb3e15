"""A centre on a disk whose power is cut: what it acknowledged is there once, and its log is whole."""

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from observe.services import verify
from observe.store.sqlite import SqliteDb
from scripts.serving import free_port
from tests.faults.test_line_and_power import push_until, stored
from tests.http_device import HttpDevice
from tests.people import PRINCIPAL, SECOND_OBSERVER
from tests.power.disk import a_disk, after_the_cut
from tests.serving import Server


def broken_promises(cuts: int, seed: int) -> Iterator[str]:
    """Cut the power `cuts` times while three devices send; what was acknowledged and is not there."""
    rng = random.Random(seed)
    with a_disk() as disk:
        server = Server(disk.folder / "observe.sqlite3", free_port()).start()
        devices = [HttpDevice.paired(server.port, login) for login in (PRINCIPAL, SECOND_OBSERVER, PRINCIPAL)]
        is_over = threading.Event()
        rngs = [random.Random(seed * 10 + n) for n in range(len(devices))]
        threads = [
            threading.Thread(target=push_until, args=(device, is_over, rng), daemon=True)
            for device, rng in zip(devices, rngs, strict=True)
        ]
        for thread in threads:
            thread.start()
        try:
            for cut in range(1, cuts + 1):
                time.sleep(rng.uniform(0.02, 0.5))
                assert server.process
                promised = {device.replica: device.acknowledged for device in devices}
                copy = disk.cut([server.process.pid])
                with after_the_cut(copy) as folder:
                    yield from (f"cut {cut}: {wrong}" for wrong in _missing(folder, promised))
        finally:
            is_over.set()
            for thread in threads:
                thread.join(timeout=60)
            server.kill()


def _missing(folder: Path, promised: dict[str, int]) -> Iterator[str]:
    database = folder / "observe.sqlite3"
    try:
        found = stored(database)
    except sqlite3.Error as error:
        yield f"the database cannot be read: {error}"
        return
    for replica, n in promised.items():
        for each in range(1, n + 1):
            if found[f"{replica}.{each}"] != 1:
                yield f"{replica}.{each} was acknowledged and is there {found[f'{replica}.{each}']} times"
    for wrong in _altered(database):
        yield f"verify: {wrong}"


def _altered(database: Path) -> list[str]:
    with closing(SqliteDb(database)) as db:
        return [str(damage) for damage in verify.log(db)]
