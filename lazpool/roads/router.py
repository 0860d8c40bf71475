"""What a router answers, and the one that knows no roads: great circles times circuity."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from lazpool.rules.geo import CIRCUITY, MIN_PER_KM, km, leg_kms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.records.places import Point


@dataclass(frozen=True, slots=True)
class Route:
    """A way by car through some stops.

    points: its shape. minutes: of each point, from the start. stops: for each stop the number of its point. km: by
    road. estimated: along great circles, not roads.
    """

    points: tuple[Point, ...]
    minutes: tuple[float, ...]
    stops: tuple[int, ...]
    km: float
    estimated: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Minutes of driving from each place (row) to each (column). estimated: along great circles, not roads."""

    minutes: tuple[tuple[float, ...], ...]
    estimated: bool


class Router(Protocol):
    """Ways and times by car. What a router does not know it estimates, and says so; it never fails."""

    def route(self, stops: Sequence[Point]) -> Route:
        """Return the quickest way through two or more stops."""

    def table(self, places: Sequence[Point]) -> Table:
        """Return the times between all pairs of places."""


class GreatCircles:
    """The router without roads."""

    def route(self, stops: Sequence[Point]) -> Route:
        """Return the legs between the stops, with the mean circuity and speed of `rules.geo`."""
        along = tuple(accumulate(leg_kms(stops), initial=0.0))
        minutes = tuple(one * MIN_PER_KM for one in along)
        return Route(tuple(stops), minutes, tuple(range(len(stops))), along[-1] * CIRCUITY, estimated=True)

    def table(self, places: Sequence[Point]) -> Table:
        """Return the same between all pairs."""
        return Table(tuple(tuple(km(a, b) * MIN_PER_KM for b in places) for a in places), estimated=True)
