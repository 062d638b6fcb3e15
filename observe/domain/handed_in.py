"""What became of a file that was handed in, line by line."""

from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_TOLD = 2_000
"""So many lines of a report are kept; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one line. `outcome` is `new`, `here`, `held`, `gap`, `other`, `author` or `unreadable`."""

    number: int
    outcome: str
    id: str = ""
    record: str = ""
    made_at: str = ""
    detail: str = ""


@dataclass(slots=True)
class Report:
    """What a file was, and what became of each of its lines."""

    author: str
    device: str
    made_at: str
    is_cut: bool
    is_sealed: bool
    counts: dict[str, int] = field(default_factory=dict)
    lines: list[Told] = field(default_factory=list)

    def tell(self, told: Iterable[Told]) -> None:
        for line in told:
            self.counts[line.outcome] = self.counts.get(line.outcome, 0) + 1
            if len(self.lines) < MOST_TOLD:
                self.lines.append(line)
