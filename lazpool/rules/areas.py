"""Where posts are gossiped: H3 cells of resolution 4, about 45 km across.

A request goes to the one area of its start. An offer goes to every area that holds a start it could serve, so a match
is heard without anyone listening to the whole network. A detour budget of D km reaches, from a leg p q of s km, the
points x with `d(p,x) + d(x,q) <= s + D`: an ellipse that is `0.5 * sqrt((s+D)^2 - s^2)` wide sideways, more than D/2.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import h3.api.basic_int as h3

from lazpool.records.places import AREA_RES, COARSE_RES, POST_RES, Point, cell_at, centre
from lazpool.rules.geo import budget_km, km, leg_kms

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.posts import Offer, Request

MAX_AREAS = 32
"""How many areas an offer goes to at most; beyond, those farthest from the route are left out."""
_CENTRES_KM = 2.8
"""From the centre of a res-6 cell to the centres of the res-7 cells in it: at most 2.68 km, measured worldwide."""
_COVER_KM = 4.2
"""From the centre of a res-6 cell to any corner of the res-7 cells in it: at most 4.10 km, measured worldwide."""
_AREA_KM = 30.0
"""From the centre of an area to the centres of its res-6 cells: at most 28.3 km, measured worldwide."""
_CELL_KM = 1.7
"""From the centre of a res-7 cell to its corners, at most."""
_APART_KM = 1.7
"""Between the centres of two res-7 cells side by side, at least."""
_AT_VERTEX = -1.0
"""The areas of the vertices come before all others, whatever extra way their centres would take."""
_TOPIC = re.compile(r"/lazpool/1/([0-9a-f]{16})/area/([0-9a-f]{15})")


def area_of_cell(cell: int) -> int:
    """Return the area of a cell of resolution 4 or finer.

    It is the cell's ancestor, which near a border is not always the res-4 cell around the cell's centre.
    """
    return int(h3.cell_to_parent(cell, AREA_RES))


def area_of(point: Point) -> int:
    """Return the area of a place: that of the res-7 cell around it, as a post there would have it."""
    return area_of_cell(cell_at(point, POST_RES))


def areas_around(point: Point) -> tuple[int, ...]:
    """Return the areas that a hub serves around a place: its own and the six beside it, some 120 km across.

    Borders between areas run anywhere, also through towns: one area alone would miss the village next door.
    """
    return tuple(sorted(h3.grid_disk(area_of(point), 1)))


def request_area(request: Request) -> int:
    """Return the area that a request goes to."""
    return area_of_cell(request.cell_from)


def start_areas(request: Request) -> tuple[int, ...]:
    """Return the areas in which offers are heard that may serve a request of ours.

    Besides its own, those of the meeting places that may be walked to: the only ride may go from over the border. An
    end lies up to a cell away from the middle that a post says, and so does a place from the middle that an offer
    counts.
    """
    if not request.walk:
        return (request_area(request),)
    rings = math.ceil((request.walk / 1000 + 2 * _CELL_KM) / _APART_KM)
    around = h3.grid_disk(cell_at(centre(request.cell_from), POST_RES), rings)
    return tuple(sorted({request_area(request), *map(area_of_cell, around)}))


def offer_areas(offer: Offer) -> tuple[int, ...]:
    """Return the areas that an offer goes to: all that hold a start within its reach, nearest to the route first.

    Best first from the areas of the vertices outwards, so a route around the world costs no more than a long one.
    """
    limit, extra = budget_km(offer.max_detour), _extra_way(offer.route)
    queue = sorted((_AT_VERTEX, area) for area in {area_of(vertex) for vertex in offer.route})
    seen = {area for _, area in queue}
    found: list[int] = []
    while queue and len(found) < MAX_AREAS:
        least, area = heappop(queue)
        if _holds_start(area, extra, least, limit):
            found.append(area)
        for neighbour in set(h3.grid_disk(area, 1)) - seen:
            seen.add(neighbour)
            if (least := _least_extra(neighbour, extra, limit)) <= limit + 2 * _COVER_KM:
                heappush(queue, (round(least, 1), neighbour))
    return tuple(found)


def topic(net8: bytes, area: int) -> str:
    """Return the gossip topic of an area in a network."""
    return f"/lazpool/1/{net8.hex()}/area/{h3.int_to_str(area)}"


def fork_topic(net8: bytes) -> str:
    """Return the gossip topic of fork proofs in a network."""
    return f"/lazpool/1/{net8.hex()}/fork"


def parse_topic(text: str) -> tuple[bytes, int] | None:
    """Return the network and the area of a topic, or None if it is not one that `topic` makes."""
    if (parts := _TOPIC.fullmatch(text)) is None:
        return None
    area = h3.str_to_int(parts[2])
    if not h3.is_valid_cell(area) or h3.get_resolution(area) != AREA_RES:
        return None
    return bytes.fromhex(parts[1]), int(area)


def _extra_way(route: tuple[Point, ...]) -> Callable[[Point], float]:
    """Return a function: km by which a stop at a point lengthens the route, at least."""
    legs = leg_kms(route)

    def extra(point: Point) -> float:
        to = [km(vertex, point) for vertex in route]
        return min(to[i] + to[i + 1] - leg for i, leg in enumerate(legs))

    return extra


def _least_extra(area: int, extra: Callable[[Point], float], limit: float) -> float:
    """Return the least extra way to the centre of a res-6 cell of the area; infinity where clearly out of reach."""
    if extra(centre(area)) > limit + 2 * (_COVER_KM + _AREA_KM):
        return float("inf")
    return min(extra(point) for _, point in _samples(area))


def _holds_start(area: int, extra: Callable[[Point], float], least: float, limit: float) -> bool:
    """Tell whether the centre of a res-6 or res-7 cell of the area is within the limit; least: as found for res 6."""
    if least <= limit:
        return True
    near = (cell for cell, point in _samples(area) if extra(point) <= limit + 2 * _CENTRES_KM)
    return any(extra(centre(child)) <= limit for cell in near for child in h3.cell_to_children(cell, POST_RES))


@lru_cache(maxsize=1024)
def _samples(area: int) -> tuple[tuple[int, Point], ...]:
    """Return the res-6 cells of an area with their centres; kept, since a node's offers lie around it."""
    return tuple((cell, centre(cell)) for cell in h3.cell_to_children(area, COARSE_RES))
