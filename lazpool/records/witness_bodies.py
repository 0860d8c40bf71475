"""What letters say of checkpoints: please witness this one, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lazpool.records.body_shape import Packed, arity, check_part
from lazpool.records.checkpoints import MAX_STATEMENT, MAX_TREE, check_steps
from lazpool.records.people import Device, device_from
from lazpool.records.shape import HASH, MAX_SECOND, build, check_bytes, check_uint, wrong
from lazpool.wire.signing import SIGNATURE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.body_shape import AnyBody
    from lazpool.wire.codec import Array


@dataclass(frozen=True, slots=True)
class WitnessPlease(Packed):
    """A statement to witness (envelope), whose log it is, and the proof from the tree of `first` entries; 0: none."""

    KIND: ClassVar[int] = 29
    statement: bytes
    device: Device
    first: int
    proof: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_part("statement", self.statement, MAX_STATEMENT)
        check_uint("first", self.first, 0, MAX_TREE)
        check_steps("proof", self.proof)


@dataclass(frozen=True, slots=True)
class Witnessed(Packed):
    """By the witness: signed at a second, or, without signature, the size from which a proof is wanted."""

    KIND: ClassVar[int] = 30
    statement_id: bytes
    seen: int
    device: Device
    at: int
    signature: bytes

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_bytes("statement", self.statement_id, HASH)
        check_uint("seen", self.seen, 1, MAX_TREE)
        check_uint("at", self.at, 0, MAX_SECOND)
        if type(self.signature) is not bytes or len(self.signature) not in {0, SIGNATURE_SIZE}:
            raise wrong("signature", "neither empty nor 64 bytes")


def _please(array: Array) -> WitnessPlease:
    statement, device, first, proof = arity(array, 4)
    return build(WitnessPlease, statement, device_from(device), first, proof)


def _witnessed(array: Array) -> Witnessed:
    statement, seen, device, at, signature = arity(array, 5)
    return build(Witnessed, statement, seen, device_from(device), at, signature)


READERS: dict[int, Callable[[Array], AnyBody]] = {WitnessPlease.KIND: _please, Witnessed.KIND: _witnessed}
