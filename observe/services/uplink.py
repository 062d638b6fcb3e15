"""A node's way up: forward everything in the log to the centre, take the centre's log in, until both have all of it.

What stands between is written down after each answer, in one transaction with what the answer brought, so it goes on
where it stopped after any number of weeks, lost answers or restarts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from observe.domain.access import Refusal
from observe.domain.errors import N_, ObserveError
from observe.services import intake, outgoing
from observe.services.line import LineDown, Post, Reply
from observe.services.outgoing import Load, Status
from observe.services.place import Place, as_text
from observe.services.replication import Ledger, Told
from observe.services.retrying import retried
from observe.store import changes, replicas, uplinks
from observe.store.uplinks import Uplink
from sync.chain import link
from sync.change import decode
from sync.errors import NotThisProtocol

LARGEST = 250
"""The most changes in one request."""
TURN = timedelta(minutes=5)
COMPARE_EVERY = timedelta(days=1)
FIRST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 3600


class NoUplink(ObserveError):
    """This server forwards to nobody."""

    message = N_("This server has no centre yet. `observe uplink add` with the centre's address makes one known.")


class _School(msgspec.Struct, frozen=True):
    id: str
    name: str


class _Row(msgspec.Struct, frozen=True):
    seq: int
    verdict: str
    change: msgspec.Raw
    reason: str = ""
    detail: str = ""


class _Answer(msgspec.Struct, frozen=True):
    """What a centre answers a node."""

    protocol: int
    acks: dict[str, int]
    changes: list[_Row]
    chains: dict[str, tuple[int, str]]
    schools: list[_School]
    cursor: str
    more: bool
    forks: dict[str, int] = {}
    vectors: dict[str, dict[str, tuple[int, int]]] | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What one exchange did. `problem` says what was in the way; `is_done` that nothing is left either way."""

    forwarded: int = 0
    taken: int = 0
    left: int = 0
    is_done: bool = False
    problem: str | None = None


# -- going up


def run(place: Place, post: Post, chance: Callable[[], float], tell: Callable[[Progress], None]) -> Progress:
    """Exchange until nothing is left or something is in the way. Another run that is under way is left alone."""
    if uplinks.read(place.db) is None:
        raise NoUplink
    if not _take_turn(place):
        return Progress(problem="busy")
    try:
        return _until_done(place, post, chance, tell)
    finally:
        uplinks.give_up_turn(place.db)


def is_due(place: Place) -> bool:
    """Whether the timer may try: after a failure it waits, longer each time."""
    uplink = uplinks.read(place.db)
    return uplink is not None and (uplink.again_at is None or uplink.again_at <= place.moment())


@retried
def _take_turn(place: Place) -> bool:
    with place.db.atomic():
        return uplinks.take_turn(place.db, place.moment(), as_text(place.now() + TURN))


def _until_done(place: Place, post: Post, chance: Callable[[], float], tell: Callable[[Progress], None]) -> Progress:
    has_offered_again = False
    while True:
        done = exchange(place, post, chance)
        tell(done)
        if done.problem:
            return done
        uplinks.keep_turn(place.db, as_text(place.now() + TURN))
        if not done.is_done:
            continue
        if has_offered_again or not _is_to_compare(place):
            return done
        missing = compare(place, post, chance)
        if missing is None or missing.problem:
            return missing or done
        has_offered_again = True


