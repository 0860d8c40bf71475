"""Outlines lose no match, anywhere on the globe, by any limit, in both directions; most other pairs are ruled out."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lazpool.records.places import POST_RES, Point, cell_at, centre
from lazpool.records.posts import MAX_DETOUR, MAX_FLEX, MAX_TRIP, MAX_WALK, MAX_WINDOW, Offer, Request, sign_post
from lazpool.rules.geo import EARTH_KM, budget_km, km
from lazpool.rules.insertion import Inserter
from lazpool.rules.matching import Fit, fit, fit_places
from lazpool.rules.outline import CLASSES, cells_near, may_meet, outline
from lazpool.rules.reach import side_km
from lazpool.rules.rides import ride as as_ride
from lazpool.rules.rides import ride_again, unpack_way
from lazpool.rules.rides import wish as as_wish
from lazpool.rules.track import arc_km, vector
from tests.rules.town import GRENOBLE, LYON, MIDNIGHT, VOIRON, offer, random_offer, random_rider, request, somewhere

if TYPE_CHECKING:
    from lazpool.records.posts import Post

PLACES = (LYON, Point(-17.0, 179.9), Point(65.0, -179.99), Point(89.2, 10.0), Point(-89.9, 0.0), Point(0.0, 0.0))


def is_candidate(offered: Offer, wanted: Request) -> bool:
    """Tell whether each of two posts is found from the other, and neither is ruled out."""
    ride, wish = outline(offered), outline(wanted)
    for here, there, kind in ((wish, ride, Offer.KIND), (ride, wish, Request.KIND)):
        cells = cells_near(kind, here)
        if cells is not None and not any(cell == there.cell and first <= there.first for cell, first in cells):
            return False
    limit_km, way = unpack_way(ride.shape)
    limit_km += 2 * wanted.walk / 1000
    return may_meet(ride, wish) and Inserter(way, as_wish(wanted).lift, limit_km).least_km <= limit_km


@pytest.mark.parametrize("near", PLACES)
def test_whatever_fits_is_a_candidate(near: Point) -> None:
    """No match is lost, at the poles and the date line too, for short and for long trips, times and limits."""
    chance, fits = random.Random(3), 0
    for _ in range(500):
        wide = chance.random() < 0.2
        changes = {"max_detour": MAX_DETOUR, "flex_before": MAX_FLEX, "flex_after": MAX_FLEX} if wide else {}
        offered = random_offer(chance, near, **changes)
        if wide:
            offered = replace(offered, minutes=(*offered.minutes[:-1], chance.randint(offered.minutes[-1], MAX_TRIP)))
        wanted = random_rider(chance, offered)
        if chance.random() < 0.2:
            wanted = replace(wanted, earliest=wanted.latest - MAX_WINDOW)
        if isinstance(fit(offered, wanted), Fit):
            fits += 1
            assert is_candidate(offered, wanted)
    assert fits > 50


@pytest.mark.parametrize("span", [0.1, 0.5, 2.0, 40.0])
def test_the_edge_of_the_reach(span: float) -> None:
    """Stops that use 90 to 100 % of a limit of 15 minutes are found, however long the leg."""
    chance, limit, edge = random.Random(5), budget_km(15), 0
    while edge < 25:
        start, end = somewhere(chance), somewhere(chance, span=span)
        if km(start, end) < 5:
            continue
        offered = offer(start, end, minutes=(0, min(MAX_TRIP, int(km(start, end)))))
        wanted = request(*_bulge(chance, *offered.route, limit), latest=MIDNIGHT + 440 + MAX_WINDOW)
        found = fit(offered, wanted)
        if isinstance(found, Fit) and found.detour_min > 0.9 * 24.5:
            edge += 1
            assert is_candidate(offered, wanted)


@pytest.mark.parametrize("side", [1, -1])
def test_where_a_great_circle_bends_to_the_pole(side: int) -> None:
    """A long leg along a parallel runs far poleward of it, and so does what is in reach of its middle."""
    ride = offer(Point(side * 60.0, 0.0), Point(side * 60.0, 40.0), minutes=(0, MAX_TRIP))
    start, end = ride.route
    top = math.degrees(math.atan(math.tan(math.radians(start.lat)) / math.cos(math.radians((end.lon - start.lon) / 2))))
    away = math.degrees(side_km(km(start, end), budget_km(15)) / EARTH_KM) - 0.05
    stop = Point(top + side * away, (start.lon + end.lon) / 2)
    wanted = request(stop, end, earliest=MIDNIGHT + 450, latest=MIDNIGHT + 450 + MAX_WINDOW)
    assert abs(top) > 61
    assert isinstance(fit(ride, wanted), Fit)
    assert is_candidate(ride, wanted)


def _bulge(chance: random.Random, start: Point, end: Point, limit: float) -> tuple[Point, Point]:
    """Return a place sideways of a leg that lengthens it by nearly the limit, and one on the way behind it."""
    part, turn = chance.uniform(0.05, 0.8), chance.choice((-1, 1))
    low, high = 0.0, 5.0
    for _ in range(40):
        across = (low + high) / 2
        stop = _beside(start, end, part, across * turn)
        extra = km(start, stop) + km(stop, end) - km(start, end)
        low, high = (low, across) if extra > limit else (across, high)
    return _beside(start, end, part, low * turn * chance.uniform(0.97, 1)), _beside(start, end, part + 0.15, 0)


def _beside(start: Point, end: Point, part: float, across: float) -> Point:
    lat, lon = end.lat - start.lat, end.lon - start.lon
    size = math.hypot(lat, lon)
    return Point(start.lat + part * lat + across * lon / size, start.lon + part * lon - across * lat / size)


@pytest.mark.parametrize("near", PLACES)
def test_who_walks_to_a_spot_is_a_candidate(near: Point) -> None:
    """A ride between two spots that fits is found for every passenger who can walk to both, up to the longest walk."""
    chance, fits = random.Random(8), 0
    for _ in range(300):
        offered = random_offer(chance, near)
        rider = random_rider(chance, offered)
        spots = [centre(rider.cell_from), centre(rider.cell_to)]
        if isinstance(fit_places(offered, *spots, 1), Fit):
            ends = [somewhere(chance, spot, chance.choice((0.01, 0.1))) for spot in spots]
            cells = [cell_at(end, POST_RES) for end in ends]
            walk = math.ceil(1000 * sum(km(spot, centre(cell)) for spot, cell in zip(spots, cells, strict=True)))
            if walk <= MAX_WALK:
                fits += 1
                window = {"earliest": offered.depart - 60, "latest": offered.depart + 600}
                assert is_candidate(offered, replace(rider, cell_from=cells[0], cell_to=cells[1], walk=walk, **window))
    assert fits > 20


def test_most_of_what_does_not_fit_is_ruled_out() -> None:
    """Of the candidates for any time of the day nine in ten are matches: a filter that lets all pass would be none."""
    chance, candidates, fits = random.Random(2), 0, 0
    offers = [random_offer(chance, seats=4) for _ in range(300)]
    whenever = {"earliest": MIDNIGHT, "latest": MIDNIGHT + 1440, "seats": 1}
    riders = [random_rider(chance, chance.choice(offers), **whenever) for _ in range(60)]
    for offered in offers:
        for rider in riders:
            candidates += is_candidate(offered, rider)
            fits += isinstance(fit(offered, rider), Fit)
    assert 0 < fits <= candidates < fits * 1.1
    assert fits < len(offers) * len(riders) / 5


def test_times_rule_out() -> None:
    """Yesterday's trip is no candidate, nor is one in the other direction or in another town."""
    ride = offer(GRENOBLE, VOIRON, LYON)
    wish = request(VOIRON, LYON)
    assert is_candidate(ride, wish)
    assert not is_candidate(ride, replace(wish, earliest=wish.earliest - 1440, latest=wish.latest - 1440))
    assert not is_candidate(ride, replace(wish, cell_from=wish.cell_to, cell_to=wish.cell_from))
    assert not is_candidate(ride, request(Point(48.85, 2.35), Point(48.6, 2.35)))


