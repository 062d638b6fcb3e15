"""One seed's story: who does what, what breaks, and how everything ends."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from observe.domain.errors import ObserveError
from observe.services import intake, pairing
from observe.services.intake import Draft
from observe.store import held, people
from tests.crashing import Crash
from tests.simulation import oracle
from tests.simulation.sites import (
    ADMINISTRATORS,
    FORM,
    FORM_RECORD,
    IN_BOTH,
    LATER_FIELD,
    NEXT_FORM,
    NEXT_FORM_FIELDS,
    OBSERVERS,
    OTHER_SCHOOL,
    PEOPLE,
    SCHOOL,
    TEACHERS,
    Clock,
    Site,
    run_uplink,
    two_servers,
    uuid,
    without_a_log,
)
from tests.simulation.tablet import Tablet

STEPS = 50
LESSONS = 4
CODES = ("A1", "A2")


@dataclass
class Story:
    """A world made from one seed. `told` is what happened, line by line."""

    seed: int
    steps: int = STEPS
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)
        self.clock = Clock()
        self.centre, self.node, self.wire = two_servers(self.rng, self.clock)
        self.lessons = [f"observation/{uuid(100 + n)}" for n in range(LESSONS)]
        self.tablets: list[Tablet] = []
        self.gone: list[Tablet] = []
        self.destroyed: set[str] = set()
        for person in (*OBSERVERS, *TEACHERS, ADMINISTRATORS[0]):
            self.tablets.append(self._new_tablet(person))

    @without_a_log()
    def run(self) -> list[str]:
        """Live through it all; the promises that were broken."""
        acts = [act for act, weight in self._acts() for _ in range(weight)]
        for step in range(self.steps):
            self.clock.forward(self.rng.choice([1, 60, 3600, 400_000]))
            act = self.rng.choice(acts)
            said = act()
            if said:
                self.told.append(f"{step:3} {act.__name__.strip('_')}: {said}")
        self._settle()
        broken = oracle.broken_promises(self.centre, self.node, self.tablets, self.gone, self.destroyed)
        broken += [f"the centre answered {status}" for status in self.wire.broken]
        self.centre.db.close(), self.node.db.close()
        return broken

    def _acts(self) -> list[tuple[Callable[[], str], int]]:
        return [
            (self._observe, 14),
            (self._answer, 8),
            (self._exchange, 24),
            (self._uplink, 8),
            (self._change_roles, 2),
            (self._edit_in_office, 3),
            (self._decide, 4),
            (self._shut_out, 1),
            (self._copy_a_tablet, 2),
            (self._lose_a_tablet, 1),
            (self._back_up, 2),
            (self._restore, 1),
            (self._restore_node, 1),
            (self._publish_rubric, 1),
            (self._upgrade, 1),
        ]

    def _new_tablet(self, person: str) -> Tablet:
        site = self.rng.choice([self.centre, self.node])
        offset = self.rng.choice([0, 0, 5, -500, 366 * 86400.0])
        with site.awake() as place:
            paired = pairing.pair(place, person, f"tablet of {person[-2:]}")
        return Tablet(f"t{len(self.tablets)}/{person[-2:]}", person, paired.replica, self.clock, offset)

    # -- what people do

    def _observe(self) -> str:
        tablet = self._tablet(lambda found: found.person in OBSERVERS)
        return self._observe_on(tablet) if tablet else ""

    def _observe_on(self, tablet: Tablet) -> str:
        is_elsewhere = tablet.person == IN_BOTH and self.rng.random() < 0.5
        school = OTHER_SCHOOL if is_elsewhere else SCHOOL
        mostly = self.lessons[OBSERVERS.index(tablet.person) % LESSONS]
        lesson = mostly if self.rng.random() < 0.7 else self.rng.choice(self.lessons)
        record = f"observation/{uuid(900)}" if is_elsewhere else lesson
        values = self._evidence(tablet, record)
        change = tablet.write(school, record, values)
        return f"{tablet.name} writes {change.id} {record[-3:]} {sorted(values)}"

    def _evidence(self, tablet: Tablet, record: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if not tablet.shown(record):
            teacher = self.rng.choice(TEACHERS)
            form = self.rng.choice([FORM, FORM, FORM, NEXT_FORM])
            values |= {"observer": tablet.person, "teacher": teacher, "rubric": form, "status": "draft"}
        match self.rng.randrange(8):
            case 0 | 1:
                values[f"rating.{self.rng.choice(CODES)}"] = self.rng.choice([1, 2, 3, 99])
            case 2:
                values["growth"] = f"words of {tablet.person[-2:]} {self.rng.randrange(3)}"
            case 3:
                values[f"note.{uuid(5000 + self.rng.randrange(20))}"] = {"text": "x", "at_s": 3, "tags": []}
            case 4 | 5:
                values["status"] = "signed"
            case 6:
                values["status"] = "draft"
            case _:
                values[self.rng.choice([LATER_FIELD, "topic"])] = f"{self.rng.randrange(3)}"
        return values

    def _answer(self) -> str:
        tablet = self._tablet(lambda found: found.person in TEACHERS and bool(self._lessons_on(found)))
        if tablet is None:
            return ""
        record = self.rng.choice(self._lessons_on(tablet))
        change = tablet.write(SCHOOL, record, {f"reply.{tablet.person}": f"reply {self.rng.randrange(3)}"})
        return f"{tablet.name} answers {change.id} {record[-3:]}"

    def _lessons_on(self, tablet: Tablet) -> list[str]:
        return [record for record in self.lessons if record in tablet.theirs]

    def _exchange(self) -> str:
        tablet = self._tablet(lambda found: True)
        if tablet is None:
            return ""
        site = self.rng.choice([self.centre, self.node])
        fault = self.rng.random()
        if fault < 0.15:
            site.crash_on = self.rng.randint(1, 40)
        said = tablet.exchange(
            site,
            drop_request=0.15 <= fault < 0.2,
            drop_answer=0.2 <= fault < 0.35,
            most=self.rng.choice([1, 3, 1000]),
        )
        site.crash_on = 0
        return f"{tablet.name} meets the {site.name}: {said}"

    def _uplink(self) -> str:
        if self.rng.random() < 0.2:
            self.node.crash_on = self.rng.randint(1, 150)
        is_done = run_uplink(self.node, self.wire)
        self.node.crash_on = self.centre.crash_on = 0
        return "all of it" if is_done else "not all of it"

    def _change_roles(self) -> str:
        person = self.rng.choice([who for who in PEOPLE if who != uuid(15)])
        role = self.rng.choice(["role.observer", "role.teacher", "role.administrator", "active"])
        return self._write(f"person/{person}", {role: self.rng.random() < 0.6})

    def _edit_in_office(self) -> str:
        if self.rng.random() < 0.5:
            return self._write(f"person/{self.rng.choice(list(PEOPLE))}", {"name": f"name {self.rng.randrange(5)}"})
        values = {"teacher": self.rng.choice(TEACHERS), "class_name": f"{self.rng.randrange(5)}"}
        return self._write(f"visit/{uuid(700 + self.rng.randrange(2))}", values)

    def _decide(self) -> str:
        site = self.rng.choice([self.centre, self.node])
        waiting = held.of_school(site.db, SCHOOL) + held.decided(site.db, SCHOOL, 5)
        if not waiting:
            return ""
        item = self.rng.choice(waiting)
        (row,) = site.db.rows("select body from change where school = :s and seq = :q", {"s": SCHOOL, "q": item.seq})
        id = row["body"].partition('"id":"')[2].partition('"')[0]
        verdict = self.rng.choice(["released", "set-aside", "waiting"])
        if item.reason in {"invalid", "unknown"}:
            verdict = "set-aside"  # as the page would have it
        decision = f"decision/{uuid(3000 + self.rng.randrange(10_000))}"
        return self._write(decision, {"change": id, "verdict": verdict}, site)

    def _write(self, record: str, values: dict[str, Any], site: Site | None = None) -> str:
        where = site or self.rng.choice([self.centre, self.node])
        by = self.rng.choice(ADMINISTRATORS)
        if self.rng.random() < 0.15:
            where.crash_on = self.rng.randint(1, 40)
        try:
            with where.awake() as place:
                notices = intake.write(place, by, [Draft(SCHOOL, record, values)])
        except Crash:
            return "the server died"
        return f"{record[:12]}..{record[-4:]} {str(values)[:100]} at the {where.name}{' (held)' if notices else ''}"

    def _publish_rubric(self) -> str:
        return self._write(FORM_RECORD, {name: NEXT_FORM_FIELDS[name] for name in ("title", "version.2")})

    # -- what happens to devices and servers

    def _shut_out(self) -> str:
        tablet = self._tablet(lambda found: True)
        site = self.rng.choice([self.centre, self.node])
        if tablet is None:
            return ""
        try:
            with site.awake() as place:
                pairing.revoke(place, people.viewer(place.db, uuid(15)), tablet.replica)
        except ObserveError:
            return ""
        return f"{tablet.name} at the {site.name}"

    def _copy_a_tablet(self) -> str:
        tablet = self._tablet(lambda found: True)
        if tablet is None or len(self.tablets) > 11:
            return ""
        copy = tablet.copied()
        self.tablets.append(copy)
        if tablet.person in OBSERVERS and self.rng.random() < 0.7:  # both go on, each with a server of its own
            for one, site in ((tablet, self.node), (copy, self.centre)):
                self._observe_on(one)
                one.exchange(site), one.exchange(site)
        return f"{tablet.name} becomes {copy.name} too"

    def _lose_a_tablet(self) -> str:
        if self.rng.random() < 0.5 or len(self.tablets) < 4:
            return ""
        tablet = self.tablets.pop(self.rng.randrange(len(self.tablets)))
        tablet.is_lost = True
        self.gone.append(tablet)
        self._count_destroyed()
        self.tablets.append(self._new_tablet(tablet.person))
        return f"{tablet.name} is stolen; {self.tablets[-1].name} takes its place"

    def _back_up(self) -> str:
        site = self.rng.choice([self.centre, self.centre, self.node])
        site.back_up()
        return f"the {site.name}"

    def _restore(self) -> str:
        if self.rng.random() < 0.5:
            return ""
        self.centre.restore()
        self._count_destroyed()
        return "the centre stands as it did at its last backup"

    def _restore_node(self) -> str:
        if self.rng.random() < 0.7:
            return ""
        self.node.restore()
        self._count_destroyed()
        return "the node stands as it did at its last backup"

    def _count_destroyed(self) -> None:
        """What a stolen tablet had brought to a server that then went back to before: no copy of it is left anywhere.

        This is what "at the centre" means until there is a backup, and the one thing nobody can bring back.
        """
        logs = [row["digest"] for site in (self.centre, self.node) for row in site.db.rows("select digest from change")]
        alive = [written.digest for tablet in self.tablets for written in [*tablet.kept, *tablet.earlier]]
        left = {*logs, *alive}
        for tablet in self.gone:
            self.destroyed |= {id for id, written in tablet.promised.items() if written.digest not in left}

    def _upgrade(self) -> str:
        site = self.rng.choice([self.centre, self.node])
        if site.is_new:
            return ""
        site.upgrade()
        return f"the {site.name}"

    def _tablet(self, wanted: Callable[[Tablet], bool]) -> Tablet | None:
        found = [tablet for tablet in self.tablets if wanted(tablet)]
        return self.rng.choice(found) if found else None

    # -- the end: good lines, time enough, and everybody comes by

    def _settle(self) -> None:
        self.wire.is_faulty = False
        for site in (self.centre, self.node):
            if not site.is_new:
                site.upgrade()
        for _ in range(2):
            self._forward_all()
            for tablet in self.tablets:
                tablet.settle(self.centre)
        self._forward_all()
        for tablet in self.tablets:
            tablet.settle(self.centre)  # what the node brought last

    def _forward_all(self) -> None:
        for _ in range(20):
            self.clock.forward(86_400 * 2)
            if run_uplink(self.node, self.wire):
                return
        self.told.append("the uplink never came to an end")
