"""Terms of an agreement: drafted by the passenger's node, checked by the driver's against the offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.records.agreements import AgreementTerms
from lazpool.records.places import MEETING_RES, Point, cell_at, centre
from lazpool.records.posts import ARRIVE
from lazpool.rules import cost
from lazpool.rules.itinerary import MAX_DELAY, ROUNDING, Needs
from lazpool.rules.matching import Fit, Miss, Reason, best
from lazpool.rules.rides import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.records.posts import Offer, Request, SignedPost
    from lazpool.rules.itinerary import Rider

DISTANCE_SLACK = 5
"""Two nodes may compute distances that differ by this many units of 100 m: floats, and stops moved by some metres."""
TIME_SLACK = 15
"""Minutes by which a proposed pick-up may be later than the offer says, and a ride longer or shorter than its way."""


def meeting_cells(start: Point, end: Point) -> tuple[int, int]:
    """Return what a proposal tells of the exact ends: cells of about 0.1 km2."""
    return cell_at(start, MEETING_RES), cell_at(end, MEETING_RES)


def window_of(request: Request) -> Window:
    """Return when the passenger of a request can be picked up or dropped off."""
    return Window(request.by, request.earliest, request.latest)


def patience(window: Window, found: Fit) -> int:
    """Return by how many minutes a passenger lets pick-up and drop-off be later: a few, but not past the window."""
    at = found.dropoff_at if window.by == ARRIVE else found.pickup_at
    return max(0, min(MAX_DELAY, window.latest - at))


def draft(
    signed: SignedPost, *, deal: bytes, passenger: bytes, cells: tuple[int, int], seats: int, found: Fit
) -> AgreementTerms:
    """Return the terms of a ride in an offer, as the fit says."""
    post = signed.post
    return AgreementTerms(
        *(post.net, deal, signed.id, post.post_pk, passenger, *cells, found.pickup_at, found.dropoff_at),
        *(seats, found.distance_hm, found.share, found.unit, found.pickup_at),
    )


def place(offer: Offer, terms: AgreementTerms, aboard: Sequence[Rider] = (), max_delay: int = MAX_DELAY) -> Fit | Miss:
    """Return how the offer serves the terms beside those already aboard, or why it does not.

    max_delay: minutes by which this rider may be later. A route may pass the same places twice: of the ways to serve
    them, one is taken whose distance is that of the terms.
    """
    patience = max_delay + ROUNDING
    needs = Needs(
        *(centre(terms.pickup), centre(terms.dropoff), terms.seats),
        pickup_from=terms.pickup_at,
        pickup_to=terms.pickup_at + patience,
        dropoff_to=terms.dropoff_at + patience,
        slack=TIME_SLACK,
        agreed=terms.pickup_at,
    )
    meant = (terms.distance - DISTANCE_SLACK, terms.distance + DISTANCE_SLACK)
    found = best(offer, needs, aboard, meant)
    if aboard and isinstance(found, Fit) and not meant[0] <= found.distance_hm <= meant[1]:
        return Miss(Reason.SEATS)  # there is room only on another part of the way than agreed
    return found


def objection(offer: Offer, terms: AgreementTerms, max_delay: int = MAX_DELAY) -> str:
    """Return why the driver's node refuses terms before a person is asked, or nothing."""
    found = place(offer, terms, max_delay=max_delay)
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
