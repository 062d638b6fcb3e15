"""Accounts: signing in, pass-phrases, and who may give whom a way in."""

import secrets
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from observe.domain import throttle
from observe.domain.access import Role, Viewer
from observe.domain.errors import N_, NotHere, ObserveError, TooManyAttempts
from observe.domain.throttle import Subjects
from observe.services import intake
from observe.services.intake import Draft
from observe.services.place import Place, as_text
from observe.services.retrying import retried
from observe.store import accounts, audit, people, replicas, sessions
from observe.store import throttle as failures
from observe.store.accounts import Account

SHORTEST = 12
LONGEST = 200
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)


class WrongSignIn(ObserveError):
    """The name and the pass-phrase do not belong together. It never says which of them is wrong."""

    message = N_("The name and the pass-phrase do not fit together. Check both, and try again.")


class DemoOnlyHere(ObserveError):
    """A demonstration account was used from another machine."""

    message = N_("Demonstration accounts work only on the computer that runs the demonstration.")


class WeakPassword(ObserveError):
    """The new pass-phrase is too easy to guess."""

    message = N_("A pass-phrase has at least %(shortest)s characters. Several words in a row are easy to remember.")


class PasswordHoldsName(ObserveError):
    """The new pass-phrase contains the name one signs in with."""

    message = N_("The pass-phrase contains your sign-in name. Choose words that others cannot guess.")


class WrongPassword(ObserveError):
    """The pass-phrase given to confirm a change is not the present one."""

    message = N_("This is not your present pass-phrase.")


class NameTaken(ObserveError):
    """Somebody already signs in with this name or staff number."""

    message = N_("Somebody already signs in as %(login)s. Choose another name.")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at signing in. `known` names the persons who have signed in before in this `browser`."""

    login: str
    password: str
    address: str
    is_local: bool
    browser: str = ""
    known: frozenset[str] = frozenset()


def login_name(text: str) -> str:
    """How a username or staff number is written: no spaces around, small letters; a number without its spaces."""
    name = unicodedata.normalize("NFKC", text).strip().casefold()
    digits = name.replace(" ", "").replace(".", "").replace("-", "")
    return digits if digits.isdigit() else name


def sign_in(place: Place, attempt: Attempt) -> Account:
    """The account this name and pass-phrase belong to; WrongSignIn, or TooManyAttempts before it was even looked at.

    The attempt is counted as a mistake before the pass-phrase is looked at, so a thousand at once are slowed like a
    thousand in a row. An unknown name costs the same work as a known one.
    """
    login = login_name(attempt.login)
    found = accounts.by_login(place.db, login)
    subjects = _subjects(attempt, login, found)
    _count(place, subjects)
    fits = _fits(found.password_hash if found else _nobodys_hash(), attempt.password)
    if found is None or not fits or found.closed_at:
        raise WrongSignIn
    _forgive(place, subjects)
    if found.is_demo and not (place.settings.is_demo and attempt.is_local):
        raise DemoOnlyHere
    if HASHER.check_needs_rehash(found.password_hash):
        accounts.rehash(place.db, found.person, _hash(attempt.password))
    return found


@retried
def open_account(
    place: Place, person: str, username: str, password: str, *, nip: str | None = None, is_demo: bool = False
) -> Account:
    """A way in for this person, by the operator's own authority."""
    account = Account(
        person, login_name(username), login_name(nip) if nip else None, _hash(password), 1, None, None, is_demo
    )
    with place.db.atomic():
        _refuse_taken(place, account)
        accounts.add(place.db, account, place.moment())
    return account


def check_strength(username: str, password: str) -> None:
    """WeakPassword or PasswordHoldsName when the pass-phrase will not do."""
    text = _normal(password)
    if not SHORTEST <= len(text) <= LONGEST or len(set(text)) < SHORTEST // 3:
        raise WeakPassword(shortest=SHORTEST)
    if len(username) > 2 and username in text.casefold():
        raise PasswordHoldsName


def change_password(place: Place, person: str, present: str, new: str, address: str) -> Account:
    """Her own new pass-phrase; every other session of hers ends."""
    account = _known(place, person)
    subjects = throttle.of_stranger(f"change {person}", address)
    _count(place, subjects)
    if not _fits(account.password_hash, present):
        raise WrongPassword
    _forgive(place, subjects)
    check_strength(account.username, new)
    return _set(place, account, new, Viewer(person, {}), "password-changed")


def reset_password(place: Place, person: str, new: str) -> Account:
    """A new pass-phrase by the operator's authority."""
    account = _known(place, person)
    check_strength(account.username, new)
    return _set(place, account, new, Viewer("", {}), "password-reset")


def issue(place: Place, by: Viewer, school: str, person: str, username: str) -> str:
    """A first, or a new, pass-phrase for a member of an administrator's school; she changes it when she likes.

    Only for people whose every school this administrator looks after: nobody may take over, through her own school,
    an account that opens another.
    """
    member = people.read(place.db, school, person)
    if member is None or not by.has(school, Role.administrator) or not _looks_after(place, by, person):
        raise NotHere
    password = _words()
    present = accounts.read(place.db, person)
    if present is None:
        open_account(place, person, username, password, nip=member.nip)
        _note(place, by.person, "account-opened", person)
    else:
        _set(place, present, password, by, "password-reset")
    return password


