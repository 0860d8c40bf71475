"""What the letters of a deal say, one class a kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeAlias, TypeVar

from lazpool.config import is_iban
from lazpool.errors import MalformedError
from lazpool.records.agreements import MAX_TERMS, AgreementTerms, agreement_from
from lazpool.records.groups import check_group_tag
from lazpool.records.people import MAX_NAME, Card, Device, card_from, device_from
from lazpool.records.posts import MAX_DETOUR, MAX_FLAGS, MAX_POST
from lazpool.records.receipts import MAX_RECEIPT, Countersignature, ReceiptTerms, receipt_from
from lazpool.records.settlements import MAX_SETTLEMENT, SettlementTerms, settlement_from
from lazpool.records.shape import (
    HASH,
    MAX_MINUTE,
    build,
    check_bytes,
    check_keys,
    check_text,
    check_uint,
    wire_fields,
    wrong,
)
from lazpool.wire.codec import Array, decode
from lazpool.wire.seal import MAX_PLAIN
from lazpool.wire.signing import SIGNATURE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_TEXT = 500
CODE_DIGITS = 6
MAX_TRIES = 3
MAX_SERIES = 13
"""Dates of a series: posts live two weeks, and the first date is agreed already."""
E5 = 100_000
"""Exact places travel in 1/100,000 degree, about a metre."""


class _Packed:
    """Every body travels as the array of its fields."""

    __slots__ = ()

    def fields(self) -> Array:
        """Return the wire array."""
        return wire_fields(self)


@dataclass(frozen=True, slots=True)
class Proposal(_Packed):
    """A passenger proposes terms, signed, and says who they are. `name` and `note` are free text.

    flags: the conditions of the passenger's request. member: shows that they are of the offer's group, or empty.
    max_delay: minutes by which pick-up and drop-off may be later than the terms say.
    """

    KIND: ClassVar[int] = 1
    terms: bytes
    signature: bytes
    passenger: Device
    card: Card
    name: str
    note: str
    flags: int
    member: bytes
    max_delay: int

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        _check_terms(self.terms, MAX_TERMS)
        check_bytes("signature", self.signature, SIGNATURE_SIZE)
        check_text("name", self.name, MAX_NAME)
        check_text("note", self.note, MAX_TEXT)
        check_uint("flags", self.flags, 0, MAX_FLAGS)
        check_group_tag("member", self.member)
        check_uint("max_delay", self.max_delay, 0, MAX_DETOUR)

    @property
    def agreement(self) -> AgreementTerms:
        """The terms, decoded."""
        return agreement_from(self.terms)


@dataclass(frozen=True, slots=True)
class Acceptance(_Packed):
    """The driver signs the same terms with the offer's key and with their own device, and says who they are."""

    KIND: ClassVar[int] = 2
    agreement_id: bytes
    offer_signature: bytes
    bind_signature: bytes
    driver: Device
    card: Card
    name: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_bytes("agreement_id", self.agreement_id, HASH)
        check_bytes("offer_signature", self.offer_signature, SIGNATURE_SIZE)
        check_bytes("bind_signature", self.bind_signature, SIGNATURE_SIZE)
        check_text("name", self.name, MAX_NAME)


@dataclass(frozen=True, slots=True)
class Text(_Packed):
    """A body of free text alone."""

    KIND: ClassVar[int] = 0
    text: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_text("text", self.text, MAX_TEXT)


class Decline(Text):
    """The other side says no; the text is the reason."""

    __slots__ = ()
    KIND = 3


class Cancellation(Text):
    """One side calls the ride off; the text is the reason."""

    __slots__ = ()
    KIND = 4


class Note(Text):
    """A message from one to the other."""

    __slots__ = ()
    KIND = 5


