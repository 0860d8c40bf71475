"""What an offer tells of a way by road: vertices that follow it, and nothing of where in their cells its ends are."""

from __future__ import annotations

import random
from itertools import pairwise
from math import cos, radians, sin
from statistics import median

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lazpool.records.groups import TAG
from lazpool.records.places import GRID, Point, coarse, is_coarse
from lazpool.records.posts import (
    MAX_DETOUR,
    MAX_FLAGS,
    MAX_FLEX,
    MAX_POST,
    MAX_PRICE,
    MAX_SEATS,
    MAX_STAMP,
    MAX_TRIP,
    Offer,
    sign_post,
)
from lazpool.records.route import MAX_VERTICES
from lazpool.records.shape import MAX_MINUTE
from lazpool.rules.geo import km
from lazpool.rules.publishing import CELL_KM, CLOSE_KM, CUT_KM, END_KM, Published, published_route
from lazpool.rules.simplify import simplify
from lazpool.wire.signing import public_key

SEED = bytes(range(32))


def drive(seed: int, steps: int = 400, step_km: float = 0.15) -> tuple[list[Point], list[float]]:
    """Return a winding way somewhere, about as OSRM draws one, and its minutes."""
    chance = random.Random(seed)
    lat, lon, course = chance.uniform(-60, 70), chance.uniform(-180, 180), chance.uniform(0, 6.28)
    way, minutes = [], [0.0]
    for _ in range(steps):
        way.append(Point(lat, (lon + 180) % 360 - 180))
        course += chance.gauss(0, 0.25)
        lat, lon = lat + step_km / 111 * sin(course), lon + step_km / 111 * cos(course) / cos(radians(lat))
        minutes.append(minutes[-1] + step_km * chance.uniform(0.7, 2.0))
    return way, minutes[:-1]


def deviation_km(way: list[Point], chosen: list[int]) -> float:
    """Return how far a way is from a choice of its points: of each point from the nearest of fifty on its chord."""
    worst = 0.0
    for first, last in pairwise(chosen):
        a, b = way[first], way[last]
        chord = [Point(a.lat + (b.lat - a.lat) * n / 50, a.lon + (b.lon - a.lon) * n / 50) for n in range(51)]
        worst = max([worst, *(min(km(point, one) for one in chord) for point in way[first + 1 : last])])
    return worst


def publish(way: list[Point], minutes: list[float], keep: tuple[int, ...] = ()) -> Published:
    """Return what an offer between the ends of a way says."""
    return published_route(way, minutes, (way[0], way[-1]), keep)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(20, 500))
def test_what_is_told(seed: int, steps: int) -> None:
    """At most 16 vertices on the grid between coarse ends, none near the true ends, at times that do not go back."""
    way, minutes = drive(seed, steps)
    assume(coarse(way[0]) != coarse(way[-1]))
    told = publish(way, minutes)
    assert 2 <= len(told.route) == len(told.minutes) <= MAX_VERTICES
    assert is_coarse(told.route[0])
    assert is_coarse(told.route[-1])
    for vertex in told.route[1:-1]:
        assert min(km(vertex, way[0]), km(vertex, way[-1])) > END_KM
        assert (vertex.lat, vertex.lon) == (round(vertex.lat * GRID) / GRID, round(vertex.lon * GRID) / GRID)
    assert told.minutes[0] == 0
    assert all(before <= after for before, after in pairwise(told.minutes))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1))
def test_the_door_makes_no_difference(seed: int, up: float, right: float) -> None:
    """Another door in the same cell, and another way from it to the same road: what is told stays the same."""
    way, minutes = drive(seed)
    assume(km(way[0], way[-1]) > 15)
    middle = coarse(way[0])
    door = Point(middle.lat + 0.008 * (up - 0.5), middle.lon + 0.008 * (right - 0.5))
    far = next(n for n, point in enumerate(way) if km(point, middle) > CUT_KM - 0.5)
    assume(coarse(door) == middle)
    other = [door, *way[far:]]
    later = [0.0, *(one + 3 for one in minutes[far:])]
    assert publish(other, later).route == publish(way, minutes).route
    assert publish(other, later).minutes == publish(way, minutes).minutes


