"""Writing what people wrote, at the moment they wrote it: on a device, or on a page of the office."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from observe.demo.ids import record_id
from observe.services import intake
from observe.services.intake import Draft, Sender
from observe.services.place import Place, as_text
from observe.store import records, replicas
from sync.change import Change, Written, encode
from sync.record import Record, apply


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was written to one record, at one moment."""

    record: str
    at: datetime
    set: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parcel:
    """What arrives together. `device` None: written on a page of this server."""

    school: str
    person: str
    device: str | None
    arrived_at: datetime
    sheets: Sequence[Sheet]


Delivery = tuple[Parcel, ...]
"""Parcels written by people who had not seen each other's: usually one."""


class Pen:
    """Writes deliveries into one place, in the order they arrived."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def write(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in sorted(deliveries, key=lambda parcels: parcels[0].arrived_at):
            written = [(parcel, self._written(parcel)) for parcel in delivery]
            for parcel, changes in written:
                self._send(parcel, changes)

    def found(self, school: str, at: datetime, sheets: Iterable[Sheet]) -> None:
        """By the server's own authority."""
        intake.found(self._at(at), [Draft(school, sheet.record, sheet.set) for sheet in sheets])

    def _send(self, parcel: Parcel, changes: Sequence[Written]) -> None:
        place = self._at(parcel.arrived_at)
        if parcel.device is None:
            drafts = [Draft(parcel.school, sheet.record, sheet.set) for sheet in parcel.sheets]
            intake.write(place, parcel.person, drafts)
        else:
            intake.take_in(place, Sender(parcel.device, parcel.person), changes)

    def _at(self, moment: datetime) -> Place:
        """The place as it was then."""
        return replace(self._place, now=lambda: moment, new_id=lambda: record_id("made", as_text(moment), at=moment))

    def _written(self, parcel: Parcel) -> list[Written]:
        """The parcel as changes of its device, each having seen what the device was showing."""
        if parcel.device is None:
            return []
        names = list(dict.fromkeys(sheet.record for sheet in parcel.sheets))
        known = records.read_many(self._place.db, parcel.school, names)
        shown: dict[str, Record] = {name: known[name].fields if name in known else {} for name in names}
        number = self._stored_n(parcel.device)
        changes = []
        for n, sheet in enumerate(parcel.sheets, number + 1):
            change = Change(
                id=f"{parcel.device}.{n}",
                school=parcel.school,
                record=sheet.record,
                by=parcel.person,
                at=as_text(sheet.at),
                set=dict(sheet.set),
                seen=_heads(shown[sheet.record], sheet.set),
            )
            apply(shown[sheet.record], change)
            changes.append(encode(change))
        return changes

    def _stored_n(self, device: str) -> int:
        known = replicas.read(self._place.db, device)
        if known is None:
            raise LookupError(f"device {device} was never paired")
        return known.stored_n


def _heads(fields: Record, names: Iterable[str]) -> dict[str, list[str]]:
    return {name: [head.id for head in fields[name].heads] for name in names if name in fields and fields[name].heads}
