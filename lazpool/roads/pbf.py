"""Is this file an OpenStreetMap extract, and is all of it there? Told in a second, before hours of work.

Source: wiki.openstreetmap.org/wiki/PBF_Format. A file is a row of blobs: four bytes with the length of a header, the
header (a Protocol Buffers message: 1 the type, 3 the size of the blob), and the blob. Only headers are read here.
"""

from __future__ import annotations

from io import SEEK_CUR
from typing import TYPE_CHECKING

from lazpool.errors import DamagedError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

MAX_HEADER, MAX_BLOB = 64 * 1024, 32 * 1024 * 1024
"""Limits of the format."""
_MORE, _BITS = 0x80, 7
_VARINT, _BYTES = 0, 2
_TYPE, _SIZE = 1, 3


def check_pbf(file: Path) -> int:
    """Return the size in bytes of a whole extract; InvalidInputError for another file, DamagedError for a cut one."""
    with file.open("rb") as source:
        kinds = list(_kinds(source))
        end = source.tell()
    if kinds[:1] != [b"OSMHeader"]:
        hint = "download one that ends in .osm.pbf, such as those of https://download.geofabrik.de"
        raise InvalidInputError(f"{file} is not an OpenStreetMap extract", hint=hint, code="no-extract")
    if end != file.stat().st_size:
        raise DamagedError(f"{file} is cut short or damaged", hint="download it again, and compare its checksum")
    return end


def _kinds(source: BinaryIO) -> Iterator[bytes]:
    """Yield the type of each blob and go past it: in the end the file stands where the last one should have ended."""
    while (found := _next(source)) is not None:
        yield found[0]
        source.seek(found[1], SEEK_CUR)


def _next(source: BinaryIO) -> tuple[bytes, int] | None:
    """Read the header of the next blob: its type and size; None at the end, or where there is none."""
    start = source.tell()
    length = int.from_bytes(source.read(4), "big")
    header = source.read(length) if length <= MAX_HEADER else b""
    fields = dict(_fields(header)) if len(header) == length else {}
    kind, size = fields.get(_TYPE), fields.get(_SIZE)
    if isinstance(kind, bytes) and isinstance(size, int) and size <= MAX_BLOB:
        return kind, size
    source.seek(start)
    return None


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of the fields of a message, as far as it makes sense."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        value, at = _varint(message, at)
        if key & 7 == _VARINT:
            yield key >> 3, value
        elif key & 7 == _BYTES:
            yield key >> 3, message[at : at + value]
            at += value
        else:
            return


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(message):
        byte = message[at]
        at += 1
        number |= (byte & (_MORE - 1)) << shift
        shift += _BITS
        if not byte & _MORE:
            break
    return number, at
