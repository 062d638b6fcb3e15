"""What a record may say of a photo or a recording."""

from typing import Any

import pytest

from observe.domain import kinds
from sync.change import Change

WHOLE = {
    "sha256": "0f" * 32,
    "type": "image/jpeg",
    "bytes": 180_000,
    "caption": "Papan tulis kelompok tiga",
    "at_s": 812,
    "tags": ["B3"],
}


def a_change(value: Any, record: str = "observation/01900000-0000-7000-8000-000000000064") -> Change:
    name = "attachment.01900000-0000-7000-8000-0000000000a1"
    return Change("tablet1.1", "school", record, "person", "2026-11-22T03:15:09.120Z", {name: value})


@pytest.mark.parametrize(
    "value",
    [
        WHOLE,
        WHOLE | {"type": "audio/webm", "bytes": kinds.MAX_BLOB_BYTES},
        WHOLE | {"caption": "", "tags": []},
        None,
    ],
)
def test_an_attachment_says_what_it_is_and_where_it_belongs(value: Any) -> None:
    kinds.check(a_change(value))


@pytest.mark.parametrize(
    "value",
    [
        {name: value for name, value in WHOLE.items() if name != "sha256"},
        WHOLE | {"place": "-1.6, 103.6"},
        WHOLE | {"sha256": "0F" * 32},
        WHOLE | {"sha256": "../../../etc/passwd"},
        WHOLE | {"type": "image/svg+xml"},
        WHOLE | {"type": ["image/jpeg"]},
        WHOLE | {"bytes": 0},
        WHOLE | {"bytes": True},
        WHOLE | {"bytes": 1.5},
        WHOLE | {"bytes": kinds.MAX_BLOB_BYTES + 1},
        WHOLE | {"caption": "x" * 301},
        WHOLE | {"caption": "two\nlines"},
        WHOLE | {"at_s": -1},
        WHOLE | {"tags": ["not a code"]},
        "0f" * 32,
    ],
)
def test_anything_else_is_no_attachment(value: Any) -> None:
    with pytest.raises(kinds.Misfit) as misfit:
        kinds.check(a_change(value))

    assert misfit.value.reason == "invalid"


def test_only_an_observation_has_attachments() -> None:
    with pytest.raises(kinds.Misfit) as misfit:
        kinds.check(a_change(WHOLE, "step/01900000-0000-7000-8000-000000000064"))

    assert misfit.value.reason == "unknown"
