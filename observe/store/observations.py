"""Rows of observations, for lists and filters; written again whenever a record is folded."""

from collections.abc import Mapping
from typing import Any

from observe.domain.scoring import Score
from observe.store.db import Db


def write(db: Db, school: str, observation: str, values: Mapping[str, Any], score: Score | None) -> None:
    teacher = values.get("teacher")
    row = {
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
    names = list(row)
    db.run(
        f"insert into observation ({', '.join(names)}) values ({', '.join(f':{name}' for name in names)})"
        " on conflict (school, observation) do update set "
        + ", ".join(f"{name} = excluded.{name}" for name in names if name not in {"school", "observation"}),
        row,
    )


_COPIED = ("teacher", "observer", "rubric", "class_name", "subject", "topic", "started_at", "signed_at")
