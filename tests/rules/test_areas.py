"""Areas: where posts go, so that those who match hear each other."""

from __future__ import annotations

import random
import time

import h3.api.basic_int as h3
import pytest

from lazpool.records.places import AREA_RES, POST_RES, Point, Spot, cell_at, centre
from lazpool.rules.areas import (
    MAX_AREAS,
    area_of,
    area_of_cell,
    areas_around,
    offer_areas,
    parse_topic,
    request_area,
    start_areas,
    topic,
)
from lazpool.rules.geo import budget_km, km
from lazpool.rules.matching import Fit, fit
from lazpool.rules.walking import walk
from tests.rules.town import (
    GRENOBLE,
    LYON,
    MIDNIGHT,
    NET,
    VOIRON,
    offer,
    random_offer,
    random_request,
    request,
    somewhere,
)

ANY_TIME = {"earliest": MIDNIGHT, "latest": MIDNIGHT + 1440}


@pytest.mark.parametrize("near", [LYON, GRENOBLE, Point(-17.0, 179.9), Point(84.0, 0.0)])
def test_who_matches_hears_each_other(near: Point) -> None:
    """Whenever a request fits an offer, the offer goes to the area of the request."""
    chance = random.Random(5)
    matched = borders = 0
    for _ in range(60):
        offered = random_offer(chance, near, max_detour=chance.choice((5, 15, 30)))
        areas = offer_areas(offered)
        assert len(areas) < MAX_AREAS
        for _ in range(20):
            wanted = random_request(chance, near, seats=1, **ANY_TIME)
            if isinstance(fit(offered, wanted), Fit):
                matched += 1
                borders += request_area(wanted) not in {area_of(vertex) for vertex in offered.route}
                assert request_area(wanted) in areas
    assert matched > 100
    assert borders > 5


@pytest.mark.parametrize("detour", [0, 5, 15, 40])
def test_an_offer_goes_exactly_where_it_could_pick_up(detour: int) -> None:
    """The areas are those with a start in reach, and those of the vertices, found here by trying every cell around."""
    offered = offer(GRENOBLE, VOIRON, LYON, max_detour=detour)
    legs = list(zip(offered.route, offered.route[1:], strict=False))

    def in_reach(cell: int) -> bool:
        place = centre(cell)
        return any(km(a, place) + km(place, b) - km(a, b) <= budget_km(detour) for a, b in legs)

    around = h3.grid_disk(area_of(VOIRON), 5)
    expected = {area for area in around if any(map(in_reach, h3.cell_to_children(area, POST_RES)))}
    assert set(offer_areas(offered)) == expected | {area_of(vertex) for vertex in offered.route}


def test_the_reach_is_wider_than_half_the_detour() -> None:
    """A start far beyond half the detour budget sideways, in another area, is still reached."""
    offered = offer(Point(46.0, 2.0), Point(46.0, 4.0), max_detour=20)
    sideways = Point(46.36, 3.0)
    assert km(Point(46.0, 3.0), sideways) > budget_km(20)
    wanted = request(sideways, Point(46.0, 4.0), **ANY_TIME)
    assert isinstance(fit(offered, wanted), Fit)
    assert request_area(wanted) not in {area_of(Point(46.0, 2.0 + step / 50)) for step in range(101)}
    assert request_area(wanted) in offer_areas(offered)


def test_a_long_route_keeps_its_own_areas() -> None:
    """Past 32 areas the farthest from the route are left out, never those of the vertices."""
    offered = offer(Point(43.3, 5.4), Point(45.7, 4.8), Point(48.8, 2.3), Point(50.6, 3.0), max_detour=240)
    areas = offer_areas(offered)
    assert len(areas) == len(set(areas)) == MAX_AREAS
    assert {area_of(vertex) for vertex in offered.route} <= set(areas[:4])


