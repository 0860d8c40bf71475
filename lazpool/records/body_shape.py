"""What all bodies of letters have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from lazpool.errors import MalformedError
from lazpool.records.shape import check_text, wire_fields, wrong

if TYPE_CHECKING:
    from lazpool.wire.codec import Array

MAX_TEXT = 500


class AnyBody(Protocol):
    """What every letter says something with."""

    KIND: ClassVar[int]

    def fields(self) -> Array:
        """Return the wire array."""


class Packed:
    """Every body travels as the array of its fields."""

    __slots__ = ()

    def fields(self) -> Array:
        """Return the wire array."""
        return wire_fields(self)


@dataclass(frozen=True, slots=True)
class Text(Packed):
    """A body of free text alone."""

    KIND: ClassVar[int] = 0
    text: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_text("text", self.text, MAX_TEXT)


def arity(array: Array, size: int) -> Array:
    """Return the array, or raise MalformedError when it has another number of fields."""
    if len(array) != size:
        raise MalformedError("shape", f"{len(array)} fields; {size} are expected")
    return array


def check_part(name: str, data: bytes, most: int) -> None:
    """Refuse bytes of another record that are none, or too many."""
    if type(data) is not bytes or not 0 < len(data) <= most:
        raise wrong(name, f"not at most {most} bytes")
