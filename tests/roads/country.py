"""A country whose roads are straight lines, so that a router of it needs no data: the interface as others fill it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from lazpool.records.places import Point
from lazpool.roads.router import Route, Table
from lazpool.rules.geo import MIN_PER_KM, km

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk

PARTS = 60


@dataclass
class Country:
    """A router.

    pace: minutes for each that an estimate expects. asked: tables so far, and whether a database was locked then.
    """

    desk: Desk
    pace: float = 1.0
    asked: list[tuple[tuple[Point, ...], bool]] = field(default_factory=list)
    why: str = ""

    @property
    def router(self) -> Country:
        """Be what a desk asks for its router."""
        return self

    def route(self, stops: Sequence[Point]) -> Route:
        """Return straight legs, in sixty points each."""
        points, minutes, numbers = [stops[0]], [0.0], [0]
        for a, b in pairwise(stops):
            for part in range(1, PARTS + 1):
                share = part / PARTS
                points.append(Point(a.lat + (b.lat - a.lat) * share, a.lon + (b.lon - a.lon) * share))
                minutes.append(minutes[-1] + km(a, b) / PARTS * MIN_PER_KM * self.pace)
            numbers.append(len(points) - 1)
        return Route(tuple(points), tuple(minutes), tuple(numbers), minutes[-1], estimated=False)

    def table(self, places: Sequence[Point]) -> Table:
        """Return the times between all pairs."""
        in_transaction = self.desk.node.connection.in_transaction or self.desk.board.connection.in_transaction
        self.asked.append((tuple(places), in_transaction))
        rows = tuple(tuple(km(a, b) * MIN_PER_KM * self.pace for b in places) for a in places)
        return Table(rows, estimated=False)


def settle(desk: Desk, pace: float = 1.0) -> Country:
    """Give a desk the roads of this country."""
    country = Country(desk, pace)
    desk._roads = country  # type: ignore[assignment] # where a home's own roads are kept
    return country
