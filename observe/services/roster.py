"""The people of a school: who is on the roster, and what an edit of one of them really changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from observe.domain import access
from observe.domain.access import Role, Viewer
from observe.domain.errors import N_, NotHere, ObserveError
from observe.domain.fields import Fields
from observe.services import intake
from observe.services.intake import Draft, Notice
from observe.services.place import Place
from observe.store import accounts, changes, people, records
from observe.store.accounts import Account
from observe.store.records import Kept
from sync.change import CHANGE_ID, FIELD

LINES = ("name", "honorific", "nip", "subjects", "classes", "position")
FLAGS = ("role.observer", "role.teacher", "role.administrator", "active")


class LastAdministrator(ObserveError):
    """A school without an administrator could not be helped by anybody."""

    message = N_("This is the only administrator of the school. Make somebody else administrator first.")


class NipTaken(ObserveError):
    """Two people cannot have one staff number."""

    message = N_("%(name)s already has this NIP. Check the number.")


@dataclass(frozen=True, slots=True)
class Member:
    """One line of the roster. `nip` is None where the reader is not shown it."""

    id: str
    values: Fields
    roles: frozenset[Role]
    is_active: bool

    @property
    def name(self) -> str:
        return str(self.values.get("name") or "")

    @property
    def nip(self) -> str | None:
        return self.values.get("nip")


@dataclass(frozen=True, slots=True)
class Edit:
    """What an edit changes: the fields that differ from what the form showed, and the heads it showed for them."""

    set: Mapping[str, Any]
    seen: Mapping[str, list[str]]


def members(
    place: Place, viewer: Viewer, school: str, *, words: str = "", role: str = "", state: str = ""
) -> list[Member]:
    """The roster, by name: those whose name, subject, class, position or NIP holds `words`."""
    found = [_member(viewer, school, kept) for kept in records.of_kind(place.db, school, "person")]
    wanted = [
        member
        for member in found
        if _holds(member, words) and (not role or role in member.roles) and member.is_active == (state != "left")
    ]
    return sorted(wanted, key=lambda member: (member.name.casefold(), member.id))


def member(place: Place, viewer: Viewer, school: str, id: str) -> Member:
    """One person; NotHere when the school does not have her."""
    return _member(viewer, school, _kept(place, school, id))


def account(place: Place, id: str) -> Account | None:
    return accounts.read(place.db, id)


def heads(place: Place, school: str, id: str) -> dict[str, list[str]]:
    """What a form shows, as the change ids of each of its fields."""
    fields = _kept(place, school, id).fields
    return {name: [head.id for head in fields[name].heads] for name in (*LINES, *FLAGS) if name in fields}


def edit(place: Place, school: str, id: str, wanted: Mapping[str, Any], seen: Mapping[str, list[str]]) -> Edit:
    """What of `wanted` differs from what the form showed. Only that is written, so two edits at once both count."""
    showed = {name: _value_shown(place, school, id, name, seen.get(name, [])) for name in wanted}
    differs = {
        name: _kept_as(name, value)
        for name, value in wanted.items()
        if _kept_as(name, value) != _kept_as(name, showed[name])
    }
    _check(place, school, id, differs)
    return Edit(differs, {name: ids for name, ids in seen.items() if name in differs})


def change(
    place: Place, by: str, school: str, id: str, wanted: Mapping[str, Any], seen: Mapping[str, list[str]]
) -> list[Notice] | None:
    """`edit`, written in one transaction with its checks; None when nothing was different."""

    def found() -> list[Draft]:
        edited = edit(place, school, id, wanted, seen)
        return [Draft(school, f"person/{id}", edited.set, edited.seen)] if edited.set else []

    return intake.write_found(place, by, found)


def add(place: Place, by: str, school: str, id: str, wanted: Mapping[str, Any]) -> list[Notice]:
    """A new person's record, written in one transaction with its checks."""
    return intake.write_found(place, by, lambda: [Draft(school, f"person/{id}", newcomer(place, school, wanted))]) or []


def newcomer(place: Place, school: str, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a new person's record."""
    kept = {name: _kept_as(name, value) for name, value in wanted.items()}
    fields = {name: value for name, value in kept.items() if value is not None}
    _check(place, school, "", fields)
    return fields


def _kept_as(name: str, value: Any) -> Any:
    """How the record holds it: an empty line and a role she does not have are absent; she works here unless not."""
    return value is not False if name == "active" else value or None


def _check(place: Place, school: str, id: str, fields: Mapping[str, Any]) -> None:
    present = people.of_school(place.db, school)
    if fields.get("nip"):
        for person in present:
            if person.nip == fields["nip"] and person.person != id:
                raise NipTaken(name=person.name)
    gives_up = "role.administrator" in fields and not fields["role.administrator"]
    leaves = fields.get("active") is False
    others = [person for person in present if person.is_administrator and person.is_active and person.person != id]
    is_one = any(person.person == id and person.is_administrator and person.is_active for person in present)
    if (gives_up or leaves) and is_one and not others:
        raise LastAdministrator


def _value_shown(place: Place, school: str, id: str, name: str, ids: list[str]) -> Any:
    """The value that the form showed: of the heads it names, the one that is on display."""
    logged = [changes.by_id(place.db, school, head) for head in ids]
    found = [row.change for row in logged if row and row.record == f"person/{id}" and name in row.change.set]
    return max(found, key=lambda change: (change.at, change.id)).set[name] if found else None


def _kept(place: Place, school: str, id: str) -> Kept:
    kept = records.read(place.db, school, f"person/{id}")
    if kept is None:
        raise NotHere
    return kept


def _member(viewer: Viewer, school: str, kept: Kept) -> Member:
    hidden = access.hidden_fields(viewer, school, kept.record)
    values = Fields({name: value for name, value in kept.values.items() if name not in hidden})
    return Member(
        id=kept.id,
        values=values,
        roles=frozenset(role for role in Role if values.get(f"role.{role}")),
        is_active=values.get("active") is not False,
    )


def _holds(member: Member, words: str) -> bool:
    text = " ".join(str(member.values.get(name) or "") for name in LINES).casefold()
    return all(word in text for word in words.casefold().split())


def read_seen(text: str) -> dict[str, list[str]]:
    """The heads a form carried, as `field:id,id field:id`; what is not of that form is left out."""
    found: dict[str, list[str]] = {}
    for part in text.split():
        name, _, ids = part.partition(":")
        if FIELD.fullmatch(name) and ids:
            found[name] = [id for id in ids.split(",") if CHANGE_ID.fullmatch(id)]
    return found


def write_seen(seen: Mapping[str, list[str]]) -> str:
    return " ".join(f"{name}:{','.join(ids)}" for name, ids in seen.items())
