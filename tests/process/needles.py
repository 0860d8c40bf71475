"""What nobody but the two of a ride may see, in every encoding that is used or likely, and a search for it."""

from __future__ import annotations

import base64
import math
import struct
from typing import TYPE_CHECKING

import h3.api.basic_int as h3
import msgpack

from lazpool.net.address import node_name, peer_id_bytes
from lazpool.records.places import POST_RES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lazpool.records.places import Point

SCALES = tuple(10**digits for digits in (4, 5, 6, 7))


def of_text(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield a text in the encodings that a terminal or a log might use."""
    yield "utf-8", text.encode()
    yield "utf-16", text.encode("utf-16-le")
    if not text.isascii():
        yield "escaped", text.encode("unicode_escape")


def of_secret(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield bytes raw and as people write them."""
    yield "raw", secret
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    yield "base64", base64.b64encode(secret).rstrip(b"=")[:-1]


def of_key(key: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a key as `of_secret` does, and the name that libp2p would give it."""
    yield from of_secret(key)
    yield "peer id", peer_id_bytes(key)
    yield "base58", node_name(key).encode()


def of_number(number: float) -> Iterator[tuple[str, bytes]]:
    """Yield a coordinate as text, as floating point and as integers of four to seven decimals."""
    for digits in range(4, 8):
        yield f"text {digits}", f"{number:.{digits}f}".encode()
        yield f"cut {digits}", f"{math.trunc(number * 10**digits) / 10**digits:.{digits}f}".encode()
    for order, name in (("<", "LE"), (">", "BE")):
        yield f"double {name}", struct.pack(f"{order}d", number)
        yield f"float {name}", struct.pack(f"{order}f", number)
    for scale in SCALES:
        yield from _of_int(round(number * scale), f"{scale:.0e}")


def _of_int(value: int, name: str) -> Iterator[tuple[str, bytes]]:
    yield f"msgpack {name}", msgpack.packb(value)
    for size in (4, 8):
        for order in ("little", "big"):
            yield f"{size} {order} {name}", value.to_bytes(size, order)  # type: ignore[arg-type]
    yield f"text {name}", str(value).encode()


def of_cell(cell: int) -> Iterator[tuple[str, bytes]]:
    """Yield a cell as an integer and as text; the start that all cells have in common is left out."""
    yield "little", cell.to_bytes(8, "little")
    yield "big", cell.to_bytes(8, "big")
    yield "hex", h3.int_to_str(cell).encode()
    yield "decimal", str(cell).encode()


def of_place(point: Point) -> Iterator[tuple[str, bytes]]:
    """Yield a place: both coordinates, and every cell around it that is finer than those of posts."""
    for axis, number in (("lat", point.lat), ("lon", point.lon)):
        for name, needle in of_number(number):
            yield f"{axis} {name}", needle
    for res in range(POST_RES + 1, 16):
        for name, needle in of_cell(h3.latlng_to_cell(point.lat, point.lon, res)):
            yield f"cell {res} {name}", needle


def of_pair(point: Point) -> Iterator[tuple[str, bytes]]:
    """Yield both coordinates of a place side by side, each in four bytes."""
    for order, name in (("<", "LE"), (">", "BE")):
        yield f"floats {name}", struct.pack(f"{order}ff", point.lat, point.lon)
        for scale in SCALES:
            yield f"pair {scale} {name}", struct.pack(f"{order}ii", round(point.lat * scale), round(point.lon * scale))


def named(prefix: str, pairs: Iterator[tuple[str, bytes]]) -> dict[str, bytes]:
    """Give needles a common first name."""
    return {f"{prefix}, {name}": needle for name, needle in pairs}


def found(needles: Mapping[str, bytes], hay: Mapping[str, bytes]) -> list[str]:
    """Return which needles lie in which hay."""
    return [f"{name} in {where}" for where, data in hay.items() for name, needle in needles.items() if needle in data]
