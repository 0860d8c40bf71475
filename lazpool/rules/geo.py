"""Distance and time without roads: great circles, one circuity factor, one mean speed.

Distances are great-circle kilometres unless a name says `road`; times are minutes. Everything here is an estimate, and
what follows from it is labelled so.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import h3.api.basic_int as h3

from lazpool.records.posts import MAX_TRIP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.records.places import Point

EARTH_KM = 6371.007180918475
"""The mean radius that H3 measures with (authalic, WGS84)."""
CIRCUITY = 1.3
"""Road kilometres per great-circle kilometre: the factor of the measurements behind the widening below."""
SPEED_KMH = 60
"""One mean speed for town, country road and motorway; a driver whose node knows roads publishes better minutes."""
MIN_PER_KM = CIRCUITY * 60 / SPEED_KMH
"""Minutes of driving per great-circle kilometre (kappa)."""
STOP_MIN = 0.5
"""One stop at the kerb (tau). Two of them leave a driver without any detour 1 of the 2 minutes below: enough for the
rounding of two ends to the same cells, so that the same trip always matches."""
WIDEN_FACTOR, WIDEN_MIN = 1.5, 2
"""An estimate is accepted up to 1.5 x limit + 2 min. Against true road detours of 10 minutes that kept 1.00 and 0.97 of
the matches in two alpine countries; the plain limit lost 14 and 13 %. The driver's own node confirms."""


def km(a: Point, b: Point) -> float:
    """Return the great-circle distance of two points."""
    return float(h3.great_circle_distance((a.lat, a.lon), (b.lat, b.lon)))


def road_hm(distance_km: float) -> int:
    """Return estimated road hectometres for great-circle kilometres."""
    return whole(distance_km * CIRCUITY * 10)


def whole(amount: float) -> int:
    """Round half up, for amounts that are not negative; what floats make of a half, to a billionth, is a half.

    A stop takes half a minute, so halves are common, and two nodes should come to the same minute.
    """
    return int(amount + 0.500000001)


def budget_min(max_detour: int) -> float:
    """Return the minutes up to which an estimated detour is accepted for a driver's limit in minutes."""
    return WIDEN_FACTOR * max_detour + WIDEN_MIN


def budget_km(max_detour: int) -> float:
    """Return the great-circle kilometres which that budget leaves for driving, once the two stops are made."""
    return (budget_min(max_detour) - 2 * STOP_MIN) / MIN_PER_KM


def leg_kms(route: Sequence[Point]) -> tuple[float, ...]:
    """Return the length of every leg of a route."""
    return tuple(km(a, b) for a, b in pairwise(route))


def route_minutes(route: Sequence[Point]) -> tuple[int, ...]:
    """Return the offset of each vertex from departure, for an offer made without roads; at most the format's limit."""
    offsets = accumulate(leg_kms(route), initial=0.0)
    return tuple(min(whole(offset * MIN_PER_KM), MAX_TRIP) for offset in offsets)
