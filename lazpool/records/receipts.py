"""The receipt after the ride: the debtor's device signs first, the creditor's device the same bytes second.

Exactly two people, one amount, no field for a third. Only the two keep it; their logs show a blinded commitment.
The format is protocol/receipts.md. Source: TrustChain's half blocks, made private.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from lazpool.errors import MalformedError
from lazpool.records.agreements import MAX_DISTANCE
from lazpool.records.posts import MAX_SEATS
from lazpool.records.shape import (
    DEAL_ID,
    HASH,
    KEY,
    MAX_AMOUNT,
    MAX_MINUTE,
    Terms,
    build,
    check_bytes,
    check_uint,
    check_unit,
    parse,
    wrong,
)
from lazpool.wire.hashing import NET_SIZE, tagged_hash
from lazpool.wire.signing import SIGNATURE_SIZE, sign, verify

if TYPE_CHECKING:
    from lazpool.records.people import Device

MAX_RECEIPT = 768
START_STEP = 15
"""Starts are rounded to quarter hours and durations to five minutes: a receipt can be shown, and need not tell more."""
LENGTH_STEP = 5
MAX_LENGTH = 2880
MAX_SEQ = 2**32 - 1
DRIVER, PASSENGER = 0, 1


class CoSigned(Protocol):
    """Terms that a debtor's device signs first and the creditor's second: a receipt, or a settlement."""

    FIRST: ClassVar[str]
    SECOND: ClassVar[str]

    @property
    def net(self) -> bytes:
        """The network."""

    @property
    def init_log(self) -> bytes:
        """The log of the first signer."""

    @property
    def init_seq(self) -> int:
        """The number of its newest entry when it signed."""

    @property
    def init_head(self) -> bytes:
        """The id of that entry."""

    @property
    def unit(self) -> str:
        """The currency."""

    @property
    def dir_seq(self) -> int:
        """The number among the records of that kind of these two in this unit."""

    @property
    def expires(self) -> int:
        """The minute until which the first asks for the second half."""

    @property
    def id(self) -> bytes:
        """The hash of the terms."""

    @property
    def debtor(self) -> bytes:
        """Who signs first."""

    @property
    def creditor(self) -> bytes:
        """Who signs second."""


def check_two(terms: CoSigned, why: str) -> None:
    """Refuse what breaks the format of fields that all such terms have; why: said where both are one person."""
    check_bytes("net", terms.net, NET_SIZE)
    for name in ("debtor", "creditor", "init_log"):
        check_bytes(name, getattr(terms, name), KEY)
    if terms.debtor == terms.creditor:
        raise wrong("creditor", why)
    check_unit("unit", terms.unit)
    check_uint("dir_seq", terms.dir_seq, 1, MAX_SEQ)
    check_uint("init_seq", terms.init_seq, 1, MAX_SEQ)
    check_bytes("init_head", terms.init_head, HASH)
    check_uint("expires", terms.expires, 0, MAX_MINUTE)


@dataclass(frozen=True, slots=True)
class ReceiptTerms(Terms):
    """What both sign after the ride.

    start: minutes since the epoch, a quarter hour. length: minutes. distance: 100 m. amount: minor units of `unit` that
    the passenger owes the driver; 0 is a gift. dir_seq, dir_balance: number and running total of the receipts of this
    passenger to this driver in this unit. init_*: the log of the first signer, and its head when it signed.
    """

    KIND: ClassVar[int] = 5
    TAG: ClassVar[str] = "lz/terms/1"
    FIRST: ClassVar[str] = "receipt-init"
    SECOND: ClassVar[str] = "receipt-resp"
    net: bytes
    ride: bytes
    driver: bytes
    passenger: bytes
    agreement: bytes
    start: int
    length: int
    distance: int
    seats: int
    amount: int
    unit: str
    dir_seq: int
    dir_balance: int
    place: bytes
    init_role: int
    init_log: bytes
    init_seq: int
    init_head: bytes
    expires: int

    def __post_init__(self) -> None:
        """Refuse terms that break the format."""
        check_two(self, "nobody gives a receipt to themselves")
        check_bytes("ride", self.ride, DEAL_ID)
        for name in ("agreement", "place"):
            check_bytes(name, getattr(self, name), HASH)
        check_uint("start", self.start, 0, MAX_MINUTE)
        check_uint("length", self.length, 0, MAX_LENGTH)
        if self.start % START_STEP or self.length % LENGTH_STEP:
            raise wrong("start", "times are rounded to 15 minutes, lengths to 5")
        check_uint("distance", self.distance, 0, MAX_DISTANCE)
        check_uint("seats", self.seats, 1, MAX_SEATS)
        check_uint("amount", self.amount, 0, MAX_AMOUNT)
        check_uint("dir_balance", self.dir_balance, self.amount, MAX_AMOUNT)
        check_uint("init_role", self.init_role, PASSENGER, PASSENGER)  # the debtor signs first

    @property
    def debtor(self) -> bytes:
        """Who signs first: the passenger."""
        return self.passenger

    @property
    def creditor(self) -> bytes:
        """Who signs second: the driver."""
        return self.driver


@dataclass(frozen=True, slots=True)
class Countersignature:
    """The second half: the creditor's device, the head of its log, and its signature over the terms' id and both."""

    receipt_id: bytes
    device: Device
    seq: int
    head: bytes
    signature: bytes

    def __post_init__(self) -> None:
        """Refuse a half that breaks the format."""
        check_bytes("receipt_id", self.receipt_id, HASH)
        check_uint("seq", self.seq, 1, MAX_SEQ)
        check_bytes("head", self.head, HASH)
        check_bytes("signature", self.signature, SIGNATURE_SIZE)


def receipt_from(body: bytes) -> ReceiptTerms:
    """Decode receipt terms, or raise MalformedError."""
    _, net, _, *rest = parse(body, MAX_RECEIPT, ReceiptTerms.KIND, 21)
    return build(ReceiptTerms, net, *rest)


def sign_first(terms: CoSigned, log_seed: bytes) -> bytes:
    """Return the debtor's signature."""
    return sign(log_seed, terms.FIRST, terms.net, terms.id)


