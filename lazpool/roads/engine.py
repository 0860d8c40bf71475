"""The routing engine: OSRM, by `osrm-bindings`, whose wheels need Python 3.12 and one of a few platforms.

Its tables are mapped into memory, so opening an extract takes a millisecond and what is not used stays on the disk.
Source: the docstrings of osrm-bindings 26.10 and OSRM's API documentation, docs/http.md.
"""

from __future__ import annotations

import importlib.util
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from itertools import accumulate, chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lazpool.errors import LazpoolError, NoEngineError
from lazpool.records.places import Point
from lazpool.roads.router import GreatCircles, Route, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGE = "osrm-bindings"
NEAR_M = 1000.0
"""A place farther than this from every road of the extract is outside of it."""
MAX_STOPS = 200
REMEMBERED = 256


def engine_version() -> str:
    """Return the version of the installed engine, or raise NoEngineError; the engine itself is not imported."""
    try:
        found = version(PACKAGE)
    except PackageNotFoundError:
        raise NoEngineError("the routing engine (osrm-bindings) is not installed") from None
    if importlib.util.find_spec("osrm") is None:
        raise NoEngineError("the routing engine (osrm-bindings) is installed, but not for this Python")
    return found


def engine_folder() -> Path:
    """Return where the engine's programs and profiles are."""
    engine_version()
    found = importlib.util.find_spec("osrm")
    if found is None or found.origin is None:
        raise NoEngineError("the routing engine (osrm-bindings) has no folder")
    return Path(found.origin).parent


class Engine:
    """A router over one extract; beyond its roads it falls back to great circles."""

    def __init__(self, base: Path) -> None:
        """Open the files that begin with this path; LazpoolError when the engine does not take them."""
        self._osrm = _osrm()
        self._beyond = GreatCircles()
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._table)
        try:
            self._engine = self._osrm.OSRM(
                algorithm="CH", storage_config=str(base), use_mmap=True, use_shared_memory=False, verbosity="NONE",
                max_locations_viaroute=MAX_STOPS, max_locations_distance_table=MAX_STOPS,
            )  # fmt: skip
        except RuntimeError as wrong:
            raise LazpoolError(f"the road extract cannot be used: {wrong}", hint="build it again") from wrong

    def route(self, stops: Sequence[Point]) -> Route:
        """Return the quickest way by road."""
        asked = self._osrm.RouteParameters(
            **_asked(stops), annotations=["duration"], geometries="geojson", overview="full", continue_straight=False
        )
        try:
            found = self._engine.Route(asked)["routes"][0]
        except RuntimeError:
            return self._beyond.route(stops)
        return _route(found)

    def table(self, places: Sequence[Point]) -> Table:
        """Return the times by road; all are estimated where one place is beyond the extract or cannot be reached.

        What was asked a moment ago is remembered: reading roads may wait for a disk.
        """
        return self._remembered(tuple(places))

    def _table(self, places: tuple[Point, ...]) -> Table:
        asked = self._osrm.TableParameters(**_asked(places), annotations=["duration"])
        try:
            rows = [list(row) for row in self._engine.Table(asked)["durations"]]
        except RuntimeError:
            return self._beyond.table(places)
        if any(seconds is None for row in rows for seconds in row):
            return self._beyond.table(places)
        return Table(tuple(tuple(seconds / 60 for seconds in row) for row in rows), estimated=False)

    def nearest(self, place: Point) -> tuple[Point, float]:
        """Return the nearest point on a road and how many metres away it is; LazpoolError when there is no road."""
        asked = self._osrm.NearestParameters(coordinates=[(place.lon, place.lat)], generate_hints=False)
        try:
            found = self._engine.Nearest(asked)["waypoints"][0]
        except RuntimeError as wrong:
            raise LazpoolError(f"the extract holds no road: {wrong}") from wrong
        return Point(found["location"][1], found["location"][0]), float(found["distance"])

    def try_out(self) -> None:
        """Find a way along some road; LazpoolError when there is none."""
        if self.table([self.nearest(Point(0, 0))[0]] * 2).estimated:
            raise LazpoolError("the engine finds no way along its roads")


@cache
def _osrm() -> Any:
    engine_version()
    import osrm  # noqa: PLC0415 # an extra, and 20 MB

    return osrm


def _asked(places: Sequence[Point]) -> dict[str, Any]:
    coordinates = [(place.lon, place.lat) for place in places]
    return {"coordinates": coordinates, "radiuses": [NEAR_M] * len(places), "generate_hints": False}


def _route(found: Any) -> Route:
    """Read the engine's answer: one line through all stops, and for each leg the seconds between its points."""
    points = tuple(Point(place[1], place[0]) for place in found["geometry"]["coordinates"])
    legs = [_seconds(leg) for leg in found["legs"]]
    seconds = accumulate(chain.from_iterable(legs), initial=0.0)
    stops = tuple(accumulate(map(len, legs), initial=0))
    return Route(points, tuple(one / 60 for one in seconds), stops, found["distance"] / 1000, estimated=False)


def _seconds(leg: Any) -> list[float]:
    """Return the seconds of each stretch of a leg; those between points leave out what the turns take, so share it."""
    driven = list(leg["annotation"]["duration"])
    whole = sum(driven)
    return [one * leg["duration"] / whole for one in driven] if whole else driven
