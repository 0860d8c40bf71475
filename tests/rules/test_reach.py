"""Reach: boxes and times lose no match, anywhere on the globe, and a box of half the detour would."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest

from lazpool.records.places import Point, centre
from lazpool.rules.geo import budget_km, km
from lazpool.rules.matching import Fit, fit
from lazpool.rules.reach import Box, boxes_around, reach_boxes, side_km, time_bounds
from tests.rules.town import GRENOBLE, LYON, MIDNIGHT, VOIRON, offer, random_offer, random_rider, request, somewhere

EDGES = (LYON, Point(-17.0, 179.9), Point(65.0, -179.99), Point(89.2, 10.0), Point(-89.9, 0.0), Point(0.0, 0.0))


def holds(boxes: tuple[Box, ...], point: Point) -> bool:
    """Tell whether any of the boxes holds a point."""
    return any(box.holds(point) for box in boxes)


def dest(start: Point, bearing: float, away_km: float) -> Point:
    """Return the point so far from another, in that direction from the north, radians."""
    lat, turn, side = math.radians(start.lat), bearing, away_km / 6371.0072
    north = math.asin(math.sin(lat) * math.cos(side) + math.cos(lat) * math.sin(side) * math.cos(turn))
    east = math.atan2(math.sin(turn) * math.sin(side) * math.cos(lat), math.cos(side) - math.sin(lat) * math.sin(north))
    return Point(math.degrees(north), (start.lon + math.degrees(east) + 180) % 360 - 180)


@pytest.mark.parametrize("near", EDGES)
def test_boxes_hold_all_that_is_in_reach(near: Point) -> None:
    """Whatever place lengthens a leg by no more than the limit lies in a box, at the poles and the date line too."""
    chance, inside, outside = random.Random(4), 0, 0
    for _ in range(40):
        offered = random_offer(chance, near)
        boxes, limit = reach_boxes(offered), budget_km(offered.max_detour)
        legs = list(pairwise(offered.route))
        assert all(box.west <= box.east for box in boxes)
        for _ in range(60):
            a, b = chance.choice(legs)
            start = chance.choice((a, b, somewhere(chance, a, 0.3)))
            place = dest(start, chance.uniform(0, 2 * math.pi), chance.uniform(0, side_km(km(a, b), limit) * 1.1))
            if min(km(p, place) + km(place, q) - km(p, q) for p, q in legs) <= limit:
                inside += 1
                assert holds(boxes, place)
            outside += not holds(boxes, place)
    assert inside > 500
    assert outside or abs(near.lat) > 89


@pytest.mark.parametrize("near", EDGES)
def test_both_ends_of_every_match_lie_in_the_boxes(near: Point) -> None:
    """Filtering candidates by boxes and times loses no match."""
    chance, fits = random.Random(6), 0
    for _ in range(400):
        offered = random_offer(chance, near)
        wanted = random_rider(chance, offered)
        if isinstance(found := fit(offered, wanted), Fit):
            fits += 1
            boxes, (first, last) = reach_boxes(offered), time_bounds(offered)
            assert holds(boxes, centre(wanted.cell_from))
            assert holds(boxes, centre(wanted.cell_to))
            assert first <= found.pickup_at <= found.dropoff_at <= last
    assert fits > 20


def test_half_the_detour_is_not_enough() -> None:
    """A start sideways of a long leg is a match although it lies beyond half the detour, where such a box ends."""
    offered = offer(Point(46.0, 2.0), Point(46.0, 4.0), max_detour=15)
    half = budget_km(15) / 2
    wanted = request(Point(46.28, 3.0), Point(46.0, 3.9), earliest=MIDNIGHT, latest=MIDNIGHT + 1000)
    start = centre(wanted.cell_from)
    assert isinstance(fit(offered, wanted), Fit)
    assert start.lat > 46.03 + math.degrees(half / 6371)  # the leg bends to 46.02 on its way
    assert holds(reach_boxes(offered), start)


def test_the_reach_is_that_of_the_formula() -> None:
    """On a leg of a trip the spherical reach is the flat one to within 0.1 %, and never less."""
    for leg, extra in ((0.0, 10.0), (10.0, 5.0), (100.0, 18.8), (500.0, 40.0)):
        flat = 0.5 * math.sqrt((leg + extra) ** 2 - leg**2)
        assert flat * (1 - 1e-9) <= side_km(leg, extra) <= flat * 1.001
        assert extra == 0 or flat >= extra / 2
    assert side_km(20_000.0, 100.0) == math.inf


def test_a_box_across_the_date_line_is_two() -> None:
    """A route over the 180th meridian has a narrow box on each side of it, and none around the globe."""
    west, east = reach_boxes(offer(Point(-16.8, 179.5), Point(-16.8, -179.5), max_detour=5))
    assert (west.east, east.west) == (180.0, -180.0)
    assert 1 < (west.east - west.west) + (east.east - east.west) < 2
    assert len(reach_boxes(offer(GRENOBLE, VOIRON, LYON))) == 1


def test_a_pole_is_in_all_longitudes() -> None:
    """A route past a pole reaches every longitude there."""
    (box,) = reach_boxes(offer(Point(89.5, 0.0), Point(89.5, 179.0)))
    assert (box.north, box.west, box.east) == (90.0, -180.0, 180.0)
    (box,) = boxes_around(Point(-89.99, 12.0), 5.0)
    assert (box.south, box.west, box.east) == (-90.0, -180.0, 180.0)


def test_a_circle_is_in_its_box() -> None:
    """Every place within so many km of a point is in the boxes around it."""
    chance = random.Random(9)
    for near in EDGES:
        for away in (0.5, 10.0, 300.0):
            boxes = boxes_around(near, away)
            for _ in range(50):
                assert holds(boxes, dest(near, chance.uniform(0, 2 * math.pi), away * chance.random() ** 0.1))
