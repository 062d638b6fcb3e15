"""Both databases answer the same, and keep what a service relies on."""

import threading
from collections.abc import Callable, Iterator

import pytest

from observe.domain.errors import NotNow
from observe.store import accounts, changes, people, replicas, throttle
from observe.store.accounts import Account
from observe.store.db import Conflict, Db
from observe.store.postgres import PostgresDb
from scripts.postgresql import Cluster
from tests.fixtures.engine import NewDb

both_engines = pytest.mark.both_engines

AT = "2026-11-23T05:00:00.000Z"
SCHOOL = "01900000-0000-7000-8000-000000000001"
NAMES = ["Zul", "ani", "Ani", "Éva", "eva", "Ömer", "张", "_x", "10", "9", "Ani Ö", "Ani-O", "ANI"]


def add_school(db: Db, school: str, name: str) -> None:
    people.write_school(db, school, {"name": name})


def in_threads(*works: Callable[[], object]) -> None:
    """Run all at once; what one of them raises is raised here."""
    raised: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as wrong:
            raised.append(wrong)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    if raised:
        raise raised[0]


@both_engines
def test_parameters_are_found_and_nothing_else_is_taken_for_one(db: Db) -> None:
    (row,) = db.rows(
        "select ':not %(this)s' as a, cast(:n as text) as b, :text as c, '100 %' as d, 'it''s :n' as e",
        {"n": "7", "text": "50 % of :n %s"},
    )

    assert row == {"a": ":not %(this)s", "b": "7", "c": "50 % of :n %s", "d": "100 %", "e": "it's :n"}


@both_engines
def test_texts_are_ordered_by_their_bytes(db: Db) -> None:
    for number, name in enumerate(NAMES):
        add_school(db, f"s{number}", name)

    assert [school.name for school in people.schools(db)] == sorted(NAMES, key=str.encode)
    assert db.rows("select max(name) as last from school") == [{"last": max(NAMES, key=str.encode)}]
    assert db.rows("select count(*) as n from school where name > :name", {"name": "Z"})[0]["n"] == len(
        [name for name in NAMES if name.encode() > b"Z"]
    )


@both_engines
def test_numbers_come_back_as_they_were(db: Db) -> None:
    third, far = 100 / 3, 2**53 - 1
    db.run(
        "insert into observation (school, observation, status, percent, scored) values (:s, 'o', 'signed', :p, :n)",
        {"s": SCHOOL, "p": third, "n": far},
    )

    assert db.rows("select percent, scored, sum(scored) as total, count(*) as n from observation group by 1, 2") == [
        {"percent": third, "scored": far, "total": far, "n": 1}
    ]


@both_engines
def test_a_truth_is_stored_as_a_number(db: Db) -> None:
    accounts.add(db, Account("p", "sri", None, "hash", 1, None, None, True), AT)

    assert db.rows("select is_demo from account where is_demo = :yes", {"yes": True}) == [{"is_demo": 1}]


@both_engines
def test_a_clock_years_off_can_be_noted(db: Db) -> None:
    replicas.add(db, "tablet1", None, "Tablet", None, AT)

    replicas.note_seen(db, "tablet1", AT, 1_000_000_000, 250_000_000_000)

    found = replicas.read(db, "tablet1")
    assert found
    assert found.clock_offset_seconds == 250_000_000_000


@both_engines
def test_what_fails_leaves_nothing(db: Db) -> None:
    with pytest.raises(ZeroDivisionError), db.atomic():
        add_school(db, SCHOOL, "half")
        raise ZeroDivisionError

    assert people.schools(db) == []


@both_engines
def test_a_service_opens_the_transaction_once(db: Db) -> None:
    with db.atomic(), pytest.raises(RuntimeError, match="once"), db.atomic():
        pass
    with db.snapshot(), pytest.raises(RuntimeError, match="once"), db.atomic():
        pass


@both_engines
def test_a_snapshot_is_of_one_moment(db: Db) -> None:
    add_school(db, "a", "first")

    with db.snapshot():
        before = people.schools(db)
        writer = threading.Thread(target=add_school, args=(db, "b", "second"))
        writer.start()
        writer.join(timeout=0.3)  # one engine lets it finish, the other lets it wait
        assert people.schools(db) == before
    writer.join(timeout=20)

    assert len(people.schools(db)) == 2


@both_engines
def test_counters_taken_at_once_are_given_one_after_another(db: Db) -> None:
    taken: list[int] = []

    def take() -> None:
        with db.atomic(locks_first=True):
            position = changes.take_position(db, SCHOOL)
            changes.advance(db, SCHOOL, changes.Position(position.seq + 1, "x"))
        taken.append(position.seq)

    in_threads(*[take] * 8)

    assert sorted(taken) == list(range(8))


