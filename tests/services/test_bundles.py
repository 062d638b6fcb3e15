"""A file brought by hand: whoever carries it, its author's rights decide, and twice or half of it does no harm."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import structs

from observe.domain.access import Role
from observe.domain.handed_in import Report
from observe.services import bundles, intake, nodes, pairing, replication
from observe.services.bundles import Altered, NotASavedFile, NotHers, NotItsAuthor, TooManyNames
from observe.services.replication import Forwarder
from observe.store import changes, people, places, records, replicas
from sync.change import Change, encode
from tests.builders import a_device, heads_of
from tests.fixtures.place import Town
from tests.saved_file import a_file, new_key, plain, told

pytestmark = pytest.mark.both_engines

AT = "2026-11-23T03:00:00.000Z"


@dataclass
class Tablet:
    """One paired tablet and what it wrote."""

    town: Town
    person: str
    replica: str
    key: ec.EllipticCurvePrivateKey | None
    wrote: list[Change] = field(default_factory=list)

    def write(self, record: str, **fields: object) -> Change:
        seen = {}
        if len(self.wrote) == 0:
            seen = heads_of(self.town.place, self.town.school, record, *fields)
        self.wrote.append(
            Change(
                f"{self.replica}.{len(self.wrote) + 1}",
                self.town.school,
                record,
                self.person,
                "2026-11-23T03:00:00.000Z",
                dict(fields),
                seen,
            )
        )
        return self.wrote[-1]

    def file(self, *, sealed: bool = True, of: slice = slice(None), said: int | None = None) -> io.BytesIO:
        some = self.wrote[of]
        return a_file(self.replica, self.person, self.town.school, some, self.key if sealed else None, said)


NewTablet = Callable[..., Tablet]


@pytest.fixture
def new_tablet(town: Town) -> NewTablet:
    def paired(username: str, *, has_key: bool = True) -> Tablet:
        key = new_key() if has_key else None
        person = town.people[username]
        replica = pairing.pair(town.place, person, "Tablet desa", told(key) if key else None).replica
        return Tablet(town, person, replica, key)

    return paired


@pytest.fixture
def tablet(town: Town, new_tablet: NewTablet) -> Tablet:
    made = new_tablet("observer")
    draft = f"observation/{town.observations['draft']}"
    made.write(draft, growth="one")
    made.write(draft, topic="two")
    made.write(draft, strengths="three")
    return made


def take(town: Town, file: io.BytesIO, carrier: str) -> Report:
    return bundles.take_in(town.place, file, town.people[carrier])


def stored(town: Town, tablet: Tablet) -> list[int]:
    return sorted(changes.stored(town.place.db, tablet.replica, [1, 1000]))


@pytest.mark.parametrize("carrier", ["observer", "administrator", "teacher", "outside_teacher"])
def test_a_sealed_file_counts_whoever_brings_it(town: Town, tablet: Tablet, carrier: str) -> None:
    report = take(town, tablet.file(), carrier)

    assert report.counts == {"new": 3}
    assert (report.is_sealed, report.is_cut, report.device) == (True, False, "Tablet desa")
    assert stored(town, tablet) == [1, 2, 3]


def test_a_file_brought_twice_changes_nothing(town: Town, tablet: Tablet) -> None:
    take(town, tablet.file(), "observer")
    before = town.place.db.rows("select count(*) as n from change")

    report = take(town, plain(tablet.file()), "administrator")

    assert report.counts == {"here": 3}
    assert town.place.db.rows("select count(*) as n from change") == before


def test_files_in_the_wrong_order_are_taken_when_their_turn_comes(town: Town, tablet: Tablet) -> None:
    later, earlier = tablet.file(of=slice(1, None)), tablet.file(of=slice(1))

    first = take(town, later, "observer")
    second = take(town, earlier, "observer")
    third = take(town, later, "observer")

    assert (first.counts, second.counts, third.counts) == ({"gap": 2}, {"new": 1}, {"new": 2})
    assert stored(town, tablet) == [1, 2, 3]


def test_half_a_file_is_its_authors_to_bring_and_loses_nothing(town: Town, tablet: Tablet) -> None:
    whole = plain(tablet.file()).getvalue()
    half = whole[: whole.rindex(b'"three"')]

    with pytest.raises(NotItsAuthor):
        take(town, io.BytesIO(half), "administrator")
    report = take(town, io.BytesIO(half), "observer")
    rest = take(town, tablet.file(), "administrator")

    assert (report.counts, report.is_cut) == ({"new": 2}, True)
    assert rest.counts == {"here": 2, "new": 1}


def test_an_altered_file_is_refused_with_the_name_of_who_saved_it(town: Town, tablet: Tablet) -> None:
    altered = plain(tablet.file()).getvalue().replace(b'"two"', b'"ten"')

    with pytest.raises(Altered, match=r"Yusuf Hamdani, S\.Pd\. saved it on “Tablet desa”"):
        take(town, io.BytesIO(altered), "observer")

    assert stored(town, tablet) == []


def test_a_file_sealed_with_another_key_is_refused(town: Town, tablet: Tablet) -> None:
    tablet.key = new_key()

    with pytest.raises(Altered):
        take(town, tablet.file(), "administrator")

    assert stored(town, tablet) == []


def test_a_file_without_a_seal_is_its_authors_alone_to_bring(town: Town, new_tablet: NewTablet) -> None:
    tablet = new_tablet("observer", has_key=False)
    tablet.write(f"observation/{town.observations['draft']}", growth="one")

    with pytest.raises(NotItsAuthor):
        take(town, tablet.file(), "administrator")
    report = take(town, tablet.file(), "observer")

    assert (report.counts, report.is_sealed) == ({"new": 1}, False)


def test_what_its_author_may_not_do_is_held_whoever_brings_it(town: Town, new_tablet: NewTablet) -> None:
    tablet = new_tablet("teacher")
    tablet.write(f"observation/{town.observations['signed']}", strengths="mine to write?")

    report = take(town, tablet.file(), "administrator")

    assert report.counts == {"held": 1}
    assert report.lines[0].detail == "not-allowed"


def test_words_in_somebody_elses_name_are_held(town: Town, new_tablet: NewTablet) -> None:
    tablet = new_tablet("teacher")
    forged = tablet.write(f"observation/{town.observations['draft']}", growth="not hers")
    tablet.wrote[0] = structs.replace(forged, by=town.people["observer"])

    report = take(town, tablet.file(), "teacher")

    assert report.counts == {"held": 1}


def test_a_file_that_names_another_persons_device_is_refused(town: Town, tablet: Tablet) -> None:
    tablet.person = town.people["teacher"]

    with pytest.raises(NotHers):
        take(town, tablet.file(sealed=False), "teacher")

    assert stored(town, tablet) == []


def test_a_file_for_another_school_is_kept_and_counts_for_nothing(town: Town, new_tablet: NewTablet) -> None:
    tablet = new_tablet("observer")
    draft = f"observation/{town.observations['draft']}"
    abroad = Change(
        f"{tablet.replica}.1", town.outside_school, draft, tablet.person, "2026-11-23T03:00:00Z", {"growth": "x"}
    )
    tablet.wrote.append(abroad)

    report = take(town, tablet.file(), "administrator")

    assert report.counts == {"held": 1}


def test_a_device_shut_out_since_is_held_unless_its_author_brings_the_file(town: Town, tablet: Tablet) -> None:
    with town.place.db.atomic():
        replicas.revoke(town.place.db, tablet.replica, town.people["administrator"], town.place.moment())

    carried = take(town, tablet.file(of=slice(1)), "administrator")
    brought = take(town, tablet.file(), "observer")

    assert carried.counts == {"held": 1}
    assert brought.counts == {"here": 1, "new": 2}


def test_a_tablet_this_server_never_heard_of_is_its_authors(town: Town) -> None:
    tablet = Tablet(town, town.people["observer"], "neverheardof", new_key())
    tablet.write(f"observation/{town.observations['draft']}", growth="paired elsewhere")

    with pytest.raises(NotItsAuthor):
        take(town, tablet.file(), "administrator")
    report = take(town, tablet.file(), "observer")

    assert report.counts == {"new": 1}
    assert report.is_sealed is False


@pytest.fixture
def foreign_key(town: Town) -> ec.EllipticCurvePrivateKey:
    """A key that an administrator of the other school made up there, for a tablet `foreigntab` of this school's."""
    key, boss, school = new_key(), town.people["administrator"], town.outside_school
    made = nodes.let_in_by(town.place, people.viewer(town.place.db, town.people["outside_administrator"]), "n", None)
    node = Forwarder("foreignnode", dict.fromkeys(made.schools, False))
    member = {"name": "X", "role.teacher": True}
    device = {"person": boss, "name": "T", "key": told(key), "paired_at": AT}
    taken = replication.take_over(
        town.place,
        node,
        [
            encode(Change("foreignnode.1", school, f"person/{boss}", town.people["outside_administrator"], AT, member)),
            encode(Change("foreignnode.2", school, "replica/foreigntab", boss, AT, device)),
        ],
    )
    assert taken.held == []
    return key


