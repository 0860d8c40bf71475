"""The heart of matching: put a pick-up a and a drop-off b into a route p_0 .. p_K-1, and see what each way costs.

In different legs i < j the driver's extra way is `A_i + B_j`, with `A_i = d(p_i,a) + d(a,p_i+1) - d(p_i,p_i+1)` and B_j
likewise; in one leg it is `J_i = d(p_i,a) + d(a,b) + d(b,p_i+1) - d(p_i,p_i+1)`. The detour is the extra way in
minutes plus two stops. Seats and windows may forbid the cheapest, so that all pairs count; a route has at most 16
vertices.
"""

from __future__ import annotations

import math
from itertools import accumulate
from operator import add, sub
from typing import TYPE_CHECKING, NamedTuple

from lazpool.rules.geo import MIN_PER_KM, STOP_MIN, whole
from lazpool.rules.track import arcs_km

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.rules.track import Lift, Track

AT_VERTEX_KM = 1.7
"""A stop this near to a vertex counts as at the vertex when legs are told to people. A post knows a town only by its
res-7 cell, up to 1.7 km from centre to corner, so on which side of the vertex the stop lies is noise."""


class Way(NamedTuple):
    """One way to serve a passenger: the legs that are bent to pick-up and drop-off, and the extra way, great circle."""

    pickup_leg: int
    dropoff_leg: int
    extra_km: float


class Placement(NamedTuple):
    """One way to serve a new rider, beside those aboard.

    pickup_leg, dropoff_leg: of the route. *_pos: where the stops stand in the order of stops, between k and k + 1 on
    leg k. *_at: minutes since the epoch. missing: seats that are missing. late: minutes by which the new rider cannot
    be served in time, early: because the car passes before; late_others: minutes by which promises would be broken;
    none of missing, late and late_others is positive in a good way. delay_min: the largest delay to anybody aboard.
    """

    pickup_leg: int
    dropoff_leg: int
    pickup_pos: float
    dropoff_pos: float
    extra_km: float
    depart_at: int
    pickup_at: int
    dropoff_at: int
    missing: int = 0
    late: float = 0.0
    early: bool = False
    late_others: float = 0.0
    delay_min: int = 0


class Inserter:
    """A way measured once against one ride.

    least_km: the extra way of the cheapest insertion; infinite where that was seen to be beyond a limit.
    """

    __slots__ = ("_extra_a", "_extra_b", "_legs", "_one_leg", "_to_a", "_to_b", "direct_km", "least_km")

    def __init__(self, way: Track, ride: Lift, limit_km: float = math.inf) -> None:
        """Measure; nothing else can be asked once it is beyond the limit, which is mostly seen at one of the stops."""
        vertices, legs = way
        self.least_km = math.inf
        to_a = arcs_km(vertices, ride.pickup)
        extra_a = list(map(sub, map(add, to_a, to_a[1:]), legs))
        if min(extra_a) > limit_km:
            return
        to_b = arcs_km(vertices, ride.dropoff)
        extra_b = list(map(sub, map(add, to_b, to_b[1:]), legs))
        if min(extra_b) > limit_km:
            return
        one_leg = list(map(sub, map(add, to_a, to_b[1:]), legs))
        self.least_km = max(min(_in_two(extra_a, extra_b), min(one_leg) + ride.direct_km), 0.0)
        self._legs, self._to_a, self._to_b, self.direct_km = legs, to_a, to_b, ride.direct_km
        self._extra_a, self._extra_b, self._one_leg = extra_a, extra_b, one_leg

    def least_back_km(self) -> float:
        """Return the extra way of the cheapest insertion of the ride in the other direction."""
        one_leg: float = min(map(sub, map(add, self._to_b, self._to_a[1:]), self._legs)) + self.direct_km
        return max(min(_in_two(self._extra_b, self._extra_a), one_leg), 0.0)

    def ways(self, limit_km: float) -> list[Way]:
        """Return all that cost at most `limit_km`."""
        direct, extra_a, extra_b = self.direct_km, self._extra_a, self._extra_b
        for_a = limit_km - min(extra_b)
        return [
            *(Way(i, i, max(one + direct, 0.0)) for i, one in enumerate(self._one_leg) if one + direct <= limit_km),
            *(
                Way(i, j, max(one + extra_b[j], 0.0))
                for i, one in enumerate(extra_a)
                if one <= for_a
                for j in range(i + 1, len(extra_b))
                if one + extra_b[j] <= limit_km
            ),
        ]

    def ride_km(self, i: int, j: int) -> float:
        """Return the passenger's way from a stop on leg i to one on leg j."""
        return self.direct_km if i == j else self._to_a[i + 1] + sum(self._legs[i + 1 : j]) + self._to_b[j]

    def seat_legs(self, i: int, j: int) -> tuple[int, int]:
        """Return the first and the last leg on which the seat is taken: i and j, but for stops at a vertex."""
        first = i + 1 if i < j and self._to_a[i + 1] <= AT_VERTEX_KM else i
        last = j - 1 if i < j and self._to_b[j] <= AT_VERTEX_KM else j
        return (first, last) if first <= last else (i, j)

    def pickup_min(self, way: Way, minutes: Sequence[int]) -> int:
        """Return when the driver is at the pick-up; minutes: when at each vertex, both after departure."""
        return whole(self._pickup(way, minutes))

    def dropoff_min(self, way: Way, minutes: Sequence[int]) -> int:
        """Return when the driver is at the drop-off, in the same measure."""
        i, j, extra = way
        if i == j:
            taken = minutes[i + 1] - minutes[i] + extra * MIN_PER_KM
            driven = taken * _part(self.direct_km, self._to_a[i] + self.direct_km + self._to_b[i + 1])
            return whole(self._pickup(way, minutes) + STOP_MIN + driven)
        to = self._to_b
        taken = minutes[j + 1] - minutes[j] + self._extra_b[j] * MIN_PER_KM
        behind = max(self._extra_a[i], 0.0) * MIN_PER_KM + STOP_MIN
        return whole(minutes[j] + behind + taken * _part(to[j], to[j] + to[j + 1]))

    def _pickup(self, way: Way, minutes: Sequence[int]) -> float:
        i, j, extra = way
        before = self._to_a[i]
        if i == j:
            extra_i, total = extra, before + self.direct_km + self._to_b[i + 1]
        else:
            extra_i, total = max(self._extra_a[i], 0.0), before + self._to_a[i + 1]
        return minutes[i] + (minutes[i + 1] - minutes[i] + extra_i * MIN_PER_KM) * _part(before, total)


def between(first: tuple[float, float], last: tuple[float, float]) -> tuple[float, float]:
    """Return positions of a pick-up and a drop-off between the positions of their neighbours."""
    if first == last:
        third = (first[1] - first[0]) / 3
        return first[0] + third, first[1] - third
    return sum(first) / 2, sum(last) / 2


def _in_two(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the least cost of two stops on different legs, in this order."""
    least, least_second = min(first), min(second)
    if least_second in second[first.index(least) + 1 :]:
        return least + least_second  # mostly so
    dearer: float = min(map(add, accumulate(first, min), second[1:]), default=math.inf)
    return dearer


def _part(distance: float, total: float) -> float:
    """Return the part of a leg's time that falls to a part of its way; 0 where the way has no length."""
    return distance / total if total else 0.0
