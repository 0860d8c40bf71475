"""Where: points on the globe and H3 cells.

Source: H3, h3geo.org; a cell of resolution 7 covers 5.16 km2 on average, of resolution 9 0.105 km2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from lazpool.errors import MalformedError
from lazpool.records.shape import check_uint, wrong

POST_RES = 7
COARSE_RES = 6
MEETING_RES = 9
AREA_RES = 4
GRID = 1000
"""Vertices of a published route lie on a grid of 1/1000 degree."""


@cache
def _h3() -> Any:
    """Import H3 when a cell is first asked for: that takes 25 ms, and most commands ask for none."""
    import h3.api.basic_int as h3  # noqa: PLC0415 # see above

    return h3


@dataclass(frozen=True, slots=True)
class Point:
    """A place in degrees, WGS84: latitude -90..90, longitude -180..180."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        """Refuse what is not a place, NaN and infinities included."""
        if -90 <= self.lat <= 90 and -180 <= self.lon <= 180:  # noqa: PLR2004 # degrees; no NaN is between any two
            return
        if not (math.isfinite(self.lat) and math.isfinite(self.lon)):
            raise wrong("place", "a coordinate is not a number")
        raise wrong("place", "latitude is -90 to 90, longitude -180 to 180")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where driver and passenger may meet, by its name."""

    name: str
    point: Point


@dataclass(frozen=True, slots=True)
class Listed:
    """A meeting place as a list says it. kind: such as "Parking", may be empty. capacity: cars, None for unknown."""

    spot: Spot
    kind: str = ""
    capacity: int | None = None


def cell_at(point: Point, resolution: int) -> int:
    """Return the H3 cell of that resolution which holds the point."""
    return int(_h3().latlng_to_cell(point.lat, point.lon, resolution))


@lru_cache(maxsize=16384)
def centre(cell: int) -> Point:
    """Return the centre of a cell."""
    lat, lon = _h3().cell_to_latlng(cell)
    return Point(lat, lon)


def boundary(cell: int) -> list[Point]:
    """Return the corners of a cell, in order."""
    return [Point(lat, lon) for lat, lon in _h3().cell_to_boundary(cell)]


def ancestor(cell: int, resolution: int) -> int:
    """Return the cell of a coarser resolution that a cell is a part of."""
    return int(_h3().cell_to_parent(cell, resolution))


def parts(cell: int, resolution: int) -> list[int]:
    """Return the cells of a finer resolution that a cell is divided into, seven for each step."""
    return [int(part) for part in _h3().cell_to_children(cell, resolution)]


def on_grid(point: Point) -> Point:
    """Return the nearest point of the route grid."""
    return Point(round(point.lat * GRID) / GRID, round(point.lon * GRID) / GRID)


def coarse(point: Point, resolution: int = POST_RES) -> Point:
    """Return what a post says of an end of a trip: the centre of its cell, on the grid."""
    return on_grid(centre(cell_at(point, resolution)))


@lru_cache(maxsize=16384)
def is_coarse(point: Point) -> bool:
    """Tell whether a point is the centre of a cell of resolution 7 or 6, on the grid."""
    return _is_centre(point, POST_RES) or _is_centre(point, COARSE_RES)


def _is_centre(point: Point, resolution: int) -> bool:
    """Compare in plain numbers: making points would cost a node more than the two look-ups."""
    lat, lon = _h3().cell_to_latlng(_h3().latlng_to_cell(point.lat, point.lon, resolution))
    return (round(lat * GRID), round(lon * GRID)) == (round(point.lat * GRID), round(point.lon * GRID))


def check_cell(field: str, cell: int, *resolutions: int) -> None:
    """Check an H3 cell index of one of the resolutions."""
    check_uint(field, cell, 0, 2**63 - 1)
    if not _h3().is_valid_cell(cell) or _h3().get_resolution(cell) not in resolutions:
        raise wrong(field, f"not an H3 cell of resolution {' or '.join(map(str, resolutions))}")


# Of the 64 bits of a cell of resolution 4 only 19 differ between two of them: base cell and four digits.
_AREA_HEAD, _AREA_SHIFT, _AREA_MASK, _AREA_BYTES = 0x084 << 52, 33, (1 << 19) - 1, 3


def pack_areas(areas: tuple[int, ...]) -> bytes:
    """Return 3 bytes for each area."""
    return b"".join((area >> _AREA_SHIFT & _AREA_MASK).to_bytes(_AREA_BYTES, "big") for area in areas)


def unpack_areas(data: bytes) -> tuple[int, ...]:
    """Return the areas that `pack_areas` packed, not yet checked, or raise MalformedError."""
    if type(data) is not bytes or len(data) % _AREA_BYTES:
        raise MalformedError("shape", f"areas that are not {_AREA_BYTES} bytes each")
    numbers = (int.from_bytes(data[at : at + _AREA_BYTES], "big") for at in range(0, len(data), _AREA_BYTES))
    return tuple(_AREA_HEAD | number << _AREA_SHIFT | (1 << _AREA_SHIFT) - 1 for number in numbers)