@dataclass(frozen=True, slots=True)
class Details(_Packed):
    """What only the partner may know: exact places in 1/100,000 degree as lat, lon pairs, and a telephone number.

    spots: the names of the two places where they are meeting places, empty for one that is not; or none at all. iban:
    the bank account that the sender is paid at, empty for none.
    """

    KIND: ClassVar[int] = 6
    places: tuple[int, ...]
    contact: str
    spots: tuple[str, ...]
    iban: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        if type(self.places) is not tuple or len(self.places) not in {0, 4}:
            raise wrong("places", "not two places or none")
        for position, number in enumerate(self.places):
            limit = (180 if position % 2 else 90) * E5
            check_uint("places", number, -limit, limit)
        check_text("contact", self.contact, MAX_NAME)
        if type(self.spots) is not tuple or len(self.spots) not in {0, len(self.places) // 2}:
            raise wrong("spots", "not a name for each place or none")
        for name in self.spots:
            check_text("spots", name, MAX_NAME)
        if type(self.iban) is not str or (self.iban and not is_iban(self.iban)):
            raise wrong("iban", "not the number of a bank account")


@dataclass(frozen=True, slots=True)
class Boarded(_Packed):
    """The driver repeats the code that the passenger showed at the car."""

    KIND: ClassVar[int] = 7
    code: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        if (
            type(self.code) is not str
            or len(self.code) != CODE_DIGITS
            or not (self.code.isascii() and self.code.isdigit())
        ):
            raise wrong("code", f"not {CODE_DIGITS} digits")


@dataclass(frozen=True, slots=True)
class CodeRefused(_Packed):
    """The code was wrong; `counter` is that of the letter which carried it, `tries_left` how many remain."""

    KIND: ClassVar[int] = 8
    counter: int
    tries_left: int

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_uint("counter", self.counter, 1, MAX_MINUTE)
        check_uint("tries_left", self.tries_left, 0, MAX_TRIES)


@dataclass(frozen=True, slots=True)
class Receipt(_Packed):
    """The passenger's half of a receipt, with the blind that only the two share."""

    KIND: ClassVar[int] = 9
    terms: bytes
    signature: bytes
    passenger: Device
    blind: bytes

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        _check_terms(self.terms, MAX_RECEIPT)
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
class ReceiptRefused(_Packed):
    """The driver's node does not countersign this receipt; the text is the reason."""

    KIND: ClassVar[int] = 11
    receipt_id: bytes
    reason: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_bytes("receipt_id", self.receipt_id, HASH)
        check_text("reason", self.reason, MAX_TEXT)


@dataclass(frozen=True, slots=True)
class Invitation(_Packed):
    """A driver points a passenger at an offer, whose envelope travels along in case it was not heard."""

    KIND: ClassVar[int] = 12
    offer: bytes
    note: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        _check_terms(self.offer, MAX_POST)
        check_text("note", self.note, MAX_TEXT)


@dataclass(frozen=True, slots=True)
class Series(_Packed):
    """A passenger who has agreed asks for the same ride on other dates: the minutes of the pick-ups."""

    KIND: ClassVar[int] = 17
    pickups: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        if type(self.pickups) is not tuple or not 0 < len(self.pickups) <= MAX_SERIES:
            raise wrong("pickups", f"not 1 to {MAX_SERIES} minutes")
        for before, minute in zip((0, *self.pickups), self.pickups, strict=False):
            check_uint("pickups", minute, before + 1, MAX_MINUTE)


@dataclass(frozen=True, slots=True)
class SeriesAnswer(_Packed):
    """The driver names offers of theirs for the dates of a series; `more` is 1 unless no others need be asked for."""

    KIND: ClassVar[int] = 18
    more: int
    offers: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_uint("more", self.more, 0, 1)
        check_keys("offers", self.offers, MAX_SERIES)


@dataclass(frozen=True, slots=True)
class Settlement(_Packed):
    """The payer's half of a settlement, with the blind that only the two share."""

    KIND: ClassVar[int] = 13
    terms: bytes
    signature: bytes
    payer: Device
    blind: bytes

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        _check_terms(self.terms, MAX_SETTLEMENT)
        check_bytes("signature", self.signature, SIGNATURE_SIZE)
        check_bytes("blind", self.blind, HASH)

    @property
    def settlement(self) -> SettlementTerms:
        """The terms, decoded."""
        return settlement_from(self.terms)


class Confirmation(Countersign):
    """The payee's half of a settlement."""

    __slots__ = ()
    KIND = 14


@dataclass(frozen=True, slots=True)
class SettlementRefused(_Packed):
    """By the payee: it is not confirmed. By the payer: it is taken back. The text is the reason."""

    KIND: ClassVar[int] = 15
    settlement_id: bytes
    reason: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_bytes("settlement_id", self.settlement_id, HASH)
        check_text("reason", self.reason, MAX_TEXT)


@dataclass(frozen=True, slots=True)
class NewCard(_Packed):
    """Where the sender is written to from now on, about this deal."""

    KIND: ClassVar[int] = 16
    card: Card


Body: TypeAlias = (
    Proposal
    | Acceptance
    | Text
    | Details
    | Boarded
    | CodeRefused
    | Receipt
    | Countersign
    | ReceiptRefused
    | Invitation
    | Series
    | SeriesAnswer
    | Settlement
    | SettlementRefused
    | NewCard
)


_H = TypeVar("_H", Receipt, Settlement)


def body_from(kind: int, data: bytes) -> Body:
    """Decode the body of a letter of that kind, or raise MalformedError."""
    if kind not in _READERS:
        raise MalformedError("shape", f"{kind} is no kind of letter")
    return _READERS[kind](decode(data, MAX_PLAIN))


def _proposal(array: Array) -> Proposal:
    terms, signature, passenger, card, *rest = _arity(array, 9)
    return build(Proposal, terms, signature, device_from(passenger), card_from(card), *rest)


def _acceptance(array: Array) -> Acceptance:
    agreement, offer_signature, bind_signature, driver, card, name = _arity(array, 6)
    return build(Acceptance, agreement, offer_signature, bind_signature, device_from(driver), card_from(card), name)


def _first_half(record: type[_H], array: Array) -> _H:
    terms, signature, debtor, blind = _arity(array, 4)
    return build(record, terms, signature, device_from(debtor), blind)


def _countersign(array: Array) -> Countersign:
    receipt_id, device, seq, head, signature = _arity(array, 5)
    return Countersign(build(Countersignature, receipt_id, device_from(device), seq, head, signature))


def _confirmation(array: Array) -> Confirmation:
    return Confirmation(_countersign(array).half)


def _arity(array: Array, size: int) -> Array:
    if len(array) != size:
        raise MalformedError("shape", f"{len(array)} fields; {size} are expected")
    return array


def _check_terms(terms: bytes, most: int) -> None:
    if type(terms) is not bytes or not 0 < len(terms) <= most:
        raise wrong("terms", f"not at most {most} bytes")


_READERS: dict[int, Callable[[Array], Body]] = {
    Proposal.KIND: _proposal,
    Acceptance.KIND: _acceptance,
    Decline.KIND: lambda array: build(Decline, *_arity(array, 1)),
    Cancellation.KIND: lambda array: build(Cancellation, *_arity(array, 1)),
    Note.KIND: lambda array: build(Note, *_arity(array, 1)),
    Details.KIND: lambda array: build(Details, *_arity(array, 4)),
    Boarded.KIND: lambda array: build(Boarded, *_arity(array, 1)),
    CodeRefused.KIND: lambda array: build(CodeRefused, *_arity(array, 2)),
    Receipt.KIND: partial(_first_half, Receipt),
    Countersign.KIND: _countersign,
    ReceiptRefused.KIND: lambda array: build(ReceiptRefused, *_arity(array, 2)),
    Invitation.KIND: lambda array: build(Invitation, *_arity(array, 2)),
    Series.KIND: lambda array: build(Series, *_arity(array, 1)),
    SeriesAnswer.KIND: lambda array: build(SeriesAnswer, *_arity(array, 2)),
    Settlement.KIND: partial(_first_half, Settlement),
    Confirmation.KIND: _confirmation,
    SettlementRefused.KIND: lambda array: build(SettlementRefused, *_arity(array, 2)),
    NewCard.KIND: lambda array: build(NewCard, card_from(_arity(array, 1)[0])),
}
