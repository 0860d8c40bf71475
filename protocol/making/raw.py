"""Writing MessagePack by hand: canonical by default, and wrong in exactly the way that a vector asks for."""

from __future__ import annotations

from typing import Any

_FIX_ARRAY, _FIX_TEXT = 15, 31


class Raw(bytes):
    """Bytes that already are MessagePack and are written as they stand."""

    __slots__ = ()


def pack(value: Any) -> bytes:
    """Return the canonical encoding of integers, bytes, text, lists and tuples; `Raw` is written as it stands."""
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, bytes):
        return _sized(value, len(value), (0xC4, 0xC5, 0xC6))
    if isinstance(value, str):
        text = value.encode()
        return (
            bytes([0xA0 | len(text)]) + text if len(text) <= _FIX_TEXT else _sized(text, len(text), (0xD9, 0xDA, 0xDB))
        )
    items = b"".join(map(pack, value))
    return (
        bytes([0x90 | len(value)]) + items
        if len(value) <= _FIX_ARRAY
        else _sized(items, len(value), (None, 0xDC, 0xDD))
    )


def wide(code: int, number: int, size: int) -> Raw:
    """Return an integer in a form of `size` bytes, whether it is the shortest or not."""
    return Raw(bytes([code]) + number.to_bytes(size, "big", signed=number < 0))


def _integer(number: int) -> bytes:
    if -32 <= number <= 127:  # noqa: PLR2004 # the fixints
        return number.to_bytes(1, "big", signed=number < 0)
    first, bits = (0xCC, (8, 16, 32, 64)) if number >= 0 else (0xD0, (7, 15, 31, 63))
    for at, width in enumerate(bits):
        if -(2**width) <= number < 2**width:
            return wide(first + at, number, 2**at)
    raise ValueError(number)


def _sized(content: bytes, length: int, codes: tuple[int | None, int, int]) -> bytes:
    for code, size in zip(codes, (1, 2, 4), strict=True):
        if code is not None and length < 256**size:
            return bytes([code]) + length.to_bytes(size, "big") + content
    raise ValueError(length)


def varint(number: int) -> bytes:
    """Return a zigzag varint, as routes have them."""
    number = 2 * number if number >= 0 else -2 * number - 1
    out = b""
    while number > 127:  # noqa: PLR2004 # seven bits a byte
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def route(*vertices: tuple[int, int]) -> bytes:
    """Return the bytes of a route whose vertices are given in 1/1000 degree."""
    out, before = b"", (0, 0)
    for vertex in vertices:
        out += varint(vertex[0] - before[0]) + varint(vertex[1] - before[1])
        before = vertex
    return out
