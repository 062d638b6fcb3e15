"""Who is in the demonstration: schools, people and their devices, as `cast.toml` tells."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from importlib.resources import files
from typing import Any, Literal

from msgspec import Struct, convert

from observe.demo.ids import record_id, replica_id, spread


class Device(Struct, frozen=True, forbid_unknown_fields=True):
    """A tablet, phone or computer of one person. `ago` counts in school days."""

    name: str
    paired_ago: int
    seen_ago: int | None = None
    waiting: int = 0
    clock_offset_seconds: int = 0
    revoked_ago: int | None = None


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """One person of one school's roster."""

    key: str
    name: str
    honorific: Literal["Pak", "Bu"]
    position: str
    roles: tuple[Literal["observer", "teacher", "administrator"], ...]
    subjects: str = ""
    classes: str = ""
    born: date | None = None
    appointed: date | None = None
    on_contract: bool = False
    devices: tuple[Device, ...] = ()

    @property
    def id(self) -> str:
        return record_id("person", self.key)

    @property
    def nip(self) -> str | None:
        """Birth, appointment, sex, serial; on a contract the month of appointment is written 21."""
        if self.born is None or self.appointed is None:
            return None
        appointed = f"{self.appointed:%Y}21" if self.on_contract else f"{self.appointed:%Y%m}"
        return f"{self.born:%Y%m%d}{appointed}{1 if self.honorific == 'Pak' else 2}{spread(901, 999, 'nip', self.key)}"

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the `person` record."""
        plain = {
            "name": self.name,
            "nip": self.nip,
            "honorific": self.honorific,
            "subjects": self.subjects,
            "classes": self.classes,
            "position": self.position,
        }
        return {name: value for name, value in plain.items() if value} | {
            **{f"role.{role}": True for role in self.roles},
            "active": True,
        }

    def replica(self, device: int = 0) -> str:
        return replica_id("device", self.key, str(device))


class School(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One school and everybody in it."""

    key: str
    name: str
    npsn: str
    address: str
    letterhead: str
    time_zone: str
    head: str
    members: tuple[Member, ...]

    @property
    def id(self) -> str:
        return record_id("school", self.key)

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the `school` record."""
        return {
            "name": self.name,
            "npsn": self.npsn,
            "address": self.address,
            "letterhead": self.letterhead,
            "time_zone": self.time_zone,
            "head": self.member(self.head).id,
        }

    @cached_property
    def _by_key(self) -> Mapping[str, Member]:
        return {member.key: member for member in self.members}

    def member(self, key: str) -> Member:
        return self._by_key[key]


def schools() -> tuple[School, ...]:
    """The demonstration school first, then its neighbour."""
    return convert(tomllib.loads(_text("cast.toml"))["school"], type=tuple[School, ...])


def devices(school: School) -> Iterator[tuple[Member, int, Device]]:
    for member in school.members:
        for number, device in enumerate(member.devices):
            yield member, number, device


def _text(name: str) -> str:
    return files("observe.demo").joinpath(name).read_text("utf-8")
