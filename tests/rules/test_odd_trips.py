"""Trips that nobody expects: at the poles and the date line, without length, all in one place, at impossible times."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from lazpool.errors import MalformedError
from lazpool.records.places import POST_RES, Point, cell_at, coarse, is_coarse
from lazpool.records.posts import MAX_TRIP
from lazpool.records.shape import MAX_MINUTE
from lazpool.rules.areas import offer_areas
from lazpool.rules.geo import route_minutes
from lazpool.rules.matching import Fit, Miss, fit
from lazpool.rules.outline import may_meet, outline
from tests.rules.against_oracle import Count, boarded, fill
from tests.rules.town import GRENOBLE, LYON, MIDNIGHT, VOIRON, offer, random_offer, random_rider, request

EDGES = [Point(0.0, 180.0), Point(-17.0, -179.9), Point(65.0, 179.99), Point(89.7, 10.0), Point(-89.99, 0.0)]
ANY = {"earliest": MIDNIGHT, "latest": MIDNIGHT + 1440}


@pytest.mark.parametrize("near", EDGES)
def test_edges_of_the_map_match_like_the_middle(near: Point) -> None:
    """At the date line and at the poles the oracle, which knows only distances, finds the same matches, riders too."""
    chance, count = random.Random(11), Count()
    for _ in range(6):
        offered = random_offer(chance, near, max_detour=60, flex_after=30, seats=3)
        fill(chance, offered, [replace(random_rider(chance, offered), **ANY) for _ in range(6)], count)
    assert count.fits > 6


def test_the_ends_of_a_trip_are_coarse_everywhere() -> None:
    """Whatever place a user types, the end that is published is one that every reader takes."""
    chance = random.Random(12)
    corners = [Point(lat, lon) for lat in (-90.0, 0.0, 90.0) for lon in (-180.0, -0.0, 179.9999999, 180.0)]
    places = [Point(chance.uniform(-90, 90), chance.choice((1, -1)) * chance.uniform(170, 180)) for _ in range(3000)]
    places += [
        Point(chance.choice((1, -1)) * (90 - chance.random() ** 4), chance.uniform(-180, 180)) for _ in range(3000)
    ]
    assert all(is_coarse(coarse(place)) for place in corners + places)


def test_both_names_of_the_date_line_are_one_place() -> None:
    """Longitude 180 and -180 are the same: a rider there fits an offer by the other name, with the same detour."""
    offered = offer(Point(10.0, 179.0), Point(10.0, -179.0))
    ways = [(offered.route[0], Point(10.0, lon), offered.route[1]) for lon in (180.0, -180.0)]
    east, west = (replace(offered, route=way, minutes=route_minutes(way)) for way in ways)
    wanted = request(Point(10.0, 180.0), Point(10.0, -179.0), **ANY)
    assert isinstance(fit(east, wanted), Fit)
    assert fit(east, wanted) == fit(west, wanted)


@pytest.mark.parametrize("count", [2, 16])
def test_a_route_that_goes_nowhere(count: int) -> None:
    """A trip whose vertices are all one place, whether time passes or not, matches who stays there, and is no harm."""
    still = offer(*[VOIRON] * 2)
    for minutes in ((0,) * count, tuple(range(count)), (0,) * (count - 1) + (MAX_TRIP,)):
        odd = replace(still, route=(still.route[0],) * count, minutes=minutes)
        assert isinstance(fit(odd, request(GRENOBLE, LYON, **ANY)), Miss)
        there = request(VOIRON, VOIRON, earliest=MIDNIGHT, latest=MIDNIGHT + 2880)
        found = fit(odd, there)
        assert isinstance(found, Fit)
        assert (found.distance_hm, found.share) == (0, 0)
        second = fit(odd, there, [boarded(there, found, 10)])
        assert isinstance(second, Fit)
        assert found.pickup_at <= found.dropoff_at
        assert offer_areas(odd)
        assert may_meet(outline(odd), outline(there))


def test_a_rider_who_goes_nowhere() -> None:
    """From a cell to the same cell is a ride of no length, not an error."""
    found = fit(offer(GRENOBLE, VOIRON, LYON), request(VOIRON, VOIRON, **ANY))
    assert isinstance(found, Fit)
    assert (found.distance_hm, found.share, found.pickup_at <= found.dropoff_at) == (0, 0, True)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("turned", [False, True])
def test_what_is_no_number_is_no_place(number: float, *, turned: bool) -> None:
    """Coordinates that are not numbers are refused where they enter, so nothing beyond has to think of them."""
    with pytest.raises(MalformedError, match="not a number"):
        Point(*((1.0, number) if turned else (number, 1.0)))


@pytest.mark.parametrize(
    "changes",
    [
        {"depart": -1},
        {"depart": MAX_MINUTE + 1},
        {"flex_after": 721},
        {"max_detour": 241},
        {"minutes": (0, 90, 80)},
        {"minutes": (1, 80, 90)},
        {"minutes": (0, 80, MAX_TRIP + 1)},
        {"minutes": (0, 80)},
        {"route": (coarse(LYON),) * 17, "minutes": (0,) * 17},
        {"route": (coarse(LYON),), "minutes": (0,)},
        {"depart": 29_000_000.5},
    ],
)
def test_offers_out_of_range_are_refused(changes: dict[str, object]) -> None:
    """Times, minutes and vertices beyond the format never reach the rules."""
    with pytest.raises(MalformedError):
        offer(GRENOBLE, VOIRON, LYON, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"earliest": 10, "latest": 9},
        {"earliest": 0, "latest": 2881},
        {"latest": MAX_MINUTE + 1, "earliest": MAX_MINUTE},
        {"walk": 10_001},
        {"by": 2},
        {"cell_from": cell_at(LYON, POST_RES + 1)},
        {"cell_to": 0},
    ],
)
def test_requests_out_of_range_are_refused(changes: dict[str, int]) -> None:
    """The same for windows, walks and cells."""
    with pytest.raises(MalformedError):
        request(VOIRON, LYON, **changes)


def test_the_last_minute_that_there_is() -> None:
    """An offer and a request at the end of all time are judged like others: too late for each other, or a match."""
    last = offer(GRENOBLE, VOIRON, LYON, depart=MAX_MINUTE, flex_after=720, expires=MAX_MINUTE)
    window = {"earliest": MAX_MINUTE - 100, "latest": MAX_MINUTE, "expires": MAX_MINUTE}
    assert isinstance(fit(last, request(VOIRON, LYON, **window)), Miss)
    assert isinstance(fit(last, request(GRENOBLE, LYON, **window)), Fit)
