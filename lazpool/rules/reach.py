"""How far an offer reaches, in plain numbers: boxes and times for choosing candidates before anything is measured.

A detour of D km on a leg of s km reaches the places x with `d(p,x) + d(x,q) <= s + D`: an ellipse, which lies within
`r = 0.5 * sqrt((s+D)^2 - s^2)` of the leg. That is more than D/2, which loses matches. On the globe the same triangle
gives `cos((s+D)/2) = cos(s/2) * cos(r)`, in units of the earth's radius, and a little more than the flat formula.

Boxes hold every place in reach, and more: no match lies outside of them, not every place inside is a match.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from lazpool.rules.geo import budget_km, budget_min, km

if TYPE_CHECKING:
    from lazpool.records.places import Point
    from lazpool.records.posts import Offer

EARTH_KM = 6371.0072
"""The mean radius that H3 measures with (authalic, WGS84)."""
_SAFE_DEG = 1e-6
"""A tenth of a metre around each box, for the rounding of floats."""
_QUARTER = 0.999 * math.pi / 2
"""Nearly a quarter of the globe: longer half-legs than that reach anywhere."""
_Vector = tuple[float, float, float]


class Box(NamedTuple):
    """Places between two latitudes and two longitudes, in degrees, west <= east: none crosses the 180th meridian."""

    south: float
    north: float
    west: float
    east: float

    def holds(self, point: Point) -> bool:
        """Tell whether a point lies inside."""
        return self.south <= point.lat <= self.north and self.west <= point.lon <= self.east


def time_bounds(offer: Offer) -> tuple[int, int]:
    """Return the first and the last minute at which anybody can be picked up or dropped off."""
    last = offer.depart + offer.flex_after + offer.minutes[-1] + budget_min(offer.max_detour)
    return offer.depart - offer.flex_before, math.ceil(last) + 1  # 1 for rounding


def side_km(leg_km: float, extra_km: float) -> float:
    """Return how far from a leg a place can lie that lengthens it by at most `extra_km`; infinity for anywhere."""
    half, longest = leg_km / 2 / EARTH_KM, (leg_km + extra_km) / 2 / EARTH_KM
    if longest >= _QUARTER:
        return math.inf
    return math.acos(min(1.0, math.cos(longest) / math.cos(half))) * EARTH_KM


def reach_boxes(offer: Offer) -> tuple[Box, ...]:
    """Return one box, or two beside the 180th meridian, that hold every place where the offer can stop.

    Whoever walks may start outside: widen the start and end of such a request with `boxes_around`.
    """
    extra = budget_km(offer.max_detour)
    sides = [side_km(km(a, b), extra) / EARTH_KM for a, b in pairwise(offer.route)]
    south, north, west, east = 90.0, -90.0, math.inf, -math.inf
    lon = offer.route[0].lon
    for (a, b), side in zip(pairwise(offer.route), sides, strict=True):
        low, high = _latitudes(a, b)
        across = _half_width(max(-low, high), side)
        step = (b.lon - a.lon + 180) % 360 - 180
        south, north = min(south, low - math.degrees(side)), max(north, high + math.degrees(side))
        west, east = min(west, min(lon, lon + step) - across), max(east, max(lon, lon + step) + across)
        lon += step
    return _split(south, north, west, east)


def boxes_around(point: Point, within_km: float) -> tuple[Box, ...]:
    """Return one box, or two beside the 180th meridian, that hold every place so near to a point."""
    side = within_km / EARTH_KM
    across, away = _half_width(abs(point.lat), side), math.degrees(side)
    return _split(point.lat - away, point.lat + away, point.lon - across, point.lon + across)


def _half_width(lat: float, side: float) -> float:
    """Return by how many degrees of longitude a circle spreads, around a point at most so far from the equator.

    side: radians. 180 where the circle holds a pole.
    """
    if math.radians(abs(lat)) + side >= math.pi / 2 - 1e-9:
        return 180.0
    return math.degrees(math.asin(min(1.0, math.sin(side) / math.cos(math.radians(lat)))))


def _latitudes(a: Point, b: Point) -> tuple[float, float]:
    """Return the least and the largest latitude of the great circle between two points: it bends to the pole."""
    low, high = min(a.lat, b.lat), max(a.lat, b.lat)
    start, end = _vector(a), _vector(b)
    normal = _cross(start, end)
    size = math.hypot(*normal)
    if size < 1e-12:  # noqa: PLR2004 # radians: one point, or two opposite ones, whose legs reach anywhere
        return low, high
    x, y, z = (part / size for part in normal)
    for top in ((-x * z, -y * z, 1 - z * z), (x * z, y * z, z * z - 1)):  # where the circle is nearest to each pole
        if _dot(_cross(start, top), normal) >= 0 and _dot(_cross(top, end), normal) >= 0:
            lat = math.degrees(math.atan2(top[2], math.hypot(top[0], top[1])))
            low, high = min(low, lat), max(high, lat)
    return low, high


def _vector(point: Point) -> _Vector:
    lat, lon = math.radians(point.lat), math.radians(point.lon)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def _cross(a: _Vector, b: _Vector) -> _Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _dot(a: _Vector, b: _Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _split(south: float, north: float, west: float, east: float) -> tuple[Box, ...]:
    """Return boxes within the map; a pole is in all longitudes, and so is what goes around."""
    south, north = max(south - _SAFE_DEG, -90.0), min(north + _SAFE_DEG, 90.0)
    west, east = west - _SAFE_DEG, east + _SAFE_DEG
    if not east - west < 360:  # noqa: PLR2004 # degrees; also infinity
        return (Box(south, north, -180.0, 180.0),)
    shift = (west + 180) % 360 - 180 - west
    west, east = west + shift, east + shift
    if east <= 180:  # noqa: PLR2004 # degrees
        return (Box(south, north, west, east),)
    return Box(south, north, west, 180.0), Box(south, north, -180.0, east - 360)
