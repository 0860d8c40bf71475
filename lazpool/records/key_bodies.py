"""What letters say of the sender's own keys: a device was revoked, another identity follows; and that it is known.

The format is protocol/devices.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lazpool.records.body_shape import Packed, arity, check_part
from lazpool.records.people import Card, Device, card_from, device_from
from lazpool.records.revocations import MAX_REVOCATION, MAX_ROTATION
from lazpool.records.shape import HASH, build, check_bytes, wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.body_shape import AnyBody
    from lazpool.wire.codec import Array

MAX_ORIGINS = 6
"""Logs whose first entries fit a letter."""
MAX_ORIGIN = 512


@dataclass(frozen=True, slots=True)
class Revoke(Packed):
    """A log of the sender signs no more; by which device of theirs, and where, they are written to from now on."""

    KIND: ClassVar[int] = 26
    revocation: bytes
    device: Device
    card: Card

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_part("revocation", self.revocation, MAX_REVOCATION)


@dataclass(frozen=True, slots=True)
class Rotate(Packed):
    """Another identity follows the sender's; with the first entries of their logs, one of which promised it."""

    KIND: ClassVar[int] = 27
    rotation: bytes
    origins: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_part("rotation", self.rotation, MAX_ROTATION)
        if type(self.origins) is not tuple or len(self.origins) > MAX_ORIGINS:
            raise wrong("origins", f"not at most {MAX_ORIGINS}")
        for origin in self.origins:
            check_part("origins", origin, MAX_ORIGIN)


@dataclass(frozen=True, slots=True)
class KeysKnown(Packed):
    """The reader's revocation or rotation of that id is known to the sender."""

    KIND: ClassVar[int] = 28
    id: bytes

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_bytes("id", self.id, HASH)


def _revoke(array: Array) -> Revoke:
    revocation, device, card = arity(array, 3)
    return build(Revoke, revocation, device_from(device), card_from(card))


READERS: dict[int, Callable[[Array], AnyBody]] = {
    Revoke.KIND: _revoke,
    Rotate.KIND: lambda array: build(Rotate, *arity(array, 2)),
    KeysKnown.KIND: lambda array: build(KeysKnown, *arity(array, 1)),
}
