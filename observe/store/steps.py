"""Rows of agreed steps."""

from collections.abc import Mapping, Sequence
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
    return of_observations(db, school, [observation]).get(observation, [])


def of_observations(db: Db, school: str, observations: Sequence[str], at_once: int = 400) -> dict[str, list[str]]:
    """The record names of the steps agreed on after each of `observations` that has some."""
    found: dict[str, list[str]] = {}
    for start in range(0, len(observations), at_once):
        part = observations[start : start + at_once]
        places = ", ".join(f":o{index}" for index in range(len(part)))
        rows = db.rows(
            f"select observation, step from step where school = :school and observation in ({places}) order by step",
            {"school": school} | {f"o{index}": id for index, id in enumerate(part)},
        )
        for row in rows:
            found.setdefault(row["observation"], []).append(f"step/{row['step']}")
    return found
