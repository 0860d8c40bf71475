"""What an offer says of a way by road: 16 vertices that follow it, and nothing of where in their cells its ends are."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.records.places import coarse, on_grid
from lazpool.records.posts import MAX_TRIP
from lazpool.records.route import MAX_VERTICES
from lazpool.rules.geo import MIN_PER_KM, km, route_minutes, whole
from lazpool.rules.simplify import simplify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.records.places import Point

END_KM = 2.0
"""Vertices closer than this to the true ends are left out: they would tell where the ends are."""
CELL_KM = 1.7
"""From the middle of a cell of resolution 7, on the grid, to its farthest corner: at most 1.58 km were measured."""
CLOSE_KM = 0.1
"""A route this close to the way follows it: the grid moves each vertex up to 0.08 km."""
CUT_KM = END_KM + CELL_KM
"""A way by road shows itself this far from the middles of the end cells. Measured from there, since where it is cut
would else lie on a circle around the door."""


@dataclass(frozen=True, slots=True)
class Published:
    """What an offer says of a way. kept: where the points to keep are on the route, vertex k at k, others between."""

    route: tuple[Point, ...]
    minutes: tuple[int, ...]
    kept: tuple[float, ...]


def published_route(
    shape: Sequence[Point], minutes: Sequence[float], ends: tuple[Point, Point], keep: Sequence[int] = ()
) -> Published:
    """Return what an offer says of a way by road, of points with their minutes, between two true ends.

    keep: numbers of points that shall stay, in order, such as those that the driver named. The first and the last
    stretch, those that are not shown, count with the minutes of a great circle: the true ones would tell how far the
    door is.
    """
    middles = (coarse(ends[0]), coarse(ends[1]))
    shown = [n for n, point in enumerate(shape) if _may_show(on_grid(point), middles, ends)]
    if not shown:
        return Published(middles, route_minutes(middles), (0.5,) * len(keep))
    line = [middles[0], *(on_grid(shape[n]) for n in shown), middles[1]]
    stay = {bisect_left(shown, n) + 1 for n in keep if n in shown}
    chosen = simplify(line, MAX_VERTICES, stay, close_km=CLOSE_KM)
    numbers = [-1, *shown, len(shape)]
    kept = tuple(_position([numbers[one] for one in chosen], n) for n in keep)
    return Published(tuple(line[n] for n in chosen), _minutes(line, [minutes[n] for n in shown], chosen), kept)


def _may_show(point: Point, middles: tuple[Point, Point], ends: tuple[Point, Point]) -> bool:
    return min(km(point, one) for one in middles) > CUT_KM and min(km(point, end) for end in ends) > END_KM


def _position(vertices: Sequence[int], number: int) -> float:
    """Return where a point of the way is among the vertices, both as numbers of points: k at vertex k, else between."""
    after = bisect_left(vertices, number)
    return float(after) if vertices[after] == number else after - 0.5


def _minutes(line: Sequence[Point], driven: Sequence[float], chosen: Sequence[int]) -> tuple[int, ...]:
    begin = km(line[0], line[1]) * MIN_PER_KM - driven[0]
    end = begin + driven[-1] + km(line[-2], line[-1]) * MIN_PER_KM
    offsets = [0.0, *(begin + one for one in driven), end]
    return tuple(min(whole(offsets[n]), MAX_TRIP) for n in chosen)
