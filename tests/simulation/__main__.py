"""`python -m tests.simulation SEED` tells one story; `--many N [--from SEED]` lives through N of them."""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.story import STEPS, Story


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--many", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS)
    chosen = parser.parse_args()
    if chosen.many:
        return _many(chosen.seed, chosen.many, chosen.steps)
    story = Story(chosen.seed, chosen.steps)
    try:
        broken = story.run()
    finally:
        print("\n".join(story.told))
    print("\n".join(["", *(broken or ["every promise was kept"])]))
    return 1 if broken else 0


def _many(first: int, many: int, steps: int) -> int:
    began = time.monotonic()
    wrong = 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        tries = pool.map(one, range(first, first + many), [steps] * many, chunksize=20)
        for seed, broken in zip(range(first, first + many), tries, strict=True):
            if broken:
                wrong += 1
                print(f"seed {seed}: {broken[0]}", flush=True)
    print(f"{many} stories in {time.monotonic() - began:.0f} s, {wrong} with a broken promise")
    return 1 if wrong else 0


def one(seed: int, steps: int) -> list[str]:
    try:
        return Story(seed, steps).run()
    except Exception as wrong:  # a crash of the simulated product is a finding like any other
        return [f"{type(wrong).__name__}: {wrong}"]


if __name__ == "__main__":
    sys.exit(main())
