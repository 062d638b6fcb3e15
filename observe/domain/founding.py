"""What a new school begins with: itself, its first administrator, and the built-in instruments."""

from collections.abc import Mapping
from typing import Any

from observe.domain.builtin import instruments


def records(school: str, name: str, time_zone: str, person: str, administrator: str) -> dict[str, Mapping[str, Any]]:
    """Record keys with the fields to write."""
    return {
        f"school/{school}": {"name": name, "time_zone": time_zone},
        f"person/{person}": {"name": administrator, "role.administrator": True, "active": True},
        **{f"rubric/{built_in.id}": built_in.fields for built_in in instruments()},
    }
