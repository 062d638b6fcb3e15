"""The days a school in Indonesia is open, counted back and forth from a given day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

SUNDAY = 6
HOLIDAYS = (
    ((1, 1), (1, 4)),
    ((5, 1), (5, 1)),
    ((6, 1), (6, 1)),
    ((6, 20), (7, 12)),
    ((8, 17), (8, 17)),
    ((12, 19), (12, 31)),
)
"""First and last day, as month and day: between the terms, and the fixed public holidays."""


@dataclass(frozen=True, slots=True)
class SchoolDays:
    """Counts from `today` in the school's own time zone."""

    today: date
    time_zone: str

    def before(self, count: int) -> date:
        """The school day `count` school days before today; 0 is today itself, open or not."""
        return _nth(self.today, -1, count)

    def after(self, count: int) -> date:
        return _nth(self.today, 1, count)

    def moment(self, day: date, clock: str) -> datetime:
        """The moment the school's clock shows `clock` ("07:30") on `day`."""
        return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(self.time_zone)).astimezone(UTC)

    @property
    def dawn(self) -> datetime:
        """The first moment of today: everything in the past happened before it."""
        return self.moment(self.today, "00:00")


def from_day(day: date, count: int) -> date:
    """The school day `count` school days after `day`."""
    return _nth(day, 1, count)


def is_open(day: date) -> bool:
    month_day = (day.month, day.day)
    return day.weekday() != SUNDAY and not any(first <= month_day <= last for first, last in HOLIDAYS)


@cache
def _nth(day: date, direction: int, count: int) -> date:
    for opened in _open_days(day, direction):
        if count <= 0:
            break
        day, count = opened, count - 1
    return day


def _open_days(day: date, direction: int) -> Iterator[date]:
    while True:
        day += timedelta(days=direction)
        if is_open(day):
            yield day
