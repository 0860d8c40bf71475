"""Ways as points in space: one place is measured against all vertices of a way at little more than the price of one.

A chord is what Python measures quickest, and the great circle over it is an arcsine away. Points are on a sphere a hair
smaller than one across, on which a chord is the sine of half the angle between two places. The hair keeps what is
opposite on the globe below 1 where floats are rounded; it changes no length that counts.
"""

from __future__ import annotations

import math
from itertools import pairwise, repeat
from math import asin, dist
from typing import TYPE_CHECKING, NamedTuple

from lazpool.rules.geo import EARTH_KM

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lazpool.records.places import Point

_RADIUS = 0.5 * (1 - 1e-15)
ACROSS_KM = 2 * EARTH_KM
"""Kilometres in the unit of the points: a chord times this is its length through the earth."""
Vector = tuple[float, float, float]


class Track(NamedTuple):
    """A way of at least two points, measured once. vertices: in space. legs: great-circle km of each."""

    vertices: Sequence[Vector]
    legs: Sequence[float]


class Lift(NamedTuple):
    """From where to where a passenger rides, and the great-circle km between."""

    pickup: Vector
    dropoff: Vector
    direct_km: float


def vector(point: Point) -> Vector:
    """Return a place as a point in space."""
    lat, lon = math.radians(point.lat), math.radians(point.lon)
    ring = math.cos(lat) * _RADIUS
    return math.cos(lon) * ring, math.sin(lon) * ring, math.sin(lat) * _RADIUS


def track(points: Iterable[Point]) -> Track:
    """Measure a way."""
    vertices = [vector(point) for point in points]
    return Track(vertices, [arc_km(*leg) for leg in pairwise(vertices)])


def lift(pickup: Point, dropoff: Point) -> Lift:
    """Measure a ride from door to door."""
    ends = vector(pickup), vector(dropoff)
    return Lift(*ends, arc_km(*ends))


def arc_km(a: Vector, b: Vector) -> float:
    """Return the great-circle km between two places."""
    return ACROSS_KM * asin(dist(a, b))


def arcs_km(vertices: Sequence[Vector], place: Vector) -> list[float]:
    """Return the great-circle km between each of many places and one."""
    return [ACROSS_KM * asin(chord) for chord in map(dist, vertices, repeat(place))]
