"""`python -m tests.power --cuts N` cuts the power of centres and of a tablet; docs/power-cuts.md says more."""

import argparse
import sys
from collections.abc import Callable, Iterator

from tests.power import centre, every_write, tablet
from tests.power.disk import NoLoopDevice
from tests.power.every_write import NoRecorder

STORIES: dict[str, Callable[[int, int], Iterator[str]]] = {
    "writes": every_write.broken_promises,
    "centre": centre.broken_promises,
    "tablet": tablet.broken_promises,
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=sorted(STORIES), help="one of them")
    parser.add_argument("--cuts", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    wrong = 0
    for name, story in STORIES.items():
        if chosen.only not in (None, name):
            continue
        broken = list(story(chosen.cuts, chosen.seed))
        print(f"{name}: the power was cut {chosen.cuts} times, {len(broken)} promises were broken", *broken, sep="\n  ")
        wrong += len(broken)
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NoLoopDevice as reason:
        sys.exit(f"A disk in a file cannot be mounted here: it takes root and loop devices. {reason}")
    except NoRecorder as reason:
        sys.exit(f"What a program writes cannot be recorded here: it takes strace, and leave to use it. {reason}")
