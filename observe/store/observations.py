"""Rows of observations, for lists and filters; written again whenever a record is folded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from observe.domain.access import Scope
from observe.domain.scoring import Score
from observe.store.db import Db, Row


@dataclass(frozen=True, slots=True)
class Listed:
    """One observation as a list shows it, with the names of its people."""

    observation: str
    teacher: str | None
    teacher_name: str | None
    observer: str | None
    observer_name: str | None
    rubric: str | None
    status: str
    class_name: str | None
    subject: str | None
    topic: str | None
    started_at: str | None
    percent: float | None
    scored: int
    applicable: int
    read_at: str | None
    stance: str | None
    reply: str | None

    @property
    def state(self) -> str:
        """How far it has come: draft, signed, read or answered."""
        if self.status != "signed":
            return "draft"
        if self.stance or self.reply:
            return "answered"
        return "read" if self.read_at else "signed"

    @property
    def not_scored(self) -> int:
        return self.applicable - self.scored


STATES = ("draft", "signed", "read", "answered")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to. `rubric` is a rubric's id, any version; times are UTC, without their zone mark."""

    teacher: str = ""
    rubric: str = ""
    state: str = ""
    from_at: str = ""
    before_at: str = ""


def row(school: str, observation: str, values: Mapping[str, Any], score: Score | None) -> Row:
    """The row of one observation."""
    teacher = values.get("teacher")
    return {
        "school": school,
        "observation": observation,
        "status": values.get("status") or "draft",
        "points": score.points if score else None,
        "maximum": score.maximum if score else None,
        "percent": score.percent if score else None,
        "band": score.band.label.en if score and score.band else None,
        "scored": score.scored if score else 0,
        "applicable": score.scored + len(score.not_scored) if score else 0,
        "read_at": values.get(f"read.{teacher}"),
        "stance": values.get(f"stance.{teacher}"),
        "reply": values.get(f"reply.{teacher}"),
    } | {name: values.get(name) for name in _COPIED}


def write(db: Db, rows: Sequence[Row]) -> None:
    """Write rows, each as `row` made it."""
    if not rows:
        return
    names = list(rows[0])
    db.run_many(
        f"insert into observation ({', '.join(names)}) values ({', '.join(f':{name}' for name in names)})"
        " on conflict (school, observation) do update set "
        + ", ".join(f"{name} = excluded.{name}" for name in names if name not in {"school", "observation"}),
        rows,
    )


_COPIED = ("teacher", "observer", "rubric", "class_name", "subject", "topic", "started_at", "signed_at")


_MINE = "(o.observer = :me or (o.status = 'signed' and (:everyones = 1 or o.teacher = :me)))"
_ANSWERED = "(o.stance is not null or coalesce(o.reply, '') <> '')"
_NARROWED = f"""
    (:teacher = '' or o.teacher = :teacher)
    and (:rubric = '' or substr(o.rubric, 1, length(:rubric) + 1) = :rubric || '@')
    and (:from_at = '' or o.started_at >= :from_at)
    and (:before_at = '' or o.started_at < :before_at)
    and (:state = ''
        or (:state = 'draft' and o.status <> 'signed')
        or (:state = 'signed' and o.status = 'signed' and o.read_at is null and not {_ANSWERED})
        or (:state = 'read' and o.status = 'signed' and o.read_at is not null and not {_ANSWERED})
        or (:state = 'answered' and o.status = 'signed' and {_ANSWERED}))
"""


def find(db: Db, school: str, scope: Scope, narrowed: Filter, limit: int, offset: int) -> list[Listed]:
    """The observations this scope allows, the latest lesson first."""
    rows = db.rows(
        "select o.observation, o.teacher, t.name as teacher_name, o.observer, p.name as observer_name, o.rubric,"
        " o.status, o.class_name, o.subject, o.topic, o.started_at, o.percent, o.scored, o.applicable, o.read_at,"
        " o.stance, o.reply from observation o"
        " left join person t on t.school = o.school and t.person = o.teacher"
        " left join person p on p.school = o.school and p.person = o.observer"
        f" where o.school = :school and {_MINE} and {_NARROWED}"
        " order by coalesce(o.started_at, o.signed_at, '') desc, o.observation desc limit :limit offset :offset",
        _asked(school, scope, narrowed) | {"limit": limit, "offset": offset},
    )
    return [Listed(**row) for row in rows]


def count(db: Db, school: str, scope: Scope, narrowed: Filter) -> int:
    """How many there are in this scope; never how many there are."""
    rows = db.rows(
        f"select count(*) as found from observation o where o.school = :school and {_MINE} and {_NARROWED}",
        _asked(school, scope, narrowed),
    )
    return int(rows[0]["found"])


def _asked(school: str, scope: Scope, narrowed: Filter) -> Row:
    return {
        "school": school,
        "me": scope.person,
        "everyones": int(scope.is_everyones),
        "teacher": narrowed.teacher,
        "rubric": narrowed.rubric,
        "state": narrowed.state,
        "from_at": narrowed.from_at,
        "before_at": narrowed.before_at,
    }
