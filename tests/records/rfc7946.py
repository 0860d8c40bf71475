"""The rules of RFC 7946 that a file of ours could break, checked from the text of the RFC."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIMPLE = {"Point", "LineString", "Polygon"}


def broken(document: dict[str, Any]) -> list[str]:
    """Return the rules that a FeatureCollection breaks, none for a valid one."""
    return list(_collection(document))


def _collection(document: dict[str, Any]) -> Iterator[str]:
    try:
        json.dumps(document, allow_nan=False)
    except ValueError:
        yield "JSON has no NaN and no infinity"
        return
    if document.get("type") != "FeatureCollection" or not isinstance(document.get("features"), list):
        yield "3.3: not a FeatureCollection"
        return
    if "crs" in document:
        yield "4: coordinate reference systems are gone"
    for one in document["features"]:
        if one.get("type") != "Feature" or {"geometry", "properties"} - set(one):
            yield "3.2: a Feature has a geometry and properties"
        elif one["geometry"] is not None:
            yield from _geometry(one["geometry"])


def _geometry(geometry: dict[str, Any]) -> Iterator[str]:
    kind, coordinates = geometry.get("type", ""), geometry.get("coordinates")
    if kind.removeprefix("Multi") not in _SIMPLE or not isinstance(coordinates, list) or not coordinates:
        yield f"3.1: {kind} is no geometry with coordinates"
        return
    check = {"Point": _position, "LineString": _line, "Polygon": _polygon}[kind.removeprefix("Multi")]
    for one in coordinates if kind.startswith("Multi") else [coordinates]:
        yield from check(one)


def _position(position: Any) -> Iterator[str]:
    if not (
        isinstance(position, list) and len(position) in {2, 3} and all(isinstance(n, int | float) for n in position)
    ):
        yield "3.1.1: a position is two or three numbers"
    elif not (math.isfinite(sum(position)) and -180 <= position[0] <= 180 and -90 <= position[1] <= 90):
        yield "4: longitude comes first, in degrees"


def _line(line: list[Any]) -> Iterator[str]:
    if len(line) < 2:
        yield "3.1.4: a LineString has two or more positions"
    for position in line:
        yield from _position(position)
    if any(abs(a[0] - b[0]) > 180 for a, b in pairwise(line)):
        yield "3.1.9: a line that crosses the antimeridian is cut in two"


def _polygon(rings: list[Any]) -> Iterator[str]:
    for number, ring in enumerate(rings):
        yield from _line(ring)
        if len(ring) < 4 or ring[0] != ring[-1]:
            yield "3.1.6: a ring is closed and has four or more positions"
        elif (_twice_area(ring) > 0) != (number == 0):
            yield "3.1.6: the exterior ring runs counterclockwise"


def _twice_area(ring: list[Any]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
