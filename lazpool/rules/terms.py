"""Terms of an agreement: drafted by the passenger's node, checked by the driver's against the offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.records.agreements import AgreementTerms
from lazpool.records.places import MEETING_RES, Point, cell_at, centre
from lazpool.records.posts import ARRIVE, DEPART
from lazpool.rules import cost
from lazpool.rules.matching import Fit, Miss, Reason, Window, fit_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.records.posts import Offer, Request, SignedPost

DISTANCE_SLACK = 5
"""Two nodes may compute distances that differ by this many units of 100 m: floats, and stops moved by some metres."""
TIME_SLACK = 15
"""Minutes that a proposed time may lie outside what the offer says."""


def meeting_cells(start: Point, end: Point) -> tuple[int, int]:
    """Return what a proposal tells of the exact ends: cells of about 0.1 km2."""
    return cell_at(start, MEETING_RES), cell_at(end, MEETING_RES)


def window_of(request: Request) -> Window:
    """Return when the passenger of a request can be picked up or dropped off."""
    return Window(request.by, request.earliest, request.latest)


def draft(
    signed: SignedPost, *, deal: bytes, passenger: bytes, cells: tuple[int, int], seats: int, found: Fit
) -> AgreementTerms:
    """Return the terms of a ride in an offer, as the fit says."""
    post = signed.post
    return AgreementTerms(
        *(post.net, deal, signed.id, post.post_pk, passenger, *cells, found.pickup_at, found.dropoff_at),
        *(seats, found.distance_hm, found.share, found.unit, found.pickup_at),
    )


def place(offer: Offer, terms: AgreementTerms, load: Sequence[int] = (), spent_min: float = 0.0) -> Fit | Miss:
    """Return how the offer serves the terms beside those already aboard, or why it does not.

    A route may pass the same places twice: of the ways to serve them, the one is meant that the terms tell of.
    """
    pickup, dropoff = centre(terms.pickup), centre(terms.dropoff)
    found = [
        fit_places(offer, pickup, dropoff, terms.seats, load, window=window, also=also, spent_min=spent_min)
        for window, also in _windows(terms)
    ]
    fits = sorted((one for one in found if isinstance(one, Fit)), key=lambda one: _difference(one, terms))
    misses = [one for one in found if isinstance(one, Miss)]
    if fits and (_difference(fits[0], terms)[0] <= DISTANCE_SLACK or not any(load)):
        return fits[0]
    return misses[-1] if misses else Miss(Reason.SEATS)  # there is room only on another part of the way than agreed


def objection(offer: Offer, terms: AgreementTerms) -> str:
    """Return why the driver's node refuses terms before a person is asked, or nothing."""
    found = place(offer, terms)
    if isinstance(found, Miss):
        return f"does not fit the offer: {found.reason}"
    if abs(found.distance_hm - terms.distance) > DISTANCE_SLACK:
        return f"the distance is {found.distance_hm / 10} km, not {terms.distance / 10} km"
    if terms.unit != offer.unit or terms.amount != cost.share(offer.price, terms.distance, terms.seats):
        return "the share is not what the offer asks"
    if abs(terms.dropoff_at - terms.pickup_at - (found.dropoff_at - found.pickup_at)) > TIME_SLACK:
        return "the ride takes another time than the way does"
    if terms.answer_by > terms.pickup_at:
        return "the answer may come after the pick-up"
    return ""


def _windows(terms: AgreementTerms) -> tuple[tuple[Window, Window | None], ...]:
    """Return when the terms may be meant: as they say, to the minute of rounding, or with some slack."""
    pickup = Window(DEPART, terms.pickup_at - 1, terms.pickup_at + 1)
    dropoff = Window(ARRIVE, terms.dropoff_at - 1, terms.dropoff_at + 1)
    return (pickup, dropoff), (Window(DEPART, terms.pickup_at - TIME_SLACK, terms.pickup_at + TIME_SLACK), None)


def _difference(found: Fit, terms: AgreementTerms) -> tuple[int, int]:
    """Return by how much a way differs from the terms, in units of 100 m and in minutes."""
    minutes = abs(found.pickup_at - terms.pickup_at) + abs(found.dropoff_at - terms.dropoff_at)
    return abs(found.distance_hm - terms.distance), minutes
