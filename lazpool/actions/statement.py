"""A year's rides as one shows them to somebody else: each with both signatures checked, and what all come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions import receipts
from lazpool.actions.positions import evidence
from lazpool.records.posts import Offer, read_post
from lazpool.records.receipts import ReceiptTerms, receipt_from
from lazpool.rules.geo import SPEED_KMH, STOP_MIN
from lazpool.rules.impact import Ride, Saving, passenger_hm, saving
from lazpool.rules.negotiation import Role
from lazpool.store import deals, impacts, ledger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.actions.desk import Desk
    from lazpool.actions.exporting import Choice
    from lazpool.rules.impact import Factors
    from lazpool.store.deals import Deal
    from lazpool.store.ledger import StoredReceipt


@dataclass(frozen=True, slots=True)
class Shared:
    """A ride that both have signed for.

    minute: when it began, to a quarter of an hour. drove: whether we were the driver. other: the other's identity.
    ride: how far it was, and for how many seats. saved: CO2. code: whether the passenger's code was given at the car,
    as far as our node knows. evidence: the class (see rules/evidence.py). receipt: its id.
    """

    minute: int
    drove: bool
    other: bytes
    ride: Ride
    saved: Saving
    code: bool
    evidence: str
    receipt: bytes


@dataclass(frozen=True, slots=True)
class Total:
    """What rides come to. driven, ridden: 100 m as the driver and as a passenger. people: passenger km in 100 m."""

    rides: int
    driven: int
    ridden: int
    people: int
    saved: Saving


@dataclass(frozen=True, slots=True)
class Statement:
    """Rides, oldest first, the factors that their savings were reckoned with, and how many rides are not signed yet."""

    rides: tuple[Shared, ...]
    factors: Factors
    waiting: int


def draw_up(desk: Desk, choice: Choice) -> Statement:
    """Return the rides of some days that both have signed for; MalformedError when a receipt is damaged."""
    factors = impacts.chosen(desk.config)
    every = [_shared(desk, one, factors) for one in ledger.receipts(desk.node)]
    rides = sorted(
        (one for one in every if choice.takes(one.minute, one.other)), key=lambda one: (one.minute, one.receipt)
    )
    waiting = [receipt_from(one.terms) for one in ledger.receipts(desk.node, ledger.PROPOSED)]
    return Statement(tuple(rides), factors, sum(choice.takes(one.start, one.driver) for one in waiting))


def total(rides: Iterable[Shared]) -> Total:
    """Return what rides come to."""
    found = list(rides)
    driven, ridden = (sum(one.ride.distance for one in found if one.drove is drove) for drove in (True, False))
    saved = sum((one.saved for one in found), Saving())
    return Total(len(found), driven, ridden, passenger_hm(one.ride for one in found), saved)


def _shared(desk: Desk, stored: StoredReceipt, factors: Factors) -> Shared:
    sealed = receipts.unpack(stored)
    sealed.check()  # nobody is shown what does not hold
    terms = sealed.terms
    if not isinstance(terms, ReceiptTerms):
        raise TypeError("not the receipt of a ride")
    deal = deals.get(desk.node, stored.deal)
    drove = terms.driver in desk.identities
    ride = Ride(terms.distance, terms.seats, _detour_km(deal) if deal else (0.0, 0.0))
    other = terms.passenger if drove else terms.driver
    code, found = bool(deal and deal.boarding), evidence(desk, deal)
    return Shared(terms.start, drove, other, ride, saving(ride, factors), code, found, terms.id)


def _detour_km(deal: Deal) -> tuple[float, float]:
    """Return the driver's detour, at least and at most: as it was found, or anything that the offer allowed."""
    offer = read_post(deal.offer)[0].post
    if deal.detour or deal.role is Role.DRIVER or not isinstance(offer, Offer):
        return (_km(deal.detour),) * 2
    return 0.0, _km(offer.max_detour)


def _km(minutes: float) -> float:
    """Return road kilometres for minutes of detour, two stops among them, at the mean speed of all estimates."""
    return max(0.0, minutes - 2 * STOP_MIN) * SPEED_KMH / 60
