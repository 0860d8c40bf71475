"""A series in bad weather: letters lost, doubled, late and vanished from letterboxes, and processes that die."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import deals as decisions
from lazpool.actions import plans, rides, series
from lazpool.actions.posts import Trip, Wish
from lazpool.errors import RefusedError
from lazpool.rules.negotiation import Role, State
from lazpool.rules.plans import Schedule
from lazpool.store import board, deals, own
from lazpool.store import plans as kept
from lazpool.store import series as stored
from tests.simulation.weather import PEOPLE, Storm, finish, seeded
from tests.town import GRENOBLE, LYON, START, VOIRON, Town

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.store.plans import Plan

DATES, STEPS, SEEDS = 3, 240, range(1, 11)
_FIRST = datetime.fromtimestamp(START, UTC).date() + timedelta(days=2)
_DATES = [_FIRST + timedelta(days=day) for day in range(DATES)]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make homes of Ann, who rides on three days, and of Bob, who drives."""
    root = tmp_path_factory.mktemp("series")
    with seeded(0), Town(root, *PEOPLE) as town:
        days = Schedule(frozenset(range(7)), _DATES[0], _DATES[-1], time(8, 0), None, "UTC")
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


def whatever(town: Storm, name: str) -> None:
    """Let somebody do anything that a person can do with a series and with a plan, sensible or not."""
    desk, chance = town[name], town.chance
    known, found = deals.all_deals(desk.node), plans_of(town, name)
    try:
        match chance.randrange(30):
            case 0 if known:
                series.cancel_all(desk, chance.choice(known).id, "no")
            case 1 if known:
                series.decline(desk, chance.choice(known).id)
            case 2 if known:
                decisions.cancel(desk, chance.choice(known).id, "no")
            case 3 if known and chance.random() < 0.5:
                decisions.accept(desk, chance.choice(known).id, all_dates=True)
            case 4 if found:
                (plans.skip if chance.random() < 0.5 else plans.unskip)(desk, found[0].id, [town.chance.choice(_DATES)])
            case 5 if known:
                rides.done(desk, chance.choice(known).id)
            case _ if name == "ann" and not deals.open_deals(desk.node) and (seen := board.matches(desk.board)):
                series.propose(desk, chance.choice(seen))
            case _:
                for deal in town.deals(name, Role.DRIVER, State.RECEIVED):
                    decisions.accept(desk, deal.id, all_dates=chance.random() < 0.8)
    except RefusedError:
        pass


def stop(town: Storm, name: str) -> None:
    """Let somebody bring to an end what is open, series included."""
    for one in stored.every(town[name].node):
        with suppress(RefusedError):
            series.decline(town[name], one.id)
    finish(town, name)


def plans_of(town: Storm, name: str) -> list[Plan]:
    """Return somebody's plans."""
    return kept.plans(town[name].node)


def test_whatever_people_do_ends_alike(prepared: Path, tmp_path: Path) -> None:
    """No seat is sold twice, no date is agreed twice in a series, and both sides end alike and in silence."""
    followed = 0
    for seed in SEEDS:
        root = tmp_path / str(seed)
        shutil.copytree(prepared, root)
        with seeded(seed) as chance, Storm(root, chance) as town:
            for _ in range(STEPS):
                town.step(whatever)
            town.settle(stop, rounds=80)
            town.witness.sees_the_end()
            for one in stored.every(town["ann"].node):
                departs = [deal.depart for deal in deals.of_series(town["ann"].node, one.id)]
                assert len(set(departs)) == len(departs), f"seed {seed}: {town.ends()}"
                followed += len(departs) > 1
    assert followed, "no series ever went on"


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
