"""Rows of agreed steps."""

from collections.abc import Mapping
from typing import Any

from observe.store.db import Db


def write(db: Db, school: str, step: str, values: Mapping[str, Any]) -> None:
    db.run(
        "insert into step (school, step, observation, teacher, observer, text, status, due_on)"
        " values (:school, :step, :observation, :teacher, :observer, :text, :status, :due_on)"
        " on conflict (school, step) do update set observation = excluded.observation, teacher = excluded.teacher,"
        " observer = excluded.observer, text = excluded.text, status = excluded.status, due_on = excluded.due_on",
        {
            "school": school,
            "step": step,
            "observation": values.get("observation"),
            "teacher": values.get("teacher"),
            "observer": values.get("observer"),
            "text": values.get("text") or "",
            "status": values.get("status") or "open",
            "due_on": values.get("due_on"),
        },
    )


def of_observation(db: Db, school: str, observation: str) -> list[str]:
    """The record names of the steps agreed on after one observation."""
    rows = db.rows(
        "select step from step where school = :school and observation = :observation order by step",
        {"school": school, "observation": observation},
    )
    return [f"step/{row['step']}" for row in rows]