def promoting(town: Town, id: str) -> Change:
    """By the administrator, as it says: another school's administrator is one here too."""
    record = f"person/{town.people['outside_administrator']}"
    return Change(id, town.school, record, town.people["administrator"], AT, {"name": "Me", "role.administrator": True})


@pytest.mark.parametrize(
    ("id", "outcome"), [("neverheardof.1", "author"), ("foreigntab.1", "held"), ("hertablet.1", "author")]
)
def test_a_seal_of_one_school_writes_in_no_other(
    town: Town, foreign_key: ec.EllipticCurvePrivateKey, id: str, outcome: str
) -> None:
    boss = town.people["administrator"]
    with town.place.db.atomic():
        replicas.add(town.place.db, "hertablet", boss, "Tablet", None, town.place.moment())
        fields = {"person": boss, "name": "Tablet", "key": told(new_key())}
        intake.write_inside(town.place, boss, [intake.Draft(town.school, "replica/hertablet", fields)])
    file = a_file("foreigntab", boss, town.outside_school, [promoting(town, id)], foreign_key)

    report = take(town, file, "outside_administrator")

    assert report.counts == {outcome: 1}
    evil = people.viewer(town.place.db, town.people["outside_administrator"])
    assert not evil.has(town.school, Role.administrator)
    assert replicas.read(town.place.db, "neverheardof") is None
    assert changes.stored(town.place.db, "hertablet", [1]) == {}


