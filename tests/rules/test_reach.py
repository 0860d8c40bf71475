"""Reach: how far from a leg a detour leads, anywhere on the globe, and that half the detour is not enough."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest

from lazpool.records.places import Point, centre
from lazpool.rules.geo import budget_km, km
from lazpool.rules.matching import Fit, fit
from lazpool.rules.outline import may_meet, outline
from lazpool.rules.reach import side_km, time_bounds
from tests.rules.town import LYON, MIDNIGHT, offer, random_offer, random_rider, request

EDGES = (LYON, Point(-17.0, 179.9), Point(65.0, -179.99), Point(89.2, 10.0), Point(-89.9, 0.0), Point(0.0, 0.0))


def dest(start: Point, bearing: float, away_km: float) -> Point:
    """Return the point so far from another, in that direction from the north, radians."""
    lat, side = math.radians(start.lat), away_km / 6371.0072
    north = math.asin(math.sin(lat) * math.cos(side) + math.cos(lat) * math.sin(side) * math.cos(bearing))
    east = math.atan2(
        math.sin(bearing) * math.sin(side) * math.cos(lat), math.cos(side) - math.sin(lat) * math.sin(north)
    )
    return Point(math.degrees(north), (start.lon + math.degrees(east) + 180) % 360 - 180)


def between(a: Point, b: Point, part: float) -> Point:
    """Return the point of the great circle between two others at that part of it."""
    angle = km(a, b) / 6371.0072
    if angle == 0:
        return a
    weights = math.sin((1 - part) * angle) / math.sin(angle), math.sin(part * angle) / math.sin(angle)
    x, y, z = (
        sum(w * axis for w, axis in zip(weights, axes, strict=True)) for axes in zip(_xyz(a), _xyz(b), strict=True)
    )
    return Point(math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x)))


def _xyz(point: Point) -> tuple[float, float, float]:
    lat, lon = math.radians(point.lat), math.radians(point.lon)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


@pytest.mark.parametrize("near", EDGES)
def test_what_is_in_reach_lies_beside_a_leg(near: Point) -> None:
    """Whatever place lengthens a leg by no more than the limit is as near to it as said, and some just so."""
    chance, inside, nearest = random.Random(4), 0, math.inf
    for _ in range(25):
        offered = random_offer(chance, near, max_detour=chance.choice((5, 30)))
        a, b = chance.choice(list(pairwise(offered.route)))
        limit = budget_km(offered.max_detour)
        reach = side_km(km(a, b), limit)
        for _ in range(40):
            place = dest(
                between(a, b, chance.choice((0.5, chance.random()))), chance.uniform(0, 6.3), reach * chance.random()
            )
            if km(a, place) + km(place, b) - km(a, b) <= limit:
                inside += 1
                aside = min(km(place, between(a, b, step / 40)) for step in range(41))
                assert aside <= reach + km(a, b) / 40
                nearest = min(nearest, reach - aside)
    assert inside > 300
    assert nearest < 1.0


@pytest.mark.parametrize("near", EDGES)
def test_every_match_is_within_the_times(near: Point) -> None:
    """Filtering candidates by times loses no match."""
    chance, fits = random.Random(6), 0
    for _ in range(300):
        offered = random_offer(chance, near)
        if isinstance(found := fit(offered, random_rider(chance, offered)), Fit):
            fits += 1
            first, last = time_bounds(offered)
            assert first <= found.pickup_at <= found.dropoff_at <= last
    assert fits > 15


def test_half_the_detour_is_not_enough() -> None:
    """A start beside a long leg is a match, and a candidate, although every part of the leg is farther than D/2."""
    offered = offer(Point(46.0, 2.0), Point(46.0, 4.0), max_detour=15)
    wanted = request(Point(46.28, 3.0), Point(46.0, 3.9), earliest=MIDNIGHT, latest=MIDNIGHT + 1000)
    start, (a, b) = centre(wanted.cell_from), offered.route
    assert min(km(start, between(a, b, step / 500)) for step in range(501)) > 1.5 * budget_km(15)
    assert isinstance(fit(offered, wanted), Fit)
    assert may_meet(outline(offered), outline(wanted))


def test_the_reach_is_that_of_the_formula() -> None:
    """On a leg of a trip the spherical reach is the flat one to within 0.1 %, and never less."""
    for leg, extra in ((0.0, 10.0), (10.0, 5.0), (100.0, 18.8), (500.0, 40.0)):
        flat = 0.5 * math.sqrt((leg + extra) ** 2 - leg**2)
        assert flat * (1 - 1e-9) <= side_km(leg, extra) <= flat * 1.001
        assert flat >= extra / 2
    assert side_km(20_000.0, 100.0) == math.inf


def test_a_place_beyond_the_pole_is_near() -> None:
    """The other side of a pole is as near as it is on the ground, and a candidate."""
    offered = offer(Point(89.5, 0.0), Point(89.5, 90.0), max_detour=60)
    wanted = request(Point(89.8, -135.0), Point(89.5, 90.0), earliest=MIDNIGHT, latest=MIDNIGHT + 1000)
    assert isinstance(fit(offered, wanted), Fit)
    assert may_meet(outline(offered), outline(wanted))
