"""How far an offer reaches, in plain numbers: for choosing candidates before anything is measured; see outline.py.

A detour of D km on a leg of s km reaches the places x with `d(p,x) + d(x,q) <= s + D`: an ellipse, which lies within
`r = 0.5 * sqrt((s+D)^2 - s^2)` of the leg. That is more than D/2, which loses matches. On the globe the same triangle
gives `cos((s+D)/2) = cos(s/2) * cos(r)`, in units of the earth's radius, and a little more than the flat formula.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lazpool.rules.geo import EARTH_KM, budget_min

if TYPE_CHECKING:
    from lazpool.records.posts import Offer
    from lazpool.rules.rides import Ride

_QUARTER = 0.999 * math.pi / 2
"""Nearly a quarter of the globe: longer half-legs than that reach anywhere."""


def time_bounds(offer: Offer | Ride) -> tuple[int, int]:
    """Return the first and the last minute at which anybody can be picked up or dropped off."""
    last = offer.depart + offer.flex_after + offer.minutes[-1] + budget_min(offer.max_detour)
    return offer.depart - offer.flex_before, math.ceil(last) + 1  # 1 for rounding


def side_km(leg_km: float, extra_km: float) -> float:
    """Return how far from a leg a place can lie that lengthens it by at most `extra_km`; infinity for anywhere."""
    half, longest = leg_km / 2 / EARTH_KM, (leg_km + extra_km) / 2 / EARTH_KM
    if longest >= _QUARTER:
        return math.inf
    return math.acos(min(1.0, math.cos(longest) / math.cos(half))) * EARTH_KM
