"""Why a file is not taken. The word is for programs; a person is told in her own words elsewhere."""


class Refused(Exception):
    """`reason`: unsupported, damaged, too-large, reveals (where or when it was made) or hides (something more)."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
