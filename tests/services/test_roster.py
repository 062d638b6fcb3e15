"""An edit writes only what was really changed, so two people at two desks both keep their work."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from observe.domain.errors import NotHere
from observe.services import roster
from observe.services.place import Place
from observe.services.roster import LastAdministrator, NipTaken
from observe.store import people, records
from observe.store.db import Db
from observe.store.people import Person
from sync.record import conflicts
from tests.builders import Cast, a_cast, a_person, viewer

pytestmark = pytest.mark.both_engines


@pytest.fixture
def cast(place: Place) -> Cast:
    return a_cast(place)


def shown(cast: Cast, person: str) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What a form shows of a person: her values, and the heads they come from."""
    values = roster.member(cast.place, viewer(cast.place, cast.administrator), cast.school, person).values
    wanted = {name: values[name] for name in (*roster.LINES, *roster.FLAGS)}
    return wanted | {"active": values["active"] is not False}, roster.heads(cast.place, cast.school, person)


def save(cast: Cast, person: str, form: tuple[dict[str, Any], dict[str, list[str]]], **changed: Any) -> None:
    wanted, seen = form
    assert not roster.change(cast.place, cast.administrator, cast.school, person, wanted | changed, seen)


def test_two_edits_of_different_fields_at_once_both_count(cast: Cast) -> None:
    first, second = shown(cast, cast.teacher), shown(cast, cast.teacher)

    save(cast, cast.teacher, first, subjects="IPA dan Prakarya")
    save(cast, cast.teacher, second, classes="IX A")

    kept = records.read(cast.place.db, cast.school, f"person/{cast.teacher}")
    assert kept
    assert (kept.values["subjects"], kept.values["classes"]) == ("IPA dan Prakarya", "IX A")
    assert conflicts(kept.fields) == []


def test_two_edits_of_one_field_at_once_are_both_kept_for_a_decision(cast: Cast) -> None:
    first, second = shown(cast, cast.teacher), shown(cast, cast.teacher)

    save(cast, cast.teacher, first, subjects="Biologi")
    save(cast, cast.teacher, second, subjects="Fisika")

    kept = records.read(cast.place.db, cast.school, f"person/{cast.teacher}")
    assert kept
    assert {head.value for head in kept.fields["subjects"].heads} == {"Biologi", "Fisika"}


def test_nothing_different_is_nothing_written(cast: Cast) -> None:
    wanted, seen = shown(cast, cast.teacher)

    assert roster.edit(cast.place, cast.school, cast.teacher, wanted, seen).set == {}


def test_an_emptied_line_is_cleared(cast: Cast) -> None:
    save(cast, cast.teacher, shown(cast, cast.teacher), subjects="")

    assert shown(cast, cast.teacher)[0]["subjects"] is None


def test_the_last_administrator_keeps_her_role_and_her_place(place: Place) -> None:
    cast = a_cast(place)
    save(cast, cast.principal, shown(cast, cast.principal), **{"role.administrator": False})

    for changed in ({"role.administrator": False}, {"active": False}):
        with pytest.raises(LastAdministrator):
            save(cast, cast.administrator, shown(cast, cast.administrator), **changed)


def test_two_administrators_who_take_each_others_role_at_once_leave_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = a_cast(place)
    forms = {person: shown(cast, person) for person in (cast.principal, cast.administrator)}
    both_looked = Barrier(2)
    look = people.of_school

    def slowly(db: Db, school: str) -> list[Person]:
        found = look(db, school)
        with suppress(BrokenBarrierError):
            both_looked.wait(timeout=0.5)
        return found

    def take_role_of(person: str) -> None:
        with suppress(LastAdministrator):
            save(cast, person, forms[person], **{"role.administrator": False})

    monkeypatch.setattr(people, "of_school", slowly)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take_role_of, forms))

    assert sum(person.is_administrator for person in look(place.db, cast.school)) == 1


def test_a_nip_belongs_to_one_person(cast: Cast) -> None:
    with pytest.raises(NipTaken):
        save(cast, cast.other_teacher, shown(cast, cast.other_teacher), nip="198501012010012001")


def test_heads_that_a_form_made_up_change_nothing_else(cast: Cast) -> None:
    wanted, _ = shown(cast, cast.teacher)

    edited = roster.edit(
        cast.place, cast.school, cast.teacher, wanted | {"name": "Baru"}, roster.read_seen("name:abcd.999999 x:")
    )

    assert edited.set["name"] == "Baru"


def test_the_roster_is_found_by_words_and_roles(cast: Cast) -> None:
    a_person(cast.place, cast.school, "teacher", name="Wati", active=False)
    seen = viewer(cast.place, cast.administrator)

    def names(**asked: str) -> set[str]:
        return {member.name for member in roster.members(cast.place, seen, cast.school, **asked)}

    assert names(words="aminah ipa") == {"Siti Aminah, S.Pd."}
    assert names(words="19850101") == {"Siti Aminah, S.Pd."}
    assert names(role="administrator") == {"Hj. Ratna Dewi, M.Pd.", "Dina Marlina"}
    assert names(state="left") == {"Wati"}
    assert "Wati" not in names()


def test_a_colleagues_staff_number_is_not_found_by_a_teacher(cast: Cast) -> None:
    found = roster.members(cast.place, viewer(cast.place, cast.other_teacher), cast.school, words="19850101")

    assert found == []


def test_somebody_elses_school_has_no_such_person(cast: Cast, place: Place) -> None:
    other = a_cast(place)

    with pytest.raises(NotHere):
        roster.member(place, viewer(place, other.administrator), other.school, cast.teacher)