def test_the_longest_post_fits() -> None:
    """Sixteen vertices at the ends of the earth, every field at its largest: still a post."""
    far = (coarse(Point(-75.0, -179.0)), *(Point(89.0 - n % 2 * 178, 179.0 - n % 2 * 358) for n in range(14)))
    largest = {
        "net": bytes(8), "post_pk": public_key(SEED), "box_pk": bytes([9]) * 32,
        "letterboxes": tuple(bytes([n]) * 32 for n in (1, 2, 3)),
        "route": (*far, coarse(Point(75.0, 179.0))), "minutes": (0, *range(MAX_TRIP - 14, MAX_TRIP + 1)),
        "depart": MAX_MINUTE, "flex_before": MAX_FLEX, "flex_after": MAX_FLEX, "max_detour": MAX_DETOUR,
        "seats": MAX_SEATS, "price": MAX_PRICE, "unit": "EUR", "flags": MAX_FLAGS, "expires": MAX_MINUTE,
        "stamp": bytes(MAX_STAMP), "group": bytes(TAG),
    }  # fmt: skip
    assert len(sign_post(Offer(**largest), SEED).envelope) <= MAX_POST


def test_a_cell_is_no_larger() -> None:
    """No place is farther from the middle of its cell than the cut allows for."""
    chance = random.Random(7)
    places = (Point(chance.uniform(-89, 89), chance.uniform(-180, 180)) for _ in range(20_000))
    assert max(km(place, coarse(place)) for place in places) < CELL_KM


def test_a_short_way() -> None:
    """Between two neighbouring cells only these are told, at the pace of great circles."""
    way, minutes = drive(3, 40)
    told = publish(way, minutes, (20,))
    assert told.route == (coarse(way[0]), coarse(way[-1]))
    assert told.kept == (0.5,)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 398), max_size=5, unique=True).map(sorted))
def test_places_to_pass(seed: int, keep: list[int]) -> None:
    """What the driver named is a vertex if it may be told, and its position is in order with all others."""
    way, minutes = drive(seed)
    assume(coarse(way[0]) != coarse(way[-1]))
    told = publish(way, minutes, tuple(keep))
    assert list(told.kept) == sorted(told.kept)
    for number, position in zip(keep, told.kept, strict=True):
        assert 0 < position < len(told.route) - 1
        if position.is_integer():
            assert km(told.route[int(position)], way[number]) < 0.09


def test_the_way_is_followed() -> None:
    """Sixteen vertices tell a winding way better than those at equal distances; a straight one needs its ends alone."""
    ours, even = [], []
    for seed in range(10):
        way, _ = drive(seed, 200)
        ours.append(deviation_km(way, simplify(way, MAX_VERTICES)))
        even.append(deviation_km(way, [round(n * (len(way) - 1) / (MAX_VERTICES - 1)) for n in range(MAX_VERTICES)]))
    assert median(ours) < 0.75 * median(even)
    straight = [Point(45 + n / 100, 5) for n in range(100)]
    assert simplify(straight, MAX_VERTICES, close_km=CLOSE_KM) == [0, 99]


@given(st.integers(0, 10**6), st.integers(2, 40), st.integers(2, 20))
@settings(max_examples=60, deadline=None)
def test_simplification(seed: int, steps: int, most: int) -> None:
    """Both ends, no more than allowed, in order; one vertex more is never worse in the end."""
    way, _ = drive(seed, steps)
    chosen = simplify(way, most)
    assert chosen == sorted(set(chosen))
    assert {chosen[0], chosen[-1]} == {0, steps - 1}
    assert len(chosen) <= most
    assert simplify(way, steps) == list(range(steps))


def test_what_is_kept_may_be_more_than_asked() -> None:
    """Points that must stay do, whatever the budget."""
    straight = [Point(45 + n / 100, 5) for n in range(100)]
    assert simplify(straight, 3, (10, 20, 30)) == [0, 10, 20, 30, 99]


def test_across_the_date_line() -> None:
    """A line from 179.9 east to 179.9 west is short, and its bend is found."""
    line = [Point(10, 179.9), Point(10.05, 179.99), Point(10.2, -179.99), Point(10, -179.9)]
    assert simplify(line, 3) == [0, 2, 3]