def check_first(terms: CoSigned, signature: bytes, debtor: Device) -> None:
    """Raise MalformedError unless the debtor's device, which the terms name, signed them."""
    debtor.check(terms.net)
    if (debtor.identity, debtor.log_pk) != (terms.debtor, terms.init_log):
        raise MalformedError("signature", "the first signer is not the debtor whom the terms name")
    verify(debtor.log_pk, signature, terms.FIRST, terms.net, terms.id)


def sign_second(terms: CoSigned, creditor: Device, head: tuple[int, bytes], log_seed: bytes) -> Countersignature:
    """Return the creditor's half; `head` is the number and id of the newest entry of the creditor's log."""
    seq, head_id = head
    signature = sign(log_seed, terms.SECOND, terms.net, terms.id, second_extra(creditor.log_pk, seq, head_id))
    return Countersignature(terms.id, creditor, seq, head_id, signature)


def check_second(terms: CoSigned, half: Countersignature) -> None:
    """Raise MalformedError unless the creditor's device signed these terms."""
    half.device.check(terms.net)
    if half.receipt_id != terms.id or half.device.identity != terms.creditor:
        raise MalformedError("signature", "the second half belongs to other terms or another creditor")
    extra = second_extra(half.device.log_pk, half.seq, half.head)
    verify(half.device.log_pk, half.signature, terms.SECOND, terms.net, terms.id, extra)


def blind_commitment(identifier: bytes, blind: bytes) -> bytes:
    """Return what a log shows of a receipt or a settlement; without the 32-byte blind it means nothing."""
    return tagged_hash("lz/blind/1", identifier + blind)


def place_commitment(blind: bytes, places: tuple[int, ...]) -> bytes:
    """Return a commitment to meeting cells, to be opened only in a dispute."""
    return tagged_hash("lz/place/1", blind + b"".join(place.to_bytes(8, "big") for place in places))


def second_extra(log_pk: bytes, seq: int, head: bytes) -> bytes:
    """Return what the second signs beside the id: whose log, and where it stands."""
    return log_pk + seq.to_bytes(8, "big") + head
