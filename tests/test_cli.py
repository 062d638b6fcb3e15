"""The `observe` command, as an operator types it."""

import io
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from observe import cli
from observe.services import accounts
from observe.services.accounts import Attempt, WrongSignIn
from observe.store import accounts as account_rows
from observe.store import people
from observe.store.sqlite import SqliteDb
from scripts.serving import free_port
from tests.builders import a_place
from tests.serving import Server

PASSWORD = "hujan-turun-di-muaro"
SCHOOL = ("setup", "--school", "SMP Negeri 2", "--administrator", "Sri Wahyuni", "--username", "sri")

Run = Callable[..., int]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "observe.sqlite3"


@pytest.fixture
def run(database: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`observe <words>`, with lines waiting on its input."""

    def command(*words: str, typed: str = PASSWORD) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
        return cli.main(words, {"OBSERVE_DATABASE_PATH": str(database)})

    return command


def signs_in(database: Path, login: str, password: str = PASSWORD) -> bool:
    db = SqliteDb(database)
    try:
        accounts.sign_in(a_place(db), Attempt(login, password, "10.0.0.1", True))
    except WrongSignIn:
        return False
    finally:
        db.close()
    return True


def test_a_new_school_begins_with_an_administrator_and_the_instruments(run: Run, database: Path) -> None:
    assert run(*SCHOOL) == 0

    db = SqliteDb(database)
    (school,) = people.schools(db)
    (person,) = people.of_school(db, school.school)
    rubrics = db.rows("select record from record where kind = 'rubric'")
    db.close()
    assert (school.name, school.time_zone) == ("SMP Negeri 2", "Asia/Jakarta")
    assert (person.name, person.is_administrator) == ("Sri Wahyuni", True)
    assert len(rubrics) == 5
    assert signs_in(database, "sri")


def test_a_weak_pass_phrase_founds_nothing(run: Run, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*SCHOOL, typed="pendek") == 2

    db = SqliteDb(database)
    assert people.schools(db) == []
    db.close()
    assert "at least 12" in capsys.readouterr().err


def test_a_name_that_is_taken_founds_no_second_school(run: Run, database: Path) -> None:
    run(*SCHOOL)

    assert run(*SCHOOL) == 2

    db = SqliteDb(database)
    assert len(people.schools(db)) == 1
    db.close()


def test_an_operator_gives_changes_closes_and_reopens_a_way_in(
    run: Run, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*SCHOOL)

    assert run("account", "password", "sri", typed="kopi-hangat-sebelum-apel") == 0
    assert not signs_in(database, "sri")
    assert signs_in(database, "sri", "kopi-hangat-sebelum-apel")
    assert run("account", "close", "sri") == 0
    assert not signs_in(database, "sri", "kopi-hangat-sebelum-apel")
    assert run("account", "reopen", "sri") == 0
    assert signs_in(database, "sri", "kopi-hangat-sebelum-apel")
    capsys.readouterr()
    assert run("account", "list") == 0
    assert capsys.readouterr().out.startswith("sri\t-\topen\t")


def test_a_person_on_the_roster_is_found_by_her_name(run: Run, database: Path) -> None:
    run(*SCHOOL)
    run("account", "close", "sri")

    assert run("account", "add", "Nobody", "nobody") == 2
    assert run("account", "add", "Sri Wahyuni", "sri2") == 2, "she has an account already"


def test_an_unknown_name_is_said_to_be_unknown(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("account", "close", "nobody") == 2

    assert "nobody signs in as nobody" in capsys.readouterr().err


def test_a_setting_that_makes_no_sense_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(("account", "list"), {"OBSERVE_SESSION_HOURS": "soon"}) == 2

    assert "OBSERVE_SESSION_HOURS" in capsys.readouterr().err


def test_the_demonstration_is_made_once_and_kept(run: Run, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("demo") == 0
    made = database.read_bytes()

    assert run("demo") == 0

    assert database.read_bytes() == made
    assert "is there already" in capsys.readouterr().out


def test_a_demonstration_that_was_cut_off_is_made_again_whole(run: Run, database: Path) -> None:
    database.with_name("observe.sqlite3.making").write_bytes(b"half of one")

    assert run("demo") == 0

    assert not list(database.parent.glob("*.making*"))
    assert sqlite3.connect(database).execute("pragma integrity_check").fetchone() == ("ok",)


def test_starting_over_never_throws_real_accounts_away(
    run: Run, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*SCHOOL)

    assert run("demo", "--fresh") == 2

    assert signs_in(database, "sri")
    assert "stays as it is" in capsys.readouterr().err


def test_starting_over_begins_with_the_demonstration_alone(run: Run, database: Path) -> None:
    run("demo")
    db = SqliteDb(database)
    db.run("delete from account where username = 'guru'")
    db.close()

    assert run("demo", "--fresh") == 0

    db = SqliteDb(database)
    assert {account.username for account in account_rows.all_of(db)} == {"kepala", "pengamat", "guru", "admin"}
    db.close()


def test_the_demonstration_has_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert cli.main(("demo",), {}) == 0

    assert [path.name for path in (tmp_path / "var").iterdir()] == ["demo.sqlite3"]


def test_it_says_where_it_answers_and_stops_on_ctrl_c(database: Path) -> None:
    server = Server(database, free_port()).start()
    process = server.process
    assert process

    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=20) == 0
    server.process = None
    said = database.with_suffix(".log").read_text()
    assert f"http://127.0.0.1:{server.port}" in said
    assert "kepala, pengamat, guru, admin" in said
    assert "amati-bersama-2026" in said
    assert "Stopped." in said