@pytest.mark.parametrize(
    "post",
    [
        offer(Point(46.0, -179.0), Point(46.0, 0.0), Point(46.0, 179.0), max_detour=MAX_DETOUR),
        offer(Point(-89.99, 0.0), Point(89.99, 0.0), max_detour=MAX_DETOUR, minutes=(0, MAX_TRIP)),
        offer(LYON, GRENOBLE, flex_before=MAX_FLEX, flex_after=MAX_FLEX, minutes=(0, MAX_TRIP)),
        request(LYON, GRENOBLE, latest=MIDNIGHT + MAX_WINDOW, earliest=MIDNIGHT, walk=MAX_WALK),
        request(Point(0.0, 180.0), Point(0.0, -179.99), walk=MAX_WALK),
    ],
)
def test_every_post_has_a_place(post: Post) -> None:
    """The largest and the longest posts that the format allows have a cell of a class that is looked into."""
    assert not isinstance(post, Offer | Request) or 0 <= outline(post).cell < CLASSES << 24


@pytest.mark.parametrize("near", PLACES)
def test_a_ride_that_was_kept_is_the_ride(near: Point) -> None:
    """What the board keeps of an offer is read back to the last bit, terms and measures."""
    chance = random.Random(9)
    for _ in range(30):
        kept = sign_post(replace(random_offer(chance, near), flags=2**32 - 1, group=bytes(range(16))), bytes(32))
        assert isinstance(kept.post, Offer)
        limit_km, way = unpack_way(outline(kept.post).shape)
        assert ride_again(kept.envelope, limit_km, way) == as_ride(kept.post)


def test_points_in_space_are_as_far_apart_as_places() -> None:
    """Chords give H3's great circles, from the same place to the opposite one."""
    chance = random.Random(10)
    for _ in range(2000):
        a = Point(chance.uniform(-90, 90), chance.uniform(-180, 180))
        away = 10 ** chance.uniform(-6, 2)
        b = Point(max(-90.0, min(90.0, a.lat + away)), (a.lon + away + 180) % 360 - 180)
        assert arc_km(vector(a), vector(b)) == pytest.approx(km(a, b), abs=1e-8)
        opposite = Point(-a.lat, a.lon - math.copysign(180, a.lon))
        assert arc_km(vector(a), vector(opposite)) == pytest.approx(math.pi * EARTH_KM, abs=1e-3)
        assert arc_km(vector(a), vector(a)) == 0
