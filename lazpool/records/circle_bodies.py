"""What the letters of a circle say, one class a kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lazpool.records.body_shape import MAX_TEXT, Packed, arity, check_part
from lazpool.records.circles import (
    MAX_FOUNDING,
    MAX_MEMBERS,
    MAX_RIDE,
    SALT,
    SHORT,
    CoSignature,
    Invite,
    check_cosigners,
    cosignatures_from,
    founding_from,
    ride_from,
)
from lazpool.records.people import MAX_NAME, Card, Device, card_from, device_from
from lazpool.records.shape import (
    HASH,
    MAX_MINUTE,
    build,
    check_bytes,
    check_text,
    check_uint,
    shaped,
    wire_fields,
    wrong,
)
from lazpool.wire.codec import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.body_shape import AnyBody
    from lazpool.records.circles import FoundingTerms, RideTerms
    from lazpool.wire.codec import Array

MAX_SHORTS = 480
MAX_RECORD = MAX_RIDE + MAX_MEMBERS * 208
MAX_TOLD = 3500
"""Bytes of all rides in one letter."""
MAX_DAY = 2**22 - 1


@dataclass(frozen=True, slots=True)
class CircleInvitation(Packed):
    """Who gathers a circle asks a partner to join it; in the letters of a deal."""

    KIND: ClassVar[int] = 31
    invite: Invite

    def fields(self) -> Array:
        """Return the wire array."""
        return wire_fields(self.invite)


@dataclass(frozen=True, slots=True)
class Joining(Packed):
    """Somebody who was invited wants to be in it: who they are, and where the members write to them."""

    KIND: ClassVar[int] = 32
    device: Device
    card: Card
    name: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_text("name", self.name, MAX_NAME)


@dataclass(frozen=True, slots=True)
class Founding(Packed):
    """The terms that every member is to sign, with the signatures that are there already."""

    KIND: ClassVar[int] = 33
    terms: bytes
    signatures: tuple[CoSignature, ...]

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_part("terms", self.terms, MAX_FOUNDING)
        check_cosigners(self.signatures)

    @property
    def founding(self) -> FoundingTerms:
        """The terms, decoded."""
        return founding_from(self.terms)


@dataclass(frozen=True, slots=True)
class Signed(Packed):
    """Signatures under a founding or a ride, by its id; none of them, and a reason, is a no."""

    KIND: ClassVar[int] = 34
    record: bytes
    signatures: tuple[CoSignature, ...]
    reason: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_bytes("record", self.record, HASH)
        check_cosigners(self.signatures)
        check_text("reason", self.reason, MAX_TEXT)


@dataclass(frozen=True, slots=True)
class Ride(Packed):
    """A ride with the signatures that are there, and the digest of all whole rides that the sender has."""

    KIND: ClassVar[int] = 35
    terms: bytes
    signatures: tuple[CoSignature, ...]
    digest: bytes

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_part("terms", self.terms, MAX_RIDE)
        check_cosigners(self.signatures)
        check_bytes("digest", self.digest, HASH)

    @property
    def ride(self) -> RideTerms:
        """The terms, decoded."""
        return ride_from(self.terms)


@dataclass(frozen=True, slots=True)
class Ask(Packed):
    """What the sender has of some days, first to last, so that the reader can send what is missing; shorts: packed."""

    KIND: ClassVar[int] = 36
    digest: bytes
    first: int
    last: int
    salt: bytes
    shorts: bytes

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_bytes("digest", self.digest, HASH)
        check_uint("last", self.last, 0, MAX_DAY)
        check_uint("first", self.first, 0, self.last)
        check_bytes("salt", self.salt, SALT)
        if type(self.shorts) is not bytes or len(self.shorts) % SHORT or len(self.shorts) > MAX_SHORTS * SHORT:
            raise wrong("shorts", f"not at most {MAX_SHORTS} times {SHORT} bytes")


@dataclass(frozen=True, slots=True)
class Told(Packed):
    """The answer to a letter of that counter: the digest of what the sender has, and rides; more: 1 for not all."""

    KIND: ClassVar[int] = 37
    counter: int
    digest: bytes
    rides: tuple[bytes, ...]
    more: int

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_uint("counter", self.counter, 1, MAX_MINUTE)
        check_bytes("digest", self.digest, HASH)
        if type(self.rides) is not tuple:
            raise wrong("rides", "not an array")
        for one in self.rides:
            check_part("rides", one, MAX_RECORD)
        check_uint("more", self.more, 0, 1)


def pack_record(terms: bytes, signatures: tuple[CoSignature, ...]) -> bytes:
    """Return a ride with its signatures as `Told` carries it."""
    return encode((terms, tuple(wire_fields(one) for one in signatures)))


def unpack_record(data: bytes) -> tuple[bytes, tuple[CoSignature, ...]]:
    """Return terms and signatures of a ride, or raise MalformedError."""
    terms, signatures = shaped(data, MAX_RECORD, 2)
    check_part("terms", terms, MAX_RIDE)  # type: ignore[arg-type] # this is the check
    return terms, cosignatures_from(signatures)  # type: ignore[return-value] # checked above


def _joining(array: Array) -> Joining:
    device, card, name = arity(array, 3)
    return build(Joining, device_from(device), card_from(card), name)


def _signed(array: Array) -> Signed:
    record, signatures, reason = arity(array, 3)
    return build(Signed, record, cosignatures_from(signatures), reason)


def _founding(array: Array) -> Founding:
    terms, signatures = arity(array, 2)
    return build(Founding, terms, cosignatures_from(signatures))


def _ride(array: Array) -> Ride:
    terms, signatures, digest = arity(array, 3)
    return build(Ride, terms, cosignatures_from(signatures), digest)


READERS: dict[int, Callable[[Array], AnyBody]] = {
    CircleInvitation.KIND: lambda array: CircleInvitation(build(Invite, *arity(array, 6))),
    Joining.KIND: _joining,
    Founding.KIND: _founding,
    Signed.KIND: _signed,
    Ride.KIND: _ride,
    Ask.KIND: lambda array: build(Ask, *arity(array, 5)),
    Told.KIND: lambda array: build(Told, *arity(array, 4)),
}
