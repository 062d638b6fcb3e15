"""The `observe` command: serve, set up, accounts, and the demonstration."""

import argparse
import getpass
import os
import random
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import waitress

from observe import __version__, carrying, linking, memory, relocation, upkeep
from observe.app import create_app
from observe.demo import build as demo
from observe.domain import founding
from observe.domain.errors import ObserveError
from observe.domain.ids import new_id
from observe.services import accounts, intake, moving, setup
from observe.services.intake import Draft
from observe.services.place import Place, as_text
from observe.settings import Settings, read_settings
from observe.store import accounts as account_rows
from observe.store import people, schema, tables
from observe.store.db import Db
from observe.store.opening import open_database, where
from observe.store.sqlite import SqliteDb
from observe.web import logs

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
DEMO_DATABASE = Path("var/demo.sqlite3")
_BODY_SLACK = 64 * 1024


class CannotGoOn(Exception):
    """The operator asked for something that cannot be done; the text says why and what to do."""


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Run one command; the exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        return chosen.do(chosen, environment if environment is not None else os.environ) or 0
    except (ObserveError, ValueError, CannotGoOn) as wrong:
        print(f"observe: {wrong}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="observe", description="Classroom observation that works without a signal.")
    parser.add_argument("--version", action="version", version=f"observe {__version__}")
    verbs = parser.add_subparsers(required=True)
    serve = verbs.add_parser("serve", help="answer browsers and tablets")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, default=8000, help="the port to listen on (8000)")
    serve.add_argument("--threads", type=int, default=8, help="requests answered at once (8)")
    serve.add_argument("--demo", action="store_true", help="with the demonstration school, made when it is not there")
    serve.set_defaults(do=_serve)
    ready = verbs.add_parser("setup", help="make the database, a school and its first administrator")
    ready.add_argument("--school", required=True, help="the name of the school")
    ready.add_argument("--zone", default=ZONES[0], choices=ZONES, help=f"its time zone ({ZONES[0]})")
    ready.add_argument("--administrator", required=True, help="the name of its first administrator")
    ready.add_argument("--username", required=True, help="what the administrator signs in with")
    ready.set_defaults(do=_setup)
    _account_parser(verbs.add_parser("account", help="who may sign in"))
    made = verbs.add_parser("demo", help="make the demonstration school")
    made.add_argument("--fresh", action="store_true", help="throw away the demonstration that was there")
    made.set_defaults(do=_demo)
    upkeep.add_to(verbs, upkeep.Operator(_settings, _now, lambda: new_id(_now(), secrets.token_bytes)))
    carrying.add_to(verbs, _settings, _opened, _now)
    relocation.add_to(verbs, _now)
    linking.add_to(verbs, _opened, random.random)
    return parser


def _account_parser(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True)
    verbs.add_parser("list", help="every account").set_defaults(do=_list_accounts)
    add = verbs.add_parser("add", help="give a person on the roster a way in")
    add.add_argument("person", help="the person's id, or her name when only one person has it")
    add.add_argument("username")
    add.set_defaults(do=_add_account)
    for name, do, words in (
        ("password", _reset_password, "a new pass-phrase; every session of hers ends"),
        ("close", _close_account, "she can no longer sign in; what she wrote stays"),
        ("reopen", _reopen_account, "she can sign in again"),
    ):
        verb = verbs.add_parser(name, help=words)
        verb.add_argument("username")
        verb.set_defaults(do=do)


def _serve(chosen: argparse.Namespace, environment: Mapping[str, str]) -> None:
    settings = _settings(environment, is_demo=chosen.demo)
    if chosen.demo:
        _make_demo_once(settings)
    app = create_app(settings)
    app.extensions["courier"].start()
    logs.to_standard_error()
    _say_hello(chosen, settings)
    memory.settle()
    waitress.serve(
        app,
        host=chosen.host,
        port=chosen.port,
        threads=chosen.threads,
        ident=None,
        max_request_body_size=max(settings.exchange_bytes, settings.request_bytes) + _BODY_SLACK,
        clear_untrusted_proxy_headers=False,  # the app itself must see that a proxy stands between
        _quiet=True,
    )
    print("Stopped. Everything that was confirmed is stored.")


