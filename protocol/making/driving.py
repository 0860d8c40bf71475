"""Which rides are possible, by trying everything: the chapter on matching, written down once more and without haste."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EARTH_KM, KAPPA, TAU = 6371.0072, 1.3, 0.5
SLACK, ROUNDING = 15, 1
LatLng = tuple[float, float]


@dataclass(frozen=True)
class Trip:
    """What matters of an offer."""

    route: tuple[LatLng, ...]
    minutes: tuple[int, ...]
    depart: int
    before: int
    after: int
    max_detour: int
    seats: int


@dataclass(frozen=True)
class Rider:
    """What matters of terms, and for somebody aboard where the two stops stand in the order."""

    pickup: LatLng
    dropoff: LatLng
    seats: int
    pickup_at: int = 0
    dropoff_at: int = 0
    max_delay: int = 10
    order: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Stop:
    """A place on the way; change: seats that are taken there."""

    at: LatLng
    order: float
    change: int = 0
    ready: float = -math.inf
    due: float = math.inf


@dataclass(frozen=True)
class Way:
    """One way to serve a rider: places of the two stops in the list, and what it costs."""

    stops: tuple[Stop, ...]
    first: int
    last: int
    extra: float


def km(a: LatLng, b: LatLng) -> float:
    """Return the great-circle distance."""
    (lat, lon), (to_lat, to_lon) = (tuple(map(math.radians, place)) for place in (a, b))
    root = math.sin((to_lat - lat) / 2) ** 2 + math.cos(lat) * math.cos(to_lat) * math.sin((to_lon - lon) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(root))


def whole(amount: float) -> int:
    """Round half up."""
    return math.floor(amount + 0.5 + 1e-9)


def judge(trip: Trip, rider: Rider, aboard: Sequence[Rider] = ()) -> str | tuple[Way, list[int]]:
    """Return the cheapest way to serve somebody and when each stop is reached, or the reason why there is none."""
    ways = [way for way in _ways(trip, rider, aboard) if _within(trip, way, len(aboard) + 1)]
    if not ways:
        back = _ways(trip, replace(rider, pickup=rider.dropoff, dropoff=rider.pickup), aboard)
        return "direction" if any(_within(trip, way, len(aboard) + 1) for way in back) else "detour"
    seated = [way for way in ways if _most(way) <= trip.seats]
    if not seated:
        return "seats"
    alone = [way for way in seated if _drive(trip, way, alone=True)]
    if not alone:
        return "time"
    found = [(way.extra, way, times) for way in alone if (times := _drive(trip, way, alone=False))]
    return min(found, key=lambda one: one[0])[1:] if found else "delay"


def ride_hm(trip: Trip, rider: Rider, legs: tuple[int, int]) -> int:
    """Return the way of somebody along the route with nobody else aboard, in hectometres."""
    places = [rider.pickup, *trip.route[legs[0] + 1 : legs[1] + 1], rider.dropoff]
    return whole(sum(km(a, b) for a, b in pairwise(places)) * KAPPA * 10)


def _ways(trip: Trip, rider: Rider, aboard: Sequence[Rider]) -> Iterator[Way]:
    stops = [Stop(place, float(k)) for k, place in enumerate(trip.route)]
    for one in aboard:
        stops += _stops(one, one.order)
    stops.sort(key=lambda stop: stop.order)
    for i in range(len(stops) - 1):
        for j in range(i, len(stops) - 1):
            pickup, dropoff = _stops(rider, _between(stops, i, j))
            together = (*stops[: i + 1], pickup, *stops[i + 1 : j + 1], dropoff, *stops[j + 1 :])
            yield Way(together, i + 1, j + 2, _length(together) - _length(stops))


def _stops(rider: Rider, order: tuple[float, float]) -> tuple[Stop, Stop]:
    late = rider.max_delay + ROUNDING
    return (
        Stop(rider.pickup, order[0], rider.seats, rider.pickup_at, rider.pickup_at + late),
        Stop(rider.dropoff, order[1], -rider.seats, due=rider.dropoff_at + late),
    )


def _between(stops: Sequence[Stop], i: int, j: int) -> tuple[float, float]:
    """Return an order for stops after two others: any number between their neighbours will do."""
    first, last = ((stops[k].order * (1 - part) + stops[k + 1].order * part) for k, part in ((i, 0.25), (j, 0.75)))
    return first, last


def _length(stops: Sequence[Stop]) -> float:
    return sum(km(a.at, b.at) for a, b in pairwise(stops))


def _within(trip: Trip, way: Way, riders: int) -> bool:
    spent = KAPPA * (_length(way.stops) - sum(km(a, b) for a, b in pairwise(trip.route))) + 2 * TAU * riders
    return spent <= 1.5 * trip.max_detour + 2


def _most(way: Way) -> int:
    taken = [sum(stop.change for stop in way.stops[: k + 1]) for k in range(len(way.stops))]
    return max(taken[way.first : way.last])


def _drive(trip: Trip, way: Way, *, alone: bool) -> list[int] | None:
    """Return when each stop is reached, by who leaves in time, then without waits, then near to the offered minute."""
    minutes, best = list(offsets(trip, way.stops)), None
    in_time = min(stop.ready - at for stop, at in zip(way.stops, minutes, strict=True) if stop.change > 0)
    for depart in range(trip.depart - trip.before, trip.depart + trip.after + 1):
        held, times, kept, others = depart, [], True, -math.inf
        for place, (stop, offset) in enumerate(zip(way.stops, minutes, strict=True)):
            mine = place in {way.first, way.last}
            if mine or not alone:
                held = max(held, stop.ready - offset)
                kept &= held + offset <= stop.due
            if place == way.first:
                kept &= stop.ready - offset <= max(trip.depart + trip.after + SLACK, others)
            others = max(others, stop.ready - offset)
            times.append(int(held + offset))
        rank = (max(0, depart - in_time), held - depart, abs(depart - trip.depart))
        if kept and (best is None or rank < best[0]):
            best = rank, times
    return best[1] if best else None


def offsets(trip: Trip, stops: Sequence[Stop]) -> Iterator[int]:
    """Yield when each stop is reached, in minutes after departure, if nobody waits."""
    clock = 0.0
    for leg, (start, end) in enumerate(pairwise(trip.route)):
        inner = [stop for stop in stops if leg <= stop.order < leg + 1]
        hops = [km(a.at, b) for a, b in zip(inner, [*(stop.at for stop in inner[1:]), end], strict=True)]
        minutes = trip.minutes[leg + 1] - trip.minutes[leg] + KAPPA * (sum(hops) - km(start, end))
        for stop, hop in zip(inner, hops, strict=True):
            yield whole(clock)
            clock += minutes * hop / sum(hops) + TAU * bool(stop.change)
    yield whole(clock)
