"""Outlines: what of a post is looked at to choose candidates, in plain numbers that a database can compare and sort.

An offer is outlined by the box of all places it can reach, a request by the box of both ends, drawn in by the walk, so
that a request can only match an offer whose box holds its own. Time works alike. Boxes overlap in a dense town, so both
ends stand beside the box, as points in space, with what is left for going from those of the offer to those of the
request and back. Nothing here loses a match, and not every candidate is one.

Outlines are found by cell: a class for size and duration, and a square of that size in which the box begins. So an
offer is one row, and a query looks into at most a few squares of each class.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from lazpool.records.places import centre
from lazpool.records.posts import MAX_WALK, Offer, Request
from lazpool.rules.geo import EARTH_KM, budget_km
from lazpool.rules.reach import side_km, time_bounds
from lazpool.rules.rides import pack_way
from lazpool.rules.track import ACROSS_KM, track, vector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lazpool.records.places import Point
    from lazpool.rules.track import Vector

SIZE, SPAN = 500, 120
"""Squares of class 0 are half a degree wide, and its posts last 2 hours at most; each class doubles both."""
CLASSES = 11
"""The last class has squares of 512 degrees, so it holds what goes around the globe."""
MANY = 4096
"""Cells that are looked into one by one; beyond, looking at every outline is quicker."""
_UNIT = 1000
"""Boxes are in thousandths of a degree, rounded outwards."""
_EAST = 180 * _UNIT
_PER_KM = 100
"""Points in space are in units of 10 m."""
_ROUNDING = 2
"""Rounding moves a point by up to 9 m: two of a post by less than so many units together."""


class Outline(NamedTuple):
    """The bounds of a post. cell: where it is found. first, last: minutes. Sides of the box: thousandths of a degree.

    shape: of an offer, how it is measured; see rides.py. x, y, z and u, v, w: the first and the last end in units of
    10 m from the centre of the earth. spare, in the same unit: of an offer the length of its way and what may be added,
    of a request what its walks may save, less the way between its ends. Where two match, their spares together are at
    least what lies between the first ends and between the last ends.
    """

    cell: int
    first: int
    last: int
    south: int
    north: int
    west: int
    east: int
    shape: bytes
    x: int
    y: int
    z: int
    u: int
    v: int
    w: int
    spare: int


def outline(post: Offer | Request, away_km: float | None = None) -> Outline:
    """Return the outline of a post.

    away_km: of a request of ours, how far its choices move both stops together from the middles of its cells. The walk
    is counted from its exact ends, which may lie at the edge of a cell; of others' requests only the middles are known,
    and that the walks to both stops together are no longer than the post says.
    """
    return _of_offer(post) if isinstance(post, Offer) else _of_request(post, away_km)


def cells_near(sought: int, mine: Outline) -> list[tuple[int, int]] | None:
    """Return where posts of the kind `sought` are that can match: cells, each with the earliest `first`.

    None where that is nearly everywhere.
    """
    spans = list(_offer_spans(mine) if sought == Offer.KIND else _request_spans(mine))
    if sum(len(rows) * len(columns) for _, rows, columns in spans) > MANY:
        return None
    return [
        (_cell(size, row, column), mine.first - (SPAN << size))
        for size, rows, columns in spans
        for row in rows
        for column in columns
    ]


def may_meet(offer: Outline, request: Outline) -> bool:
    """Tell whether times, boxes and ends allow a match; what the database asks of each row in its own words."""
    return (
        offer.first <= request.last
        and request.first <= offer.last
        and offer.south <= request.south
        and request.north <= offer.north
        and offer.west <= request.west
        and request.east <= offer.east
        and math.dist((offer.x, offer.y, offer.z), (request.x, request.y, request.z))
        + math.dist((offer.u, offer.v, offer.w), (request.u, request.v, request.w))
        <= offer.spare + request.spare
    )


def _of_offer(offer: Offer) -> Outline:
    way, limit = track(offer.route), budget_km(offer.max_detour)
    box, ends = _box(offer.route, max(way.legs), limit), (way.vertices[0], way.vertices[-1])
    return _outline(time_bounds(offer), box, _spaced(*ends, limit + sum(way.legs)), pack_way(limit, way))


def _of_request(request: Request, away_km: float | None) -> Outline:
    """Return the outline of a request. A walk of w km saves a driver at most 2 w: to the stop, and on from it."""
    a, b = centre(request.cell_from), centre(request.cell_to)
    walk = request.walk / 1000 if away_km is None else away_km
    size = _class(0, request.latest - request.earliest)
    cell = _cell(size, *_square(size, math.floor(a.lat * _UNIT), math.floor(a.lon * _UNIT)))
    ends = vector(a), vector(b)
    spaced = _spaced(*ends, 2 * walk - math.dist(*ends) * ACROSS_KM)
    return Outline(cell, request.earliest, request.latest, *_drawn_in(a, b, walk), b"", *spaced)


def _outline(
    times: tuple[int, int], box: tuple[int, int, int, int], spaced: tuple[int, ...], measures: bytes
) -> Outline:
    south, north, west, east = box
    size = _class(max(north - south, east - west), times[1] - times[0])
    return Outline(_cell(size, *_square(size, south, west)), *times, *box, measures, *spaced)


def _spaced(first: Vector, last: Vector, spare_km: float) -> tuple[int, ...]:
    """Return both ends and what is spare, as an outline has them.

    Through the earth, no way between two places is longer than along the ground.
    """
    ends = (round(axis * ACROSS_KM * _PER_KM) for axis in (*first, *last))
    return (*ends, math.ceil(spare_km * _PER_KM) + _ROUNDING)


def _box(route: Sequence[Point], longest_km: float, limit_km: float) -> tuple[int, int, int, int]:
    """Return the box of all places within reach: of the vertices, and around them the reach of the longest leg.

    A great circle bends towards the pole, at most as far as the one whose ends are on the highest latitude.
    """
    side = side_km(longest_km, limit_km) / EARTH_KM
    lats, lons = [point.lat for point in route], [point.lon for point in route]
    south, north, west, east = min(lats), max(lats), min(lons), max(lons)
    highest = math.radians(max(-south, north))
    top = math.asin(min(1.0, math.sin(highest) / math.cos(longest_km / 2 / EARTH_KM)))
    away = math.degrees(side + top - highest)
    across = _half_width(top, side)
    if west - across < -180 or east + across > 180 or east - west > 180:  # noqa: PLR2004 # degrees
        west, east, across = -180, 180, 0  # one box cannot lie on both sides of the 180th meridian
    return _outwards(max(south - away, -90.0), min(north + away, 90.0), west - across, east + across)


def _drawn_in(a: Point, b: Point, walk_km: float) -> tuple[int, int, int, int]:
    """Return the box of both ends, smaller by the walk on each side, even turned inside out; rounded inwards."""
    away = math.degrees(walk_km / EARTH_KM)
    south, north, west, east = min(a.lat, b.lat), max(a.lat, b.lat), min(a.lon, b.lon), max(a.lon, b.lon)
    across = _half_width(math.radians(max(-south, north)), walk_km / EARTH_KM)
    if west - across < -180 or east + across > 180:  # noqa: PLR2004 # degrees
        west, east, across = 180, -180, 0  # whoever walks over the 180th meridian is held by any box
    north, south, east, west = _outwards(north - away, south + away, east - across, west + across)
    return south, north, west, east


def _offer_spans(mine: Outline) -> Iterator[tuple[int, range, range]]:
    """Yield for each class the squares in which a box begins that holds mine, and is no larger than its square."""
    for size in range(CLASSES):
        low = _square(size, mine.north - (SIZE << size), mine.east - (SIZE << size))
        yield size, *_ranges(low, _square(size, mine.south, mine.west))


def _request_spans(mine: Outline) -> Iterator[tuple[int, range, range]]:
    """Yield for each class the squares in which somebody starts who walks into my box."""
    walk = MAX_WALK / 1000 / EARTH_KM
    across = _half_width(math.radians(max(-mine.south, mine.north) / _UNIT), walk) * _UNIT
    west, east = math.floor(mine.west - across), math.ceil(mine.east + across)
    if west < -_EAST or east > _EAST:
        west, east = -_EAST, _EAST
    away = math.ceil(math.degrees(walk) * _UNIT)
    for size in range(CLASSES):
        yield size, *_ranges(_square(size, mine.south - away, west), _square(size, mine.north + away, east))


def _ranges(low: tuple[int, int], high: tuple[int, int]) -> tuple[range, range]:
    return range(low[0], high[0] + 1), range(low[1], high[1] + 1)


def _class(width: int, minutes: int) -> int:
    """Return the least class for a box so wide and a time so long."""
    return max((width - 1) // SIZE, (minutes - 1) // SPAN, 0).bit_length()


def _square(size: int, lat: int, lon: int) -> tuple[int, int]:
    return lat // (SIZE << size), lon // (SIZE << size)


def _cell(size: int, row: int, column: int) -> int:
    """Return a class and a square as one number; rows and columns are far within -2048 to 2047."""
    return size << 24 | (row + 2048) << 12 | (column + 2048)


def _half_width(lat: float, side: float) -> float:
    """Return by how many degrees of longitude a circle spreads around a point at most so far from the equator.

    lat, side: radians. 180 where the circle holds a pole.
    """
    if lat + side >= math.pi / 2 - 1e-9:
        return 180.0
    return math.degrees(math.asin(math.sin(side) / math.cos(lat)))


def _outwards(south: float, north: float, west: float, east: float) -> tuple[int, int, int, int]:
    """Return degrees in the unit of boxes, rounded away from the middle, and a metre more for the errors of floats."""
    return (
        math.floor(south * _UNIT - 0.01), math.ceil(north * _UNIT + 0.01),
        math.floor(west * _UNIT - 0.01), math.ceil(east * _UNIT + 0.01),
    )  # fmt: skip
