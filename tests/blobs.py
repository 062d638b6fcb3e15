"""Photos that records name, for tests: sent as a device sends them, or put where they end up."""

import hashlib
from typing import Any

from observe.services import intake
from observe.services.intake import Draft
from observe.services.place import Place
from observe.store import blob_files, blobs, records
from observe.store.blobs import Blob
from tests.quarantine_files import a_photo


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def named(data: bytes, **more: Any) -> dict[str, Any]:
    """What a record says of these bytes."""
    says = {"type": "image/jpeg", "bytes": len(data), "caption": "", "at_s": 60, "tags": []}
    return {"sha256": digest_of(data)} | says | more


def attach(place: Place, school: str, observation: str, observer: str, data: bytes, **more: Any) -> str:
    """Her observation names the bytes from now on; the field."""
    field = f"attachment.{place.new_id()}"
    record = f"observation/{observation}"
    kept = records.read(place.db, school, record)
    assert kept
    draft = Draft(school, record, {field: named(data, **more), "status": kept.value("status")})
    assert not intake.write(place, observer, [draft])
    return field


def put(place: Place, school: str, data: bytes, type_: str = "image/jpeg") -> str:
    """As if everybody had sent the bytes and they had been looked at; their digest."""
    folder = place.settings.blobs
    gathered = blob_files.gather(folder, school, [blob_files.put_part(folder, school, data)])
    blob_files.keep(folder, school, gathered, a_photo(32, 24), data)
    with place.db.atomic():
        blobs.settle(place.db, Blob(school, gathered.sha256, "kept", len(data), type_, ""), place.moment())
        everybody = [row["person"] for row in place.db.rows("select distinct person from person")]
        blobs.add_givers(place.db, school, gathered.sha256, everybody, place.moment())
    return gathered.sha256
