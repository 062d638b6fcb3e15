"""A centre that goes back to yesterday's backup: the tablets bring back what came since, by themselves."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.test_line_and_power import a_lesson, stored
from tests.http_device import HttpDevice, post
from tests.people import PRINCIPAL, SECOND_OBSERVER
from tests.serving import Server


@dataclass
class Tablet(HttpDevice):
    """Keeps what was acknowledged until it is backed up, as the pages do, and starts over after 410."""

    cursor: str | None = None
    kept: dict[int, str] = field(default_factory=dict)
    was_reset: bool = False

    def exchange(self, most: int = 1000) -> dict[str, Any]:
        sent = dict(enumerate(self.outbox, self.acknowledged + 1))
        cursor = f'"cursor":"{self.cursor}",' if self.cursor else ""
        body = f'{{"protocol":1,{cursor}"changes":[{",".join(sent.values())}]}}'.encode()
        status, answer = post(self.port, "/sync/v1/exchange", body, {"Authorization": f"Bearer {self.token}"})
        if status == 409:
            self._go_back_to(answer["expected"])
            return self.exchange(most)
        if status == 410:
            self.was_reset, self.cursor = True, None
            self._go_back_to(min(self.kept, default=self.acknowledged + 1))
            return self.exchange(most)
        assert status == 200, answer
        self.kept |= sent
        self.acknowledged, self.cursor, self.outbox = answer["acks"][self.replica], answer["cursor"], []
        for n in [n for n in self.kept if n <= answer["backed_up"].get(self.replica, 0)]:
            del self.kept[n]
        return answer

    def _go_back_to(self, n: int) -> None:
        """Offer again what is kept from `n` on."""
        again = [self.kept.pop(number) for number in sorted(self.kept) if number >= n]
        self.outbox, self.acknowledged = again + self.outbox, n - 1


def observe(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "observe.cli", *words],
        env=os.environ | {"OBSERVE_DATABASE_PATH": str(server.database)},
        cwd=server.tree,
        capture_output=True,
        text=True,
        check=False,
    )


def back_up(server: Server, folder: Path) -> Path:
    told = observe(server, "backup", "--to", str(folder))
    assert told.returncode == 0, told
    return max(folder.glob("*.sqlite3"))


def test_tablets_bring_back_what_came_after_the_backup(server: Server, tmp_path: Path) -> None:
    tablets = [Tablet.paired(server.port, login) for login in (PRINCIPAL, SECOND_OBSERVER)]
    lessons = [a_lesson() for _ in tablets]
    for tablet, lesson in zip(tablets, lessons, strict=True):
        tablet.write(lesson, observer=tablet.person, status="draft", topic="before")
        tablet.exchange()
    copy = back_up(server, tmp_path / "backups")
    for tablet, lesson in zip(tablets, lessons, strict=True):
        tablet.exchange()
        assert tablet.kept == {}, "what is in a verified backup need not be kept"
        tablet.write(lesson, growth="after")
        tablet.exchange()
        tablet.write(lesson, strengths="never sent before the centre broke")
    server.kill()

    told = observe(server, "restore", str(copy), "--over")
    server.start()
    answers = [tablet.exchange() for tablet in tablets]
    held = [answer["held"] for answer in answers]
    again = [tablet.exchange() for tablet in tablets]
    server.stop()

    assert told.returncode == 0, told
    assert all(tablet.was_reset for tablet in tablets)
    found = stored(server.database)
    for tablet in tablets:
        assert [found[f"{tablet.replica}.{n}"] for n in (1, 2, 3)] == [1, 1, 1]
    assert held == [[], []]
    assert all(answer["records"] == [] for answer in again)
    assert observe(server, "verify").returncode == 0


def test_a_running_server_is_not_restored_under_its_feet(server: Server, tmp_path: Path) -> None:
    copy = back_up(server, tmp_path / "backups")

    told = observe(server, "restore", str(copy), "--over")

    assert (told.returncode, "stop the server first" in told.stderr) == (2, True), told
    tablet = Tablet.paired(server.port, PRINCIPAL)
    tablet.write(a_lesson(), observer=tablet.person, status="draft")
    assert tablet.exchange()["acks"] == {tablet.replica: 1}


def test_a_tablet_paired_after_the_backup_brings_its_own_numbers_back(server: Server, tmp_path: Path) -> None:
    copy = back_up(server, tmp_path / "backups")
    tablet, other = Tablet.paired(server.port, PRINCIPAL), Tablet.paired(server.port, SECOND_OBSERVER)
    lesson = a_lesson()
    tablet.write(lesson, observer=tablet.person, status="draft", topic="paired since")
    tablet.exchange()
    server.kill()
    assert observe(server, "restore", str(copy), "--over").returncode == 0
    server.start()

    stranger, _ = post(server.port, "/sync/v1/exchange", b'{"protocol":1}', {"Authorization": f"Bearer {tablet.token}"})
    again = Tablet.paired(server.port, PRINCIPAL)
    answer = offer(again, tablet.kept[1])
    twice = offer(again, tablet.kept[1])
    thief = offer(Tablet.paired(server.port, SECOND_OBSERVER), tablet.kept[1])
    mixed = offer(again, f"{tablet.kept[1]},{again.write(lesson, topic='x')}")
    server.stop()

    assert stranger == 401
    assert answer == (200, {tablet.replica: 1})
    assert twice == answer
    assert (thief[0], mixed[0]) == (400, 400)
    found = stored(server.database)
    assert (found[f"{tablet.replica}.1"], found[f"{again.replica}.1"], found[f"{other.replica}.1"]) == (1, 0, 0)


def offer(tablet: Tablet, changes: str) -> tuple[int, dict[str, int] | None]:
    body = f'{{"protocol":1,"changes":[{changes}]}}'.encode()
    status, answer = post(tablet.port, "/sync/v1/exchange", body, {"Authorization": f"Bearer {tablet.token}"})
    return status, answer.get("acks")
