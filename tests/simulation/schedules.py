"""Random schedules from seeds: one function a kind, used by the tests and by the campaign."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from lazpool.rules.negotiation import State
from lazpool.store import deals
from tests.simulation.weather import PEOPLE, Storm, anything, finish, ride, seeded
from tests.town import Town

if TYPE_CHECKING:
    from pathlib import Path

RIDES = 3
STEPS = 120


def prepare(root: Path) -> None:
    """Make homes in which Ann has two rides to share with Bob, and Cid has one."""
    root.mkdir(exist_ok=True)
    with seeded(0), Town(root, *PEOPLE) as town:  # no seed of a storm: it would draw the same keys again
        for day in (1, 2):
            town.offer("bob", day=day)
        town.request("ann", day=1)
        town.request("ann", day=2)
        town.request("cid", day=1)


def play_rides(prepared: Path, root: Path, seed: int) -> int:
    """Let three rides take place in a storm; return how many processes died."""
    shutil.copytree(prepared, root)
    with seeded(seed) as chance, Storm(root, chance, vanish=True) as town:
        for _ in range(STEPS):
            town.step(ride)
        town.settle(ride)
        town.witness.sees_the_end()
        town.witness.asks_another()
        for name, expected in (("ann", 2), ("bob", RIDES), ("cid", 1)):
            states = [deal.state for deal in deals.all_deals(town[name].node)]
            assert states.count(State.RECEIPTED) == expected, f"seed {seed}: {town.ends()}"
    shutil.rmtree(root)
    return town.fuse.burnt


def play_anything(prepared: Path, root: Path, seed: int) -> int:
    """Let people do anything in a storm, then bring all to an end; return how many processes died."""
    shutil.copytree(prepared, root)
    with seeded(seed) as chance, Storm(root, chance) as town:
        for _ in range(STEPS):
            town.step(anything)
        town.settle(finish)
        town.witness.sees_the_end()
        town.witness.asks_another()
    shutil.rmtree(root)
    return town.fuse.burnt