@both_engines
def test_what_was_read_is_still_so_when_it_is_written(db: Db) -> None:
    """Everybody counts one more than what she read, and no count is lost."""

    def count() -> None:
        def once() -> None:
            with db.atomic():
                past = throttle.read(db, "somebody")
                throttle.write(db, "somebody", (past.count if past else 0) + 1, AT)

        db.again(once)

    in_threads(*[count] * 8)

    found = throttle.read(db, "somebody")
    assert found
    assert found.count == 8


@both_engines
def test_one_of_two_that_found_a_place_free_looks_again(db: Db) -> None:
    taken: list[str] = []

    def take(person: str) -> Callable[[], None]:
        def once() -> None:
            with db.atomic():
                if accounts.is_taken(db, "sri"):
                    return
                accounts.add(db, Account(person, "sri", None, "hash", 1, None, None, False), AT)
            taken.append(person)

        return lambda: db.again(once)

    in_threads(take("a"), take("b"), take("c"), take("d"))

    assert len(taken) == 1
    assert [account.person for account in accounts.all_of(db)] == taken


@pytest.fixture
def second(db: Db, postgresql: Cluster) -> Iterator[Db]:
    """Another process's view of the same PostgreSQL."""
    assert isinstance(db, PostgresDb)
    other = PostgresDb(postgresql.url(db.rows("select current_database() as name")[0]["name"]), connections=2)
    yield other
    other.close()


class TestPostgresqlAlone:
    """What only an engine with several writers has to be asked."""

    @pytest.fixture
    def engine(self) -> str:
        return "postgresql"

    def test_two_that_decide_on_what_they_read_cannot_both_be_right(self, db: Db, second: Db) -> None:
        add_school(db, "a", "x")
        with pytest.raises(Conflict), db.atomic():
            db.rows("select name from school where school = 'a'")
            with second.atomic():
                second.rows("select name from school where school = 'a'")
                add_school(second, "a", "y")
            add_school(db, "a", "z")

        assert [school.name for school in people.schools(db)] == ["y"]

    def test_an_error_that_was_swallowed_is_no_commit(self, db: Db) -> None:
        with pytest.raises(RuntimeError, match="not committed"), db.atomic():
            add_school(db, SCHOOL, "lost")
            with pytest.raises(Exception, match="does not exist"):
                db.rows("select nothing from nowhere")

        assert people.schools(db) == []

    def test_a_connection_that_died_in_the_pool_is_nobodys_trouble(self, db: Db, second: Db) -> None:
        second.rows("select 1")

        db.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )

        assert second.rows("select 1 as one") == [{"one": 1}]
        with second.atomic():
            add_school(second, SCHOOL, "there")
        assert len(people.schools(db)) == 1

    def test_a_connection_that_dies_before_the_commit_leaves_nothing_and_may_be_used_again(
        self, db: Db, second: Db
    ) -> None:
        tries = 0

        def write() -> None:
            nonlocal tries
            tries += 1
            with second.atomic():
                add_school(second, f"s{tries}", "x")
                if tries == 1:
                    (mine,) = second.rows("select pg_backend_pid() as pid")
                    db.rows("select pg_terminate_backend(:pid)", mine)
                add_school(second, "both", "x")

        second.again(write)

        assert [school.school for school in people.schools(db)] == ["both", "s2"]

    def test_who_holds_a_row_too_long_costs_the_others_a_try_later(self, db: Db, second: Db) -> None:
        add_school(db, SCHOOL, "x")
        with db.atomic(locks_first=True):
            add_school(db, SCHOOL, "y")
            with pytest.raises(NotNow), second.atomic(locks_first=True):
                second.rows("select set_config('lock_timeout', '50ms', true)")
                add_school(second, SCHOOL, "z")

        assert [school.name for school in people.schools(db)] == ["y"]

    def test_every_connection_really_flushes(self, postgresql: Cluster) -> None:
        careless = f"{postgresql.new_database()}?options=-csynchronous_commit%3Doff"
        db = PostgresDb(careless)

        assert db.rows("select current_setting('synchronous_commit') as said") == [{"said": "on"}]
        assert db.engine.startswith("PostgreSQL 1")
        db.close()

    def test_a_server_that_does_not_flush_is_not_used(self) -> None:
        careless = Cluster.new(fsync="off")
        try:
            with pytest.raises(RuntimeError, match="fsync"):
                PostgresDb(careless.url())
        finally:
            careless.throw_away()

    def test_a_server_that_is_not_there_is_named_without_its_password(self) -> None:
        with pytest.raises(ValueError, match="OBSERVE_DATABASE_URL") as said:
            PostgresDb("postgresql://observe:geheim@127.0.0.1:1/observe")

        assert "geheim" not in str(said.value)


@both_engines
def test_databases_of_their_own_have_no_table_yet(new_db: NewDb) -> None:
    assert new_db().tables() == []
