"""What letters do to a deal from its proposal to its end; called inside the transaction that remembers the letter.

What is said at the car is in rides, and what both sign afterwards in receipt_letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import asking, forks, proposals, receipts, rides, rotating, seats, series
from lazpool.actions import deals as decisions
from lazpool.actions.endings import call_off
from lazpool.actions.letters import How, take_card, write
from lazpool.actions.matches import match_two
from lazpool.actions.moves import advance, post_seed
from lazpool.actions.objections import by_road, objection
from lazpool.actions.standpoint import secret_of
from lazpool.errors import RefusedError
from lazpool.records.agreements import agreement_from, check_driver, check_passenger
from lazpool.records.deal_bodies import (
    E5,
    Acceptance,
    Boarded,
    Cancellation,
    Decline,
    Details,
    Invitation,
    Note,
    Proposal,
    Series,
    SeriesAnswer,
)
from lazpool.records.letters import body_of
from lazpool.records.posts import Offer, Request, check_signature, read_post
from lazpool.rules.admission import untimely
from lazpool.rules.matching import mismatch
from lazpool.rules.negotiation import OPEN, SEATED, Event, Role, State, step
from lazpool.store import deals, devices, own, post_office

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.store.deals import Deal

MAX_PROPOSALS = 64
MAX_INVITATIONS = 64
"""Open proposals for one offer, and invitations for one request; beyond that strangers are not listened to."""
MAX_REFUSALS = 1024
"""Refusals kept in the outbox to be repeated; beyond that what does not fit gets no answer."""


def on_proposal(desk: Desk, box: own.Box, letter: Letter, body: Proposal, deal: Deal | None) -> None:
    """As the driver: check the terms before a person is asked; what does not fit is declined at once."""
    offer = own.post(desk.node, box.about)
    if offer is None or box.deal or body.agreement.deal != letter.deal or letter.sender != body.passenger.log_pk:
        raise RefusedError("a proposal that contradicts itself", code="wrong-terms")
    check_passenger(body.agreement, body.signature, body.passenger)
    devices.check_log(desk.node, body.passenger.log_pk)
    rotating.check_current(desk, body.passenger.identity)
    if deal is None:
        deal = proposals.new_received(desk, body, offer)
        _check_room(desk, offer.id)
    elif _is_over_invitation(deal, offer.id):
        _refuse(desk, deal, letter, f"the invitation is {deal.state}")
        return
    elif step(deal.role, deal.state, Event.THEY_PROPOSE) is None or deal.offer_id != offer.id:
        raise RefusedError("this deal is under way already", code="wrong-state")
    else:
        advance(desk, deal, Event.THEY_PROPOSE)
        post_office.answered(desk.node, deal.id, (Invitation.KIND,))
        proposals.take_proposal(deal, body)
    if reason := objection(desk, body, offer) or by_road(desk, body, offer, deal):
        _refuse(desk, deal, letter, reason)
        return
    deals.put(desk.node, deal)
    if body.note:
        deals.add_note(desk.node, deal.id, body.note, mine=False, now=desk.minute)
    if series.follows(desk, deal):
        _accept_following(desk, deal)


def _accept_following(desk: Desk, deal: Deal) -> None:
    """Accept what our person said yes to with a series; decline where there is no room left on that date."""
    try:
        decisions.accept(desk, deal.id)
    except RefusedError as full:
        decisions.decline(desk, deal.id, full.message)


def on_invitation(desk: Desk, box: own.Box, letter: Letter, body: Invitation, deal: Deal | None) -> None:
    """As the passenger: check the offer, match it, and keep the invitation for the person to answer."""
    signed, signature = read_post(body.offer)
    check_signature(signed, signature)
    request = own.post(desk.node, box.about)
    if deal is not None or request is None or request.state != own.LIVE or box.deal:
        raise RefusedError("an invitation to nothing", code="wrong-terms")
    post = signed.post
    if not isinstance(post, Offer) or post.net != desk.net or letter.sender != post.post_pk:
        raise RefusedError("an invitation by somebody else", code="wrong-sender")
    if reason := untimely(post, desk.minute):
        raise RefusedError(f"an invitation to an offer that {reason}", code="untimely")
    wish, _ = read_post(request.envelope)
    if isinstance(wish.post, Request) and (miss := mismatch(post, wish.post, secret_of(desk, wish))) is not None:
        raise RefusedError(f"an invitation to an offer that does not fit: {miss}", code="no-fit")
    if deals.count_open(desk.node, request.id) >= MAX_INVITATIONS:
        raise RefusedError("too many invitations", code="quota")
    deals.add(desk.node, proposals.new_invited(desk, letter.deal, signed, request))
    match_two(desk, request, signed)
    if body.note:
        deals.add_note(desk.node, letter.deal, body.note, mine=False, now=desk.minute)


def on_acceptance(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the passenger: check both of the driver's signatures; from here on exact places may travel."""
    body = body_of(letter, Acceptance)
    terms = agreement_from(deal.terms)
    check_driver(terms, (body.offer_signature, body.bind_signature), body.driver)
    devices.check_log(desk.node, body.driver.log_pk)
    rotating.check_current(desk, body.driver.identity)
    if body.agreement_id != terms.id or letter.sender != body.driver.log_pk:
        raise RefusedError("an acceptance of other terms", code="wrong-terms")
    was = deal.state
    if was in SEATED and body.driver.identity == deal.peer and body.driver.log_pk != deal.peer_log:
        if _introduce(deal, letter, body):  # the driver's home was restored from before the acceptance
            receipts.send_again(desk, deal)
        return
    if was is State.AGREED or (was is not State.WITHDRAWN and step(deal.role, was, Event.THEY_ACCEPT) is None):
        return
    _introduce(deal, letter, body)
    if was is State.WITHDRAWN:  # the withdrawal and the acceptance crossed: say it again, where the driver now listens
        write(desk, deal, Cancellation(deal.reason))
        return
    advance(desk, deal, Event.THEY_ACCEPT)
    post_office.answered(desk.node, deal.id, (Proposal.KIND,))
    if forks.is_frozen(desk, deal.peer_log):
        call_off(desk, deal, forks.WHY)
        return
    deal.code = rides.new_code()
    decisions.send_details(desk, deal)
    asking.show(desk, deal)
    deals.save(desk.node, deal)
    seats.found_ride(desk, deal)
    series.ask(desk, deal)


