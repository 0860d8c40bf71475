"""What letters and log entries say of a dispute: one side alone says that a record is not right, or is missing.

The format is protocol/disputes.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lazpool.records.body_shape import MAX_TEXT, Packed, arity, check_part
from lazpool.records.corrections import MAX_CORRECTION, CorrectionTerms, correction_from
from lazpool.records.people import Device, device_from
from lazpool.records.receipts import blind_commitment
from lazpool.records.shape import HASH, build, check_bytes, check_text, check_uint
from lazpool.wire.codec import encode
from lazpool.wire.hashing import tagged_hash
from lazpool.wire.signing import SIGNATURE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.body_shape import AnyBody
    from lazpool.wire.codec import Array

OTHER, WRONG_AMOUNT, NO_RIDE, NOT_SIGNED = range(4)
REASONS = {OTHER: "other", WRONG_AMOUNT: "wrong-amount", NO_RIDE: "no-ride", NOT_SIGNED: "not-signed"}
"""Why; the last is a claim: a ride was agreed on, and its receipt is not signed."""


@dataclass(frozen=True, slots=True)
class Dispute(Packed):
    """About a receipt or settlement, or about an agreement without receipt. blind: of what the sender's log shows."""

    KIND: ClassVar[int] = 23
    reference: bytes
    reason: int
    text: str
    blind: bytes

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_bytes("reference", self.reference, HASH)
        check_uint("reason", self.reason, OTHER, NOT_SIGNED)
        check_text("text", self.text, MAX_TEXT)
        check_bytes("blind", self.blind, HASH)


@dataclass(frozen=True, slots=True)
class Correction(Packed):
    """The first half of a correction, with the blind that only the two share."""

    KIND: ClassVar[int] = 24
    terms: bytes
    signature: bytes
    proposer: Device
    blind: bytes

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_part("terms", self.terms, MAX_CORRECTION)
        check_bytes("signature", self.signature, SIGNATURE_SIZE)
        check_bytes("blind", self.blind, HASH)

    @property
    def correction(self) -> CorrectionTerms:
        """The terms, decoded."""
        return correction_from(self.terms)


@dataclass(frozen=True, slots=True)
class DisputeEnded(Packed):
    """Who began a dispute takes it back; the text says why."""

    KIND: ClassVar[int] = 25
    reference: bytes
    text: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_bytes("reference", self.reference, HASH)
        check_text("text", self.text, MAX_TEXT)


def dispute_payload(reference: bytes, reason: int, text: str, blind: bytes) -> bytes:
    """Return the payload of an entry of kind 30: it shows why, and neither about what nor in which words."""
    said = tagged_hash("lz/text/1", blind + text.encode())
    return encode((blind_commitment(reference, blind), reason, said))


def _correction(array: Array) -> Correction:
    terms, signature, proposer, blind = arity(array, 4)
    return build(Correction, terms, signature, device_from(proposer), blind)


READERS: dict[int, Callable[[Array], AnyBody]] = {
    Dispute.KIND: lambda array: build(Dispute, *arity(array, 4)),
    Correction.KIND: _correction,
    DisputeEnded.KIND: lambda array: build(DisputeEnded, *arity(array, 2)),
}
