"""One visit as it was lived: planned in the office, seen and signed on a tablet, answered on a phone, checked later."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from observe.demo.cast import Member, School
from observe.demo.ids import record_id, spread
from observe.demo.lessons import Answer, Lesson, Step
from observe.demo.pen import Delivery, Parcel, Sheet
from observe.demo.school_days import SchoolDays, from_day
from observe.services.place import as_text

PLANNING_DAYS = 12
"""Observers plan their visits once in so many school days."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A lesson of the story, placed on the calendar of one school."""

    school: School
    days: SchoolDays
    lesson: Lesson

    def deliveries(self) -> Iterator[Delivery]:
        yield from self._seen()
        for number, step in enumerate(self.lesson.steps):
            if step.status != "open":
                yield (self._checked(number, step),)
        if self.lesson.answer:
            yield (self._answered(self.lesson.answer),)

    @property
    def observation(self) -> str:
        return f"observation/{record_id('observation', self.lesson.key, at=self.started_at)}"

    @property
    def observer(self) -> Member:
        return self.school.member(self.lesson.observer)

    @property
    def teacher(self) -> Member:
        return self.school.member(self.lesson.teacher)

    @property
    def was_planned(self) -> bool:
        """Two visits in three are announced; the rest happen in passing."""
        return not (self.lesson.is_in_one or self.lesson.is_draft) and spread(0, 2, "planned", self.lesson.key) > 0

    @property
    def planned_ago(self) -> int:
        return (self.lesson.ago // PLANNING_DAYS + 1) * PLANNING_DAYS

    @property
    def plan(self) -> Sheet:
        """The visit record, as the office wrote it."""
        lesson = self.lesson
        planned_at = self.days.moment(self.days.before(self.planned_ago), "10:05")
        fields = {
            "teacher": self.teacher.id,
            "observer": self.observer.id,
            "class_name": lesson.class_name,
            "subject": self._subject,
            "topic": lesson.topic,
            "planned_at": as_text(self.started_at),
            "rubric": lesson.instrument.reference,
            "status": "planned",
        }
        return Sheet(f"visit/{self._visit}", planned_at, fields)

    # -- the calendar

    @property
    def _day(self) -> date:
        return self.days.before(self.lesson.ago)

    @property
    def started_at(self) -> datetime:
        return self.days.moment(self._day, self.lesson.at)

    @property
    def _ended_at(self) -> datetime:
        return self.started_at + timedelta(minutes=self.lesson.minutes)

    @property
    def _signed_at(self) -> datetime:
        return self._ended_at + timedelta(minutes=spread(24, 70, "signed", self.lesson.key))

    @property
    def _arrived_at(self) -> datetime:
        """Half of the visits reach the centre before the hour is over; the rest wait for a signal."""
        hours = self.lesson.arrives_after_hours
        if hours is None:
            hours = (0, 0, 0, 3, 6, 21)[spread(0, 5, "hours", self.lesson.key)]
        waited = timedelta(hours=hours, minutes=spread(1, 26, "minutes", self.lesson.key))
        return min(self._signed_at + waited, self.days.dawn - timedelta(hours=2))

    # -- what was written

    @property
    def _subject(self) -> str:
        return self.lesson.subject or self.teacher.subjects

    @property
    def _visit(self) -> str:
        return record_id("visit", self.lesson.key)

    def _seen(self) -> Iterator[Delivery]:
        sheets = self._sheets()
        if self.lesson.is_in_one:
            sheets = [
                Sheet(self.observation, sheets[-1].at, {name: v for sheet in sheets for name, v in sheet.set.items()})
            ]
        if not self.lesson.elsewhere:
            yield (self._parcel(self._arrived_at, sheets),)
            return
        yield (self._parcel(self._ended_at + timedelta(minutes=20), sheets[:-1]),)
        yield self._with_elsewhere(sheets[-1])

    def _with_elsewhere(self, signing: Sheet) -> Delivery:
        """The signing, and what was written on the other device without having seen it."""
        other = self.lesson.elsewhere
        if other is None:
            raise ValueError(self.lesson.key)
        at = self._signed_at - timedelta(minutes=6)
        signed = [Sheet(self.observation, at, other.here)] if other.here else []
        here = self._parcel(self._arrived_at, [*signed, signing])
        there = Parcel(
            self.school.id,
            self.observer.id,
            self.observer.replica(other.device),
            self._arrived_at + timedelta(minutes=1 if other.is_late else -1),
            [Sheet(self.observation, at if other.is_late else self._arrived_at - timedelta(hours=2), other.there)],
        )
        return (here, there) if other.is_late else (there, here)

    def _parcel(self, arrived_at: datetime, sheets: list[Sheet]) -> Parcel:
        device = self.observer.replica(self.lesson.device)
        return Parcel(self.school.id, self.observer.id, device, arrived_at, sheets)

    def _sheets(self) -> list[Sheet]:
        """What the observer wrote, in the order it was sealed; last of all the signing."""
        begun, half, ended = self.started_at, self.lesson.minutes // 2, self._ended_at
        ratings = list(self.lesson.rating_of.items())
        middle = len(ratings) // 2
        after = ended + timedelta(minutes=18)
        sheets = [
            Sheet(self.observation, begun + timedelta(minutes=1), self._heading()),
            Sheet(self.observation, begun + timedelta(minutes=half), self._notes(0, half) | _ratings(ratings[:middle])),
            Sheet(self.observation, ended, self._notes(half, 1000) | _ratings(ratings[middle:]) | self._ending()),
            Sheet(self.observation, after, self._summary()),
            *(self._agreed(number, step, after) for number, step in enumerate(self.lesson.steps)),
        ]
        if self.was_planned:
            sheets.append(Sheet(f"visit/{self._visit}", after, {"status": "done"}))
        if not self.lesson.is_draft:
            sheets.append(Sheet(self.observation, self._signed_at, self._signature()))
        return [sheet for sheet in sheets if sheet.set]

    def _heading(self) -> dict[str, Any]:
        visit = {"visit": self._visit} if self.was_planned else {}
        return visit | {
            "teacher": self.teacher.id,
            "observer": self.observer.id,
            "rubric": self.lesson.instrument.reference,
            "class_name": self.lesson.class_name,
            "subject": self._subject,
            "topic": self.lesson.topic,
            "started_at": as_text(self.started_at),
            "status": "draft",
        }

    def _notes(self, first_minute: int, last_minute: int) -> dict[str, Any]:
        return {
            self.lesson.note_field(number): note
            for number, note in enumerate(self.lesson.note_values)
            if first_minute * 60 <= note["at_s"] < last_minute * 60
        }

    def _ending(self) -> dict[str, Any]:
        ended = {} if self.lesson.is_draft else {"ended_at": as_text(self._ended_at)}
        return ended | {f"comment.{code}": text for code, text in self.lesson.comments.items()}

    def _summary(self) -> dict[str, Any]:
        written = {"strengths": self.lesson.strengths, "growth": self.lesson.growth}
        return {name: text for name, text in written.items() if text}

    def _signature(self) -> dict[str, Any]:
        return {"status": "signed", "signed_at": as_text(self._signed_at)}

    # -- what came after

    def _step(self, number: int) -> str:
        return f"step/{record_id('step', self.lesson.key, str(number))}"

    def _agreed(self, number: int, step: Step, at: datetime) -> Sheet:
        fields = {
            "teacher": self.teacher.id,
            "observer": self.observer.id,
            "observation": self.observation.partition("/")[2],
            "text": step.text,
            "indicator": step.indicator,
            "due_on": from_day(self._day, step.due).isoformat(),
            "status": "open",
        }
        return Sheet(self._step(number), at, fields)

    def _checked(self, number: int, step: Step) -> Parcel:
        at = self.days.moment(from_day(self._day, step.checked), "13:10") + timedelta(minutes=number)
        fields: Mapping[str, Any] = {"status": step.status, "evidence": step.evidence, "checked_at": as_text(at)}
        return self._parcel(at + timedelta(minutes=9), [Sheet(self._step(number), at, fields)])

    def _answered(self, answer: Answer) -> Parcel:
        me = self.teacher.id
        promised = self.days.moment(from_day(self._day, answer.after), answer.clock)
        read_at = max(promised, self._arrived_at + timedelta(minutes=35))
        said = {f"stance.{me}": answer.stance, f"reply.{me}": answer.reply}
        sheets = [
            Sheet(self.observation, read_at, {f"read.{me}": as_text(read_at)}),
            Sheet(
                self.observation, read_at + timedelta(minutes=7), {name: text for name, text in said.items() if text}
            ),
        ]
        arrived_at = read_at + timedelta(minutes=9)
        return Parcel(self.school.id, me, self.teacher.replica(), arrived_at, [sheet for sheet in sheets if sheet.set])


def _ratings(ratings: list[tuple[str, int | str]]) -> dict[str, Any]:
    return {f"rating.{code}": rating for code, rating in ratings}
