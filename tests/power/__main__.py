"""`python -m tests.power --cuts N` cuts the power of a centre and of a tablet; docs/power-cuts.md says more."""

import argparse
import sys
from collections.abc import Callable, Iterator

from tests.power import centre, tablet
from tests.power.disk import NoLoopDevice

STORIES: dict[str, Callable[[int, int], Iterator[str]]] = {
    "centre": centre.broken_promises,
    "tablet": tablet.broken_promises,
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=sorted(STORIES), help="one of the two")
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
