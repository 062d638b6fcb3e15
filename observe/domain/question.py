"""Different answers for one part of a record, as questions to decide: what belongs together stays together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync.record import Head, Record, conflicts

TOGETHER = ("rating", "comment")
"""The level of an indicator and the words about it are one answer."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the answers: whose, when, on which replica, and a value for each field in question.

    `own` are the fields she set herself; in the others her side keeps what is on display now.
    """

    id: str
    replica: str
    by: str
    at: str
    values: Mapping[str, Any]
    own: frozenset[str]


@dataclass(frozen=True, slots=True)
class Question:
    """Fields that are decided together, the answers to choose from, and every head they came from."""

    name: str
    fields: tuple[str, ...]
    sides: tuple[Side, ...]
    seen: Mapping[str, list[str]]

    @property
    def heads(self) -> frozenset[str]:
        """Every answer there is, by change id."""
        return frozenset(id for ids in self.seen.values() for id in ids)


def of_record(record: Record) -> list[Question]:
    """What somebody has to decide in this record, in the order of its fields."""
    names: dict[str, list[str]] = {}
    for field in conflicts(record):
        names.setdefault(_name(field), []).append(field)
    return [_question(record, name, tuple(sorted(fields, reverse=True))) for name, fields in names.items()]


def _name(field: str) -> str:
    kind, _, rest = field.partition(".")
    return f"indicator.{rest}" if kind in TOGETHER else field


def _question(record: Record, name: str, fields: tuple[str, ...]) -> Question:
    authors = sorted({_author(head) for field in fields for head in record[field].heads})
    sides = [side for author in authors for side in _sides(record, fields, author)]
    return Question(
        name=name,
        fields=fields,
        sides=tuple(sorted(sides, key=lambda side: (side.at, side.id))),
        seen={field: [head.id for head in record[field].heads] for field in fields},
    )


def _author(head: Head) -> tuple[str, str]:
    """One person at one device gives one answer, unless she answered twice without seeing the first."""
    return head.id.rpartition(".")[0], head.by


def _sides(record: Record, fields: tuple[str, ...], author: tuple[str, str]) -> list[Side]:
    given = {field: [head for head in record[field].heads if _author(head) == author] for field in fields}
    ordered = {field: sorted(heads, key=lambda head: (head.at, head.id)) for field, heads in given.items() if heads}
    times = max(len(heads) for heads in ordered.values())
    return [
        _side(record, fields, {field: heads[min(turn, len(heads) - 1)] for field, heads in ordered.items()})
        for turn in range(times)
    ]


def _side(record: Record, fields: tuple[str, ...], own: Mapping[str, Head]) -> Side:
    latest = max(own.values(), key=lambda head: (head.at, head.id))
    return Side(
        id="+".join(sorted({head.id for head in own.values()})),
        replica=latest.id.rpartition(".")[0],
        by=latest.by,
        at=latest.at,
        values={field: own[field].value if field in own else record[field].shown.value for field in fields},
        own=frozenset(own),
    )
