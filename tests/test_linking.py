"""A school's own server and its centre, as two operators type them: real processes, a real line."""

import io
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from observe import cli
from observe.store import changes, people, uplinks
from observe.store.sqlite import SqliteDb
from tests.http_device import HttpDevice
from tests.people import PASS_PHRASE, PRINCIPAL
from tests.serving import Server

Run = Callable[..., int]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "node" / "observe.sqlite3"


@pytest.fixture
def run(database: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`observe <words>` at the node, with a line waiting on its input."""

    def command(*words: str, typed: str = PASS_PHRASE, at: Path = database) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
        return cli.main(words, {"OBSERVE_DATABASE_PATH": str(at)})

    return command


def test_a_node_is_let_in_reads_everything_and_says_so(
    server: Server, run: Run, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("uplink", "add", server.origin, "--login", PRINCIPAL) == 0

    assert run("uplink", "run", "--once") == 0
    said = capsys.readouterr().out
    assert run("uplink", "status") == 0

    assert "changes sent" in said and "Everything is at the centre" in said
    assert ": 0 changes wait" in capsys.readouterr().out
    with closing(SqliteDb(database)) as db:
        (school,) = people.schools(db)
        known = uplinks.schools(db)[school.school]
        assert changes.position(db, school.school).seq == known.their_seq > 100


def test_what_arrives_at_the_centre_reaches_the_node_with_the_next_run(
    server: Server, run: Run, database: Path
) -> None:
    assert run("uplink", "add", server.origin, "--login", PRINCIPAL) == 0
    assert run("uplink", "run", "--once") == 0
    tablet = HttpDevice.paired(server.port, PRINCIPAL)
    lesson = "observation/0190aaaa-0000-7000-8000-0000000000aa"
    tablet.write(lesson, observer=tablet.person, status="draft", growth="Ringkas ✓ ½")
    tablet.exchange()

    assert run("uplink", "run", "--once") == 0

    with closing(SqliteDb(database)) as db:
        (row,) = changes.history(db, tablet.school, lesson)
        assert row.change.set["growth"] == "Ringkas ✓ ½"


def test_a_wrong_pass_phrase_makes_no_uplink(server: Server, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("uplink", "add", server.origin, "--login", PRINCIPAL, typed="bukan-ini-sama-sekali") == 2
    assert "did not take this server in" in capsys.readouterr().err

    assert run("uplink", "run", "--once") == 2


def test_a_token_from_the_centre_lets_a_node_in_until_it_is_shut_out(
    run: Run, tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.stop()
    with closing(SqliteDb(server.database)) as db:
        (school, *_) = people.schools(db)
    assert run("node", "add", "--school", school.name, "--name", "Server sekolah", at=server.database) == 0
    token = capsys.readouterr().out.split()[-1]
    server.start()
    assert run("uplink", "add", server.origin, "--token", typed=token) == 0
    assert run("uplink", "run", "--once") == 0
    server.stop()
    capsys.readouterr()
    assert run("node", "list", at=server.database) == 0
    (node,) = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines() if "Server sekolah" in line]
    assert run("node", "shut-out", node, at=server.database) == 0
    server.start()

    assert run("uplink", "run", "--once") == 1

    assert "has shut this server out" in capsys.readouterr().err


@pytest.mark.parametrize(
    "url",
    [
        *("http://centre.example", "centre.example", "https://", "ftp://x", "https://a:b@c", "http://127.0.0.1@x"),
        *("https://[", "https://x:99999", "https://a#b", "https://a?b", "https://a\nb", "https://a b", "https://a\\b"),
    ],
)
def test_an_address_that_is_not_safe_is_refused(run: Run, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("uplink", "add", url, "--token", typed="x") == 2

    assert "cannot be used" in capsys.readouterr().err


def test_a_centre_that_is_not_there_costs_nothing_but_a_wait(
    server: Server, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("uplink", "add", server.origin, "--login", PRINCIPAL) == 0
    server.stop()

    assert run("uplink", "run", "--once") == 1

    assert "the centre cannot be reached" in capsys.readouterr().err
    server.start()
    assert run("uplink", "run", "--once") == 0
