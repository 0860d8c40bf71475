"""Pairs of posts to compare with the oracle: towns, real taxi trips, and requests at the edge of a driver's detour."""

from __future__ import annotations

import csv
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from lazpool.records.places import POST_RES, Point, cell_at, centre, coarse
from tests.rules.town import MIDNIGHT, offer, random_offer, random_rider, request, somewhere

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from lazpool.records.posts import Offer, Request

_ROOT = Path(__file__).parents[2]
CHICAGO = Path(os.environ.get("LAZPOOL_SHARED", _ROOT.parent / "shared")) / "data/chicago_taxi_15k.csv"
"""City of Chicago open data, as sampled by tensorflow/tfx."""
_SIDES = [f"{end}_{part}" for end in ("pickup", "dropoff") for part in ("latitude", "longitude")]


def towns(chance: random.Random, count: int) -> Iterator[tuple[Offer, Request]]:
    """Yield trips around a town, each with somebody who lives near it."""
    for _ in range(count):
        offered = random_offer(chance)
        yield offered, random_rider(chance, offered)


def taxis(chance: random.Random, count: int) -> Iterator[tuple[Offer, Request]]:
    """Yield pairs of real trips, as if they were all on one day: one is an offer, the other a request."""
    with CHICAGO.open() as file:
        rows = [row for row in csv.DictReader(file) if all(row[side] for side in _SIDES)]
    trips = [trip for row in rows if (trip := _trip(row)) is not None]
    for _ in range(count):
        (start, end, at), (home, work, when) = chance.choice(trips), chance.choice(trips)
        flex = {"flex_before": chance.choice((0, 10)), "flex_after": chance.choice((0, 10)), "max_detour": 15}
        offered = offer(start, end, depart=MIDNIGHT + at, expires=MIDNIGHT + 3000, **flex)
        yield offered, request(home, work, earliest=MIDNIGHT + when - 120, latest=MIDNIGHT + when + 120)


def edges(chance: random.Random, count: int) -> Iterator[tuple[Offer, Request]]:
    """Yield requests that need 90 to 110 % of a driver's 15 minutes, widened as estimates are, at any time of day."""
    while count:
        ends = [somewhere(chance) for _ in range(chance.choice((2, 2, 3, 4)))]
        offered = offer(*ends, max_detour=15)
        leg = chance.randrange(len(offered.route) - 1)
        a, b = offered.route[leg : leg + 2]
        budget = (1.5 * 15 + 2 - 1) / 1.3 * chance.uniform(0.9, 1.1)
        start = beside(a, b, budget, chance.random(), chance.choice((-1, 1)))
        wanted = request(start, b, earliest=MIDNIGHT, latest=MIDNIGHT + 1440, by=chance.randint(0, 1))
        if 0.9 <= _spent(offered, wanted) <= 1.1:
            count -= 1
            yield offered, wanted


def beside(a: Point, b: Point, extra_km: float, part: float, side: int) -> Point:
    """Return a place beside the leg of two points, at that part of it, whose way over it is so much longer."""
    east = math.cos(math.radians((a.lat + b.lat) / 2))
    x, y = (b.lon - a.lon) * east, b.lat - a.lat
    size = math.hypot(x, y) or 1.0
    low, high = 0.0, 2.0
    for _ in range(40):
        away = (low + high) / 2
        place = _bounded(a.lat + y * part + side * away * x / size, a.lon + (x * part - side * away * y / size) / east)
        (low, high) = (low, away) if km(a, place) + km(place, b) - km(a, b) > extra_km else (away, high)
    return place


def km(a: Point, b: Point) -> float:
    """Return the distance by the spherical law of cosines: close enough to draw places by."""
    lat, other = math.radians(a.lat), math.radians(b.lat)
    cosine = math.sin(lat) * math.sin(other) + math.cos(lat) * math.cos(other) * math.cos(math.radians(a.lon - b.lon))
    return 6371 * math.acos(max(-1.0, min(1.0, cosine)))


def _spent(offered: Offer, wanted: Request) -> float:
    """Return the part of the budget that the cheapest way between two vertices takes, the drop-off at one of them."""
    start = centre(wanted.cell_from)
    extra = min(km(a, start) + km(start, b) - km(a, b) for a, b in zip(offered.route, offered.route[1:], strict=False))
    return (extra * 1.3 + 1) / 24.5


def _trip(row: dict[str, str]) -> tuple[Point, Point, int] | None:
    start, end = (Point(float(row[lat]), float(row[lon])) for lat, lon in (_SIDES[:2], _SIDES[2:]))
    if cell_at(start, POST_RES) == cell_at(end, POST_RES) or coarse(start) == coarse(end):
        return None
    return start, end, int(row["trip_start_timestamp"]) // 60 % 1440


def _bounded(lat: float, lon: float) -> Point:
    return Point(max(-90.0, min(90.0, lat)), (lon + 180) % 360 - 180)
