"""Places, ways and cells as GeoJSON geometries.

Source: RFC 7946. Positions are longitude, latitude in degrees, WGS84. Rings are closed and run counterclockwise. What
crosses the antimeridian is cut there, so that no number leaves -180..180 and nothing is drawn around the world.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import h3.api.basic_int as h3

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lazpool.records.places import Point

Geometry: TypeAlias = dict[str, Any]
Position: TypeAlias = tuple[float, float]
_HALF, _WHOLE, _POLE = 180.0, 360.0, 90.0
_DIGITS = 6
"""Decimals of a degree: 0.1 m."""


def collection(features: Iterable[Geometry]) -> Geometry:
    """Return a FeatureCollection."""
    return {"type": "FeatureCollection", "features": list(features)}


def feature(geometry: Geometry, **properties: object) -> Geometry:
    """Return a feature; properties that are None are left out."""
    kept = {name: value for name, value in properties.items() if value is not None}
    return {"type": "Feature", "geometry": geometry, "properties": kept}


def point(where: Point) -> Geometry:
    """Return a Point."""
    return {"type": "Point", "coordinates": _written((where.lon, where.lat))}


def line(way: Sequence[Point]) -> Geometry:
    """Return a LineString through at least two places, or a MultiLineString where it crosses the antimeridian."""
    cut = [[_written(one) for one in part] for part in _cut_line([(one.lon, one.lat) for one in way])]
    # A way that touches the antimeridian leaves parts without length; one that stays in one place is such a part.
    parts = [part for part in cut if any(one != part[0] for one in part)] or cut[:1]
    if len(parts) == 1:
        return {"type": "LineString", "coordinates": parts[0]}
    return {"type": "MultiLineString", "coordinates": parts}


def cell(index: int) -> Geometry:
    """Return the Polygon of an H3 cell, or a MultiPolygon where it lies on the antimeridian."""
    rings = [_closed(ring) for ring in _cut_ring([(lon, lat) for lat, lon in h3.cell_to_boundary(index)])]
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings}
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}


def _written(position: Position) -> list[float]:
    return [round(number, _DIGITS) for number in position]


def _closed(ring: Sequence[Position]) -> list[list[float]]:
    written = [_written(one) for one in ring]
    return [*written, written[0]]


def _cut_line(way: Sequence[Position]) -> list[list[Position]]:
    parts = [[way[0]]]
    for (lon, lat), after in pairwise(way):
        if abs(after[0] - lon) > _HALF:
            side = _HALF if lon > 0 else -_HALF
            at = _lat_at(side, (lon, lat), (after[0] + 2 * side, after[1]))
            parts[-1].append((side, at))
            parts.append([(-side, at)])
        parts[-1].append(after)
    return parts


def _cut_ring(ring: Sequence[Position]) -> list[list[Position]]:
    """Return counterclockwise rings between -180 and 180 that cover what a counterclockwise ring encloses."""
    rolled = _unrolled(ring)
    if rolled[-1][0] != rolled[0][0]:
        return [_around_pole(rolled[:-1])]
    rolled.pop()
    for side in (_HALF, -_HALF):
        if max(side * lon for lon, _ in rolled) > _HALF * _HALF:
            inside, outside = _clipped(rolled, side, 1), _clipped(rolled, side, -1)
            return [inside, [(lon - 2 * side, lat) for lon, lat in outside]]
    return [rolled]


def _unrolled(ring: Sequence[Position]) -> list[Position]:
    """Return a ring, its beginning repeated at the end, with longitudes that go on beyond 180 instead of jumping."""
    rolled = [ring[0]]
    for lon, lat in (*ring[1:], ring[0]):
        turns = round((rolled[-1][0] - lon) / _WHOLE)
        rolled.append((lon + turns * _WHOLE, lat))
    return rolled


def _clipped(ring: Sequence[Position], side: float, keep: int) -> list[Position]:
    """Return the part of a convex ring on one side of a meridian; keep: 1 for towards 0, -1 for beyond."""
    kept: list[Position] = []
    for before, after in pairwise((ring[-1], *ring)):
        was, now = (keep * (abs(side) - one[0] * side / abs(side)) >= 0 for one in (before, after))
        if was != now:
            kept.append((side, _lat_at(side, before, after)))
        if now:
            kept.append(after)
    return kept


def _around_pole(ring: Sequence[Position]) -> list[Position]:
    """Return the ring of a cell that holds a pole: its boundary from -180 to 180, and back along the pole."""
    pole = _POLE if ring[0][1] > 0 else -_POLE
    vertices = sorted(((lon + _HALF) % _WHOLE - _HALF, lat) for lon, lat in ring)
    at = _lat_at(_HALF, vertices[-1], (vertices[0][0] + _WHOLE, vertices[0][1]))
    edge = [(-_HALF, at), *vertices, (_HALF, at)]
    back = [(_HALF, pole), (0.0, pole), (-_HALF, pole)]
    return [*edge, *back] if pole > 0 else [*reversed(edge), *reversed(back)]


def _lat_at(lon: float, a: Position, b: Position) -> float:
    """Return the latitude at which the straight line from a to b meets a meridian between them."""
    return a[1] + (b[1] - a[1]) * ((lon - a[0]) / (b[0] - a[0])) if a[0] != b[0] else a[1]
