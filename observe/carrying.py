"""Commands for what is carried by hand: `observe bundle`, the log of a school, or what a tablet saved, in files."""

import argparse
import secrets
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from observe.domain.errors import ObserveError
from observe.domain.handed_in import Report
from observe.services import bundles, parcels
from observe.services.parcels import CannotPack, ParcelRefused
from observe.services.place import Place, as_text
from observe.settings import Settings
from observe.store import people, sqlite_copy
from observe.store.db import Db
from observe.store.opening import open_database
from observe.store.sqlite_copy import CopyFailed, InUse, NotADatabase, SqliteReader
from sync import bundle
from sync.bundle import NotABundle

Environment = Mapping[str, str]
Opening = Callable[[Environment], Any]
"""A context manager with the place of this installation."""

_OUTCOMES = {
    "new": "taken in",
    "here": "was here already",
    "held": "kept, but waits for a decision",
    "gap": "not taken in: something written before it on that device is missing",
    "other": "not taken in: something else stands under its number here",
    "author": "not taken in: only the person who wrote it may hand this in, on the page",
    "unreadable": "not taken in: this line cannot be read",
}


def add_to(
    verbs: Any, settings: Callable[[Environment], Settings], opening: Opening, now: Callable[[], datetime]
) -> None:
    """The parsers of these commands; each `do` answers its exit status."""
    made = verbs.add_parser("bundle", help="carry records by hand where no line is").add_subparsers(required=True)
    out = made.add_parser("export", help="write the log of a school to files")
    out.add_argument("school", help="its id, or its name")
    out.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help="where the files go (here)")
    out.add_argument("--after", type=int, default=0, metavar="ROW", help="only what is behind this row of the log")
    out.set_defaults(do=lambda chosen, environment: _export(chosen, settings(environment), now))
    taken = made.add_parser(
        "import", help="take such files in, or what a tablet saved; a SQLite server is stopped first"
    )
    taken.add_argument("files", type=Path, nargs="+", metavar="FILE")
    taken.add_argument("--key", default="", help="the key of a server that is not known yet, as it shows it itself")
    taken.add_argument("--lines", action="store_true", help="say what became of every line")
    taken.set_defaults(do=lambda chosen, environment: _import(chosen, settings(environment), opening, environment))
    shown = made.add_parser("key", help="show the key this server seals its files with")
    shown.set_defaults(do=lambda chosen, environment: _show_key(settings(environment)))


def _export(chosen: argparse.Namespace, settings: Settings, now: Callable[[], datetime]) -> int:
    chosen.to.mkdir(parents=True, exist_ok=True)
    key = _key(settings)
    with closing(_reading(settings)) as db, db.snapshot():
        school = _school(db, chosen.school)
        for part in parcels.parts(db, school, chosen.after, key, as_text(now())):
            path = chosen.to / f"observe-log-{school[-12:]}-{part.first:09}-{part.last:09}.jsonl.gz"
            _write(path, part)
            print(f"{path}: {part.changes} changes, rows {part.first} to {part.last}.")
    print(f"Sealed with the key {bundle.fingerprint(bundle.told(key))}.")
    return 0


def _write(path: Path, part: parcels.Part) -> None:
    try:
        sqlite_copy.write_pieces(path, part.pieces)
    except CopyFailed as wrong:
        raise CannotPack(why=f"{path}: {wrong}") from wrong


def _import(chosen: argparse.Namespace, settings: Settings, opening: Opening, environment: Environment) -> int:
    _must_be_still(settings)
    status = 0
    with opening(environment) as place:
        for path in chosen.files:
            try:
                _say(path, _take(place, path, chosen.key), every_line=chosen.lines)
            except ObserveError as refused:
                print(refused if isinstance(refused, ParcelRefused) else f"{path}: {refused}")
                status = 1
    return status


def _take(place: Place, path: Path, trusted: str) -> Report:
    try:
        with path.open("rb") as file:
            is_log = bundle.survey(file, place.settings.bundle_bytes).header.feed == "log"
            return parcels.take_in(place, file, path.name, trusted) if is_log else bundles.take_in(place, file, "")
    except (NotABundle, OSError) as wrong:
        raise ParcelRefused(file=path.name, why=str(wrong)) from wrong


def _say(path: Path, report: Report, *, every_line: bool) -> None:
    cut = " Its end is missing." if report.is_cut else ""
    print(f"{path}: saved {report.made_at} on {report.device or 'a device not known here'}.{cut}")
    for outcome, count in sorted(report.counts.items()):
        print(f"  {count:>7} {_OUTCOMES[outcome]}")
    for line in report.lines if every_line else ():
        print(f"  line {line.number}: {line.id} {line.record}: {_OUTCOMES[line.outcome]} {line.detail}".rstrip())


def _show_key(settings: Settings) -> int:
    print(bundle.fingerprint(bundle.told(_key(settings))))
    return 0


def _key(settings: Settings) -> ec.EllipticCurvePrivateKey:
    """The key of this server, made once and kept beside the database, readable by its owner alone."""
    path = settings.database_path.with_name(f"{settings.database_path.name}.sealing-key")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        mine = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        mine.touch(mode=0o600)
        mine.write_bytes(
            ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        mine.replace(path)
    found = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise CannotPack(why=f"{path} holds another kind of key")
    return found


def _reading(settings: Settings) -> Db:
    return open_database(settings) if settings.database_url else SqliteReader(settings.database_path)


def _must_be_still(settings: Settings) -> None:
    """One process writes a SQLite file: what runs beside a server would be a second one."""
    if settings.database_url or not settings.database_path.exists():
        return
    try:
        sqlite_copy.take_alone(settings.database_path)
    except InUse as busy:
        why = f"{settings.database_path} is in use; stop the server first, or hand a tablet's file in on its page"
        raise ParcelRefused(file="the file", why=why) from busy
    except NotADatabase as wrong:
        raise ParcelRefused(file="the file", why=str(wrong)) from wrong


def _school(db: Db, wanted: str) -> str:
    found = [school.school for school in people.schools(db) if wanted in (school.school, school.name)]
    if len(found) != 1:
        raise CannotPack(why=f"{len(found)} schools here are called {wanted!r}")
    return found[0]
