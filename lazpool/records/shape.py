"""Checks that every record uses on its fields; each raises MalformedError naming the field."""

from __future__ import annotations

import unicodedata
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

from lazpool.errors import MalformedError
from lazpool.wire.codec import decode, encode
from lazpool.wire.hashing import tagged_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.wire.codec import Array, Value

VERSION = 1
KEY = 32
HASH = 32
DEAL_ID = 16
# 2^32 minutes is the year 10136: far enough, and small enough that sums never leave 64 bits.
MAX_MINUTE = 2**32 - 1
MAX_SECOND = 2**40 - 1
MAX_AMOUNT = 2**40 - 1
_RANGE = "range"
_SHAPE = "shape"

T = TypeVar("T")


def wrong(field: str, why: str) -> MalformedError:
    """Return the error for a field whose value is out of range."""
    return MalformedError(_RANGE, f"{field}: {why}")


def check_uint(field: str, value: int, low: int, high: int) -> None:
    """Check an integer, bounds included."""
    if type(value) is not int or not low <= value <= high:
        raise wrong(field, f"{value!r} is not an integer from {low} to {high}")


def check_bytes(field: str, value: bytes, size: int) -> None:
    """Check bytes of an exact size."""
    if type(value) is not bytes or len(value) != size:
        raise wrong(field, f"not {size} bytes")


def check_text(field: str, value: str, most: int) -> None:
    """Check free text: NFC, at most `most` bytes of UTF-8, no control characters but newline."""
    if type(value) is not str or len(value.encode(errors="replace")) > most:
        raise wrong(field, f"not text of at most {most} bytes")
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign != "\n" for sign in value):
        raise wrong(field, "control characters")
    if not unicodedata.is_normalized("NFC", value):
        raise wrong(field, "not in Unicode normal form C")


def check_unit(field: str, value: str) -> None:
    """Check a currency code: three capital letters, as ISO 4217 has them."""
    if type(value) is not str or len(value) != 3 or not (value.isascii() and value.isalpha() and value.isupper()):  # noqa: PLR2004 # ISO 4217
        raise wrong(field, "not a currency code of three capital letters")


def check_keys(field: str, value: tuple[bytes, ...], most: int) -> None:
    """Check a list of at most `most` distinct public keys."""
    if type(value) is not tuple or len(value) > most or len(set(value)) != len(value):
        raise wrong(field, f"not a list of at most {most} different keys")
    for key in value:
        check_bytes(field, key, KEY)


def parse(data: bytes, limit: int, kind: int, arity: int) -> Array:
    """Return the fields of a record that starts [version, net8, kind, ...] and has `arity` fields."""
    array = shaped(data, limit, arity)
    if array[0] != VERSION or array[2] != kind:
        raise MalformedError(_SHAPE, f"not a record of kind {kind}, version {VERSION}")
    return array


def build(make: Callable[..., T], *values: object) -> T:
    """Construct a record from decoded values, whose types its own checks establish."""
    try:
        return make(*values)
    except (TypeError, AttributeError, ValueError) as error:
        raise MalformedError(_SHAPE, "a field has the wrong type") from error


def shaped(data: bytes, limit: int, arity: int) -> Array:
    """Return the array in `data`, of exactly `arity` items."""
    array = decode(data, limit)
    if len(array) != arity:
        raise MalformedError(_SHAPE, f"{len(array)} fields; {arity} are expected")
    return array


def wire_fields(record: object) -> Array:
    """Return the fields of a record in the order of the wire, which is the order they are declared in."""
    return tuple(_wire(getattr(record, field.name)) for field in fields(record))  # type: ignore[arg-type] # a dataclass


def _wire(value: Value) -> Value:
    if isinstance(value, tuple):
        return tuple(map(_wire, value))
    return wire_fields(value) if is_dataclass(value) else value


class Terms:
    """Terms that people sign by their id: an agreement, a receipt or a settlement; `net` is their first field."""

    __slots__ = ()
    KIND: ClassVar[int]
    TAG: ClassVar[str]
    """The personalisation of the hash that is their id."""

    def body(self) -> bytes:
        """Return the bytes that both sign."""
        net, *rest = wire_fields(self)
        return encode((VERSION, net, self.KIND, *rest))

    @property
    def id(self) -> bytes:
        """The hash of the body."""
        return tagged_hash(self.TAG, self.body())
