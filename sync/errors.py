"""What an exchange can answer besides success. Each has a stable `type` for other programs."""


class SyncError(Exception):
    """A message for a device, not for a person."""

    type = "error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotThisProtocol(SyncError):
    """The request as a whole, or the envelope of a change, is not this protocol."""

    type = "not-this-protocol"


class TooLarge(SyncError):
    """More than the limit named in `detail`."""

    type = "too-large"


class ClientTooOld(SyncError):
    """The client speaks a version this server no longer knows."""

    type = "client-too-old"


class Fork(SyncError):
    """The same change id with other content: a cloned or restored device."""

    type = "fork"

    def __init__(self, change_id: str) -> None:
        super().__init__(
            f"change {change_id} is stored here with other content;"
            " pair anew and issue again what was never acknowledged"
        )
        self.change_id = change_id


class Gap(SyncError):
    """A number is missing before the change that arrived."""

    type = "gap"

    def __init__(self, replica: str, expected: int) -> None:
        super().__init__(f"replica {replica} goes on from {expected}")
        self.replica = replica
        self.expected = expected


class Reset(SyncError):
    """The cursor is of another history: this server was restored or replaced."""

    type = "reset"
