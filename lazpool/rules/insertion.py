"""The heart of matching: put a pick-up a and a drop-off b into a route p_0 .. p_K-1, and see what each way costs.

In different legs i < j the driver's extra way is `A_i + B_j`, with `A_i = d(p_i,a) + d(a,p_i+1) - d(p_i,p_i+1)` and B_j
likewise; in one leg it is `J_i = d(p_i,a) + d(a,b) + d(b,p_i+1) - d(p_i,p_i+1)`. The detour is the extra way in
minutes plus two stops. All pairs are looked at, not only the cheapest: seats and windows may forbid the cheapest, and a
route has at most 16 vertices.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from lazpool.rules.geo import MIN_PER_KM, STOP_MIN, km, leg_kms, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lazpool.records.places import Point

AT_VERTEX_KM = 1.7
"""A stop this near to a vertex counts as at the vertex when legs are told to people. A post knows a town only by its
res-7 cell, up to 1.7 km from centre to corner, so on which side of the vertex the stop lies is noise."""


class Insertion(NamedTuple):
    """One way to serve a passenger.

    pickup_leg, dropoff_leg: the legs that are bent to the stops. extra_km: the driver's extra way, great circle.
    pickup_min, dropoff_min: offsets from departure, whole minutes.
    """

    pickup_leg: int
    dropoff_leg: int
    extra_km: float
    pickup_min: int
    dropoff_min: int

    def leaving(self, depart: int) -> Placement:
        """Return it for a driver who leaves at that minute with nobody aboard."""
        i, j, extra, pickup, dropoff = self
        return Placement(i, j, *between((i, i + 1), (j, j + 1)), extra, depart, depart + pickup, depart + dropoff)


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
    """A way of at least two points measured once against one pick-up and one drop-off."""

    def __init__(self, route: Sequence[Point], pickup: Point, dropoff: Point) -> None:
        """Measure."""
        self._legs = leg_kms(route)
        self._to_a = tuple([km(vertex, pickup) for vertex in route])
        self._to_b = tuple([km(vertex, dropoff) for vertex in route])
        self._extra_a = self._sideways(self._to_a)
        self._extra_b = self._sideways(self._to_b)
        self.direct_km = km(pickup, dropoff)

    def least_km(self, *, back: bool = False) -> float:
        """Return the extra way of the cheapest insertion; back: of the ride in the other direction."""
        first, second, to_first, to_second = self._extra_a, self._extra_b, self._to_a, self._to_b
        if back:
            first, second, to_first, to_second = second, first, to_second, to_first
        least, cheapest = math.inf, math.inf
        for i, leg in enumerate(self._legs):
            one_leg = to_first[i] + self.direct_km + to_second[i + 1] - leg
            least = min(least, one_leg, cheapest + second[i])
            cheapest = min(cheapest, first[i])
        return max(least, 0.0)

    def ways(self, limit_km: float) -> Iterator[tuple[int, int, float]]:
        """Yield pick-up leg, drop-off leg and extra way of all that cost at most `limit_km`, by legs."""
        extra_a, extra_b = self._extra_a, self._extra_b
        for i in range(len(self._legs)):
            if extra_a[i] > limit_km:
                continue  # Whatever the drop-off, the triangle inequality makes it no cheaper.
            both = self._to_a[i] + self.direct_km + self._to_b[i + 1] - self._legs[i]
            if both <= limit_km:
                yield i, i, max(both, 0.0)
            for j in range(i + 1, len(self._legs)):
                if extra_a[i] + extra_b[j] <= limit_km:
                    yield i, j, extra_a[i] + extra_b[j]

    def within(self, limit_km: float, minutes: Sequence[int]) -> Iterator[Insertion]:
        """Yield the same with its times; minutes: when the driver is at each point, after departure."""
        for i, j, extra in self.ways(limit_km):
            yield self._in_one_leg(i, extra, minutes) if i == j else self._in_two_legs(i, j, extra, minutes)

    def ride_km(self, i: int, j: int) -> float:
        """Return the passenger's way from a stop on leg i to one on leg j."""
        return self.direct_km if i == j else self._to_a[i + 1] + sum(self._legs[i + 1 : j]) + self._to_b[j]

    def seat_legs(self, i: int, j: int) -> tuple[int, int]:
        """Return the first and the last leg on which the seat is taken: i and j, but for stops at a vertex."""
        first = i + 1 if i < j and self._to_a[i + 1] <= AT_VERTEX_KM else i
        last = j - 1 if i < j and self._to_b[j] <= AT_VERTEX_KM else j
        return (first, last) if first <= last else (i, j)

    def _sideways(self, to: Sequence[float]) -> list[float]:
        return [max(to[i] + to[i + 1] - leg, 0.0) for i, leg in enumerate(self._legs)]

    def _in_one_leg(self, i: int, extra: float, minutes: Sequence[int]) -> Insertion:
        before, after = self._to_a[i], self._to_b[i + 1]
        way = before + self.direct_km + after
        driven = minutes[i + 1] - minutes[i] + extra * MIN_PER_KM
        pickup = minutes[i] + driven * _part(before, way)
        dropoff = pickup + STOP_MIN + driven * _part(self.direct_km, way)
        return Insertion(i, i, extra, whole(pickup), whole(dropoff))

    def _in_two_legs(self, i: int, j: int, extra: float, minutes: Sequence[int]) -> Insertion:
        a, b, extra_a = self._to_a, self._to_b, self._extra_a[i]
        to_pickup = (minutes[i + 1] - minutes[i] + extra_a * MIN_PER_KM) * _part(a[i], a[i] + a[i + 1])
        to_dropoff = (minutes[j + 1] - minutes[j] + self._extra_b[j] * MIN_PER_KM) * _part(b[j], b[j] + b[j + 1])
        pickup = minutes[i] + to_pickup
        dropoff = minutes[j] + extra_a * MIN_PER_KM + STOP_MIN + to_dropoff
        return Insertion(i, j, extra, whole(pickup), whole(dropoff))


def between(first: tuple[float, float], last: tuple[float, float]) -> tuple[float, float]:
    """Return positions of a pick-up and a drop-off between the positions of their neighbours."""
    if first == last:
        third = (first[1] - first[0]) / 3
        return first[0] + third, first[1] - third
    return sum(first) / 2, sum(last) / 2


def _part(distance: float, total: float) -> float:
    """Return the part of a leg's time that falls to a part of its way; 0 where the way has no length."""
    return distance / total if total else 0.0