def test_a_device_that_was_shut_out_seals_nothing_under_any_name(
    town: Town, tablet: Tablet, new_tablet: NewTablet
) -> None:
    newer = new_tablet("observer")
    pairing.revoke(town.place, people.viewer(town.place.db, town.people["administrator"]), tablet.replica)
    draft = f"observation/{town.observations['draft']}"
    thiefs = [
        Change(f"{name}.1", town.school, draft, tablet.person, AT, {"growth": "not hers"})
        for name in ("neverheardof", newer.replica, tablet.replica)
    ]
    file = a_file(tablet.replica, tablet.person, town.school, thiefs, tablet.key)

    report = take(town, file, "teacher")

    kept = records.read(town.place.db, town.school, draft)
    assert report.counts == {"author": 2, "held": 1}
    assert kept is not None
    assert kept.value("growth") != "not hers"
    assert stored(town, newer) == []
    assert replicas.read(town.place.db, "neverheardof") is None


def test_a_servers_name_is_nobodys_device(town: Town, tablet: Tablet) -> None:
    here = places.read(town.place.db)
    assert here
    draft = f"observation/{town.observations['draft']}"
    visit = Change(
        "nodeserver22.1",
        town.school,
        f"visit/{town.place.new_id()}",
        town.people["administrator"],
        AT,
        {"teacher": town.people["teacher"]},
    )
    replication.take_over(town.place, Forwarder("nodeserver22", {town.school: False}), [encode(visit)])

    for name in (here.replica, f"{here.replica}{intake.CLERK}", "nodeserver22"):
        tablet.wrote[1] = Change(f"{name}.2", town.school, draft, tablet.person, AT, {"growth": "x"})
        with pytest.raises(NotHers):
            take(town, tablet.file(), "observer")

    assert stored(town, tablet) == []


def test_a_file_of_more_names_than_anybody_had_is_refused_and_leaves_nothing(town: Town, tablet: Tablet) -> None:
    draft = f"observation/{town.observations['draft']}"
    before = town.place.db.rows("select count(*) as n from replica")
    names = [f"name{number:04}.1" for number in range(bundles.MOST_NAMES)]
    tablet.wrote += [Change(id, town.school, draft, tablet.person, AT, {"growth": "x"}) for id in names]

    with pytest.raises(TooManyNames):
        take(town, tablet.file(), "observer")

    assert town.place.db.rows("select count(*) as n from replica") == before
    assert stored(town, tablet) == []


def test_a_name_nothing_is_stored_under_is_not_claimed(town: Town, tablet: Tablet) -> None:
    draft = f"observation/{town.observations['draft']}"
    tablet.wrote = [Change("neverheardof.2", town.school, draft, tablet.person, AT, {"growth": "x"})]

    report = take(town, tablet.file(), "observer")

    assert report.counts == {"gap": 1}
    assert replicas.read(town.place.db, "neverheardof") is None


