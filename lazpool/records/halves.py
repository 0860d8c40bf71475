"""What letters say of what two people sign: the halves of receipts and settlements, and their refusal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar

from lazpool.records.body_shape import MAX_TEXT, Packed, arity, check_part
from lazpool.records.people import Device, device_from
from lazpool.records.receipts import MAX_RECEIPT, Countersignature, ReceiptTerms, receipt_from
from lazpool.records.settlements import MAX_SETTLEMENT, SettlementTerms, settlement_from
from lazpool.records.shape import HASH, build, check_bytes, check_text, wire_fields
from lazpool.wire.signing import SIGNATURE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.body_shape import AnyBody
    from lazpool.wire.codec import Array


@dataclass(frozen=True, slots=True)
class Receipt(Packed):
    """The passenger's half of a receipt, with the blind that only the two share."""

    KIND: ClassVar[int] = 9
    terms: bytes
    signature: bytes
    passenger: Device
    blind: bytes

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_part("terms", self.terms, MAX_RECEIPT)
        check_bytes("signature", self.signature, SIGNATURE_SIZE)
        check_bytes("blind", self.blind, HASH)

    @property
    def receipt(self) -> ReceiptTerms:
        """The terms, decoded."""
        return receipt_from(self.terms)


@dataclass(frozen=True, slots=True)
class Countersign:
    """The driver's half of a receipt."""

    KIND: ClassVar[int] = 10
    half: Countersignature

    def fields(self) -> Array:
        """Return the wire array."""
        return wire_fields(self.half)


@dataclass(frozen=True, slots=True)
class ReceiptRefused(Packed):
    """The driver's node does not countersign this receipt; the text is the reason."""

    KIND: ClassVar[int] = 11
    receipt_id: bytes
    reason: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_bytes("receipt_id", self.receipt_id, HASH)
        check_text("reason", self.reason, MAX_TEXT)


@dataclass(frozen=True, slots=True)
class Settlement(Packed):
    """The payer's half of a settlement, with the blind that only the two share."""

    KIND: ClassVar[int] = 13
    terms: bytes
    signature: bytes
    payer: Device
    blind: bytes

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_part("terms", self.terms, MAX_SETTLEMENT)
        check_bytes("signature", self.signature, SIGNATURE_SIZE)
        check_bytes("blind", self.blind, HASH)

    @property
    def settlement(self) -> SettlementTerms:
        """The terms, decoded."""
        return settlement_from(self.terms)


class Confirmation(Countersign):
    """The second half of a settlement or a correction, whose id tells which."""

    __slots__ = ()
    KIND = 14


@dataclass(frozen=True, slots=True)
class SettlementRefused(Packed):
    """By the second signer: it is not confirmed. By the first: it is taken back. The text is the reason."""

    KIND: ClassVar[int] = 15
    settlement_id: bytes
    reason: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_bytes("settlement_id", self.settlement_id, HASH)
        check_text("reason", self.reason, MAX_TEXT)


_H = TypeVar("_H", Receipt, Settlement)


def _first_half(record: type[_H], array: Array) -> _H:
    terms, signature, debtor, blind = arity(array, 4)
    return build(record, terms, signature, device_from(debtor), blind)


def _countersign(array: Array) -> Countersign:
    receipt_id, device, seq, head, signature = arity(array, 5)
    return Countersign(build(Countersignature, receipt_id, device_from(device), seq, head, signature))


READERS: dict[int, Callable[[Array], AnyBody]] = {
    Receipt.KIND: partial(_first_half, Receipt),
    Countersign.KIND: _countersign,
    ReceiptRefused.KIND: lambda array: build(ReceiptRefused, *arity(array, 2)),
    Settlement.KIND: partial(_first_half, Settlement),
    Confirmation.KIND: lambda array: Confirmation(_countersign(array).half),
    SettlementRefused.KIND: lambda array: build(SettlementRefused, *arity(array, 2)),
}
