"""Real roads: how well estimates foretell detours by road, and what asking the router costs. Liechtenstein, 2015."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from rows import Row

from lazpool.errors import NoEngineError
from lazpool.records.places import MEETING_RES, POST_RES, Point, cell_at, centre, coarse
from lazpool.roads.build import build
from lazpool.roads.choice import Roads
from lazpool.roads.engine import Engine, engine_version
from lazpool.rules.driving import least_extra, road_budget_min
from lazpool.rules.geo import MIN_PER_KM, STOP_MIN, budget_min, km
from lazpool.rules.insertion import Inserter
from lazpool.rules.publishing import Published, published_route
from lazpool.rules.track import lift, track

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT, TRIPS, SEED, BEST = 10, 100, 5, 25
"""Minutes of detour that a driver allows; offers, and requests; candidates that are measured at a time."""
FILE = Path(os.environ.get("LAZPOOL_SHARED", Path(__file__).parents[3] / "shared")) / "data/liechtenstein.osm.pbf"
AT_A_ROAD_M = 60
TRIP_KM, RIDE_KM = 6, 4


@dataclass(frozen=True)
class Offered:
    """An offer between two doors."""

    start: Point
    end: Point
    told: Published


def roads(folder: Path) -> list[Row]:
    """Return recall and precision of what nodes decide by, and times; or one row that says what is missing."""
    try:
        engine_version()
    except NoEngineError as wrong:
        return [Row("roads", "skipped", wrong.message)]
    if not FILE.is_file():
        return [Row("roads", "skipped", f"there is no {FILE}; LAZPOOL_SHARED may say where data is")]
    build(FILE, folder / "roads", "car", lambda _: None)
    router = Roads(folder / "roads").router
    if not isinstance(router, Engine):
        raise TypeError("the extract was not taken")
    chance = random.Random(SEED)
    offers = [_offer(router, chance) for _ in range(TRIPS)]
    rides = [_apart(router, chance, RIDE_KM) for _ in range(TRIPS)]
    return [*_foretold(router, offers, rides), *_times(router, offers, rides)]


def _foretold(router: Engine, offers: list[Offered], rides: list[tuple[Point, Point]]) -> list[Row]:
    """Judge each pair of offer and ride; a true one is within the limit from door to door."""
    judged = [_judge(router, offer, ride) for offer in offers for ride in rides]
    true = sum(truth for truth, _ in judged)
    against = f"{true:,} of {len(judged):,} pairs within {LIMIT} min from door to door"
    rows = []
    for name in judged[0][1]:
        kept = [truth for truth, verdicts in judged if verdicts[name]]
        rows.append(Row(name, f"recall {sum(kept) / true:.3f}, precision {sum(kept) / len(kept):.3f}", against))
    return rows


def _judge(router: Engine, offer: Offered, ride: tuple[Point, Point]) -> tuple[bool, dict[str, bool]]:
    posted, meeting = ([centre(cell_at(end, resolution)) for end in ride] for resolution in (POST_RES, MEETING_RES))
    told = offer.told.route
    way = track(told)
    match, proposal = (Inserter(way, lift(*ends)).least_km * MIN_PER_KM + 2 * STOP_MIN for ends in (posted, meeting))
    published = _by_road(router, told[0], told[-1], *meeting)
    wide = proposal <= budget_min(LIMIT)
    return _by_road(router, offer.start, offer.end, *ride) <= LIMIT, {
        "estimate from posts, limit": match <= LIMIT,
        "estimate from posts, 1.5 x limit + 2": match <= budget_min(LIMIT),
        "estimate from meeting cells, 1.5 x limit + 2": wide,
        "and by road from cell middles, limit": wide and published <= LIMIT,
        "and by road from cell middles, limit + 2": wide and published <= road_budget_min(LIMIT),
        "and by road from the door, limit": wide and _by_road(router, offer.start, offer.end, *meeting) <= LIMIT,
    }


def _by_road(router: Engine, start: Point, end: Point, pickup: Point, dropoff: Point) -> float:
    """Return minutes of detour; none where a place is beyond the roads, so that the estimate decides."""
    table = router.table((start, end, pickup, dropoff))
    return 0.0 if table.estimated else least_extra(table.minutes, (0, 1), 2, 3) + 2 * STOP_MIN


def _times(router: Engine, offers: list[Offered], rides: list[tuple[Point, Point]]) -> list[Row]:
    fresh = iter(range(10**6))

    def check() -> None:
        """Ask for a table that was not asked for before."""
        one = next(fresh)
        _by_road(router, offers[one % TRIPS].end, offers[one // TRIPS % TRIPS].start, *rides[one * 7 % TRIPS])

    def best() -> None:
        for _ in range(2 * BEST):
            check()

    way = [router.route((offer.start, offer.end)) for offer in offers]
    plan = _each(lambda n: published_route(way[n].points, way[n].minutes, (offers[n].start, offers[n].end)), TRIPS)
    route = _each(lambda n: router.route((offers[n].start, offers[n].end)), TRIPS)
    return [
        Row("one route with its shape", f"{route:.2f} ms"),
        Row(
            "publishing it: 16 vertices of it", f"{plan:.2f} ms", f"{median(len(one.points) for one in way):.0f} points"
        ),
        Row("one insertion by road", f"{_each(lambda _: check(), 1000):.2f} ms"),
        Row(f"the best {BEST}, both ways", f"{_each(lambda _: best(), 20):.1f} ms"),
    ]


def _each(work: Callable[[int], object], times: int) -> float:
    """Return the median milliseconds of a run."""
    return 1000 * median(_seconds(work, number) for number in range(times))


def _seconds(work: Callable[[int], object], number: int) -> float:
    start = perf_counter()
    work(number)
    return perf_counter() - start


def _offer(router: Engine, chance: random.Random) -> Offered:
    start, end = _apart(router, chance, TRIP_KM)
    way = router.route((start, end))
    return Offered(start, end, published_route(way.points, way.minutes, (start, end)))


def _apart(router: Engine, chance: random.Random, least_km: float) -> tuple[Point, Point]:
    while True:
        start, end = _place(router, chance), _place(router, chance)
        if km(start, end) >= least_km and coarse(start) != coarse(end):
            return start, end


def _place(router: Engine, chance: random.Random) -> Point:
    """Return a place at a road: evenly spread points would lie in the mountains, where nobody lives."""
    while True:
        found, metres = router.nearest(Point(chance.uniform(47.05, 47.27), chance.uniform(9.47, 9.64)))
        if metres < AT_A_ROAD_M:
            return found
