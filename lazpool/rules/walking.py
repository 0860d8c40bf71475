"""Meeting places within a walk: which of them a passenger could be fetched from and brought to.

Whether one walks is the passenger's own affair: nothing here is said in a post, and nobody else has to come to the same
choice. Metres on foot are great-circle metres times WALK_CIRCUITY.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lazpool.records.places import centre
from lazpool.records.posts import ARRIVE
from lazpool.rules.geo import km
from lazpool.rules.rides import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lazpool.records.places import Point, Spot
    from lazpool.records.posts import Request

WALK_CIRCUITY = 1.3
"""Metres on foot per metre as the crow flies. A rectangular grid has 4/pi = 1.27 on average, around railway stations
1.21 to 1.23 were measured (O'Sullivan and Morrall 1996); rounded up, since nobody minds a walk that is shorter."""
WALK_M_PER_MIN = 80
"""4.8 km an hour."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A meeting place and the metres on foot between it and the passenger's own end."""

    spot: Spot
    metres: int

    @property
    def minutes(self) -> float:
        """How long the walk takes."""
        return self.metres / WALK_M_PER_MIN


Pair: TypeAlias = tuple[Walk | None, Walk | None]
"""A choice for both ends; None is to stand at the own end."""


@dataclass(frozen=True, slots=True)
class Walks:
    """The choices of somebody who walks, without that to walk nowhere, the least walk first.

    ends: of the trip, as exact as they are known. away_km: how far at most a choice moves pick-up and drop-off together
    from the middle of the request's cells.
    """

    ends: tuple[Point, Point]
    pairs: tuple[Pair, ...]
    away_km: float


def walks(request: Request, ends: tuple[Point, Point], spots: Callable[[Point, int], Iterable[Spot]]) -> Walks:
    """Return where the passenger of a request can walk to from the start, and from to the end.

    spots: what returns the meeting places within so many metres as the crow flies.
    """
    within = int(request.walk / WALK_CIRCUITY)
    starts, goals = ([None, *(walk(end, spot) for spot in spots(end, within))] for end in ends)
    pairs = [(start, goal) for start in starts for goal in goals if start or goal]
    near = sorted((pair for pair in pairs if metres(pair) <= request.walk), key=metres)
    middles = centre(request.cell_from), centre(request.cell_to)
    return Walks(ends, tuple(near), max((_away_km(middles, standing(ends, pair)) for pair in near), default=0.0))


def walk(end: Point, spot: Spot) -> Walk:
    """Return the walk between an end of a trip and a meeting place."""
    return Walk(spot, math.ceil(km(end, spot.point) * 1000 * WALK_CIRCUITY))


def metres(pair: Pair) -> int:
    """Return the metres on foot of a choice."""
    return sum(one.metres for one in pair if one)


def standing(ends: tuple[Point, Point], pair: Pair) -> tuple[Point, Point]:
    """Return where the passenger gets in and out."""
    start, goal = (one.spot.point if one else end for one, end in zip(pair, ends, strict=True))
    return start, goal


def narrowed(window: Window, pair: Pair) -> Window:
    """Return the window for the car, when part of it is spent on foot."""
    walk = pair[window.by]
    minutes = math.ceil(walk.minutes) if walk else 0
    if window.by == ARRIVE:
        return Window(window.by, window.earliest, window.latest - minutes)
    return Window(window.by, window.earliest + minutes, window.latest)


def _away_km(middles: tuple[Point, Point], places: tuple[Point, Point]) -> float:
    return sum(km(middle, place) for middle, place in zip(middles, places, strict=True))
