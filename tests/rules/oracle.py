"""A slow second opinion on matching: writes out every stop list and drives it, minute of departure by minute.

It shares no code with the rules, not even the distance: what it knows is protocol/matching.md, with the constants
written again, so that a change of one is noticed. Its tolerance is a microminute of detour: with `loose` 1 the limit
is so much more, with -1 so much less. What the strict oracle finds must be found, what is found the loose must allow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import h3.api.basic_int as h3

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lazpool.records.posts import Offer, Request

EARTH, KAPPA, TAU, NEAR_KM, ROUNDING = 6371.007180918475, 1.3, 0.5, 1.7, 1
LOOSE_MIN = 1e-6
LatLng = tuple[float, float]


class Aboard(Protocol):
    """What is known of a rider who has a seat."""

    pickup: LatLngPoint
    dropoff: LatLngPoint
    seats: int
    pickup_at: int
    dropoff_at: int
    pickup_pos: float
    dropoff_pos: float
    max_delay: int


class LatLngPoint(Protocol):
    """A place."""

    lat: float
    lon: float


@dataclass
class Stop:
    """A place on the way: the leg on which it is left again, the rider, and whether they get in (+1) or out (-1)."""

    at: LatLng
    leg: int
    order: float
    rider: int = -1
    way: int = 0


@dataclass
class Promise:
    """When a rider's stops may be: pick-up and drop-off, earliest and latest."""

    seats: int
    pickup: tuple[float, float] = (-math.inf, math.inf)
    dropoff: tuple[float, float] = (-math.inf, math.inf)


@dataclass
class Way:
    """One feasible way to serve a request: the extra minutes, how each departure works out."""

    detour: float
    legs: tuple[int, int]
    spots: tuple[int, int]
    drives: dict[int, list[int]] = field(default_factory=dict)


def distance(a: LatLng, b: LatLng) -> float:
    """Return the great-circle km by the haversine formula."""
    (lat1, lon1), (lat2, lon2) = ((math.radians(lat), math.radians(lon)) for lat, lon in (a, b))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(half)))


def ways(offer: Offer, request: Request, aboard: Sequence[Aboard] = (), loose: float = 0.0) -> list[Way]:
    """Return every way to serve the request beside those aboard, with every departure that keeps all promises."""
    window = (request.earliest, request.latest)
    promises = [_promise(rider) for rider in aboard]
    mine = Promise(request.seats, dropoff=window) if request.by else Promise(request.seats, pickup=window)
    route = _stops(offer, aboard)
    found = []
    for i in range(len(route) - 1):
        for j in range(i, len(route) - 1):
            new = len(aboard)
            pickup = Stop(h3.cell_to_latlng(request.cell_from), route[i].leg, 0, new, 1)
            dropoff = Stop(h3.cell_to_latlng(request.cell_to), route[j].leg, 0, new, -1)
            stops = [*route[: i + 1], pickup, *route[i + 1 : j + 1], dropoff, *route[j + 1 :]]
            spent = KAPPA * (length(stops) - length(_vertices(stops))) + 2 * TAU * (len(aboard) + 1)
            if spent > 1.5 * offer.max_detour + 2 + loose * LOOSE_MIN:
                continue
            if _most_aboard(stops, [*promises, mine]) > offer.seats:
                continue
            way = Way(KAPPA * (length(stops) - length(route)) + 2 * TAU, (pickup.leg, dropoff.leg), (i + 1, j + 2))
            for depart in range(offer.depart - offer.flex_before, offer.depart + offer.flex_after + 1):
                times = drive(offer, stops, [*promises, mine], depart)
                if times is not None:
                    way.drives[depart] = times
            if way.drives:
                found.append(way)
    return found


def keeps_promises(offer: Offer, aboard: Sequence[Aboard]) -> bool:
    """Tell whether some departure keeps what those aboard were promised, before anybody else is asked for."""
    route, promises = _stops(offer, aboard), [*map(_promise, aboard), Promise(0)]
    departures = range(offer.depart - offer.flex_before, offer.depart + offer.flex_after + 1)
    return any(drive(offer, route, promises, one) is not None for one in departures)


