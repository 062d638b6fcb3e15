"""A file brought by hand: whoever carries it, its author's rights decide, and twice or half of it does no harm."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import structs

from observe.domain.handed_in import Report
from observe.services import bundles, pairing
from observe.services.bundles import Altered, NotASavedFile, NotHers, NotItsAuthor
from observe.store import changes, replicas
from sync.change import Change, encode
from tests.builders import a_device, heads_of
from tests.fixtures.place import Town
from tests.saved_file import a_file, new_key, plain, told

pytestmark = pytest.mark.both_engines


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