def test_a_route_around_the_world_costs_no_more_than_a_long_one() -> None:
    """An absurd offer is answered within a second, and with 32 areas."""
    places = [Point(60.0 * (-1) ** step, step * 24.0 - 180) for step in range(16)]
    began = time.monotonic()
    assert len(offer_areas(offer(*places, max_detour=240))) == MAX_AREAS
    assert time.monotonic() - began < 1


def test_areas_come_in_the_same_order_every_time() -> None:
    """Every node lists the same areas of an offer in the same order."""
    offered = offer(GRENOBLE, VOIRON, LYON, max_detour=60)
    assert offer_areas(offered) == offer_areas(offer(GRENOBLE, VOIRON, LYON, max_detour=60))


def test_the_area_of_a_place_is_that_of_its_cell() -> None:
    """A hub that serves a place hears the requests made from there, also where cells and ancestors disagree."""
    chance = random.Random(2)
    disagree = 0
    for _ in range(3000):
        place = Point(chance.uniform(44, 47), chance.uniform(2, 6))
        assert area_of(place) == area_of_cell(cell_at(place, POST_RES)) == request_area(request(place, LYON))
        disagree += area_of(place) != cell_at(place, AREA_RES)
    assert disagree


def test_a_topic_is_read_back() -> None:
    """The topic of an area names the network and the cell, and nothing else is taken for one."""
    area = area_of(LYON)
    text = topic(NET, area)
    assert text == f"/lazpool/1/0101010101010101/area/{h3.int_to_str(area)}"
    assert parse_topic(text) == (NET, area)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/lazpool/1/0101010101010101/area/",
        "/lazpool/1/0101010101010101/area/fffffffffffffff",
        f"/lazpool/1/0101010101010101/area/{h3.int_to_str(cell_at(LYON, 5))}",
        f"/lazpool/1/0101010101010101/area/{h3.int_to_str(area_of(LYON)).upper()}",
        f"/lazpool/1/01/area/{h3.int_to_str(area_of(LYON))}",
        f"/lazpool/2/0101010101010101/area/{h3.int_to_str(area_of(LYON))}",
        topic(NET, area_of(LYON)) + "\n",
    ],
)
def test_what_is_no_topic_of_ours_is_none(text: str) -> None:
    """A topic of another shape, version or resolution is not an area."""
    assert parse_topic(text) is None


def test_a_hub_around_a_town_serves_the_villages_next_door() -> None:
    """The areas around Grenoble and Lyon hold Voiron, Vienne and Chambéry, whichever side of a border they lie on."""
    served = {*areas_around(GRENOBLE), *areas_around(LYON)}
    villages = (VOIRON, Point(45.5255, 4.8744), Point(45.5646, 5.9178))
    assert {area_of(village) for village in villages} <= served


def test_who_walks_hears_of_rides_from_across_a_border() -> None:
    """Whatever fits only from a meeting place goes to an area that the passenger's node follows, if not to its own."""
    chance, compared, across = random.Random(4), 0, 0
    while compared < 200:
        wanted = request(somewhere(chance, span=2.0), LYON, walk=chance.choice((500, 3000, 10_000)), **ANY_TIME)
        areas = start_areas(wanted)
        assert request_area(wanted) in areas
        if len(areas) == 1:
            continue
        door = somewhere(chance, centre(wanted.cell_from), 0.012)
        spot = somewhere(chance, door, wanted.walk / 1000 / 1.3 / 111.2 * 0.7)
        if cell_at(door, POST_RES) != wanted.cell_from or walk(door, Spot("P", spot)).metres > wanted.walk:
            continue
        offered = offer(spot, LYON, max_detour=0)
        compared += 1
        gone = set(offer_areas(offered))
        assert gone & set(areas)
        across += request_area(wanted) not in gone
    assert across > 2


def test_who_does_not_walk_follows_one_area() -> None:
    """A request without a walk is served in its own area alone, and a walk in the middle of one adds none."""
    assert start_areas(request(LYON, VOIRON)) == (request_area(request(LYON, VOIRON)),)
    middle = centre(area_of(LYON))
    assert len(start_areas(request(middle, VOIRON, walk=10_000))) == 1
