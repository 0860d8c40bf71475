"""GeoJSON against the rules of RFC 7946, by a checker that shares no code with the writer."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import h3.api.basic_int as h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.records import geojson
from lazpool.records.places import Point
from tests.records.rfc7946 import broken

PLACES = st.builds(
    Point,
    st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 0.0, 89.9995, 90.0])),
    st.one_of(st.floats(-180, 180), st.floats(179.9, 180), st.floats(-180, -179.9), st.sampled_from([-180.0, 180.0])),
)
LEVEL = (7, 6, 9)


def parts(geometry: dict[str, Any]) -> list[Any]:
    """Return the lines or rings of a geometry."""
    if geometry["type"] == "MultiPolygon":
        return [ring for polygon in geometry["coordinates"] for ring in polygon]
    return geometry["coordinates"] if geometry["type"] != "LineString" else [geometry["coordinates"]]


@given(st.lists(PLACES, min_size=2, max_size=16))
def test_any_way_is_a_valid_line(way: list[Point]) -> None:
    """Cut at the antimeridian, no leg is longer than half the world, and every place on the way is kept in order."""
    geometry = geojson.line(way)
    kept = [(round(one.lon, 6), round(one.lat, 6)) for one in way]
    assert not broken(geojson.collection([geojson.feature(geometry, role="route")]))
    stays = len({(lon % 360, lat) for lon, lat in kept}) == 1
    assert stays or all(len({*map(tuple, part)}) > 1 for part in parts(geometry))
    drawn = [tuple(one) for part in parts(geometry) for one in part]
    assert all(abs(b[0] - a[0]) <= 180 for part in parts(geometry) for a, b in pairwise(part))
    left = iter(drawn)
    moved = [after for before, after in pairwise(kept) if not _same(before, after)]
    assert all(any(_same(one, other) for other in left) for one in moved)


@given(PLACES, st.sampled_from(LEVEL))
def test_any_cell_is_a_valid_polygon(place: Point, resolution: int) -> None:
    """Every cell on Earth, poles and antimeridian included: closed counterclockwise rings that hold its centre."""
    cell = h3.latlng_to_cell(place.lat, place.lon, resolution)
    geometry = geojson.cell(cell)
    assert not broken(geojson.collection([geojson.feature(geometry)]))
    lat, lon = h3.cell_to_latlng(cell)
    on_edge = 180 - abs(lon) < 1e-6
    assert on_edge or sum(_holds(ring, lon, lat) for ring in parts(geometry)) == 1


def test_a_cell_on_the_antimeridian_is_cut_and_loses_nothing() -> None:
    """Taveuni in Fiji lies on it: two polygons, together as large as the cell, both beside the line."""
    cell = h3.latlng_to_cell(-16.8, 180.0, 7)
    geometry = geojson.cell(cell)
    assert geometry["type"] == "MultiPolygon"
    edges = {edge(lon for lon, _ in ring) for ring in parts(geometry) for edge in (min, max)}
    assert edges >= {180.0, -180.0}
    west, east = parts(geometry)
    plain = [((lon + 360) % 360, lat) for lat, lon in h3.cell_to_boundary(cell)]
    assert _area(west) + _area(east) == pytest.approx(abs(_area([*plain, plain[0]])), rel=1e-3)


@pytest.mark.parametrize("pole", [90.0, -90.0])
@pytest.mark.parametrize("resolution", LEVEL)
def test_the_cell_of_a_pole_reaches_around_it(pole: float, resolution: int) -> None:
    """The cell that holds a pole spans all longitudes up to the pole itself."""
    geometry = geojson.cell(h3.latlng_to_cell(pole, 0.0, resolution))
    assert not broken(geojson.collection([geojson.feature(geometry)]))
    (ring,) = parts(geometry)
    assert {min(lon for lon, _ in ring), max(lon for lon, _ in ring)} == {-180, 180}
    assert pole in {lat for _, lat in ring}


def test_a_way_over_the_antimeridian_is_cut_where_it_crosses() -> None:
    """From Fiji's main island to Taveuni's far side: two lines that meet at 180 at the same latitude."""
    geometry = geojson.line([Point(-18.0, 179.0), Point(-17.0, -179.0)])
    assert geometry == {
        "type": "MultiLineString",
        "coordinates": [[[179.0, -18.0], [180.0, -17.5]], [[-180.0, -17.5], [-179.0, -17.0]]],
    }


def test_longitude_comes_first() -> None:
    """As in the RFC, and unlike everything that people type."""
    assert geojson.point(Point(45.19, 5.71)) == {"type": "Point", "coordinates": [5.71, 45.19]}
    assert geojson.line([Point(45.0, 5.0), Point(46.0, 4.0)])["coordinates"] == [[5.0, 45.0], [4.0, 46.0]]


@pytest.mark.parametrize(
    "document",
    [
        {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": None}]},
        {"type": "Point", "coordinates": [1.0, 91.0]},
        {"type": "Point", "coordinates": [181.0, 1.0]},
        {"type": "LineString", "coordinates": [[1.0, 1.0]]},
        {"type": "LineString", "coordinates": [[179.0, 0.0], [-179.0, 0.0]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]]},
        {"type": "Point", "coordinates": [math.nan, 1.0]},
    ],
    ids=json.dumps,
)
def test_the_checker_finds_what_is_wrong(document: dict[str, Any]) -> None:
    """Rules that nothing breaks would prove nothing."""
    whole = document if "features" in document else geojson.collection([geojson.feature(document)])
    assert broken(whole)


def _same(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[1] == other[1] and (one[0] - other[0]) % 360 == 0


def _area(ring: list[Any]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def _holds(ring: list[Any], lon: float, lat: float) -> bool:
    """Cast a ray to the east and count the edges that it meets."""
    inside = False
    for a, b in pairwise(ring):
        if (a[1] > lat) != (b[1] > lat) and lon < a[0] + (lat - a[1]) / (b[1] - a[1]) * (b[0] - a[0]):
            inside = not inside
    return inside
