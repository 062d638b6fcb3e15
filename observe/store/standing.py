"""What a question with nothing to ask has to be answered from, in one look."""

from collections.abc import Mapping
from dataclasses import dataclass

from observe.domain.access import Viewer
from observe.store import people, replicas
from observe.store.changes import Position
from observe.store.db import Db, Row
from observe.store.replicas import Replica


@dataclass(frozen=True, slots=True)
class Standing:
    """A device of a person's, what she may read, and how far the feeds have come; all of one moment."""

    device: Replica
    viewer: Viewer
    epoch: str
    is_demo: bool
    """Whether hers is an account of the demonstration, which is not to be used from everywhere."""
    ends: Mapping[str, Position]
    """Where the feed of each of her schools ends."""


def by_token(db: Db, token_sha256: str) -> Standing | None:
    """Of the device that is known by this token, when it is a person's."""
    found = db.rows(
        f"select {', '.join(f'r.{name} as r_{name}' for name in replicas.COLUMNS)},"
        " coalesce(a.is_demo, 0) as is_demo, here.epoch, f.seq, f.chain,"
        f" {', '.join(f'p.{name} as p_{name}' for name in people.COLUMNS)}"
        " from replica r left join place here on here.id = 1 left join account a on a.person = r.person"
        " left join person p on p.person = r.person left join feed f on f.school = p.school"
        " where r.token_sha256 = :token",
        {"token": token_sha256},
    )
    if not found or found[0]["r_person"] is None:
        return None
    viewer = people.as_viewer(found[0]["r_person"], [_part(row, "p_") for row in found if row["p_school"] is not None])
    return Standing(
        replicas.as_replica(_part(found[0], "r_")),
        viewer,
        found[0]["epoch"] or "",
        bool(found[0]["is_demo"]),
        {row["p_school"]: Position(row["seq"] or 0, row["chain"] or "") for row in found if row["p_school"]},
    )


def _part(row: Row, prefix: str) -> Row:
    return {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}
