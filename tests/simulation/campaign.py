"""The long version of the simulation, for machines with time: make campaign ARGS="--seeds 1000".

Plays pairs of crashes of every story at random, every crash point of a recovery, and storms from many seeds; prints a
table. That every single crash point of every story is survived, the tests show.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.simulation.losses import play_losses, prepare_lost, recover_at
from tests.simulation.schedules import play_anything, play_rides, prepare
from tests.simulation.test_circle_weather import play_circle, prepare_circle
from tests.simulation.wishes import CORRECTIONS, SETTLEMENTS, STORIES, Story, crash_at, prepare_ridden, prepare_two

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> int:
    """Run it all; status 1 when anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=300, help="storms of each kind, and pairs of crashes a story")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    args = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="lazpool-campaign-"))
    try:
        prepare(root / "three")
        prepare_two(root / "two")
        prepare_ridden(root / "ridden")
        seeds = range(args.first, args.first + args.seeds)
        failures = sum(_pairs(root / "two", name, STORIES[name], seeds) for name in STORIES)
        for kind, stories in (("settlement", SETTLEMENTS), ("correction", CORRECTIONS)):
            failures += sum(_pairs(root / "ridden", f"{kind} {name}", stories[name], seeds) for name in stories)
        prepare_lost(root / "lost")
        failures += _recoveries(root)
        for play in (play_rides, play_anything, play_losses):
            failures += _storms(root, "three", play, seeds)
        prepare_circle(root / "circle")
        failures += _storms(root, "circle", play_circle, seeds)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return int(failures > 0)


def _pairs(prepared: Path, name: str, story: Story, seeds: range) -> int:
    """Crash at two points of a story, chosen by each seed."""
    began, failures, died, run = time.monotonic(), 0, 0, prepared.with_name("run")
    for seed in seeds:
        chance = random.Random(f"{name} {seed}")
        points = (chance.randint(1, 120), chance.randint(1, 40))
        try:
            died += crash_at(prepared, run, story, *points)
        except AssertionError as wrong:
            failures += 1
            print(f"  {name}, crashes {points}: {wrong}", flush=True)
            shutil.rmtree(run, ignore_errors=True)
    _row(f"two crashes, {name}", len(seeds), died, failures, began)
    return failures


def _recoveries(root: Path) -> int:
    """Crash at every point at which a restored home gets back what it lost."""
    began, failures, point, died = time.monotonic(), 0, 0, 1
    while died:
        point += 1
        try:
            died = recover_at(root / "lost", root / "run", point)
        except AssertionError as wrong:
            failures += 1
            print(f"  recovery, crash {point}: {wrong}", flush=True)
            shutil.rmtree(root / "run", ignore_errors=True)
    _row("every crash of a recovery", point, point - 1, failures, began)
    return failures


def _storms(root: Path, homes: str, play: Callable[[Path, Path, int], int], seeds: range) -> int:
    began, failures, died = time.monotonic(), 0, 0
    for seed in seeds:
        try:
            died += play(root / homes, root / str(seed), seed)
        except AssertionError as wrong:
            failures += 1
            print(f"  seed {seed}: {wrong}", flush=True)
            shutil.rmtree(root / str(seed), ignore_errors=True)
    _row(play.__name__.replace("_", " "), len(seeds), died, failures, began)
    return failures


def _row(what: str, runs: int, died: int, failures: int, began: float) -> None:
    seconds = time.monotonic() - began
    print(f"{what:<40} {runs:>6} runs {died:>7} crashes {failures:>4} failures {seconds:>8.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