def exchange(place: Place, post: Post, chance: Callable[[], float]) -> Progress:
    """One request and what comes of it."""
    uplink = _uplink(place)
    load = outgoing.load(place, uplink)
    try:
        reply = post("/sync/v1/exchange", _body(place, uplink, load), uplink.token)
    except LineDown as down:
        if down.problem == "timeout":
            uplinks.set_batch(place.db, max(1, min(uplink.batch, len(load.rows)) // 2))
        return _fail(place, uplink, down.problem, None, chance)
    if reply.status != 200:
        return _deal(place, uplink, load, reply, chance)
    answer = _answer(reply)
    if answer is None:
        return _fail(place, uplink, "portal", None, chance)
    told = _told(place, answer)
    if told is None:
        return _fail(place, uplink, "altered", None, chance)
    has_moved = _settle(place, load, answer, told)
    left = 0 if load.is_rest else sum(waits.changes for _, waits in _known(outgoing.status(place)).schools)
    is_done = not has_moved and load.is_rest and not answer.more and not answer.forks and _is_all_forwarded(place)
    return Progress(len(load.rows), len(told), left, is_done)


def compare(place: Place, post: Post, chance: Callable[[], float]) -> Progress | None:
    """Hold both logs against each other by how many changes of each replica there are; None when they agree.

    Otherwise what one of them lacks is offered, or read, from the start again.
    """
    uplink = _uplink(place)
    try:
        reply = post("/sync/v1/exchange", _body(place, uplink, Load([], {}, True), has_vectors=True), uplink.token)
    except LineDown as down:
        return _fail(place, uplink, down.problem, None, chance)
    answer = _answer(reply) if reply.status == 200 else None
    if answer is None or answer.vectors is None:
        return _fail(place, uplink, "server", reply.retry_after_seconds, chance)
    with place.db.atomic():
        forked = replicas.forked(place.db)
        vectors = {school: _without(forked, theirs) for school, theirs in answer.vectors.items()}
        ours = {school: outgoing.vector(place, school) for school in vectors}
        lacking = [school for school, theirs in vectors.items() if _has_more(ours[school], theirs)]
        for school in lacking:
            uplinks.offer_again(place.db, school)
        if any(_has_more(theirs, ours[school]) for school, theirs in vectors.items()):
            uplinks.forget_cursor(place.db)
            lacking.append("")
        uplinks.note_compared(place.db, place.moment())
    return Progress(left=len(lacking)) if lacking else None


# -- what goes into a request, and what comes of it


def _body(place: Place, uplink: Uplink, load: Load, *, has_vectors: bool = False) -> bytes:
    waits = _known(outgoing.status(place))
    asked = {
        "protocol": 1,
        "feed": "log",
        "replica": intake.here(place).replica,
        "cursor": uplink.cursor,
        "changes": [msgspec.Raw(row.body.encode()) for row in load.rows],
        "waiting": waits.waiting,
        "waiting_since": waits.since,
        "now": place.moment(),
        "vectors": has_vectors,
    }
    return msgspec.json.encode(asked)


def _answer(reply: Reply) -> _Answer | None:
    """The centre's answer; None when it is none, such as the sign-in page of somebody's network."""
    try:
        return msgspec.json.decode(reply.body, type=_Answer)
    except msgspec.MsgspecError:
        return None


def _told(place: Place, answer: _Answer) -> list[Told] | None:
    """The rows of the centre's log, each following on the one before it; None when they do not."""
    known = uplinks.schools(place.db)
    ends = {school: (at.their_seq, at.their_chain) for school, at in known.items()}
    told: list[Told] = []
    for row in answer.changes:
        try:
            written = decode(bytes(row.change).decode())
        except (NotThisProtocol, UnicodeDecodeError):
            return None
        seq, chain = ends.get(written.change.school, (0, ""))
        if row.seq != seq + 1:
            return None
        ends[written.change.school] = (row.seq, link(chain, written.body, row.verdict, row.reason))
        refused = Refusal(row.reason, row.detail) if row.verdict == "held" else None
        told.append(Told(written, refused))
    is_whole = all(ends.get(school, (0, "")) == end for school, end in answer.chains.items())
    return told if is_whole else None


@retried
def _settle(place: Place, load: Load, answer: _Answer, told: list[Told]) -> bool:
    """Write down what an answer brought and how far things are now, together; whether a copied device's words moved.

    The centre's log is then read from its start: among what was moved may be what the centre has word for word, and
    told long ago. That counts here too.
    """
    with place.db.atomic(locks_first=True):
        db = place.db
        schools = {*answer.chains, *(row.school for row in load.rows), *(item.written.change.school for item in told)}
        ledger = Ledger(place, schools)
        for told_of in answer.schools:
            uplinks.add_school(db, told_of.id, told_of.name)
        for school, seq in load.reached.items():
            uplinks.note_forwarded(db, school, seq)
        known = uplinks.schools(db)
        is_all_up = {s for s, at in known.items() if at.forwarded >= changes.position(db, s).seq}
        moved = [replica for replica, n in answer.forks.items() if ledger.move(replica, n, has_copies=True)]
        ledger.look_beyond()
        ledger.look_up(item.written for item in told)
        for item in told:
            moved += filter(None, [ledger.learn(item)])
        ledger.close()
        intake.release_allowed(place, ledger.schools_with_new_rubrics)
        for school, (seq, chain) in answer.chains.items():
            uplinks.note_read(db, school, seq, chain)
            if school in is_all_up and not moved:
                uplinks.note_forwarded(db, school, changes.position(db, school).seq)
        uplinks.note_answer(db, answer.cursor, place.moment())
        if moved:
            uplinks.forget_cursor(db)
        if load.rows:
            uplinks.set_batch(db, min(LARGEST, _uplink(place).batch * 2))
    return bool(moved)


def _is_all_forwarded(place: Place) -> bool:
    return _known(outgoing.status(place)).waiting == 0 or not outgoing.load(place, _uplink(place)).rows


def _deal(place: Place, uplink: Uplink, load: Load, reply: Reply, chance: Callable[[], float]) -> Progress:
    """An answer that says what is wrong."""
    match reply.status:
        case 410:
            with place.db.atomic():
                uplinks.forget_cursor(place.db)
                uplinks.offer_again(place.db)
            if uplink.cursor is None:
                return _fail(place, uplink, "server", None, chance)
            return Progress(left=1)
        case 400 | 413 if len(load.rows) > 1:
            uplinks.set_batch(place.db, max(1, min(uplink.batch, len(load.rows)) // 2))
            return Progress(left=len(load.rows))
        case 400 | 413 | 415 | 426:
            return _fail(place, uplink, "refused", None, chance)
        case 401 | 403:
            return _fail(place, uplink, "shut-out", None, chance)
    return _fail(place, uplink, "server", reply.retry_after_seconds, chance)


def _fail(
    place: Place, uplink: Uplink, problem: str, wait_seconds: int | None, chance: Callable[[], float]
) -> Progress:
    """Wait before the next try: longer each time, by chance, so that a district's nodes do not come back at once."""
    most = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(uplink.failures, 20))
    wait = wait_seconds if wait_seconds is not None else chance() * most
    uplinks.note_failure(place.db, problem, as_text(place.now() + timedelta(seconds=wait)))
    return Progress(problem=problem)


def _is_to_compare(place: Place) -> bool:
    compared_at = _uplink(place).compared_at
    return compared_at is None or compared_at < as_text(place.now() - COMPARE_EVERY)


def _without(forked: Mapping[str, int], vector: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """A copied device's numbers mean different changes at the two; they are not counted."""
    return {replica: counted for replica, counted in vector.items() if replica not in forked}


def _has_more(one: dict[str, tuple[int, int]], other: dict[str, tuple[int, int]]) -> bool:
    return any(numbers > other.get(replica, (0, 0))[0] for replica, (numbers, _) in one.items())


def _uplink(place: Place) -> Uplink:
    found = uplinks.read(place.db)
    if found is None:
        raise NoUplink
    return found


def _known(found: Status | None) -> Status:
    if found is None:
        raise NoUplink
    return found
