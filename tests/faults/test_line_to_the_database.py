"""The line between a server and its PostgreSQL breaks at every message in turn, before and after it was delivered."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from observe.domain.errors import NotNow
from observe.services import intake, verify
from observe.services.intake import Sender
from observe.store.db import Db
from observe.store.postgres import PostgresDb
from scripts.postgresql import Cluster
from tests.services.world import OBSERVER, a_world, uuid

MOST_MESSAGES = 200


class Cutter:
    """Passes everything between PostgreSQL and who connects here, until it is told to break the line once."""

    def __init__(self, target: int) -> None:
        self.left: int | None = None
        self._is_delivered = False
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self, at: int, *, is_delivered: bool) -> None:
        """Break the line at the `at`-th message from now on, delivering that one or not."""
        self.left, self._is_delivered = at, is_delivered

    @property
    def was_cut(self) -> bool:
        return self.left is None

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            threading.Thread(target=self._pump, args=(client, server), kwargs={"counts": True}, daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client), kwargs={"counts": False}, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, *, counts: bool) -> None:
        try:
            while part := source.recv(1 << 20):
                if counts and self._is_last():
                    if self._is_delivered:
                        source.shutdown(socket.SHUT_RDWR)  # the answer finds nobody
                        target.sendall(part)
                    break
                target.sendall(part)
        except OSError:
            pass
        for end in (source, target):
            with closing(end):
                try:
                    end.shutdown(socket.SHUT_WR)
                except OSError:
                    continue

    def _is_last(self) -> bool:
        if self.left is None:
            return False
        self.left -= 1
        if self.left > 0:
            return False
        self.left = None
        return True


@contextmanager
def through(target: int, database: str) -> Iterator[tuple[Cutter, PostgresDb]]:
    with closing(Cutter(target)) as line:
        url = f"postgresql://observe@127.0.0.1:{line.port}/{database}?sslmode=disable&gssencmode=disable"
        with closing(PostgresDb(url, connections=1)) as db:
            yield line, db


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("is_delivered", [False, True])
def test_a_batch_is_stored_once_wherever_the_line_breaks(db: Db, postgresql: Cluster, is_delivered: bool) -> None:
    world = a_world(db)
    database = db.rows("select current_database() as name")[0]["name"]
    cuts, refused = 0, 0
    with through(postgresql.port, database) as (line, far_db):
        far = replace(world.place, db=far_db)
        for at in range(1, MOST_MESSAGES, 1 if is_delivered else 3):
            tablet = world.device(OBSERVER)
            world.start(tablet, f"observation/{uuid(5000 + at)}")
            tablet.write(f"observation/{uuid(5000 + at)}", growth="kata")
            sender = Sender(tablet.replica, OBSERVER)
            line.cut(at, is_delivered=is_delivered)
            try:
                receipt = intake.take_in(far, sender, tablet.outbox)
            except NotNow:
                refused += 1
                receipt = intake.take_in(far, sender, tablet.outbox)  # as a tablet does that was told to come again
            assert receipt.stored_n == 2
            if not line.was_cut:
                break
            cuts += 1

    assert cuts > 5
    assert refused <= 2, "only a line that breaks during the commit, or with no transaction begun, is told of"
    found = Counter(f"{row['replica']}.{row['n']}" for row in db.rows("select replica, n from change"))
    assert all(found[f"dev{number:04d}.{n}"] == 1 for number in range(1, cuts + 1) for n in (1, 2))
    assert verify.log(db) == []
