"""Commands between servers: `observe node`, at a centre, and `observe uplink`, at a school's own server."""

import argparse
import getpass
import platform
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from observe.domain.errors import ObserveError
from observe.services import blob_line, joining, line, nodes, outgoing, uplink
from observe.services.blob_line import Carried
from observe.services.outgoing import Status
from observe.services.place import Place
from observe.services.uplink import Progress
from observe.store import nodes as node_rows
from observe.store import people, uplinks

Environment = Mapping[str, str]
Opening = Callable[[Environment], Any]
"""A context manager with the place of this installation."""

PROBLEMS = {
    "offline": "the centre cannot be reached",
    "timeout": "the centre did not answer in time; less is sent at once from now on",
    "certificate": "the centre's certificate is not valid; nothing was sent",
    "portal": "something else answered in the centre's place",
    "shut-out": "the centre has shut this server out; ask its administrator for a new token",
    "refused": "the centre does not understand this version; update the older of the two",
    "altered": "what came does not follow on what is here: it was altered on the way, or at the centre",
    "server": "the centre cannot answer at this moment",
    "no-room": "the centre has no room left for photos of this school",
    "busy-here": "this server has no time to look at photos at this moment",
    "busy": "another run is under way",
}
_POLL_SECONDS = 5


class NoSuchSchool(ObserveError):
    """No school is meant, or no node."""

    message = "there is no %(what)s %(named)r here"


def add_to(verbs: Any, opening: Opening, chance: Callable[[], float]) -> None:
    """The parsers of these commands; each `do` answers its exit status."""
    node = verbs.add_parser("node", help="which servers of schools forward to this one").add_subparsers(required=True)
    add = node.add_parser("add", help="let a school's server in; prints the token it needs")
    add.add_argument("--school", action="append", default=[], metavar="NAME OR ID", help="a school it keeps")
    add.add_argument("--begins", action="append", default=[], metavar="ID", help="a school that began there")
    add.add_argument("--name", default="School server", help="what it is called in lists")
    _do(add, _add_node, opening)
    _do(node.add_parser("list", help="every one of them"), _list_nodes, opening)
    out = node.add_parser("shut-out", help="take nothing more from it, and give it nothing")
    out.add_argument("node", help="its id, as `observe node list` shows it")
    _do(out, _shut_out, opening)
    up = verbs.add_parser("uplink", help="the centre this server forwards to").add_subparsers(required=True)
    join = up.add_parser("add", help="forward to a centre from now on")
    join.add_argument("url", help="its address: https://…")
    join.add_argument("--token", action="store_true", help="with a token of `observe node add`, read from the input")
    join.add_argument("--login", help="with the sign-in of one of its administrators; the pass-phrase is asked for")
    join.add_argument("--school", action="append", metavar="ID", help="not for all schools of hers, but for this one")
    join.add_argument("--name", default=platform.node() or "School server", help="what this server is called there")
    _do(join, _join, opening)
    run = up.add_parser("run", help="forward and read until nothing is left, and go on doing so")
    run.add_argument("--once", action="store_true", help="and then stop")
    _do(run, lambda chosen, place: _run(chosen, place, chance), opening)
    _do(up.add_parser("status", help="what waits, since when, and what was in the way"), _status, opening)
    _do(up.add_parser("remove", help="forward no more; what was taken in stays"), _remove, opening)


def _do(parser: Any, command: Callable[[argparse.Namespace, Place], int], opening: Opening) -> None:
    def do(chosen: argparse.Namespace, environment: Environment) -> int:
        with opening(environment) as place:
            return command(chosen, place)

    parser.set_defaults(do=do)


def _add_node(chosen: argparse.Namespace, place: Place) -> int:
    schools = {_school(place, named): False for named in chosen.school} | dict.fromkeys(chosen.begins, True)
    if not schools:
        raise NoSuchSchool(what="school named for it, so no token was made;", named="--school")
    made = nodes.let_in(place, nodes.OPERATOR, chosen.name, schools)
    print(f"{chosen.name} may keep {', '.join(nodes.name_of(place, school) for school in made.schools)}.")
    print("Its token, told this once. On that server: observe uplink add <this address> --token")
    print(made.token)
    return 0


def _school(place: Place, named: str) -> str:
    found = [school.school for school in people.schools(place.db) if named in (school.school, school.name)]
    if len(found) != 1:
        raise NoSuchSchool(what="one school called", named=named)
    return found[0]


