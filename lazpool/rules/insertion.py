"""The heart of matching: put a pick-up a and a drop-off b into a route p_0 .. p_K-1, and see what each way costs.

In different legs i < j the driver's extra way is `A_i + B_j`, with `A_i = d(p_i,a) + d(a,p_i+1) - d(p_i,p_i+1)` and B_j
likewise; in one leg it is `J_i = d(p_i,a) + d(a,b) + d(b,p_i+1) - d(p_i,p_i+1)`. The detour is the extra way in
minutes plus two stops. All pairs are looked at, not only the cheapest: seats and windows may forbid the cheapest, and a
route has at most 16 vertices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.rules.geo import MIN_PER_KM, STOP_MIN, km, leg_kms, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lazpool.records.places import Point

AT_VERTEX_KM = 1.7
"""A stop this near to a vertex counts as at the vertex when seats are counted, so that who leaves at a town makes room
for who boards there. A post knows the town only by its res-7 cell, up to 1.7 km from centre to corner, so the order of
the two on the last stretch is noise, and the driver lets people out first."""


@dataclass(frozen=True, slots=True)
class Insertion:
    """One way to serve a passenger.

    pickup_leg, dropoff_leg: the legs that are bent to the stops. first_leg, last_leg: where the seat is taken.
    extra_km, ride_km: the driver's extra way and the passenger's ride, great circle. pickup_min, dropoff_min: offsets
    from departure, whole minutes.
    """

    pickup_leg: int
    dropoff_leg: int
    first_leg: int
    last_leg: int
    extra_km: float
    pickup_min: int
    dropoff_min: int
    ride_km: float

    @property
    def detour_min(self) -> float:
        """Return the driver's extra minutes, stops included."""
        return self.extra_km * MIN_PER_KM + 2 * STOP_MIN


class Inserter:
    """A route measured once against one pick-up and one drop-off."""

    def __init__(self, route: Sequence[Point], minutes: Sequence[int], pickup: Point, dropoff: Point) -> None:
        """Measure; route and minutes have the same length, at least 2."""
        self._minutes = minutes
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

    def within(self, limit_km: float) -> Iterator[Insertion]:
        """Yield every insertion whose extra way is at most `limit_km`, by pick-up leg, then drop-off leg."""
        extra_a, extra_b = self._extra_a, self._extra_b
        for i in range(len(self._legs)):
            if extra_a[i] > limit_km:
                continue  # Whatever the drop-off, the triangle inequality makes it no cheaper.
            both = self._to_a[i] + self.direct_km + self._to_b[i + 1] - self._legs[i]
            if both <= limit_km:
                yield self._in_one_leg(i, max(both, 0.0))
            for j in range(i + 1, len(self._legs)):
                if extra_a[i] + extra_b[j] <= limit_km:
                    yield self._in_two_legs(i, j, extra_a[i], extra_b[j])

    def _sideways(self, to: Sequence[float]) -> list[float]:
        return [max(to[i] + to[i + 1] - leg, 0.0) for i, leg in enumerate(self._legs)]

    def _in_one_leg(self, i: int, extra: float) -> Insertion:
        before, after = self._to_a[i], self._to_b[i + 1]
        way = before + self.direct_km + after
        driven = self._leg_min(i) + extra * MIN_PER_KM
        pickup = self._minutes[i] + driven * _part(before, way)
        dropoff = pickup + STOP_MIN + driven * _part(self.direct_km, way)
        return self._insertion(i, i, extra, pickup, dropoff, self.direct_km)

    def _in_two_legs(self, i: int, j: int, extra_a: float, extra_b: float) -> Insertion:
        a, b = self._to_a, self._to_b
        to_pickup = (self._leg_min(i) + extra_a * MIN_PER_KM) * _part(a[i], a[i] + a[i + 1])
        to_dropoff = (self._leg_min(j) + extra_b * MIN_PER_KM) * _part(b[j], b[j] + b[j + 1])
        pickup = self._minutes[i] + to_pickup
        dropoff = self._minutes[j] + extra_a * MIN_PER_KM + STOP_MIN + to_dropoff
        ride = a[i + 1] + sum(self._legs[i + 1 : j]) + b[j]
        return self._insertion(i, j, extra_a + extra_b, pickup, dropoff, ride)

    def _insertion(self, i: int, j: int, extra: float, pickup: float, dropoff: float, ride: float) -> Insertion:
        first, last = self._seat_legs(i, j)
        return Insertion(i, j, first, last, extra, whole(pickup), whole(dropoff), ride)

    def _seat_legs(self, i: int, j: int) -> tuple[int, int]:
        """Return the first and the last leg on which the seat is taken: i and j, but for stops at a vertex."""
        first = i + 1 if i < j and self._to_a[i + 1] <= AT_VERTEX_KM else i
        last = j - 1 if i < j and self._to_b[j] <= AT_VERTEX_KM else j
        return (first, last) if first <= last else (i, j)

    def _leg_min(self, i: int) -> int:
        return self._minutes[i + 1] - self._minutes[i]


def _part(distance: float, total: float) -> float:
    """Return the part of a leg's time that falls to a part of its way; 0 where the way has no length."""
    return distance / total if total else 0.0
