"""Compare the rules with the oracle: one pair of posts, or a car that fills up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lazpool.records.places import centre
from lazpool.rules.itinerary import Rider
from lazpool.rules.matching import Fit, fit
from tests.rules import oracle

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from lazpool.records.posts import Offer, Request


@dataclass
class Count:
    """How many pairs were compared, how many fit, and how many of them with somebody aboard."""

    pairs: int = 0
    fits: int = 0
    beside: int = 0

    def compare(self, offer: Offer, request: Request, aboard: Sequence[Rider] = ()) -> Fit | None:
        """Require that the rules find the best of all ways, at times that a drive confirms, or that there is none.

        Detours are told to 0.1 minute, and among ways that differ by less than a metre the rules may take any.
        """
        found, ways = fit(offer, request, aboard), oracle.ways(offer, request, aboard, loose=1)
        self.pairs += 1
        if not isinstance(found, Fit):
            assert not oracle.ways(offer, request, aboard, loose=-1), found
            return None
        self.fits += 1
        self.beside += bool(aboard)
        assert ways, "a match that the oracle does not know"
        least = min(way.detour for way in ways)
        assert found.detour_min == pytest.approx(least, abs=0.052)
        assert found.detour_hm == pytest.approx((least - 1) * 10, abs=0.52)
        assert any(_is(found, way, offer, request) for way in ways if way.detour < least + 0.002)
        return found


def _is(found: Fit, way: oracle.Way, offer: Offer, request: Request) -> bool:
    times = way.drives.get(found.depart_at)
    return (
        times is not None
        and (times[way.spots[0]], times[way.spots[1]]) == (found.pickup_at, found.dropoff_at)
        and (found.pickup_leg, found.dropoff_leg) == oracle.told_legs(offer, request, way.legs)
        and found.distance_hm == pytest.approx(oracle.ride_km(offer, request, way.legs) * 13, abs=0.51)
    )


def boarded(request: Request, found: Fit, max_delay: int) -> Rider:
    """Return the rider that a fit makes."""
    return Rider(
        *(centre(request.cell_from), centre(request.cell_to), request.seats, found.pickup_at, found.dropoff_at),
        *(found.pickup_pos, found.dropoff_pos, max_delay),
    )


def fill(chance: random.Random, offer: Offer, requests: Sequence[Request], count: Count) -> list[Rider]:
    """Take whoever fits, one after the other, and compare each time; now and then somebody cancels.

    A leg's minutes are shared out over its parts, so a cancellation may make a stop a minute or two later; a car whose
    promises no longer hold for that reason is left alone.
    """
    aboard: list[Rider] = []
    for request in requests:
        if (found := count.compare(offer, request, tuple(aboard))) is not None:
            aboard.append(boarded(request, found, chance.choice((0, 2, 5, 10, 10))))
        if aboard and chance.random() < 0.15:
            aboard.pop(chance.randrange(len(aboard)))
            if not oracle.keeps_promises(offer, aboard):
                break
    return aboard
