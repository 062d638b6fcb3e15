"""A device for tests: it numbers changes, remembers what it saw, and can be told what a feed answered."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from observe.services import feed, intake
from observe.services.intake import Receipt, Sender
from observe.services.place import Place
from observe.store import people, replicas
from sync.change import Change, Written, encode


def heard(page: feed.Page) -> list[dict[str, Any]]:
    """The records of a page as a device has them when they came over the line."""
    told: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(page.records))
    return told


@dataclass
class Device:
    """One paired replica of one person, in one school."""

    place: Place
    school: str
    person: str
    replica: str
    n: int = 0
    cursor: str | None = None
    outbox: list[Written] = field(default_factory=list)
    records: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)

    @classmethod
    def paired(cls, place: Place, school: str, person: str, replica: str) -> "Device":
        with place.db.atomic():
            replicas.add(place.db, replica, person, "Tablet", None, place.moment())
        return cls(place, school, person, replica)

    def write(
        self, record: str, *, by: str | None = None, seen: dict[str, list[str]] | None = None, **values: Any
    ) -> Change:
        """One change to `record`; `rating__A1=2` sets `rating.A1`."""
        self.n += 1
        named = {name.replace("__", "."): value for name, value in values.items()}
        known = self.records.setdefault(record, {})
        shown = {name: [id for head in known[name] for id in head["ids"]] for name in named if known.get(name)}
        id = f"{self.replica}.{self.n}"
        change = Change(
            id, self.school, record, by or self.person, self.place.moment(), named, shown if seen is None else seen
        )
        self.outbox.append(encode(change))
        for name, value in named.items():
            known[name] = [{"ids": [id, *shown.get(name, [])], "value": value}]
        return change

    def send(self, *, is_revoked: bool = False) -> Receipt:
        receipt = intake.take_in(self.place, Sender(self.replica, self.person, is_revoked), self.outbox)
        if receipt.held:
            self.cursor, self.records = None, {}
        self.outbox = [written for written in self.outbox if written.change.n > receipt.stored_n]
        return receipt

    def pull(self, limit: int = 500) -> list[dict[str, Any]]:
        """Everything new, page after page, put where the device keeps it."""
        got: list[dict[str, Any]] = []
        while True:
            page = feed.heads(self.place, people.viewer(self.place.db, self.person), self.cursor, limit)
            self.cursor = page.cursor
            got += heard(page)
            if not page.has_more:
                break
        for entry in got:
            self._take(entry)
        return got

    def _take(self, entry: dict[str, Any]) -> None:
        if entry.get("gone"):
            self.records.pop(entry["record"], None)
            return
        known = self.records.setdefault(entry["record"], {})
        fresh: dict[str, list[dict[str, Any]]] = {name: [] for name in entry.get("cleared", [])}
        for head in entry["heads"]:
            for name, value in head["set"].items():
                fresh.setdefault(name, []).append({"ids": [head["id"]], "value": value})
        if entry["whole"]:
            known.clear()
        known.update(fresh)

    def shows(self, record: str) -> dict[str, Any]:
        """Field to value, where all heads agree; a list of the values where they do not."""
        found = {name: [head["value"] for head in heads] for name, heads in self.records.get(record, {}).items()}
        return {name: v[0] if all(x == v[0] for x in v) else v for name, v in found.items() if v and v != [None]}
