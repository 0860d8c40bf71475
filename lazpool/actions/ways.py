"""The driver's way: the route that an offer publishes, and the places it must pass, which never leave this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.records.places import coarse, on_grid
from lazpool.rules.geo import km, route_minutes
from lazpool.rules.publishing import END_KM, published_route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk
    from lazpool.records.places import Point


@dataclass(frozen=True, slots=True)
class Way:
    """A driver's way from start to end.

    route, minutes: what the offer says. vias: the places to pass, each with its position on the route, where vertex k
    is at k. estimated: along great circles, not roads; then every vertex between the ends is a place to pass.
    """

    route: tuple[Point, ...]
    minutes: tuple[int, ...]
    vias: tuple[tuple[float, Point], ...]
    estimated: bool


def plan_way(desk: Desk, start: Point, vias: Sequence[Point], end: Point) -> Way:
    """Return the way by road, or along great circles where this home knows no roads."""
    found = desk.roads.router.route((start, *vias, end))
    if found.estimated:
        shown = (on_grid(via) for via in vias if min(km(via, start), km(via, end)) > END_KM)
        route = (coarse(start), *shown, coarse(end))
        return Way(route, route_minutes(route), (), estimated=True)
    published = published_route(found.points, found.minutes, (start, end), found.stops[1:-1])
    return Way(published.route, published.minutes, tuple(zip(published.kept, vias, strict=True)), estimated=False)
