"""The route of an offer in few bytes: zigzag-delta varints on the grid of 1/1000 degree.

Source: the varint and zigzag encodings of Protocol Buffers.
"""

from __future__ import annotations

from itertools import accumulate

from lazpool.errors import MalformedError
from lazpool.records.places import GRID, Point

MAX_VERTICES = 16
_MAX_BYTES = 8 * MAX_VERTICES
_MORE = 0x80


def pack_route(route: tuple[Point, ...]) -> bytes:
    """Return latitude and longitude of each vertex as differences to the one before."""
    packed, lat, lon = bytearray(), 0, 0
    for point in route:
        next_lat, next_lon = round(point.lat * GRID), round(point.lon * GRID)
        packed += _varint(_zigzag(next_lat - lat)) + _varint(_zigzag(next_lon - lon))
        lat, lon = next_lat, next_lon
    return bytes(packed)


def unpack_route(data: bytes) -> tuple[Point, ...]:
    """Return the vertices; MalformedError when the bytes are cut or too long."""
    if type(data) is not bytes or len(data) > _MAX_BYTES:
        raise MalformedError("shape", "route: too long")
    numbers = _unzigzagged(data)
    if len(numbers) % 2:
        raise MalformedError("shape", "route: a latitude without its longitude")
    lats, lons = accumulate(numbers[::2]), accumulate(numbers[1::2])
    return tuple([Point(lat / GRID, lon / GRID) for lat, lon in zip(lats, lons, strict=True)])


def _zigzag(number: int) -> int:
    return number * 2 if number >= 0 else -number * 2 - 1


def _varint(number: int) -> bytes:
    low, packed = number & (_MORE - 1), bytearray()
    while number := number >> 7:
        packed.append(low | _MORE)
        low = number & (_MORE - 1)
    packed.append(low)
    return bytes(packed)


def _unzigzagged(data: bytes) -> list[int]:
    numbers: list[int] = []
    number = shift = 0
    for byte in data:
        number |= (byte & (_MORE - 1)) << shift
        if byte & _MORE:
            shift += 7
            continue
        if byte == 0 and shift:  # a group of seven zero bits that the shortest form lacks
            raise MalformedError("codec", "route: not the canonical encoding")
        numbers.append(~(number >> 1) if number & 1 else number >> 1)
        number = shift = 0
    if shift:
        raise MalformedError("shape", "route: the last number is cut")
    return numbers