def test_what_another_server_brought_ahead_does_not_hide_what_is_missing(town: Town, tablet: Tablet) -> None:
    replication.take_over(town.place, Forwarder("nodeserver22", {town.school: False}), [encode(tablet.wrote[1])])

    later = take(town, tablet.file(of=slice(1, None)), "observer")
    whole = take(town, tablet.file(), "observer")

    assert later.counts == {"here": 1, "gap": 1}
    assert whole.counts == {"new": 2, "here": 1}
    assert stored(town, tablet) == [1, 2, 3]


def test_what_a_copied_device_wrote_since_is_told_and_not_taken(town: Town, tablet: Tablet) -> None:
    with town.place.db.atomic():
        replicas.note_fork(town.place.db, tablet.replica, 2)

    report = take(town, tablet.file(), "observer")

    assert report.counts == {"new": 1, "other": 2}


def test_other_words_stop_what_follows_in_the_next_part_too(
    town: Town, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "AT_ONCE", 1)
    take(town, tablet.file(of=slice(1)), "observer")
    tablet.wrote[0] = structs.replace(tablet.wrote[0], set={"growth": "a copy"})

    report = take(town, tablet.file(), "observer")

    assert report.counts == {"other": 1, "gap": 2}


def test_nobody_is_the_author_of_a_file_that_names_nobody(town: Town) -> None:
    draft = f"observation/{town.observations['draft']}"
    file = a_file("neverheardof", "", town.school, [Change("neverheardof.1", town.school, draft, "x", AT, {"a": 1})])

    with pytest.raises(NotItsAuthor):
        bundles.take_in(town.place, file, "")


def test_other_words_under_a_number_stop_there(town: Town, tablet: Tablet) -> None:
    take(town, tablet.file(of=slice(1)), "observer")
    tablet.wrote[0] = structs.replace(tablet.wrote[0], set={"growth": "a copy"})

    report = take(town, tablet.file(), "observer")

    assert report.counts == {"other": 1, "gap": 2}
    assert stored(town, tablet) == [1]


def test_what_was_written_under_an_earlier_name_comes_with_it(
    town: Town, tablet: Tablet, new_tablet: NewTablet
) -> None:
    again = new_tablet("observer")
    draft = f"observation/{town.observations['draft']}"
    again.wrote.append(
        Change(
            f"{again.replica}.1", town.school, draft, again.person, "2026-11-23T03:00:00.000Z", {"class_name": "VIII"}
        )
    )
    both = a_file(again.replica, again.person, town.school, [*tablet.wrote, *again.wrote], again.key)

    report = take(town, both, "administrator")

    assert report.counts == {"new": 4}
    assert stored(town, tablet) == [1, 2, 3]
    assert stored(town, again) == [1]


def test_a_file_of_many_changes_is_taken_in_parts(town: Town, tablet: Tablet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "AT_ONCE", 2)

    report = take(town, tablet.file(), "observer")

    assert report.counts == {"new": 3}
    assert [line.number for line in report.lines] == [1, 2, 3]


@pytest.mark.parametrize("every", [7])
def test_cut_anywhere_or_altered_anywhere_nothing_untrue_is_stored(town: Town, tablet: Tablet, every: int) -> None:
    whole = tablet.file().getvalue()
    truly = {encode(change).body for change in tablet.wrote}
    for place in range(1, len(whole), every):
        for data in (whole[:place], whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]):
            try:
                take(town, io.BytesIO(data), "administrator")
            except (NotASavedFile, Altered, NotItsAuthor, NotHers):
                continue

    rows = changes.stored(town.place.db, tablet.replica, [1, 1000]).values()
    assert {row.body for row in rows} <= truly


def test_who_brought_which_file_is_written_down(town: Town, tablet: Tablet) -> None:
    take(town, tablet.file(), "administrator")

    rows = town.place.db.rows("select made_by, subject from audit where action = 'file-taken-in'")

    assert rows == [{"made_by": town.people["administrator"], "subject": f"replica/{tablet.replica}"}]


def test_a_device_that_then_finds_a_signal_does_not_say_it_twice(town: Town, tablet: Tablet) -> None:
    take(town, tablet.file(), "observer")
    device = a_device(town.place, tablet.person, "other")
    device.replica = tablet.replica

    receipt = device.send(*tablet.wrote)

    assert receipt.stored_n == 3
    assert stored(town, tablet) == [1, 2, 3]