def drive(offer: Offer, stops: Sequence[Stop], promises: Sequence[Promise], depart: int) -> list[int] | None:
    """Return when each stop is reached by who leaves at that minute; None when a promise is broken."""
    offsets, times, held = [int(one + 0.500000001) for one in minutes(offer, stops)], [], depart
    newest = len(promises) - 1
    for at, stop in enumerate(stops):
        time = held + offsets[at]
        if stop.way > 0:
            ready = promises[stop.rider].pickup[0]
            out = next(k for k, other in enumerate(stops) if other.rider == stop.rider and other.way < 0)
            # Who must not arrive too soon is fetched so much later.
            ready = max(ready, promises[stop.rider].dropoff[0] - (offsets[out] - offsets[at]))
            if time < ready:
                held += int(ready) - time
                time = int(ready)
                if stop.rider == newest and held > offer.depart + offer.flex_after:
                    return None
        if stop.way and time > (promises[stop.rider].pickup if stop.way > 0 else promises[stop.rider].dropoff)[1]:
            return None
        times.append(time)
    return times


def minutes(offer: Offer, stops: Sequence[Stop]) -> Iterator[float]:
    """Yield when each stop is reached after departure: a leg takes its minutes and those of its own extra way."""
    clock = 0.0
    for leg in range(len(offer.route) - 1):
        inner = [stop for stop in stops if stop.leg == leg] + [next(stop for stop in stops if stop.leg == leg + 1)]
        driven, straight = length(inner), length([inner[0], inner[-1]])
        taken = offer.minutes[leg + 1] - offer.minutes[leg] + KAPPA * (driven - straight)
        for stop, after in pairwise(inner):
            yield clock
            clock += TAU * abs(stop.way)
            clock += taken * distance(stop.at, after.at) / driven if driven else 0.0
        clock += 0.0 if driven else taken
    yield clock


def ride_km(offer: Offer, request: Request, legs: tuple[int, int]) -> float:
    """Return how far the passenger rides when nobody else is aboard."""
    inner = [(vertex.lat, vertex.lon) for vertex in offer.route[legs[0] + 1 : legs[1] + 1]]
    places = [h3.cell_to_latlng(request.cell_from), *inner, h3.cell_to_latlng(request.cell_to)]
    return sum(distance(a, b) for a, b in pairwise(places))


def told_legs(offer: Offer, request: Request, legs: tuple[int, int]) -> tuple[int, int]:
    """Return the legs as people are told them: a stop near a vertex counts as there."""
    first, last = legs
    if first < last and distance(h3.cell_to_latlng(request.cell_from), _at(offer.route[first + 1])) <= NEAR_KM:
        first += 1
    if legs[0] < last and distance(h3.cell_to_latlng(request.cell_to), _at(offer.route[last])) <= NEAR_KM:
        last -= 1
    return (first, last) if first <= last else legs


def length(stops: Sequence[Stop]) -> float:
    """Return the kilometres of a stop list."""
    return sum(distance(a.at, b.at) for a, b in pairwise(stops))


def _stops(offer: Offer, aboard: Sequence[Aboard]) -> list[Stop]:
    stops = [Stop(_at(vertex), k, float(k)) for k, vertex in enumerate(offer.route)]
    for number, rider in enumerate(aboard):
        stops.append(Stop(_at(rider.pickup), int(rider.pickup_pos), rider.pickup_pos, number, 1))
        stops.append(Stop(_at(rider.dropoff), int(rider.dropoff_pos), rider.dropoff_pos, number, -1))
    return sorted(stops, key=lambda stop: stop.order)


def _promise(rider: Aboard) -> Promise:
    latest = rider.max_delay + ROUNDING
    return Promise(rider.seats, (rider.pickup_at, rider.pickup_at + latest), (-math.inf, rider.dropoff_at + latest))


def _most_aboard(stops: Sequence[Stop], promises: Sequence[Promise]) -> int:
    """Return how many seats are taken where most are, on the part of the way that the newest rider is aboard."""
    aboard, most, counted = 0, 0, False
    for stop in stops:
        if stop.way:
            aboard += stop.way * promises[stop.rider].seats
        if stop.rider == len(promises) - 1:
            counted = stop.way > 0
        most = max(most, aboard if counted else 0)
    return most


def _vertices(stops: Sequence[Stop]) -> list[Stop]:
    return [stop for stop in stops if not stop.way]


def _at(point: LatLngPoint) -> LatLng:
    return point.lat, point.lon
