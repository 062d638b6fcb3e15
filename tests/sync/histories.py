"""Histories that could happen: replicas write what they have seen, and hear from each other now and then."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from sync.change import Change
from sync.record import Record, apply

SCHOOL = "01900000-0000-7000-8000-000000000001"
RECORD = "observation/01900000-0000-7000-8000-0000000000aa"
FIELDS = ["rating.A1", "comment.A1", "status", "note.x"]


@dataclass
class Replica:
    """One device: what it knows of the record, and how many changes it made."""

    name: str
    known: dict[str, Change] = field(default_factory=dict)
    record: Record = field(default_factory=dict)
    n: int = 0

    def write(self, values: dict[str, object], clock: int) -> Change:
        self.n += 1
        change = Change(
            id=f"{self.name}.{self.n}",
            school=SCHOOL,
            record=RECORD,
            by=self.name,
            at=f"2026-11-22T03:{clock % 60:02d}:00.000Z",
            set=values,
            seen={name: [h.id for h in self.record[name].heads] for name in values if name in self.record},
        )
        self.hear(change)
        return change

    def hear(self, change: Change) -> None:
        if change.id not in self.known:
            self.known[change.id] = change
            apply(self.record, change)


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    """Up to a dozen changes of three replicas to one record, in an order in which they were made."""
    replicas = [Replica(name) for name in ("aaaa", "bbbb", "cccc")]
    made: list[Change] = []
    for _ in range(draw(st.integers(0, 12))):
        author = draw(st.sampled_from(replicas))
        if draw(st.booleans()):
            other = draw(st.sampled_from(replicas))
            for change in made:
                if change.id in other.known:
                    author.hear(change)
        fields = draw(st.sets(st.sampled_from(FIELDS), min_size=1))
        value = st.sampled_from([None, 0, 1, 2, "na", {"text": "a"}])
        values = {name: draw(value) for name in sorted(fields)}
        made.append(author.write(values, draw(st.integers(0, 59))))
    return made
