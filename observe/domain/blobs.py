"""Photos and recordings that do not arrive, and why. The message is for whoever reads a program's answers."""

from observe.domain.errors import ObserveError


class OutOfStep(ObserveError):
    """What was sent does not begin where this server's part ends; `received` bytes are here."""

    message = "%(received)s bytes of it are here; go on from there"

    def __init__(self, received: int) -> None:
        super().__init__(received=received)
        self.received = received


class BlobRefused(ObserveError):
    """It was looked at and is not taken: `reason` is unsupported, damaged, too-large, reveals or hides."""

    message = "this photo or recording cannot be taken: %(detail)s; what was written is not touched by it"

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail=detail or reason)
        self.reason = reason


class BlobAltered(ObserveError):
    """All of it came, and it is not what the record names: it was damaged on its way, and is sent from its start."""

    message = "what arrived is not what the record names; nothing of it was kept, send it from its start"


class NoRoomForBlobs(ObserveError):
    """The school's room for photos and recordings is full. Words are not counted in it."""

    message = (
        "there is no room left for photos and recordings of this school; they stay where they were made,"
        " and what was written arrives as ever"
    )
