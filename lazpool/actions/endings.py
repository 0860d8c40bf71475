"""How a post ends before it expires, and what is still open about it with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions.letters import UNANSWERED, How, write
from lazpool.actions.moves import advance, checked_note, post_seed
from lazpool.errors import RefusedError
from lazpool.records.deal_bodies import Cancellation, Decline, Invitation, Proposal
from lazpool.records.disputes import Correction
from lazpool.records.halves import Settlement
from lazpool.records.posts import Offer, Request, Withdrawal, sign_post
from lazpool.rules.negotiation import Event, Role, State
from lazpool.store import deals, own, post_office

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.store.deals import Deal

_WHY = {
    (Offer.KIND, own.WITHDRAWN): "the offer was withdrawn",
    (Offer.KIND, own.TAKEN): "the last seat is taken",
    (Request.KIND, own.WITHDRAWN): "the request was withdrawn",
    (Request.KIND, own.TAKEN): "the passenger has found another ride",
}


def take_down(desk: Desk, post: own.OwnPost, state: str) -> None:
    """Take a live post back in the caller's transaction: tell the network, and answer what is open about it."""
    box = next((box for box in own.boxes(desk.node) if box.about == post.id and not box.deal), None)
    if post.state != own.LIVE or box is None:
        raise RefusedError(f"this post is {post.state} already")
    signed = sign_post(Withdrawal(desk.net, box.tag, post.id, post.expires), box.tag_seed)
    own.set_post_state(desk.node, post.id, state)
    post_office.put_post(desk.node, signed.envelope, now=desk.second, expires=post.expires)
    for deal in deals.of_post(desk.node, post.id):
        if (deal.state, state) != (State.RECEIVED, own.TAKEN):  # somebody may still cancel: a waiting list
            _end(desk, deal, _WHY[post.kind, state])


def send_decline(desk: Desk, deal: Deal, reason: str) -> None:
    """Write a no that answers a proposal or an invitation; the caller saves the deal."""
    kind = Proposal.KIND if deal.role is Role.DRIVER else Invitation.KIND
    how = How(answers=post_office.letter_of(desk.node, deal.id, kind), seed=post_seed(desk, deal.post_id))
    write(desk, deal, Decline(checked_note(reason)), how)


def call_off(desk: Desk, deal: Deal, reason: str) -> None:
    """Write a cancellation that ends what we asked for or agreed to; the caller saves the deal."""
    was = deal.state
    advance(desk, deal, Event.WE_CANCEL, reason=checked_note(reason), by="us")
    # A settlement is about other rides, too, and what was written before is still to be read.
    still = (Settlement, Correction, *UNANSWERED)
    post_office.answered_all(desk.node, deal.id, but=tuple(one.KIND for one in still))
    seed = post_seed(desk, deal.post_id) if was is State.INVITED else b""
    write(desk, deal, Cancellation(checked_note(reason)), How(seed=seed))


def _end(desk: Desk, deal: Deal, reason: str) -> None:
    """End a deal that is not agreed yet."""
    match deal.role, deal.state:
        case (Role.DRIVER, State.RECEIVED) | (Role.PASSENGER, State.INVITED):
            advance(desk, deal, Event.WE_DECLINE, reason=reason, by="us")
            send_decline(desk, deal, reason)
        case (Role.PASSENGER, State.PROPOSED) | (Role.DRIVER, State.INVITED):
            call_off(desk, deal, reason)
        case _:
            return
    deals.save(desk.node, deal)
