"""What agreed and cancelled rides mean for the posts behind them, of plans or not.

A post with nothing left to offer or to look for is taken back: others would only ask in vain, and tell a stranger who
they are for it. When a partner cancels, the trip is published again as a new post, beside those still aboard. What
somebody asked for before an offer was full stays open, as a waiting list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import posts
from lazpool.actions.aboard import riders
from lazpool.actions.endings import take_down
from lazpool.actions.matches import match_own
from lazpool.records.posts import Offer, Request, read_post
from lazpool.rules.insertion import AT_VERTEX_KM
from lazpool.rules.itinerary import Itinerary
from lazpool.rules.negotiation import SEATED
from lazpool.store import deals, own, plans

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.store.deals import Deal

WORTH_KM = 2 * AT_VERTEX_KM
"""A part of the way on which a seat is free is offered on from this length. Shorter ones are at most between the towns
that a post tells by their cells and the places where people get in and out there."""


def found_ride(desk: Desk, deal: Deal) -> None:
    """Take the request of an agreed deal back, with whatever else was asked for it; part of the same transaction."""
    post = own.post(desk.node, deal.post_id)
    if post is not None and post.kind == Request.KIND and post.state == own.LIVE:
        take_down(desk, post, own.TAKEN)


def take_back_full(desk: Desk) -> None:
    """Take back the offers whose seats are all taken on every part of the way; housekeeping."""
    offers = [post for post in own.posts(desk.node) if post.kind == Offer.KIND]
    for one in [one for one in offers if _is_full(desk, one)]:
        with desk.node.transaction():
            post = own.post(desk.node, one.id)
            if post is not None and post.state == own.LIVE and _is_full(desk, post):
                take_down(desk, post, own.TAKEN)


def publish_again(desk: Desk, post_id: bytes) -> None:
    """After a partner cancelled, publish the trip again unless it is live, past, still full or withdrawn by hand."""
    trip = own.same_trip(desk.node, post_id)
    if not trip or trip[-1].state != own.TAKEN:
        return
    if not _is_wanted(desk, trip[-1]) or (draft := posts.redraft(desk, trip[-1])) is None:
        return
    kept = posts.keep(desk, draft)
    own.add_renewal(desk.node, kept.id, trip[0].id)
    plans.move_date(desk.node, trip[-1].id, kept.id)
    match_own(desk, kept)


def seated(desk: Desk, post_id: bytes) -> list[Deal]:
    """Return the deals of a trip in which somebody counts on a ride, whichever of its posts they are about."""
    trip = own.same_trip(desk.node, post_id)
    return [deal for post in trip for deal in deals.of_post(desk.node, post.id) if deal.state in SEATED]


def _is_wanted(desk: Desk, post: own.OwnPost) -> bool:
    """Tell whether a trip is still to come, and has something left to offer or to look for."""
    match read_post(post.envelope)[0].post:
        case Offer() as offer:
            return offer.depart > desk.minute and not _is_full(desk, post)
        case Request() as request:
            return request.latest > desk.minute and not seated(desk, post.id)
    return False


def _is_full(desk: Desk, post: own.OwnPost) -> bool:
    if not (aboard := riders(desk, post.id)):  # most offers; reading them all would cost more
        return False
    offer = read_post(post.envelope)[0].post
    return isinstance(offer, Offer) and Itinerary(offer, aboard).free_km() < WORTH_KM