def _introduce(deal: Deal, letter: Letter, body: Acceptance) -> bool:
    """Note who the driver is, by which device, and where to write to them; tell whether nothing newer was known.

    A home that was restored numbers its letters from that second on, so what the lost one sent is known by its number.
    """
    if not take_card(deal, letter, body.card):
        return False
    deal.offer_sig, deal.bind_sig, deal.peer_name = body.offer_signature, body.bind_signature, body.name
    deal.peer, deal.peer_log, deal.peer_cert = body.driver.identity, body.driver.log_pk, body.driver.certificate
    return True


def on_decline(desk: Desk, deal: Deal, letter: Letter) -> None:
    """End a deal that the other side says no to."""
    if step(deal.role, deal.state, Event.THEY_DECLINE) is None or deal.state is State.RIDING:
        return
    advance(desk, deal, Event.THEY_DECLINE, reason=body_of(letter, Decline).text, by="them")
    post_office.answered(desk.node, deal.id, (Proposal.KIND, Invitation.KIND))


def on_cancellation(desk: Desk, deal: Deal, letter: Letter) -> None:
    """End a deal that the other side calls off; a receipt that waits for its second half stops asking for it."""
    if step(deal.role, deal.state, Event.THEY_CANCEL) is None:
        return
    advance(desk, deal, Event.THEY_CANCEL, reason=body_of(letter, Cancellation).text, by="them")
    receipts.lapse_all(desk, deal.id)
    post_office.answered(desk.node, deal.id, (Proposal.KIND, Boarded.KIND))
    deals.save(desk.node, deal)
    series.close(desk, deal.id, answered=False)
    seats.publish_again(desk, deal.post_id)


def on_series(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the driver: the passenger asks for the same ride on other dates."""
    series.on_question(desk, deal, body_of(letter, Series).pickups)


def on_series_answer(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the passenger: the driver has named offers for other dates."""
    if deal.role is Role.PASSENGER:
        series.on_answer(desk, deal, body_of(letter, SeriesAnswer))


def on_note(desk: Desk, deal: Deal, letter: Letter) -> None:
    """Keep a message."""
    deals.add_note(desk.node, deal.id, body_of(letter, Note).text, mine=False, now=desk.minute)


def on_details(_desk: Desk, deal: Deal, letter: Letter) -> None:
    """Keep the exact places, the telephone number and the account of the partner."""
    body = body_of(letter, Details)
    deal.peer_contact, deal.peer_iban = body.contact, body.iban
    deal.peer_places = " ".join(f"{number / E5:.5f}" for number in body.places)
    if deal.role is Role.DRIVER and body.spots:
        deal.pickup_spot, deal.dropoff_spot = body.spots


def _check_room(desk: Desk, offer_id: bytes) -> None:
    if len(deals.of_offer(desk.node, offer_id, Role.DRIVER, OPEN)) >= MAX_PROPOSALS:
        raise RefusedError("too many open proposals for this offer", code="quota")


def _refuse(desk: Desk, deal: Deal, letter: Letter, reason: str) -> None:
    """Decline without keeping a deal: nothing here needs a person. An invited one is kept, and says why it ended."""
    if post_office.count_kind(desk.node, Decline.KIND) >= MAX_REFUSALS:
        raise RefusedError("too many proposals that fit nothing", code="quota")
    seed = post_seed(desk, deal.offer_id)
    write(desk, deal, Decline(reason), How(answers=letter.id, seed=seed))
    if deals.get(desk.node, deal.id) is None:
        return
    if step(deal.role, deal.state, Event.WE_DECLINE) is not None:
        advance(desk, deal, Event.WE_DECLINE, reason=reason, by="us")
    deals.save(desk.node, deal)


def _is_over_invitation(deal: Deal, offer_id: bytes) -> bool:
    """Tell whether the proposal comes after the invitation that it answers has ended."""
    return deal.role is Role.DRIVER and deal.offer_id == offer_id and deal.state not in OPEN and not deal.terms
