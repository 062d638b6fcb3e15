"""Making a database ready: its schema, and who this installation is."""

import secrets

from observe.domain.ids import new_replica
from observe.services.place import Place
from observe.services.retrying import retried
from observe.store import places, replicas, schema
from observe.store.places import Identity


@retried
def prepare(place: Place) -> None:
    """Bring the schema up to date; on first use, give this installation its epoch and its replica."""
    schema.migrate(place.db, place.moment())
    with place.db.atomic():
        if places.read(place.db) is not None:
            return
        replica = new_replica(secrets.token_bytes)
        places.found(place.db, Identity(place.new_id(), replica), place.moment())
        replicas.add(place.db, replica, None, "server", None, place.moment())
