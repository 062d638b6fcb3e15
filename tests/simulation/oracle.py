"""What has to be true in the end, whatever happened. Each broken promise is a line; none is the only good answer."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from observe.services import verify
from observe.store import changes, people, records
from sync.chain import link
from sync.record import shown
from tests.simulation.sites import IN_BOTH, OTHER_SCHOOL, SCHOOL, Site, everything
from tests.simulation.tablet import Tablet


def broken_promises(
    centre: Site, node: Site, tablets: list[Tablet], gone: list[Tablet], destroyed: set[str]
) -> list[str]:
    return [
        *_lost(centre, [*tablets, *gone], destroyed),
        *_doubled(centre),
        *_apart(centre, node),
        *_shown_wrongly(centre, tablets),
        *_seen_by_others(centre, tablets),
        *_damaged(centre),
        *_damaged(node),
        *_acknowledged_too_far(centre),
        *_acknowledged_too_far(node),
    ]


def _rows(site: Site) -> list[changes.LogRow]:
    return [row for school in (SCHOOL, OTHER_SCHOOL) for row in changes.walk(site.db, school, 0, 100_000)]


def _words(change: Any) -> str:
    return f"{change.record} {change.by} {change.at} {sorted(map(str, change.set.items()))}"


def _lost(centre: Site, tablets: list[Tablet], destroyed: set[str]) -> Iterator[str]:
    """Whatever a server said it had stored is at the centre: as it was, or the same words under a copy's new name."""
    rows = _rows(centre)
    digests = {row.digest for row in rows}
    words = {_words(row.change) for row in rows}
    for tablet in tablets:
        for id, written in tablet.promised.items():
            if written.digest not in digests and _words(written.change) not in words and id not in destroyed:
                yield f"lost: {id}, which {tablet.name} was told is stored"
        if not tablet.is_lost:
            for written in [*tablet.kept, *tablet.earlier]:
                if written.digest not in digests and _words(written.change) not in words:
                    yield f"never arrived: {written.change.id} of {tablet.name}"


def _doubled(centre: Site) -> Iterator[str]:
    for id, times in Counter(row.change.id for row in _rows(centre)).items():
        if times > 1:
            yield f"doubled: {id} stands {times} times in the log of the centre"


def _apart(centre: Site, node: Site) -> Iterator[str]:
    there, here = everything(centre, SCHOOL), everything(node, SCHOOL)
    for record in sorted(there.keys() | here.keys()):
        theirs, ours = there.get(record, {}), here.get(record, {})
        names = sorted(name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name))
        if names:
            told = {name: (theirs.get(name), ours.get(name)) for name in names}
            yield f"apart: {record}: at the centre, and at the node: {told}"


def _shown_wrongly(centre: Site, tablets: list[Tablet]) -> Iterator[str]:
    """A device with everything shows each record it has as the centre does."""
    for tablet in tablets:
        if tablet.is_lost or _is_shut_out(centre, tablet):
            continue
        for record, fields in tablet.theirs.items():
            if record == f"person/{IN_BOTH}":
                continue  # she is on two rosters
            kept = _kept(centre, record)
            theirs = {name: set(heads) for name, heads in fields.items() if heads}
            ours = {name: {head.id for head in f.heads} for name, f in kept.fields.items() if f.heads} if kept else {}
            wrong = {name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name)} - {"nip"}
            if wrong:
                told = {name: (theirs.get(name), ours.get(name)) for name in sorted(wrong)}
                yield f"wrong on {tablet.name}: {record}: it shows, and should: {told}"


def _kept(centre: Site, record: str) -> records.Kept | None:
    return records.read(centre.db, SCHOOL, record) or records.read(centre.db, OTHER_SCHOOL, record)


def _seen_by_others(centre: Site, tablets: list[Tablet]) -> Iterator[str]:
    """Who may see an observation, said once more and otherwise than the product says it; and nobody misses one."""
    for school in (SCHOOL, OTHER_SCHOOL):
        members = {person.person: person for person in people.of_school(centre.db, school)}
        for kept in records.of_kind(centre.db, school, "observation"):
            values = shown(kept.fields)
            for tablet in tablets:
                me = members.get(tablet.person)
                is_in = me is not None and me.is_active and bool(me.roles)
                is_hers = values.get("observer") == tablet.person
                is_signed = values.get("status") == "signed"
                is_read = is_signed and (values.get("teacher") == tablet.person or (me and me.is_administrator))
                may = is_in and bool(is_hers or is_read)
                if tablet.is_lost or _is_shut_out(centre, tablet):
                    continue  # it keeps what it had, and is told nothing more
                if kept.record in tablet.theirs and not may:
                    yield f"seen: {tablet.name} of {tablet.person[-2:]} holds {kept.record}"
                is_known_here = not _is_of_one_school(centre, tablet, school)
                if may and kept.record not in tablet.theirs and kept.fields and is_known_here:
                    yield f"missing: {tablet.name} of {tablet.person[-2:]} lacks {kept.record}"


def _is_shut_out(centre: Site, tablet: Tablet) -> bool:
    rows = centre.db.rows("select revoked_at from replica where replica = :r", {"r": tablet.replica})
    return bool(rows and rows[0]["revoked_at"])


def _is_of_one_school(centre: Site, tablet: Tablet, school: str) -> bool:
    """Paired at the node, so the centre knows it in the node's school alone."""
    rows = centre.db.rows("select is_guest from replica where replica = :r", {"r": tablet.replica})
    return school == OTHER_SCHOOL and bool(rows and rows[0]["is_guest"])


def _damaged(site: Site) -> Iterator[str]:
    for school in (SCHOOL, OTHER_SCHOOL):
        chain = ""
        for row in changes.walk(site.db, school, 0, 100_000):
            chain = link(chain, row.body, row.verdict, row.reason)
            if chain != row.chain:
                yield f"broken: the chain of the {site.name} at {row.seq}"
                break
    for damage in verify.log(site.db):
        yield f"damaged at the {site.name}: {damage}"


def _acknowledged_too_far(site: Site) -> Iterator[str]:
    """Up to the number that is acknowledged, every one is there."""
    for row in site.db.rows("select replica, stored_n from replica where stored_n > 0"):
        found = site.db.rows(
            "select count(distinct n) as found from change where replica = :r and n <= :n",
            {"r": row["replica"], "n": row["stored_n"]},
        )
        if found[0]["found"] != row["stored_n"]:
            yield f"acknowledged too far: {row['replica']} to {row['stored_n']} at the {site.name}"
