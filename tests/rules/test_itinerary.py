"""Several riders in one car: hard stops, seats on each part of the way, and nobody later than promised."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lazpool.records.places import Point
from lazpool.rules.matching import Fit, Miss, Reason, fit
from tests.rules.against_oracle import Count, boarded, fill
from tests.rules.town import GRENOBLE, LYON, MIDNIGHT, VOIRON, offer, random_offer, request, somewhere

if TYPE_CHECKING:
    from lazpool.records.posts import Offer, Request


def roomy(chance: random.Random) -> Offer:
    """Return an offer of a patient driver."""
    flex = {"flex_before": chance.choice((0, 5)), "flex_after": chance.choice((0, 5, 15))}
    return random_offer(chance, max_detour=chance.choice((30, 60, 90)), seats=chance.randint(1, 4), **flex)


def hurried(chance: random.Random, offered: Offer) -> Request:
    """Return a request of somebody by the way, at about the time that the offer passes, give or take an hour."""
    ends = sorted((chance.randrange(len(offered.route) - 1), chance.random()) for _ in range(2))
    start, end = (somewhere(chance, _on_leg(offered, *end), 0.04) for end in ends)
    changes = {"by": chance.randint(0, 1), "seats": chance.choice((1, 1, 2))}
    wanted = request(start, end, **changes)
    found = fit(
        replace(offered, flex_before=720, flex_after=720), replace(wanted, earliest=MIDNIGHT, latest=MIDNIGHT + 1440)
    )
    at = (found.dropoff_at if wanted.by else found.pickup_at) if isinstance(found, Fit) else offered.depart
    return replace(wanted, earliest=at - chance.choice((0, 10, 60)), latest=at + chance.choice((0, 5, 20, 60)))


def _on_leg(offered: Offer, leg: int, part: float) -> Point:
    a, b = offered.route[leg : leg + 2]
    return Point(a.lat + (b.lat - a.lat) * part, a.lon + (b.lon - a.lon) * part)


@pytest.mark.parametrize("seed", range(4))
def test_a_car_that_fills_up_agrees_with_the_oracle(seed: int) -> None:
    """Over cars that fill up and empty again, each next rider gets the best way there is, or there is none."""
    chance, count = random.Random(seed), Count()
    for _ in range(12):
        offered = roomy(chance)
        fill(chance, offered, [hurried(chance, offered) for _ in range(8)], count)
    assert count.beside > 15


def test_who_is_late_already_becomes_no_later() -> None:
    """A rider whose stop is later than promised, because the plan of others changed, keeps what is left of it."""
    ride = offer(GRENOBLE, VOIRON, LYON, max_detour=10)
    wanted = request(VOIRON, LYON, earliest=MIDNIGHT, latest=MIDNIGHT + 1440)
    found = fit(ride, wanted)
    assert isinstance(found, Fit)
    late = replace(boarded(wanted, found, 0), pickup_at=found.pickup_at - 20, dropoff_at=found.dropoff_at - 20)
    after = request(Point(45.72, 4.93), LYON, earliest=MIDNIGHT, latest=MIDNIGHT + 1440)
    before = request(GRENOBLE, VOIRON, earliest=MIDNIGHT, latest=MIDNIGHT + 1440)
    missed = fit(ride, after, [late])
    assert isinstance(missed, Miss)
    assert missed.reason == Reason.DELAY
    assert 0 < missed.short_by < 20
    assert isinstance(fit(ride, before, [replace(late, dropoff_at=found.dropoff_at, max_delay=5)]), Fit)


def test_a_wait_for_one_is_a_wait_for_all() -> None:
    """Where the car waits for somebody anyway, it is late enough for the next; without them it passes too early."""
    ride = offer(GRENOBLE, VOIRON, LYON)
    first = request(GRENOBLE, VOIRON, earliest=MIDNIGHT, latest=MIDNIGHT + 1440)
    found = fit(ride, first)
    assert isinstance(found, Fit)
    waiting = replace(boarded(first, found, 10), pickup_at=found.pickup_at + 8, dropoff_at=found.dropoff_at + 8)
    plain = fit(ride, request(VOIRON, LYON, earliest=MIDNIGHT, latest=MIDNIGHT + 1440))
    assert isinstance(plain, Fit)
    later = request(VOIRON, LYON, earliest=plain.pickup_at + 7, latest=plain.pickup_at + 60)
    assert isinstance(fit(ride, later), Miss)
    beside = fit(ride, later, [waiting])
    assert isinstance(beside, Fit)
    assert beside.pickup_at >= later.earliest
    assert isinstance(fit(ride, replace(later, earliest=plain.pickup_at + 15), [waiting]), Miss)