def _say_hello(chosen: argparse.Namespace, settings: Settings) -> None:
    name = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    print(f"Observe {__version__} answers at http://{name}:{chosen.port}")
    print(f"Records: {where(settings)}")
    if settings.is_demo:
        print(f"Demonstration accounts: {', '.join(demo.ACCOUNTS)}. Pass-phrase: {demo.PASS_PHRASE}")
        print("They work on this computer only. Ctrl-C stops; everything confirmed is kept.")
        if chosen.host not in LOOPBACK:
            print("Other computers can reach this address, and cannot use the demonstration accounts.")
    sys.stdout.flush()


def _setup(chosen: argparse.Namespace, environment: Mapping[str, str]) -> None:
    with closing(_open(_settings(environment))) as db:
        place = _place(db, _settings(environment))
        if account_rows.is_taken(db, accounts.login_name(chosen.username)):
            raise CannotGoOn(f"somebody already signs in as {chosen.username}; choose another name")
        password = _new_password(accounts.login_name(chosen.username))
        school, person = place.new_id(), place.new_id()
        records = founding.records(school, chosen.school, chosen.zone, person, chosen.administrator)
        drafts = [Draft(school, record, fields) for record, fields in records.items()]
        if refused := intake.found(place, drafts):
            raise CannotGoOn(f"the school cannot begin like this: {refused[0].detail}")
        accounts.open_account(place, person, chosen.username, password)
    print(f"{chosen.school} is ready. {chosen.administrator} signs in as {chosen.username}.")


def _list_accounts(chosen: argparse.Namespace, environment: Mapping[str, str]) -> None:
    with closing(_open(_settings(environment))) as db:
        for account in account_rows.all_of(db):
            state = "closed" if account.closed_at else "demonstration" if account.is_demo else "open"
            print(f"{account.username}\t{account.nip or '-'}\t{state}\t{account.person}")


def _add_account(chosen: argparse.Namespace, environment: Mapping[str, str]) -> None:
    with closing(_open(_settings(environment))) as db:
        place = _place(db, _settings(environment))
        person, nip = _on_roster(place, chosen.person)
        accounts.open_account(
            place, person, chosen.username, _new_password(accounts.login_name(chosen.username)), nip=nip
        )
    print(f"{chosen.username} can sign in.")


def _reset_password(chosen: argparse.Namespace, environment: Mapping[str, str]) -> None:
    with closing(_open(_settings(environment))) as db:
        place = _place(db, _settings(environment))
        account = _account(place, chosen.username)
        accounts.reset_password(place, account.person, _new_password(account.username))
    print(f"{account.username} has a new pass-phrase and is signed out everywhere.")


def _close_account(chosen: argparse.Namespace, environment: Mapping[str, str]) -> None:
    with closing(_open(_settings(environment))) as db:
        place = _place(db, _settings(environment))
        accounts.close(place, _account(place, chosen.username).person)
    print(f"{chosen.username} can no longer sign in.")


def _reopen_account(chosen: argparse.Namespace, environment: Mapping[str, str]) -> None:
    with closing(_open(_settings(environment))) as db:
        place = _place(db, _settings(environment))
        accounts.reopen(place, _account(place, chosen.username).person)
    print(f"{chosen.username} can sign in again.")


def _demo(chosen: argparse.Namespace, environment: Mapping[str, str]) -> None:
    settings = _settings(environment, is_demo=True)
    if chosen.fresh:
        _throw_away_demo(settings)
    if not _make_demo_once(settings):
        print(f"The demonstration is there already: {where(settings)}. `observe demo --fresh` starts over.")


