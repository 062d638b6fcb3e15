"""What a page reads of a record."""

from typing import Any


class Fields(dict[str, Any]):
    """The shown values of a record. A field nobody has written is None: a page says so, it does not break."""

    def __missing__(self, name: str) -> None:
        return None
