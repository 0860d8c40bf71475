"""Compare matching with the brute force of the tests over many pairs: `PYTHONPATH=. python tests/bench/recall.py`.

Every pair is judged by both; the first on which they differ ends the run. --pairs and --seed choose how many and which.
"""

from __future__ import annotations

import argparse
import random
import time
from typing import TYPE_CHECKING

from tests.rules.against_oracle import Count, fill
from tests.rules.commutes import CHICAGO, edges, taxis, towns
from tests.rules.test_itinerary import hurried, roomy

if TYPE_CHECKING:
    from collections.abc import Callable

RIDERS = 10
"""Who asks for a seat in one car."""


def cars(chance: random.Random, count: Count, pairs: int) -> None:
    """Fill cars with whoever fits."""
    while count.pairs < pairs:
        offered = roomy(chance)
        fill(chance, offered, [hurried(chance, offered) for _ in range(RIDERS)], count)


def alone(source: Callable[..., object]) -> Callable[[random.Random, Count, int], None]:
    """Return a comparison of pairs with nobody aboard."""

    def run(chance: random.Random, count: Count, pairs: int) -> None:
        for offered, wanted in source(chance, pairs):  # type: ignore[attr-defined] # all of them yield pairs
            count.compare(offered, wanted)

    return run


def main() -> None:
    """Compare, and print how many matches there were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    runs = {"towns": alone(towns), "edges of the detour": alone(edges), "cars that fill up": cars}
    if CHICAGO.exists():
        runs["taxi trips of Chicago"] = alone(taxis)
    for name, run in runs.items():
        count, began = Count(), time.monotonic()
        run(random.Random(chosen.seed), count, chosen.pairs)
        seconds = time.monotonic() - began
        print(f"{name}: {count.pairs} pairs, {count.fits} matches, {count.beside} beside others; {seconds:.0f} s")


if __name__ == "__main__":
    main()
