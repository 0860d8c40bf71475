"""Outlines: what of a post is looked at to choose candidates, in plain numbers that a database can compare and sort.

An offer is outlined by the box of all places it can reach, a request by the box of both ends, drawn in by the walk, so
that a request can only match an offer whose box holds its own. Time works alike. Boxes overlap in a dense town, so the
shape, every vertex as a point in space, allows a second look: the least extra way, in a tenth of the time that decoding
the post and fitting it take. Nothing here loses a match, and not every candidate is one.

Outlines are found by cell: a class for size and duration, and a square of that size in which the box begins. So an
offer is one row, and a query looks into at most a few squares of each class.
"""

from __future__ import annotations

import math
import struct
from functools import lru_cache
from itertools import accumulate, chain, pairwise
from operator import add, sub
from typing import TYPE_CHECKING, NamedTuple

from lazpool.records.places import centre
from lazpool.records.posts import MAX_WALK, Offer, Request
from lazpool.records.route import MAX_VERTICES
from lazpool.rules.geo import budget_km
from lazpool.rules.reach import EARTH_KM, side_km, time_bounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lazpool.records.places import Point

SIZE, SPAN = 500, 120
"""Squares of class 0 are half a degree wide, and its posts last 2 hours at most; each class doubles both."""
CLASSES = 11
"""The last class has squares of 512 degrees, so it holds what goes around the globe."""
MANY = 4096
"""Cells that are looked into one by one; beyond, looking at every outline is quicker."""
_UNIT = 1000
"""Boxes are in thousandths of a degree, rounded outwards."""
_EAST = 180 * _UNIT
_SLACK_KM = 0.05
"""For distances from single-precision coordinates: the error of six is below 10 m."""
_FORMATS = {16 * count: struct.Struct(f"{4 * count}f") for count in range(2, MAX_VERTICES + 1)}
"""Of the shapes of offers, by their size in bytes."""
_Vector = tuple[float, float, float]


class Outline(NamedTuple):
    """The bounds of a post. cell: where it is found. first, last: minutes. Sides of the box: thousandths of a degree.

    shape: single-precision floats. Of an offer the km of extra way it allows, the length of each leg, and x, y, z of
    each vertex in km from the centre of the earth; of a request the km of both walks together, and both ends.
    """

    cell: int
    first: int
    last: int
    south: int
    north: int
    west: int
    east: int
    shape: bytes


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
    """Tell whether times and boxes allow a match; what the database asks of each row in its own words."""
    return (
        offer.first <= request.last
        and request.first <= offer.last
        and offer.south <= request.south
        and request.north <= offer.north
        and offer.west <= request.west
        and request.east <= offer.east
    )


def may_fit(offer: bytes, request: bytes) -> bool:
    """Tell from the two shapes whether the least extra way can be within what the offer allows.

    The cheapest insertion of insertion.py over chords, which are no longer than the great circles they stand for. A
    walk of w km saves at most 2 w: on the way to the stop and on the way from it. Before all vertices,
    only the ends are looked at: from one to the other by both stops cannot be shorter in more detail.
    """
    walk, a, b, direct = _ends(request)
    numbers = _FORMATS[len(offer)].unpack(offer)
    count = len(numbers) // 4
    limit: float = numbers[0] + 2 * walk + _SLACK_KM
    legs = numbers[1:count]
    by_both: float = math.dist(numbers[count : count + 3], a) + direct + math.dist(b, numbers[-3:])
    if by_both > limit + sum(legs):
        return False
    parts = iter(numbers[count:])
    vertices = list(zip(parts, parts, parts, strict=True))
    to_a = [math.dist(vertex, a) for vertex in vertices]
    extra_a = list(map(sub, map(add, to_a, to_a[1:]), legs))
    if min(extra_a) > limit:
        return False
    to_b = [math.dist(vertex, b) for vertex in vertices]
    extra_b = list(map(sub, map(add, to_b, to_b[1:]), legs))
    if min(map(add, accumulate(extra_a, min), extra_b[1:]), default=math.inf) <= limit:
        return True
    in_one_leg: float = min(map(sub, map(add, to_a, to_b[1:]), legs)) + direct
    return in_one_leg <= limit


def _of_offer(offer: Offer) -> Outline:
    vertices = [_vector(point) for point in offer.route]
    legs = [_arc_km(math.dist(*ends)) for ends in pairwise(vertices)]
    limit = budget_km(offer.max_detour)
    box = _box(offer.route, max(legs), limit)
    shape = _FORMATS[16 * len(vertices)].pack(limit, *legs, *chain.from_iterable(vertices))
    return _outline(time_bounds(offer), box, shape)


def _of_request(request: Request, away_km: float | None) -> Outline:
    a, b = centre(request.cell_from), centre(request.cell_to)
    walk = request.walk / 1000 if away_km is None else away_km
    shape = struct.pack("7f", walk, *_vector(a), *_vector(b))
    south, north, west, east = _drawn_in(a, b, walk)
    size = _class(0, request.latest - request.earliest)
    cell = _cell(size, *_square(size, math.floor(a.lat * _UNIT), math.floor(a.lon * _UNIT)))
    return Outline(cell, request.earliest, request.latest, south, north, west, east, shape)


def _outline(times: tuple[int, int], box: tuple[int, int, int, int], shape: bytes) -> Outline:
    south, north, west, east = box
    size = _class(max(north - south, east - west), times[1] - times[0])
    return Outline(_cell(size, *_square(size, south, west)), *times, *box, shape)


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


def _vector(point: Point) -> _Vector:
    lat, lon = math.radians(point.lat), math.radians(point.lon)
    ring = math.cos(lat) * EARTH_KM
    return math.cos(lon) * ring, math.sin(lon) * ring, math.sin(lat) * EARTH_KM


def _arc_km(chord_km: float) -> float:
    """Return the length of the great circle over a chord."""
    return 2 * EARTH_KM * math.asin(min(1.0, chord_km / 2 / EARTH_KM))


@lru_cache(maxsize=256)
def _ends(shape: bytes) -> tuple[float, _Vector, _Vector, float]:
    """Return the walk of a request, both ends and how far they are apart."""
    numbers = struct.unpack("7f", shape)
    a, b = numbers[1:4], numbers[4:7]
    return numbers[0], a, b, math.dist(a, b)


def _outwards(south: float, north: float, west: float, east: float) -> tuple[int, int, int, int]:
    """Return degrees in the unit of boxes, rounded away from the middle, and a metre more for the errors of floats."""
    return (
        math.floor(south * _UNIT - 0.01), math.ceil(north * _UNIT + 0.01),
        math.floor(west * _UNIT - 0.01), math.ceil(east * _UNIT + 0.01),
    )  # fmt: skip
