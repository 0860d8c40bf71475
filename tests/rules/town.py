"""Offers and requests to test the rules with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lazpool.records.places import POST_RES, Point, cell_at, coarse, on_grid
from lazpool.records.posts import DEPART, Offer, Request
from lazpool.rules.geo import route_minutes

if TYPE_CHECKING:
    import random

GRENOBLE, VOIRON, LYON = Point(45.1885, 5.7245), Point(45.3645, 5.5915), Point(45.7606, 4.8594)
MIDNIGHT = 29_000_160
"""Some midnight, in minutes since the epoch."""
HALF_PAST_SEVEN = MIDNIGHT + 450
NET = b"\x01" * 8


def offer(*places: Point, **changes: Any) -> Offer:
    """Return an offer along places, at 07:30, as a node without roads would make it."""
    first, *between, last = places
    route = (coarse(first), *map(on_grid, between), coarse(last))
    fields = {
        "net": NET,
        "post_pk": b"\x02" * 32,
        "box_pk": b"\x03" * 32,
        "letterboxes": (),
        "route": route,
        "minutes": route_minutes(route),
        "depart": HALF_PAST_SEVEN,
        "flex_before": 0,
        "flex_after": 0,
        "max_detour": 15,
        "seats": 2,
        "price": 80,
        "unit": "EUR",
        "flags": 0,
        "expires": HALF_PAST_SEVEN + 600,
    }
    return Offer(**{**fields, **changes})


def request(start: Point, end: Point, **changes: Any) -> Request:
    """Return a request between two places, for 07:50 give or take 30 minutes."""
    fields = {
        "net": NET,
        "post_pk": b"\x04" * 32,
        "box_pk": b"\x05" * 32,
        "letterboxes": (),
        "cell_from": cell_at(start, POST_RES),
        "cell_to": cell_at(end, POST_RES),
        "by": DEPART,
        "earliest": MIDNIGHT + 440,
        "latest": MIDNIGHT + 500,
        "walk": 0,
        "seats": 1,
        "flags": 0,
        "expires": HALF_PAST_SEVEN + 600,
    }
    return Request(**{**fields, **changes})


def somewhere(chance: random.Random, near: Point = LYON, span: float = 0.6) -> Point:
    """Return a place within `span` degrees of another."""
    lat = min(90.0, max(-90.0, near.lat + chance.uniform(-span, span)))
    lon = (near.lon + chance.uniform(-span, span) + 180) % 360 - 180
    return Point(lat, lon)


def random_offer(chance: random.Random, near: Point = LYON, **changes: Any) -> Offer:
    """Return an offer of 2 to 6 vertices around a place, sometimes waiting, sometimes passing a place twice."""
    places = [somewhere(chance, near) for _ in range(chance.randint(2, 6))]
    if chance.random() < 0.2:
        places.append(places[chance.randrange(len(places) - 1)])
    fields = {
        "flex_before": chance.randint(0, 30),
        "flex_after": chance.randint(0, 30),
        "max_detour": chance.choice((0, 5, 10, 15, 30, 60)),
        "seats": chance.randint(1, 4),
    }
    return offer(*places, **{**fields, **changes})


def random_rider(chance: random.Random, offered: Offer, **changes: Any) -> Request:
    """Return a request between places near two vertices of an offer, the first mostly before the second."""
    ends = sorted(chance.sample(range(len(offered.route)), 2), reverse=chance.random() < 0.1)
    start, end = (somewhere(chance, offered.route[vertex], 0.1) for vertex in ends)
    wanted = random_request(chance, **changes)
    return replace(wanted, cell_from=cell_at(start, POST_RES), cell_to=cell_at(end, POST_RES))


def random_request(chance: random.Random, near: Point = LYON, **changes: Any) -> Request:
    """Return a request around a place, for some hour of the morning."""
    earliest = MIDNIGHT + 420 + chance.randint(0, 120)
    fields = {
        "by": chance.randint(0, 1),
        "earliest": earliest,
        "latest": earliest + chance.randint(0, 90),
        "seats": chance.choice((1, 1, 2)),
    }
    return request(somewhere(chance, near), somewhere(chance, near), **{**fields, **changes})
