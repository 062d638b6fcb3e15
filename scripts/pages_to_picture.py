"""Which pages are pictured, by whom they are seen, and what is done on them first."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

EVERY_SIZE = ("tablet", "upright", "phone")


@dataclass(frozen=True, slots=True)
class Picture:
    """One page, in a state worth looking at."""

    name: str
    role: str
    """Whose page it is: a demonstration account, or nobody."""
    path: str
    """Where it is; `{lang}` becomes the language."""
    prepare: Callable[[Page], None] | None = None
    """What is done on the page before the picture is taken."""
    sizes: tuple[str, ...] = EVERY_SIZE
    is_whole: bool = True
    """The whole page, or what fits on the screen."""


PICTURES = [
    Picture("sign-in", "", "/sign-in"),
    Picture("today-observer", "kepala", "/field/{lang}/today"),
    Picture("observe", "kepala", "/field/{lang}/observe"),
    Picture("records", "kepala", "/field/{lang}/records"),
    Picture("device", "kepala", "/field/{lang}/device"),
    Picture("today-teacher", "guru", "/field/{lang}/today"),
    Picture("feedback", "guru", "/field/{lang}/feedback"),
    Picture("account", "kepala", "/account"),
]
