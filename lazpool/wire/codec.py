"""Canonical MessagePack, profile LZ-MP1: one value has exactly one encoding.

Arrays of integers, bytes, text and arrays; no map, float, ext, nil or bool; shortest forms. MessagePack itself accepts
many encodings of one value, so decoding encodes again and requires the same bytes.
Source: MessagePack specification; the profile is protocol/conventions.md.
"""

from __future__ import annotations

import unicodedata
from typing import TypeAlias

import msgpack

from lazpool.errors import MalformedError

Value: TypeAlias = "int | bytes | str | tuple[Value, ...]"
Array: TypeAlias = "tuple[Value, ...]"

_packer = msgpack.Packer(use_bin_type=True)  # kept: making one takes longer than packing a post

MAX_DEPTH = 3
MAX_ITEMS = 4096


def encode(array: Array) -> bytes:
    """Return the canonical bytes of an array; MalformedError when a value is outside the profile."""
    if type(array) is not tuple:
        raise MalformedError("codec", "only an array can be encoded")
    _check_array(array, 1)
    return _pack(array)


def decode(data: bytes, limit: int) -> Array:
    """Return the array that `data` (at most `limit` bytes) encodes canonically, or raise MalformedError."""
    if len(data) > limit:
        raise MalformedError("size", f"{len(data)} bytes; the limit is {limit}")
    value = _unpack(data)
    if type(value) is not tuple:
        raise MalformedError("codec", "not an array")
    _check_array(value, 1)
    if _pack(value) != data:
        raise MalformedError("codec", "not the canonical encoding")
    return value


def decode_again(data: bytes) -> Array:
    """Return the array of bytes that `decode` has accepted before; checking them takes ten times as long."""
    value = _unpack(data)
    if type(value) is not tuple:
        raise MalformedError("codec", "not an array")
    return value


def _pack(array: Array) -> bytes:
    try:
        packed: bytes = _packer.pack(array)
    except OverflowError as wrong:
        raise MalformedError("codec", "an integer beyond 64 bits") from wrong
    return packed


def _unpack(data: bytes) -> object:
    size = len(data)
    try:
        return msgpack.unpackb(
            data,
            raw=False,
            use_list=False,
            strict_map_key=True,
            max_str_len=size,
            max_bin_len=size,
            max_array_len=min(size, MAX_ITEMS),
            max_map_len=0,
            max_ext_len=0,
        )
    except (ValueError, msgpack.UnpackException, TypeError, RecursionError) as wrong:
        raise MalformedError("codec", "not MessagePack of this profile") from wrong


def _check_array(array: Array, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise MalformedError("codec", f"arrays nested deeper than {MAX_DEPTH}")
    for value in array:
        kind = type(value)  # `is`, not isinstance: bool is an int in Python and would pack as another type
        if kind is bytes or kind is int:
            continue
        if kind is tuple:
            _check_array(value, depth + 1)  # type: ignore[arg-type] # narrowed by `kind`, which mypy cannot follow
        elif kind is str:
            _check_text(value)  # type: ignore[arg-type] # the same
        else:
            raise MalformedError("codec", f"a {kind.__name__} is outside the profile")


def _check_text(value: str) -> None:
    if not value.isascii() and not _is_nfc(value):
        raise MalformedError("codec", "text that is not in Unicode normal form C")


def _is_nfc(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return unicodedata.is_normalized("NFC", value)
