"""The agreement before the ride: the passenger signs the terms first, the driver the same bytes second.

The offer is pseudonymous, so the terms name the driver by the offer's post key; the driver's half binds that key to
the driver's identity, signed by both keys. The format is protocol/deals.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lazpool.errors import MalformedError
from lazpool.records.places import MEETING_RES, check_cell
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
)
from lazpool.wire.hashing import NET_SIZE
from lazpool.wire.signing import public_key, sign, verify

if TYPE_CHECKING:
    from lazpool.records.people import Device

MAX_TERMS = 512
MAX_DISTANCE = 100_000
"""In units of 100 m: 10,000 km."""


@dataclass(frozen=True, slots=True)
class AgreementTerms(Terms):
    """What both sign before the ride.

    pickup, dropoff: meeting cells of H3 resolution 9. *_at, answer_by: minutes since the epoch. distance: 100 m.
    amount: minor units of `unit`, the passenger's share of the cost.
    """

    KIND: ClassVar[int] = 4
    TAG: ClassVar[str] = "lz/agree/1"
    net: bytes
    deal: bytes
    offer_id: bytes
    offer_pk: bytes
    passenger: bytes
    pickup: int
    dropoff: int
    pickup_at: int
    dropoff_at: int
    seats: int
    distance: int
    amount: int
    unit: str
    answer_by: int

    def __post_init__(self) -> None:
        """Refuse terms that break the format."""
        check_bytes("net", self.net, NET_SIZE)
        check_bytes("deal", self.deal, DEAL_ID)
        check_bytes("offer_id", self.offer_id, HASH)
        check_bytes("offer_pk", self.offer_pk, KEY)
        check_bytes("passenger", self.passenger, KEY)
        check_cell("pickup", self.pickup, MEETING_RES)
        check_cell("dropoff", self.dropoff, MEETING_RES)
        check_uint("pickup_at", self.pickup_at, 0, MAX_MINUTE)
        check_uint("dropoff_at", self.dropoff_at, self.pickup_at, MAX_MINUTE)
        check_uint("seats", self.seats, 1, MAX_SEATS)
        check_uint("distance", self.distance, 0, MAX_DISTANCE)
        check_uint("amount", self.amount, 0, MAX_AMOUNT)
        check_unit("unit", self.unit)
        check_uint("answer_by", self.answer_by, 0, MAX_MINUTE)


def agreement_from(body: bytes) -> AgreementTerms:
    """Decode agreement terms, or raise MalformedError."""
    _, net, _, *rest = parse(body, MAX_TERMS, AgreementTerms.KIND, 16)
    return build(AgreementTerms, net, *rest)


def sign_as_passenger(terms: AgreementTerms, log_seed: bytes) -> bytes:
    """Return the passenger's signature, by the device's log key."""
    return sign(log_seed, "agree-passenger", terms.net, terms.id)


def check_passenger(terms: AgreementTerms, signature: bytes, passenger: Device) -> None:
    """Raise MalformedError unless the person the terms name signed them."""
    passenger.check(terms.net)
    if passenger.identity != terms.passenger:
        raise MalformedError("signature", "signed by somebody the terms do not name")
    verify(passenger.log_pk, signature, "agree-passenger", terms.net, terms.id)


def sign_as_driver(terms: AgreementTerms, offer_seed: bytes, driver: Device, log_seed: bytes) -> tuple[bytes, bytes]:
    """Return the driver's two signatures: by the offer's key over the person, by the person's device over the offer."""
    if public_key(log_seed) != driver.log_pk:
        raise ValueError("the seed is not the device's")
    return (
        sign(offer_seed, "agree-driver", terms.net, terms.id, driver.identity + driver.log_pk),
        sign(log_seed, "agree-bind", terms.net, terms.id, terms.offer_pk),
    )


def check_driver(terms: AgreementTerms, signatures: tuple[bytes, bytes], driver: Device) -> None:
    """Raise MalformedError unless the offer's key and the driver's device both signed."""
    driver.check(terms.net)
    verify(terms.offer_pk, signatures[0], "agree-driver", terms.net, terms.id, driver.identity + driver.log_pk)
    verify(driver.log_pk, signatures[1], "agree-bind", terms.net, terms.id, terms.offer_pk)