@retried
def end_session(place: Place, session_sha256: str) -> None:
    """Signing out. What is longer ago than any session lasts is forgotten."""
    oldest = place.now() - timedelta(hours=place.settings.session_hours)
    with place.db.atomic():
        sessions.forget_before(place.db, as_text(oldest))
        sessions.end(place.db, session_sha256, place.moment())


def set_language(place: Place, person: str, language: str) -> None:
    accounts.set_language(place.db, person, language)


@retried
def close(place: Place, person: str) -> None:
    """She can no longer sign in, nor do her devices send or receive; what she wrote stays."""
    _known(place, person)
    with place.db.atomic():
        accounts.close(place.db, person, place.moment())
        for device in replicas.of_person(place.db, person):
            replicas.revoke(place.db, device.replica, "", place.moment())
            known = replicas.schools_that_know(place.db, device.replica) if not device.revoked_at else ()
            ended = {"revoked_at": place.moment()}
            drafts = [Draft(school, f"replica/{device.replica}", ended) for school in known]
            intake.write_inside(place, person, drafts)
        _note_inside(place, "", "account-closed", person)


@retried
def reopen(place: Place, person: str) -> None:
    _known(place, person)
    with place.db.atomic():
        accounts.reopen(place.db, person)
        _note_inside(place, "", "account-reopened", person)


def _known(place: Place, person: str) -> Account:
    account = accounts.read(place.db, person)
    if account is None:
        raise NotHere
    return account


def _subjects(attempt: Attempt, login: str, found: Account | None) -> Subjects:
    if found and attempt.browser and found.person in attempt.known:
        return throttle.of_known(attempt.browser, found.person)
    return throttle.of_stranger(login, attempt.address)


@retried
def _count(place: Place, subjects: Subjects) -> None:
    """Count one mistake ahead of time; TooManyAttempts, and nothing counted, when it comes too early."""
    now = place.now()
    with place.db.atomic():
        failures.forget_before(place.db, as_text(now - throttle.MEMORY))
        seen = {key: failures.read(place.db, key) for key in subjects.keys}
        waits = (
            throttle.wait_seconds(key, past.count, datetime.fromisoformat(past.last_failed_at), now)
            for key, past in seen.items()
            if past
        )
        if wait := max(waits, default=0):
            raise TooManyAttempts(wait)
        for key, past in seen.items():
            failures.write(place.db, key, (past.count if past else 0) + 1, as_text(now))


@retried
def _forgive(place: Place, subjects: Subjects) -> None:
    """The attempt was right: its own mistakes are forgotten, and it was none itself."""
    with place.db.atomic():
        for key in subjects.keys:
            (failures.forget if key in subjects.own else failures.take_back)(place.db, key)


def _refuse_taken(place: Place, account: Account) -> None:
    for login in filter(None, (account.username, account.nip)):
        if accounts.is_taken(place.db, login):
            raise NameTaken(login=login)
    if accounts.read(place.db, account.person) is not None:
        raise NameTaken(login=account.username)


@retried
def _set(place: Place, account: Account, new: str, by: Viewer, action: str) -> Account:
    hashed = _hash(new)
    with place.db.atomic():
        accounts.set_password(place.db, account.person, hashed, place.moment())
        _note_inside(place, by.person, action, account.person)
    return replace(account, password_hash=hashed, session_epoch=account.session_epoch + 1)


def _looks_after(place: Place, by: Viewer, person: str) -> bool:
    schools = people.viewer(place.db, person).schools
    return all(by.has(school, Role.administrator) for school in schools)


@retried
def _note(place: Place, by: str, action: str, person: str) -> None:
    with place.db.atomic():
        _note_inside(place, by, action, person)


def _note_inside(place: Place, by: str, action: str, person: str) -> None:
    """One audit row in each of the person's schools; `by` is empty for the operator of this server."""
    for school in people.viewer(place.db, person).schools:
        audit.add(place.db, audit.Entry(school, place.new_id(), place.moment(), by, action, f"person/{person}", ""))


def _normal(password: str) -> str:
    """The same pass-phrase, however the keyboard composed its letters."""
    return unicodedata.normalize("NFKC", password)


def _hash(password: str) -> str:
    return HASHER.hash(_normal(password))


def _fits(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, _normal(password)[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    """What an unknown name's pass-phrase is checked against."""
    return HASHER.hash(secrets.token_hex(16))


def _words() -> str:
    """Four easy words of three syllables: 63 random bits, readable aloud."""
    return "-".join("".join(_syllable() for _ in range(3)) for _ in range(4))


def _syllable() -> str:
    return secrets.choice("bdgjklmnprstw") + secrets.choice("aiu")