def _list_nodes(chosen: argparse.Namespace, place: Place) -> int:
    for node in node_rows.all_of(place.db):
        state = "shut out" if node.revoked_at else "in use"
        names = ", ".join(nodes.name_of(place, school) for school in node_rows.schools(place.db, node.node))
        print(f"{node.node}\t{node.name}\t{state}\t{node.last_seen_at or '-'}\t{node.waiting or 0} waiting\t{names}")
    return 0


def _shut_out(chosen: argparse.Namespace, place: Place) -> int:
    if node_rows.read(place.db, chosen.node) is None:
        raise NoSuchSchool(what="node", named=chosen.node)
    node_rows.revoke(place.db, chosen.node, nodes.OPERATOR, place.moment())
    print("Shut out. What it sent before stays.")
    return 0


def _join(chosen: argparse.Namespace, place: Place) -> int:
    url = line.address(chosen.url)
    if chosen.token:
        joining.add(place, url, _secret("Token: "))
        print(f"This server forwards to {url} from now on. `observe uplink run` begins; a running server does too.")
        return 0
    login = chosen.login or _typed("Sign-in name of an administrator there: ")
    asked = {"login": login, "password": _secret("Pass-phrase: "), "name": chosen.name}
    names = joining.join(place, url, line.to(url), asked | ({"schools": chosen.school} if chosen.school else {}))
    print(f"This server keeps {', '.join(names)} for {url} from now on.")
    print("`observe uplink run` begins; a running server begins by itself.")
    return 0


def _run(chosen: argparse.Namespace, place: Place, chance: Callable[[], float]) -> int:
    found = uplinks.read(place.db)
    if found is None:
        raise uplink.NoUplink
    post = line.to(found.url)
    while True:
        status = 0
        if chosen.once or uplink.is_due(place):
            done = uplink.run(place, post, chance, _tell)
            carried = blob_line.carry(place, line.asking(found.url)) if done.problem is None else Carried()
            status = _say_photos(carried) or _say_outcome(place, done)
            if carried.has_words:
                continue
        if chosen.once:
            return status
        time.sleep(_POLL_SECONDS)


def _tell(progress: Progress) -> None:
    if progress.forwarded or progress.taken:
        left = f", {progress.left} left to send" if progress.left else ""
        print(f"{progress.forwarded} changes sent, {progress.taken} read{left}", flush=True)


def _say_photos(carried: Carried) -> int:
    if carried.sent or carried.fetched:
        print(f"{carried.sent} photos and recordings sent, {carried.fetched} fetched", flush=True)
    if carried.problem:
        said = PROBLEMS.get(carried.problem, carried.problem)
        print(f"observe: {said}. Photos and recordings wait; every word is there.", file=sys.stderr, flush=True)
    return 1 if carried.problem else 0


def _say_outcome(place: Place, done: Progress) -> int:
    if done.problem is None:
        print("Everything is at the centre, and everything from there is here.", flush=True)
        return 0
    now = outgoing.status(place)
    again = f" Next try at {now.uplink.again_at}." if now and now.uplink.again_at else ""
    print(f"observe: {PROBLEMS.get(done.problem, done.problem)}.{again} Nothing is lost.", file=sys.stderr, flush=True)
    return 1


def _status(chosen: argparse.Namespace, place: Place) -> int:
    found = outgoing.status(place)
    if found is None:
        raise uplink.NoUplink
    _print_status(found)
    return 0


def _print_status(found: Status) -> None:
    print(f"Centre: {found.uplink.url}")
    for name, waits in found.schools:
        since = f", the oldest since {waits.since}" if waits.since else ""
        print(f"{name or waits.school}: {waits.changes} changes wait{since}")
    print(f"Last arrived: {found.uplink.arrived_at or 'never'}")
    if found.uplink.problem:
        problem = PROBLEMS.get(found.uplink.problem, found.uplink.problem)
        print(f"In the way: {problem}. Next try at {found.uplink.again_at}.")


def _remove(chosen: argparse.Namespace, place: Place) -> int:
    joining.remove(place)
    print("This server forwards to nobody now. What it holds stays.")
    return 0


def _secret(asked: str) -> str:
    return getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline().strip()


def _typed(asked: str) -> str:
    return input(asked) if sys.stdin.isatty() else sys.stdin.readline().strip()
