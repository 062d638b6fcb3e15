"""A centre behind its real door, a node that forwards to it, and a line between them that can be cut."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from observe.app import create_app
from observe.services import joining, nodes, uplink
from observe.services.line import LineDown, Reply
from observe.services.place import Place
from observe.services.uplink import Progress
from observe.store import changes, records
from observe.web import place as web_place


@dataclass
class Wire:
    """A line into an app. `lost` requests do not arrive, of `unheard` ones the answer does not."""

    app: Flask
    lost: int = 0
    unheard: int = 0
    problem: str = "offline"
    asked: list[bytes] = field(default_factory=list)

    def __call__(self, path: str, body: bytes, token: str | None) -> Reply:
        self.asked.append(body)
        if self.lost > 0:
            self.lost -= 1
            raise LineDown(self.problem, "cut")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.app.test_client().post(path, data=body, content_type="application/json", headers=headers)
        if self.unheard > 0:
            self.unheard -= 1
            raise LineDown(self.problem, "cut")
        return Reply(answer.status_code, answer.get_data())


def an_app(place: Place) -> Flask:
    app = create_app(place.settings, db=place.db, now=place.now)
    web_place.install(app, place)
    app.testing = True
    return app


def let_in(centre: Place, node: Place, *schools: str, begins: bool = False) -> str:
    """Make `node` a node of these schools; its token."""
    made = nodes.let_in(centre, "", "Server sekolah", dict.fromkeys(schools, begins))
    joining.add(node, "https://centre.example", made.token)
    return made.token


def forward(node: Place, wire: Callable[[str, bytes, str | None], Reply]) -> Progress:
    return uplink.run(node, wire, lambda: 0.5, lambda progress: None)


def held_in_common(place: Place, school: str) -> dict[str, dict[str, list[tuple[str, Any]]]]:
    """Every record with the heads of its fields, without what a server notes for itself alone."""
    rows = place.db.rows("select record from record where school = :school", {"school": school})
    names = [row["record"] for row in rows if not row["record"].startswith("ruling/")]
    return {
        name: {
            field: sorted((head.id, str(head.value)) for head in f.heads) for field, f in kept.fields.items() if f.heads
        }
        for name, kept in records.read_many(place.db, school, names).items()
        if any(f.heads for f in kept.fields.values())
    }


def log_of(place: Place, school: str) -> list[str]:
    return [f"{row.change.id} {row.verdict}" for row in changes.walk(place.db, school, 0, 10_000)]
