"""Changes of one record, folded: the same set gives the same record, in any order, with any repeats.

A field's heads are the changes that set it and that no other change names in `seen` for it. `static/js/sync/record.js`
is this module again; `tests/vectors/` holds both to the same answers.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from sync.change import Change


class Head(msgspec.Struct, frozen=True, gc=False):
    """One value of one field that nothing has replaced."""

    id: str
    by: str
    at: str
    value: Any


class Field(msgspec.Struct, gc=False):
    """The heads of one field, and the changes it has been told are replaced but that have not arrived."""

    heads: list[Head] = []
    replaced: frozenset[str] = frozenset()

    @property
    def shown(self) -> Head:
        """The head on display: the latest by `(at, id)`."""
        return self.heads[0] if len(self.heads) == 1 else max(self.heads, key=lambda head: (head.at, head.id))

    @property
    def is_conflict(self) -> bool:
        """Several heads that do not say the same."""
        return any(not same(head.value, self.heads[0].value) for head in self.heads[1:])


Record = dict[str, Field]


def fold(changes: Iterable[Change]) -> Record:
    """The record these changes make."""
    record: Record = {}
    for change in {change.id: change for change in changes}.values():
        apply(record, change)
    return record


def apply(record: Record, change: Change) -> None:
    """Fold one more change into `record`; it must not have been folded before.

    `seen` counts only for the fields the change sets: nothing is ever taken away without something in its place.
    """
    id, by, at, all_seen = change.id, change.by, change.at, change.seen
    for name, value in change.set.items():
        target = record.get(name)
        seen = all_seen.get(name) if all_seen else None
        if target is None:
            if not seen:
                record[name] = Field([Head(id, by, at, value)])
                continue
            target = record[name] = Field()
        if seen:
            _replace(target, seen, id)
        if id in target.replaced:
            target.replaced -= {id}
        else:
            target.heads.append(Head(id, by, at, value))
            if len(target.heads) > 1:
                target.heads.sort(key=lambda head: head.id)


def _replace(target: Field, seen: Iterable[str], by: str) -> None:
    named = set(seen) - {by}
    present = {head.id for head in target.heads}
    target.heads = [head for head in target.heads if head.id not in named]
    target.replaced |= named - present


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; true is not 1, and 3 is 3.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def shown(record: Mapping[str, Field]) -> dict[str, Any]:
    """What a person sees: the value on display of every field that has one."""
    found = ((name, target.shown.value) for name, target in record.items() if target.heads)
    return {name: value for name, value in found if value is not None}


def conflicts(record: Mapping[str, Field]) -> list[str]:
    """The fields somebody has to decide, sorted."""
    return sorted(name for name, target in record.items() if len(target.heads) > 1 and target.is_conflict)
