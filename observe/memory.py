"""How a process that serves for months keeps its memory small."""

import contextlib
import ctypes
import gc

_M_ARENA_MAX = -8
"""What the C library of GNU calls the number of heaps that its threads may have."""
_ARENAS = 2
_NEW_BEFORE_A_LOOK = 50_000
"""A batch makes some hundred thousand objects, and none in circles: looking for circles every 700 finds nothing."""


def settle() -> None:
    """Once everything is loaded: that stays for good, and is not looked through again.

    Each thread that takes in a batch would otherwise have a heap of its own, and keep what was freed in it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_BEFORE_A_LOOK, 20, 50)
    with contextlib.suppress(OSError, AttributeError, TypeError):  # elsewhere than with GNU's C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