def _make_demo_once(settings: Settings) -> bool:
    """Make the demonstration beside its place and move it there whole, so that half of one is never served."""
    if settings.database_url:
        return _make_demo_in_postgresql(settings)
    final = settings.database_path
    if final.exists():
        return False
    half = final.with_name(f"{final.name}.making")
    _remove(half)
    _make_demo(settings, half)
    half.rename(final)
    return True


def _make_demo_in_postgresql(settings: Settings) -> bool:
    with closing(open_database(settings)) as db, TemporaryDirectory() as folder:
        schema.migrate(db, as_text(_now()))
        if people.schools(db):
            return False
        half = Path(folder) / "demo.sqlite3"
        _make_demo(settings, half)
        with closing(SqliteDb(half)) as made:
            moving.move(made, db, as_text(_now()))
    return True


def _make_demo(settings: Settings, path: Path) -> None:
    print("Making the demonstration school. This takes a moment, once.", flush=True)
    with closing(SqliteDb(path)) as db:
        place = _place(db, replace(settings, database_path=path))
        setup.prepare(place)
        made = demo.build(place, place.now().astimezone(ZoneInfo(ZONES[0])).date())
    print(f"{made.name}: {len(made.people)} people, {made.visits} visits.")


def _throw_away_demo(settings: Settings) -> None:
    if not settings.database_url and not settings.database_path.exists():
        return
    with closing(_open(settings)) as db:
        others = [account.username for account in account_rows.all_of(db) if not account.is_demo]
        if others:
            raise CannotGoOn(f"{where(settings)} holds accounts that are no demonstration; it stays as it is")
        if settings.database_url:
            with db.atomic():
                tables.clear(db)
    if not settings.database_url:
        _remove(settings.database_path)
    shutil.rmtree(settings.blobs, ignore_errors=True)


def _remove(database: Path) -> None:
    for end in ("", "-wal", "-shm"):
        database.with_name(database.name + end).unlink(missing_ok=True)


def _settings(environment: Mapping[str, str], *, is_demo: bool = False) -> Settings:
    """The settings; a demonstration lives in a file of its own unless the operator named one."""
    settings = read_settings(environment)
    if not is_demo:
        return settings
    path = settings.database_path if "OBSERVE_DATABASE_PATH" in environment else DEMO_DATABASE
    return replace(settings, is_demo=True, database_path=path)


def _open(settings: Settings) -> Db:
    db = open_database(settings)
    setup.prepare(_place(db, settings))
    return db


@contextmanager
def _opened(environment: Mapping[str, str]) -> Iterator[Place]:
    settings = _settings(environment)
    with closing(_open(settings)) as db:
        yield _place(db, settings)


def _place(db: Db, settings: Settings) -> Place:
    return Place(db, settings, _now, lambda: new_id(_now(), secrets.token_bytes))


def _now() -> datetime:
    return datetime.now(UTC)


def _account(place: Place, username: str) -> account_rows.Account:
    account = account_rows.by_login(place.db, accounts.login_name(username))
    if account is None:
        raise CannotGoOn(f"nobody signs in as {username}; `observe account list` shows who does")
    return account


def _on_roster(place: Place, wanted: str) -> tuple[str, str | None]:
    """The id and staff number of the one person on a roster with this id or name."""
    members = [member for school in people.schools(place.db) for member in people.of_school(place.db, school.school)]
    found = {member.person: member.nip for member in members if wanted in (member.person, member.name)}
    if len(found) != 1:
        raise CannotGoOn(f"{len(found)} people on the rosters are called {wanted!r}; name one by her id")
    return next(iter(found.items()))


def _new_password(username: str) -> str:
    """A pass-phrase typed twice, or read from a pipe: one line."""
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("Pass-phrase: ")
        if getpass.getpass("Once more: ") != password:
            raise CannotGoOn("the two pass-phrases differ; nothing was changed")
    accounts.check_strength(username, password)
    return password


if __name__ == "__main__":
    sys.exit(main())
