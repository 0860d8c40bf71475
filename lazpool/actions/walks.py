"""Where a passenger may walk to, from the meeting places that this node knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.records.places import Point, Spot, centre
from lazpool.rules.walking import Walks, walk, walks
from lazpool.store import own, spots

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.posts import Request
    from lazpool.rules.walking import Pair
    from lazpool.store.board import Match


def walks_of(desk: Desk, request: Request, post: own.OwnPost | None = None) -> Walks | None:
    """Return the choices of a passenger who walks, None for one who does not.

    post: our own behind the request; who writes others' is known only to the middle of a cell.
    """
    if not request.walk:
        return None
    ends = (post.start, post.end) if post else (centre(request.cell_from), centre(request.cell_to))
    return walks(request, ends, lambda end, within: spots.meeting_spots(desk.node, end, within))


def chosen(match: Match, post: own.OwnPost) -> Pair:
    """Return the walk that a match of our request says."""
    start, goal = (
        walk(end, Spot(name, point_of(place))) if place else None
        for end, name, place in (
            (post.start, match.pickup_spot, match.pickup_place),
            (post.end, match.dropoff_spot, match.dropoff_place),
        )
    )
    return start, goal


def place_of(spot: Spot | None) -> str:
    """Return the place of a meeting place as text, nothing for none."""
    return f"{spot.point.lat:.5f} {spot.point.lon:.5f}" if spot else ""


def point_of(place: str) -> Point:
    """Return the place that such a text says."""
    lat, lon = map(float, place.split())
    return Point(lat, lon)
