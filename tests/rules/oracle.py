"""A slow second opinion on matching: writes out every stop list and drives it.

It shares no code with the rules but h3's distance. The constants are written again, so that a change of one is noticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import h3.api.basic_int as h3

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.records.posts import Offer, Request

KAPPA, TAU, NEAR_KM = 1.3, 0.5, 1.7
LatLng = tuple[float, float]


@dataclass
class Stop:
    """A place on the way, and the leg of the offer on which it is left again."""

    name: str
    at: LatLng
    leg: int


@dataclass
class Way:
    """One feasible way to serve a request."""

    detour: float
    legs: frozenset[int]
    pickup_at: int
    dropoff_at: int
    ride_km: float


def ways(offer: Offer, request: Request, load: Sequence[int]) -> list[Way]:
    """Return every feasible way."""
    found = []
    for i in range(len(offer.route) - 1):
        for j in range(i, len(offer.route) - 1):
            way = drive(offer, request, load, stop_list(offer, request, i, j))
            if way is not None:
                found.append(way)
    return found


def stop_list(offer: Offer, request: Request, i: int, j: int) -> list[Stop]:
    """Return the route with the pick-up after vertex i and the drop-off after vertex j."""
    stops = []
    for k, vertex in enumerate(offer.route):
        stops.append(Stop("vertex", (vertex.lat, vertex.lon), k))
        if k == i:
            stops.append(Stop("pickup", h3.cell_to_latlng(request.cell_from), k))
        if k == j:
            stops.append(Stop("dropoff", h3.cell_to_latlng(request.cell_to), k))
    return stops


def drive(offer: Offer, request: Request, load: Sequence[int], stops: list[Stop]) -> Way | None:
    """Drive a stop list: the detour, the clock and the seats; None when something forbids it."""
    names = [stop.name for stop in stops]
    start, end = names.index("pickup"), names.index("dropoff")
    plain = [stop for stop in stops if stop.name == "vertex"]
    detour = KAPPA * (length(stops) - length(plain)) + 2 * TAU
    legs = seat_legs(stops, start, end)
    full = any((load[leg] if leg < len(load) else 0) + request.seats > offer.seats for leg in legs)
    if detour > 1.5 * offer.max_detour + 2 or full:
        return None
    clock = arrivals(offer, stops)
    pickup, dropoff = (int(clock[at] + 0.5) for at in (start, end))
    for shift in sorted(range(-offer.flex_before, offer.flex_after + 1), key=abs):
        leave = offer.depart + shift
        if request.earliest <= leave + (dropoff if request.by else pickup) <= request.latest:
            return Way(detour, legs, leave + pickup, leave + dropoff, length(stops[start : end + 1]))
    return None


def arrivals(offer: Offer, stops: list[Stop]) -> list[float]:
    """Return when each stop is reached: a leg takes its published minutes and those of its own extra way."""
    clock, times = 0.0, []
    for k in range(len(offer.route) - 1):
        inner = [stop for stop in stops if stop.leg == k] + [next(s for s in stops if s.leg == k + 1)]
        driven, straight = length(inner), length([inner[0], inner[-1]])
        minutes = offer.minutes[k + 1] - offer.minutes[k] + KAPPA * (driven - straight)
        for stop, after in pairwise(inner):
            times.append(clock)
            clock += minutes * hop(stop, after) / driven if driven else 0.0
            clock += TAU if stop.name != "vertex" else 0.0
        clock += minutes if not driven else 0.0
    return [*times, clock]


def seat_legs(stops: list[Stop], start: int, end: int) -> frozenset[int]:
    """Return the legs on which the seat is taken; the last metres to and from a vertex at the town do not count."""
    hops = [*pairwise(stops[start : end + 1])]
    if all(after.name != "vertex" for _, after in hops):
        return frozenset({stops[start].leg})
    counted = {
        stop.leg
        for stop, after in hops
        if not (stop.name == "pickup" and hop(stop, after) <= NEAR_KM)
        and not (after.name == "dropoff" and hop(stop, after) <= NEAR_KM)
    }
    return frozenset(counted or {stop.leg for stop, _ in hops})


def length(stops: Sequence[Stop]) -> float:
    """Return the kilometres of a stop list."""
    return sum(hop(a, b) for a, b in pairwise(stops))


def hop(a: Stop, b: Stop) -> float:
    """Return the kilometres between two stops."""
    return float(h3.great_circle_distance(a.at, b.at))
