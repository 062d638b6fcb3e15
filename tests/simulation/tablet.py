"""A device of the simulation: what the field pages do, as far as another program can tell."""

import copy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from observe.domain.access import Viewer
from observe.services import feed, intake, pairing
from observe.services.intake import Receipt, Sender
from observe.store import backups, people, replicas
from sync.change import Change, Written, encode
from sync.errors import Fork, Gap, Reset
from tests.crashing import Crash
from tests.devices import heard
from tests.simulation.sites import Clock, Site

Heads = dict[str, dict[str, Any]]
"""Change id to the value it gave a field."""


@dataclass
class Tablet:
    """One device of one person. `kept` holds its own changes until a server has them in a backup."""

    name: str
    person: str
    replica: str
    clock: Clock
    offset_seconds: float
    n: int = 0
    acked: int = 0
    cursor: str | None = None
    kept: list[Written] = field(default_factory=list)
    theirs: dict[str, dict[str, Heads]] = field(default_factory=dict)
    """What the server said last of each record, with what it acknowledged folded in."""
    again: set[str] = field(default_factory=set)
    """What was acknowledged once, and is offered again because a server lost it."""
    listed: dict[str, int] = field(default_factory=dict)
    """In which reading from the start a record came last."""
    reading: int = 0
    reading_done: int = 0
    promised: dict[str, Written] = field(default_factory=dict)
    """What a server said it has stored: by id."""
    is_lost: bool = False
    is_stuck: bool = False
    is_offering: bool = False
    offered: dict[str, Written] = field(default_factory=dict)
    earlier: list[Written] = field(default_factory=list)
    """What it holds under names it had before."""
    copies: int = 0

    # -- writing

    def write(self, school: str, record: str, values: dict[str, Any]) -> Change:
        """One change; it was looking at everything this device shows."""
        self.n += 1
        shown = self.shown(record)
        seen = {name: sorted(shown[name]) for name in values if shown.get(name)}
        at = (self.clock.now + timedelta(seconds=self.offset_seconds)).isoformat(timespec="milliseconds")
        change = Change(f"{self.replica}.{self.n}", school, record, self.person, at[:-6] + "Z", values, seen)
        self.kept.append(encode(change))
        return change

    def shown(self, record: str) -> dict[str, Heads]:
        """What it shows of a record: what the server told, and its own that was not acknowledged laid over."""
        fields = {name: dict(heads) for name, heads in self.theirs.get(record, {}).items()}
        for written in self.kept:
            change = written.change
            if change.record == record and not self._is_acked(change) and change.id not in self.again:
                _fold(fields, change)
        return fields

    def _is_acked(self, change: Change) -> bool:
        return change.replica == self.replica and change.n <= self.acked

    def copied(self) -> "Tablet":
        """Another device with everything this one holds, as from a copied profile."""
        self.copies += 1
        return replace_name(copy.deepcopy(self, {id(self.clock): self.clock}), f"{self.name}'{self.copies}")

    # -- exchanging

    def exchange(self, site: Site, *, drop_request: bool = False, drop_answer: bool = False, most: int = 1000) -> str:
        """One round with a server; what came of it."""
        if drop_request:
            return "lost on the way"
        try:
            with site.awake() as place:
                return self._exchange(site, place, drop_answer=drop_answer, most=most)
        except Crash:
            return "the server died"

    def _exchange(self, site: Site, place: Any, *, drop_answer: bool, most: int) -> str:
        device = replicas.read(place.db, self.replica)
        if device is None or device.person is None:
            return self._pair(site, place, "it was not known there")
        if self.is_offering:
            self._offer_earlier(place, device)
        batch = [written for written in self.kept if not self._is_acked(written.change)][:most]
        if device.revoked_at and not batch:
            return self._ask_shut_out(place)
        schools = replicas.schools_that_know(place.db, self.replica) if device.is_guest else None
        sender = Sender(self.replica, self.person, device.revoked_at is not None, schools)
        try:
            receipt = intake.take_in(place, sender, batch)
        except Gap as gap:
            return self._rewind(site, place, gap.expected)
        except Fork:
            return self._pair(site, place, "it was copied", is_fork=True)
        viewer = Viewer(self.person, {}) if device.revoked_at else people.viewer(place.db, self.person)
        if schools is not None:
            viewer = Viewer(self.person, {s: viewer.schools[s] for s in schools & viewer.schools.keys()})
        if drop_answer:
            return "the answer was lost"
        try:
            page = feed.after(place, viewer, self.cursor, receipt, 3, folds=self._folds(batch))
            while page.has_more and not receipt.is_behind:
                more = feed.heads(place, viewer, page.cursor, 50)
                more.records, page = page.records + more.records, more
        except Reset:
            return self._start_over()
        backed_up = backups.reach_of_person(place.db, self.person)
        return self._take(receipt, page, backed_up.get(self.replica, 0))

    def _folds(self, batch: list[Written]) -> bool:
        """Whether what is accepted of a batch need not come back. The third of the tablets is from before that."""
        is_told_all = not self.is_offering and self.reading == self.reading_done
        return is_told_all and not self.name.startswith("t2/") and not any(w.change.id in self.again for w in batch)

    def _ask_shut_out(self, place: Any) -> str:
        try:
            feed.heads(place, Viewer(self.person, {}), self.cursor, 1)
        except Reset:
            return self._start_over()
        return "shut out"

    def _start_over(self) -> str:
        self._go_back_to(1)
        self.cursor, self.is_offering, self.reading = None, True, self.reading + 1
        return "reset"

    def _go_back_to(self, n: int) -> None:
        self.again |= {w.change.id for w in self.kept if n <= w.change.n and self._is_acked(w.change)}
        self.acked = n - 1

    def _take(self, receipt: Receipt, page: feed.Page, backed_up: int) -> str:
        stored_n = receipt.stored_n
        if stored_n > self.n:
            self.is_stuck = True  # the server knows changes it does not remember: next time it pairs anew
            return "the server knows more than it does"
        self._put_away(stored_n, {notice.id for notice in receipt.held})
        self.promised |= self.offered
        self.offered = {}
        for written in self.kept:
            if self._is_acked(written.change):
                self.promised[written.change.id] = written
        self.kept = [w for w in self.kept if w.change.n > backed_up or not self._is_acked(w.change)]
        self.is_offering = self.is_offering and any(
            w.change.id in self.again and not self._is_acked(w.change) for w in self.kept
        )
        if self.is_offering:
            return f"offers again, acknowledged to {stored_n}"  # what is told meanwhile is not read
        for entry in heard(page):
            self._learn(entry)
        if receipt.is_behind:
            return f"acknowledged to {stored_n}, and goes on sending"
        self.cursor = page.cursor
        if self.reading_done != self.reading:
            self._end_reading()
        return f"acknowledged to {stored_n}, told of {len(page.records)}"

    def _put_away(self, stored_n: int, held: set[str]) -> None:
        """What is acknowledged is folded into what the server said before: it may not come back."""
        fresh = [w.change for w in self.kept if not self._is_acked(w.change) and w.change.n <= stored_n]
        self.acked = max(self.acked, stored_n)
        for change in fresh:
            known = self.theirs.get(change.record, {})
            is_told = any(change.id in known.get(name, {}) for name in change.set)
            if not is_told and change.id not in self.again | held:
                _fold(self.theirs.setdefault(change.record, {}), change)
            self.again.discard(change.id)

    def _end_reading(self) -> None:
        """All was read from the start: what did not come is gone, but where something of ours waits."""
        self.reading_done = self.reading
        waiting = {w.change.record for w in self.kept if not self._is_acked(w.change)}
        for record in [r for r in self.theirs if self.listed.get(r, 0) != self.reading and r not in waiting]:
            del self.theirs[record]

    def _learn(self, entry: dict[str, Any]) -> None:
        self.listed[entry["record"]] = self.reading
        if entry.get("gone"):
            self.theirs.pop(entry["record"], None)
            return
        known = self.theirs.setdefault(entry["record"], {})
        fresh: dict[str, Heads] = {name: {} for name in entry.get("cleared", [])}
        for head in entry["heads"]:
            for name, value in head["set"].items():
                fresh.setdefault(name, {})[head["id"]] = value
        if entry["whole"]:
            known.clear()
        known.update(fresh)

    def _rewind(self, site: Site, place: Any, expected: int) -> str:
        if not any(written.change.n == expected for written in self.kept):
            return self._pair(site, place, f"it has no {expected} any more", is_fork=True)
        self._go_back_to(expected)
        return f"goes back to {expected}"

    def _pair(self, site: Site, place: Any, why: str, *, is_fork: bool = False) -> str:
        """Sign in and pair anew.

        What it holds is offered under the names it was written with. After a fork those are another's too, and what
        this server has not acknowledged goes on under the new one.
        """
        if not place.db.rows("select 1 from person where person = :person", {"person": self.person}):
            return "nobody here knows its person"
        paired = pairing.pair(place, self.person, self.name)
        open_ = [written.change for written in self.kept if is_fork and not self._is_acked(written.change)]
        self.earlier += [written for written in self.kept if not is_fork or self._is_acked(written.change)]
        self.replica, self.n, self.acked = paired.replica, 0, 0
        self.kept, self.is_stuck, self.is_offering = [], False, not is_fork
        if is_fork:
            self._issue_again(open_, has_twins=False)
        return f"pairs anew as {self.replica}: {why}"

    def _offer_earlier(self, place: Any, device: Any) -> None:
        """What was written under earlier names; what cannot be taken so is issued again under the present one."""
        for name in dict.fromkeys(written.change.replica for written in self.earlier):
            batch = [written for written in self.earlier if written.change.replica == name]
            try:
                if not pairing.may_offer(place, device, name):
                    raise Fork(name)
                receipt = intake.take_in(
                    place, Sender(name, self.person, bool(device.revoked_at), claims=self.name), batch
                )
                self.offered |= {w.change.id: w for w in batch if w.change.n <= receipt.stored_n}
            except (Fork, Gap) as why:
                self._issue_again([written.change for written in batch], has_twins=isinstance(why, Gap))
                self.earlier = [written for written in self.earlier if written.change.replica != name]

    def _issue_again(self, old: list[Change], *, has_twins: bool) -> None:
        renamed: dict[str, str] = {}
        for change in old:
            self.n += 1
            id = renamed[change.id] = f"{self.replica}.{self.n}"
            seen = {name: [renamed.get(known, known) for known in ids] for name, ids in change.seen.items()}
            if has_twins:
                seen = {name: [*seen.get(name, []), change.id] for name in change.set}
            self.kept.append(encode(Change(id, change.school, change.record, change.by, change.at, change.set, seen)))

    def settle(self, site: Site) -> None:
        """Exchange until nothing is left, as with a good line."""
        for _ in range(30):
            if self.is_stuck:
                with site.awake() as place:
                    self._pair(site, place, "the server knew more", is_fork=True)
            before = (self.cursor, self.acked, self.replica)
            self.exchange(site)
            waits = self.is_offering or any(not self._is_acked(written.change) for written in self.kept)
            if (self.cursor, self.acked, self.replica) == before and not (waits or self.is_stuck):
                return


def _fold(fields: dict[str, Heads], change: Change) -> None:
    for name, value in change.set.items():
        heads = fields.setdefault(name, {})
        for id in change.seen.get(name, []):
            heads.pop(id, None)
        heads[change.id] = value


def replace_name(tablet: Tablet, name: str) -> Tablet:
    tablet.name = name
    return tablet
