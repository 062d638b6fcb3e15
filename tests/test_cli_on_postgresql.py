"""The same commands, where the records are in a PostgreSQL."""

import io
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from observe import cli
from observe.app import create_app
from observe.settings import Settings, read_settings
from observe.store import accounts, people
from observe.store.opening import where
from observe.store.postgres import PostgresDb
from observe.store.sqlite import SqliteDb
from scripts.postgresql import Cluster
from tests.store.test_both_engines import in_threads

SCHOOL = ("setup", "--school", "SMP Negeri 2", "--administrator", "Sri Wahyuni", "--username", "sri")

Run = Callable[..., int]


@pytest.fixture
def url(postgresql: Cluster) -> str:
    return postgresql.new_database()


@pytest.fixture
def run(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`observe <words>`, with a line waiting on its input."""

    def command(*words: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO("hujan-turun-di-muaro\n"))
        environment = {"OBSERVE_DATABASE_URL": url, "OBSERVE_DATABASE_PATH": str(tmp_path / "observe.sqlite3")}
        return cli.main(words, environment)

    return command


def test_a_new_school_begins_there_and_leaves_no_file(run: Run, url: str, tmp_path: Path) -> None:
    assert run(*SCHOOL) == 0
    assert run("account", "close", "sri") == 0

    with closing(PostgresDb(url)) as db:
        assert [school.name for school in people.schools(db)] == ["SMP Negeri 2"]
        assert accounts.all_of(db)[0].closed_at
    assert list(tmp_path.iterdir()) == []


def test_the_demonstration_is_made_there_whole_once_and_again_when_asked(
    run: Run, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("demo") == 0
    assert run("demo") == 0
    assert "is there already: postgresql://observe@127.0.0.1" in capsys.readouterr().out
    with closing(PostgresDb(url)) as db:
        db.run("delete from account where username = 'guru'")

    assert run("demo", "--fresh") == 0

    with closing(PostgresDb(url)) as db:
        assert {account.username for account in accounts.all_of(db)} == {"kepala", "pengamat", "guru", "admin"}


def test_starting_over_never_throws_real_accounts_away(run: Run, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(*SCHOOL)

    assert run("demo", "--fresh") == 2

    assert "stays as it is" in capsys.readouterr().err
    with closing(PostgresDb(url)) as db:
        assert len(accounts.all_of(db)) == 1


def test_a_server_that_is_not_there_is_an_answer_not_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    environment = {"OBSERVE_DATABASE_URL": "postgresql://observe:geheim@127.0.0.1:1/observe"}

    assert cli.main(("account", "list"), environment) == 2

    said = capsys.readouterr().err
    assert "OBSERVE_DATABASE_URL" in said
    assert "geheim" not in said


def test_an_address_is_shown_without_its_password() -> None:
    settings = Settings(database_url="postgresql://observe:geheim@db.example:5433/district?sslmode=require")

    assert where(settings) == "postgresql://observe@db.example:5433/district"


def test_several_servers_in_an_address_are_shown_as_they_are() -> None:
    url = "postgresql://observe:gehe:im@a:5432,b:5433/district?target_session_attrs=read-write"

    assert where(Settings(database_url=url)) == "postgresql://observe@a:5432,b:5433/district"


def test_processes_that_start_at_once_sign_with_the_same_key(tmp_path: Path) -> None:
    keys: set[str] = set()

    def start() -> None:
        settings = Settings(database_path=tmp_path / "observe.sqlite3")
        with closing(SqliteDb(None)) as db:
            keys.add(create_app(settings, db=db).config["SECRET_KEY"])

    in_threads(*[start] * 4)

    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["observe.secret"]
    assert (tmp_path / "observe.secret").stat().st_mode & 0o077 == 0


def test_another_database_is_refused_without_repeating_its_password() -> None:
    with pytest.raises(ValueError, match="OBSERVE_DATABASE_URL") as said:
        read_settings({"OBSERVE_DATABASE_URL": "mysql://root:geheim@localhost/x"})

    assert "geheim" not in str(said.value)
