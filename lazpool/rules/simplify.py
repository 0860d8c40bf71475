"""A long line in few vertices: Douglas and Peucker's algorithm with a budget instead of a tolerance.

Source: Douglas and Peucker, "Algorithms for the reduction of the number of points required to represent a digitized
line", Cartographica 10 (1973). The stretch whose line deviates most is split next, until the vertices are used up.
"""

from __future__ import annotations

import heapq
import math
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lazpool.records.places import Point

KM_PER_DEGREE = 111.195
_TURN = 360

_Flat: TypeAlias = tuple[float, float]


def simplify(line: Sequence[Point], most: int, keep: Collection[int] = (), *, close_km: float = 0.0) -> list[int]:
    """Return the numbers of at most that many vertices of a line which together deviate little from it, in order.

    Both ends are among them, and those to keep, even where these are more than `most`. No more are taken than are
    needed to be within `close_km` of the line.
    """
    flat = _flat(line)
    chosen = {0, len(line) - 1, *keep}
    stretches = [_worst(flat, a, b) for a, b in pairwise(sorted(chosen))]
    heapq.heapify(stretches)
    while stretches and len(chosen) < most:
        deviation, first, worst, last = heapq.heappop(stretches)
        if -deviation <= close_km:
            break  # All others deviate less still.
        chosen.add(worst)
        heapq.heappush(stretches, _worst(flat, first, worst))
        heapq.heappush(stretches, _worst(flat, worst, last))
    return sorted(chosen)


def _flat(line: Sequence[Point]) -> list[_Flat]:
    """Return kilometres east of the first point, at the mean latitude and also beyond 180 degrees, and north."""
    shrink = math.cos(math.radians(sum(point.lat for point in line) / len(line)))
    half, first = _TURN / 2, line[0]
    return [
        (((point.lon - first.lon + half) % _TURN - half) * shrink * KM_PER_DEGREE, point.lat * KM_PER_DEGREE)
        for point in line
    ]


def _worst(flat: Sequence[_Flat], first: int, last: int) -> tuple[float, int, int, int]:
    """Return the largest deviation between two vertices, negative, and the numbers of first, worst and last."""
    worst, far = first, 0.0
    (x, y), (to_x, to_y) = flat[first], flat[last]
    along_x, along_y = to_x - x, to_y - y
    square = along_x * along_x + along_y * along_y
    for number in range(first + 1, last):
        away_x, away_y = flat[number][0] - x, flat[number][1] - y
        part = min(1.0, max(0.0, (away_x * along_x + away_y * along_y) / square)) if square else 0.0
        distance = math.hypot(away_x - part * along_x, away_y - part * along_y)
        if distance > far:
            worst, far = number, distance
    return -far, first, worst, last
