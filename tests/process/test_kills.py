"""Nodes that end at any moment, or stand still for a while: after a restart the deal goes on by itself and ends once.

`make kills` plays a longer campaign: KILLS rides from a random SEED, which it prints.
"""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from lazpool.rules.negotiation import State
from lazpool.store import deals, post_office
from tests.process.people import People, Person, until
from tests.process.rides import Ride, check_books, offer, propose, request, start_town, state

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.process

SEED = int(os.environ.get("SEED", "1"))
KILLS = int(os.environ.get("KILLS", "4"))
VICTIMS = ("passenger", "driver", "hub")
RIDE_S = 180
"""How long one ride may take with everybody killed once: restarts of seconds and repeats after 2, 4, 8 ... seconds."""

MOMENTS: dict[str, Callable[[Ride], bool]] = {
    "proposed": lambda _ride: True,
    "delivered": lambda ride: post_office.waiting(ride.passenger.desk.node) == 0,
    "received": lambda ride: state(ride.driver, ride.deal) is not None,
    "accepted": lambda ride: state(ride.driver, ride.deal) is State.AGREED,
    "agreed": lambda ride: state(ride.passenger, ride.deal) is State.AGREED,
    "boarded": lambda ride: state(ride.driver, ride.deal) in {State.RIDING, State.RECEIPTED},
    "signed": lambda ride: state(ride.passenger, ride.deal) in {State.RIDING, State.RECEIPTED},
    "countersigned": lambda ride: state(ride.driver, ride.deal) is State.RECEIPTED,
}
"""What has happened when somebody is killed, some random milliseconds later."""


@pytest.fixture(scope="module")
def nodes(town: People) -> dict[str, Person]:
    """Run a hub, a driver and a passenger for all rides of this module."""
    start_town(town, "driver", "passenger")
    return town.all


@pytest.mark.timeout(0 if KILLS > 10 else 300)
def test_whoever_is_killed_whenever(nodes: dict[str, Person]) -> None:
    """Rides in which two nodes are killed at random moments, and started again at once or a little later."""
    rng = random.Random(SEED)
    moments = [(victim, moment) for victim in VICTIMS for moment in MOMENTS]
    for number in range(KILLS):
        plan = rng.sample(moments, 2)
        play(nodes, plan, rng, f"SEED={SEED} ride {number}: {plan}")
    done = len(deals.all_deals(nodes["driver"].desk.node))
    check_books(nodes["driver"], nodes["passenger"], rides_each=done)


def play(nodes: dict[str, Person], plan: list[tuple[str, str]], rng: random.Random, name: str) -> None:
    """Play one ride with its kills, and check its end."""
    driver, passenger = nodes["driver"], nodes["passenger"]
    theirs, mine = offer(driver), request(passenger)
    ride = Ride(driver, passenger, propose(passenger, mine, theirs))
    waiting = list(plan)
    down: dict[str, float] = {}
    deadline = time.monotonic() + RIDE_S
    while not (ride.move() and not waiting and not down):
        assert time.monotonic() < deadline, f"{name} never ends: {ride}; still to kill {waiting}"
        for victim, moment in list(waiting):
            if victim not in down and MOMENTS[moment](ride):
                waiting.remove((victim, moment))
                time.sleep(rng.random() * 0.03)
                nodes[victim].kill()
                down[victim] = time.monotonic() + rng.choice([0, 0, 1.5])
        for victim in [one for one, until_s in down.items() if time.monotonic() >= until_s]:
            del down[victim]
            nodes[victim].again(wait=False)
        time.sleep(0.005)
    check_end(ride, name)


def check_end(ride: Ride, name: str) -> None:
    """Both sides know the deal once, receipted, and nobody asks for anything about it any more."""
    for person in (ride.driver, ride.passenger):
        (deal,) = [one for one in deals.all_deals(person.desk.node) if one.id == ride.deal]
        assert deal.state is State.RECEIPTED, name
        person.wait_running()
        person.wait_peers()
        until(f"{name}: {person.name} falls silent", lambda person=person: is_silent(person))


def is_silent(person: Person) -> bool:
    """Tell whether nothing will be sent any more: no row is due, now or ever."""
    return post_office.next_due(person.desk.node) is None


@pytest.mark.parametrize("sleeper", VICTIMS)
def test_a_laptop_that_sleeps(nodes: dict[str, Person], sleeper: str) -> None:
    """A node that stands still for seconds in the middle of a deal wakes up and goes on, and so does the deal."""
    driver, passenger = nodes["driver"], nodes["passenger"]
    theirs, mine = offer(driver), request(passenger)
    ride = Ride(driver, passenger, propose(passenger, mine, theirs))
    nodes[sleeper].send(signal.SIGSTOP)
    try:
        until("the deal stands still", lambda: not ride.move() and time.sleep(6) is None)
    finally:
        nodes[sleeper].send(signal.SIGCONT)
    ride.finish()
    check_end(ride, sleeper)
