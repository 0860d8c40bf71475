"""A series in bad weather: letters lost, doubled, late and vanished from letterboxes, and processes that die."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import deals as decisions
from lazpool.actions import plans, rides, series
from lazpool.actions.posts import Trip, Wish
from lazpool.rules.negotiation import Role, State
from lazpool.rules.plans import Schedule
from lazpool.store import board, deals, own
from tests.simulation.weather import PEOPLE, Storm, seeded
from tests.town import GRENOBLE, LYON, START, VOIRON, Town

if TYPE_CHECKING:
    from pathlib import Path

DATES, STEPS, SEEDS = 3, 90, range(1, 11)
_FIRST = datetime.fromtimestamp(START, UTC).date() + timedelta(days=2)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make homes of Ann, who rides on three days, and of Bob, who drives."""
    root = tmp_path_factory.mktemp("series")
    with seeded(0), Town(root, *PEOPLE) as town:
        days = Schedule(frozenset(range(7)), _FIRST, _FIRST + timedelta(days=DATES - 1), time(8, 0), None, "UTC")
        plans.add(town["bob"], Trip(GRENOBLE, LYON, (VOIRON,), 0, 15, 1, 15, 80), days)
        plans.add(town["ann"], Wish(VOIRON, LYON, at=0, arrive=False, flex=60, seats=1, walk=500), days)
        for name in ("ann", "bob"):
            town.publish(name)
    return root


def commute(town: Storm, name: str) -> None:
    """Let Ann propose a series once, and Bob say yes to what he is asked."""
    desk = town[name]
    if name == "ann" and not deals.all_deals(desk.node):
        offer = own.posts(town["bob"].node)[0].id
        match = next(one for one in board.matches(desk.board) if one.theirs == offer)
        series.propose(desk, match)
    for deal in town.deals(name, Role.DRIVER, State.RECEIVED):
        decisions.accept(desk, deal.id, all_dates=True)


def ride(town: Storm, name: str) -> None:
    """Let Ann, in addition, say of each ride that it took place, once all are agreed."""
    commute(town, name)
    agreed = town.deals(name, Role.PASSENGER, State.AGREED)
    if name == "ann" and len(deals.all_deals(town["ann"].node)) == DATES:
        for deal in agreed:
            rides.done(town[name], deal.id)
    else:
        series.go_on(town[name])


def test_every_date_is_agreed_once(prepared: Path, tmp_path: Path) -> None:
    """Whatever becomes of letters and processes, both sides end with one deal and one receipt for each date."""
    crashes = 0
    for seed in SEEDS:
        root = tmp_path / str(seed)
        shutil.copytree(prepared, root)
        with seeded(seed) as chance, Storm(root, chance, vanish=True) as town:
            for _ in range(STEPS):
                town.step(commute)
            town.settle(ride, rounds=80)
            town.witness.sees_the_end()
            for name in ("ann", "bob"):
                states = [deal.state for deal in deals.all_deals(town[name].node)]
                assert states == [State.RECEIPTED] * DATES, f"seed {seed}: {town.ends()}"
            assert len({deal.depart for deal in deals.all_deals(town["ann"].node)}) == DATES
            crashes += town.fuse.burnt
    assert crashes > len(SEEDS), "the storm was too mild to show anything"
