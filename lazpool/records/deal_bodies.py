"""What the letters of a deal say before and during a ride, one class a kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lazpool.config import is_iban
from lazpool.records.agreements import MAX_TERMS, AgreementTerms, agreement_from
from lazpool.records.body_shape import MAX_TEXT, Packed, Text, arity, check_part
from lazpool.records.groups import check_group_tag
from lazpool.records.people import MAX_NAME, Card, Device, card_from, device_from
from lazpool.records.posts import MAX_DETOUR, MAX_FLAGS, MAX_POST
from lazpool.records.shape import HASH, MAX_MINUTE, build, check_bytes, check_keys, check_text, check_uint, wrong
from lazpool.wire.signing import SIGNATURE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.body_shape import AnyBody
    from lazpool.wire.codec import Array

CODE_DIGITS = 6
MAX_TRIES = 3
MAX_SERIES = 13
"""Dates of a series: posts live two weeks, and the first date is agreed already."""
E5 = 100_000
"""Exact places travel in 1/100,000 degree, about a metre."""


@dataclass(frozen=True, slots=True)
class Proposal(Packed):
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
        check_part("terms", self.terms, MAX_TERMS)
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
class Acceptance(Packed):
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
class Details(Packed):
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
        _check_places("places", *self.places)
        check_text("contact", self.contact, MAX_NAME)
        if type(self.spots) is not tuple or len(self.spots) not in {0, len(self.places) // 2}:
            raise wrong("spots", "not a name for each place or none")
        for name in self.spots:
            check_text("spots", name, MAX_NAME)
        if type(self.iban) is not str or (self.iban and not is_iban(self.iban)):
            raise wrong("iban", "not the number of a bank account")


@dataclass(frozen=True, slots=True)
class Position(Packed):
    """Where the sender says to be at the pick-up, in 1/100,000 degree, and in which minute."""

    KIND: ClassVar[int] = 38
    lat: int
    lon: int
    at: int

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        _check_places("position", self.lat, self.lon)
        check_uint("at", self.at, 0, MAX_MINUTE)


@dataclass(frozen=True, slots=True)
class Boarded(Packed):
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
class CodeRefused(Packed):
    """The code was wrong; `counter` is that of the letter which carried it, `tries_left` how many remain."""

    KIND: ClassVar[int] = 8
    counter: int
    tries_left: int

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_uint("counter", self.counter, 1, MAX_MINUTE)
        check_uint("tries_left", self.tries_left, 0, MAX_TRIES)


@dataclass(frozen=True, slots=True)
class Invitation(Packed):
    """A driver points a passenger at an offer, whose envelope travels along in case it was not heard."""

    KIND: ClassVar[int] = 12
    offer: bytes
    note: str

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_part("offer", self.offer, MAX_POST)
        check_text("note", self.note, MAX_TEXT)


@dataclass(frozen=True, slots=True)
class Series(Packed):
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
class SeriesAnswer(Packed):
    """The driver names offers of theirs for the dates of a series; `more` is 1 unless no others need be asked for."""

    KIND: ClassVar[int] = 18
    more: int
    offers: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_uint("more", self.more, 0, 1)
        check_keys("offers", self.offers, MAX_SERIES)


@dataclass(frozen=True, slots=True)
class NewCard(Packed):
    """Where the sender is written to from now on, about this deal."""

    KIND: ClassVar[int] = 16
    card: Card


def _check_places(name: str, *numbers: int) -> None:
    """Refuse numbers that are not lat, lon pairs in 1/100,000 degree."""
    for position, number in enumerate(numbers):
        limit = (180 if position % 2 else 90) * E5
        check_uint(name, number, -limit, limit)


@dataclass(frozen=True, slots=True)
class Arrived(Packed):
    """The reader's letter of this deal with that counter has come, and need not be sent again."""

    KIND: ClassVar[int] = 39
    counter: int

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_uint("counter", self.counter, 1, MAX_MINUTE)


def _proposal(array: Array) -> Proposal:
    terms, signature, passenger, card, *rest = arity(array, 9)
    return build(Proposal, terms, signature, device_from(passenger), card_from(card), *rest)


def _acceptance(array: Array) -> Acceptance:
    agreement, offer_signature, bind_signature, driver, card, name = arity(array, 6)
    return build(Acceptance, agreement, offer_signature, bind_signature, device_from(driver), card_from(card), name)


READERS: dict[int, Callable[[Array], AnyBody]] = {
    Proposal.KIND: _proposal,
    Acceptance.KIND: _acceptance,
    Decline.KIND: lambda array: build(Decline, *arity(array, 1)),
    Cancellation.KIND: lambda array: build(Cancellation, *arity(array, 1)),
    Note.KIND: lambda array: build(Note, *arity(array, 1)),
    Details.KIND: lambda array: build(Details, *arity(array, 4)),
    Boarded.KIND: lambda array: build(Boarded, *arity(array, 1)),
    CodeRefused.KIND: lambda array: build(CodeRefused, *arity(array, 2)),
    Invitation.KIND: lambda array: build(Invitation, *arity(array, 2)),
    Series.KIND: lambda array: build(Series, *arity(array, 1)),
    SeriesAnswer.KIND: lambda array: build(SeriesAnswer, *arity(array, 2)),
    NewCard.KIND: lambda array: build(NewCard, card_from(arity(array, 1)[0])),
    Position.KIND: lambda array: build(Position, *arity(array, 3)),
    Arrived.KIND: lambda array: build(Arrived, *arity(array, 1)),
}
