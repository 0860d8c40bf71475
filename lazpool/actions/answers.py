"""What each kind of letter does to a deal; called inside the transaction that remembers the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lazpool.actions import asking, forks, imports, proposals, receipts, rides, rotating, seats, series
from lazpool.actions import deals as decisions
from lazpool.actions.endings import call_off
from lazpool.actions.letters import How, take_card, unpack_card, write
from lazpool.actions.matches import match_two
from lazpool.actions.moves import MAX_NOTE, NotYetError, advance, post_seed
from lazpool.actions.objections import by_road, objection
from lazpool.actions.standpoint import secret_of
from lazpool.errors import MalformedError, RefusedError
from lazpool.records.agreements import agreement_from, check_driver, check_passenger
from lazpool.records.deal_bodies import (
    E5,
    Acceptance,
    Boarded,
    Cancellation,
    CodeRefused,
    Decline,
    Details,
    Invitation,
    Note,
    Proposal,
    Series,
    SeriesAnswer,
)
from lazpool.records.halves import Countersign, Receipt, ReceiptRefused
from lazpool.records.posts import Offer, Request, check_signature, read_post
from lazpool.records.receipts import receipt_from
from lazpool.rules.admission import untimely
from lazpool.rules.matching import mismatch
from lazpool.rules.negotiation import OPEN, SEATED, Event, Role, State, step
from lazpool.store import deals, devices, ledger, own, post_office

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.body_shape import AnyBody
    from lazpool.records.letters import Letter
    from lazpool.store.deals import Deal
    from lazpool.store.ledger import StoredReceipt

_B = TypeVar("_B", bound="AnyBody")

MAX_PROPOSALS = 64
MAX_INVITATIONS = 64
"""Open proposals for one offer, and invitations for one request; beyond that strangers are not listened to."""
MAX_REFUSALS = 1024
"""Refusals kept in the outbox to be repeated; beyond that what does not fit gets no answer."""


def partner_keys(deal: Deal) -> set[bytes]:
    """Return who may sign letters of this deal: the partner's device once known, before that their post's key."""
    return {deal.peer_log or unpack_card(deal.peer_card).tag_pk}  # a post's key is the tag of its author's card


def offer_key(deal: Deal) -> bytes:
    """Return the key of the offer that a deal is about."""
    return read_post(deal.offer)[0].post.post_pk


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
    body = _body(letter, Acceptance)
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
    advance(desk, deal, Event.THEY_DECLINE, reason=_body(letter, Decline).text, by="them")
    post_office.answered(desk.node, deal.id, (Proposal.KIND, Invitation.KIND))


def on_cancellation(desk: Desk, deal: Deal, letter: Letter) -> None:
    """End a deal that the other side calls off; a receipt that waits for its second half stops asking for it."""
    if step(deal.role, deal.state, Event.THEY_CANCEL) is None:
        return
    advance(desk, deal, Event.THEY_CANCEL, reason=_body(letter, Cancellation).text, by="them")
    receipts.lapse_all(desk, deal.id)
    post_office.answered(desk.node, deal.id, (Proposal.KIND, Boarded.KIND))
    deals.save(desk.node, deal)
    series.close(desk, deal.id, answered=False)
    seats.publish_again(desk, deal.post_id)


def on_series(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the driver: the passenger asks for the same ride on other dates."""
    series.on_question(desk, deal, _body(letter, Series).pickups)


def on_series_answer(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the passenger: the driver has named offers for other dates."""
    if deal.role is Role.PASSENGER:
        series.on_answer(desk, deal, _body(letter, SeriesAnswer))


def on_note(desk: Desk, deal: Deal, letter: Letter) -> None:
    """Keep a message."""
    deals.add_note(desk.node, deal.id, _body(letter, Note).text, mine=False, now=desk.minute)


def on_details(_desk: Desk, deal: Deal, letter: Letter) -> None:
    """Keep the exact places, the telephone number and the account of the partner."""
    body = _body(letter, Details)
    deal.peer_contact, deal.peer_iban = body.contact, body.iban
    deal.peer_places = " ".join(f"{number / E5:.5f}" for number in body.places)
    if deal.role is Role.DRIVER and body.spots:
        deal.pickup_spot, deal.dropoff_spot = body.spots


def on_boarded(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the passenger's node: check the code."""
    if deal.role is Role.PASSENGER:
        rides.check_code(desk, deal, letter, _body(letter, Boarded))


def on_code_refused(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the driver: the code was wrong; unless a newer one is under way, the deal stands where it stood before."""
    body = _body(letter, CodeRefused)
    post_office.answered_one(desk.node, deal.id, Boarded.KIND, body.counter)
    if body.counter != deal.boarding or step(deal.role, deal.state, Event.THEY_REFUSE_CODE) is None:
        return
    left = f"{body.tries_left} tries left" if body.tries_left else "ask the passenger to run: lazpool done"
    advance(desk, deal, Event.THEY_REFUSE_CODE, reason=f"the code was wrong; {left}")
    deal.boarding = 0


def on_receipt(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the driver: countersign what agrees with the agreement and the pair's count; answer no to anything else."""
    body = _body(letter, Receipt)
    rotating.check_known(desk, deal, body.passenger.identity, body.passenger.log_pk)
    receipts.send_halves(desk, deal, body.receipt, letter.id)
    if deal.role is Role.DRIVER and deal.state is State.RECEIPTED:
        return  # the half of this ride is among them
    if deal.role is not Role.DRIVER or step(deal.role, deal.state, Event.WE_SIGN) is None:
        _refuse_receipt(desk, deal, letter, body, f"the deal is {deal.state}")
        if deal.state is State.CANCELLED:  # our cancellation must be lost
            write(desk, deal, Cancellation(deal.reason), How(answers=letter.id))
        return
    if receipts.is_ahead(desk, body.receipt):
        asking.suspect(desk, deal)
        deals.save(desk.node, deal)
        raise NotYetError("an earlier receipt of this pair is still to come")
    try:
        receipts.countersign(desk, deal, body, letter.id)
    except (RefusedError, MalformedError) as wrong:
        deal.reason = f"a receipt was refused: {wrong.message}"
        if wrong.code == "wrong-count":
            asking.show(desk, deal)  # another device of theirs may have counted on
        _refuse_receipt(desk, deal, letter, body, wrong.message)
        return
    advance(desk, deal, Event.WE_SIGN)
    deal.reason = ""
    post_office.answered(desk.node, deal.id, (Boarded.KIND,))


def on_countersign(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the passenger: the receipt is whole, also when it comes late; in the order of the pair's count."""
    half = _body(letter, Countersign).half
    rotating.check_known(desk, deal, half.device.identity, half.device.log_pk)
    stored = ledger.receipt(desk.node, half.receipt_id)
    if stored is None:
        if half.device.identity == deal.peer:
            asking.ask(desk, deal)  # for what we must have signed before this home was restored
        return
    about = deal if stored.deal == deal.id else deals.get(desk.node, stored.deal)
    if about is None or about.peer != deal.peer or step(about.role, about.state, Event.THEY_SIGN) is None:
        return
    if receipts.is_ahead(desk, receipt_from(stored.terms)):
        asking.suspect(desk, deal)
        deals.save(desk.node, deal)
        raise NotYetError("the second half of an earlier receipt of this pair is still to come")
    advance(desk, about, Event.THEY_SIGN)
    about.reason = ""
    post_office.answered(desk.node, about.id, (Receipt.KIND,))
    receipts.seal(desk, stored, half)
    deals.save(desk.node, about)
    imports.count_anew(desk, deal)


def on_receipt_refused(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the passenger: the driver's node did not sign; the person may try again with `done`."""
    body = _body(letter, ReceiptRefused)
    stored = _receipt_of(desk, deal, body.receipt_id)
    if stored is None or stored.state != ledger.PROPOSED:
        return
    receipts.lapse(desk, stored)
    if step(deal.role, deal.state, Event.THEY_DECLINE) is not None:
        reason = f"the driver's node refused the receipt: {body.reason}"
        advance(desk, deal, Event.THEY_DECLINE, reason=reason[:MAX_NOTE], by="them")


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


def _receipt_of(desk: Desk, deal: Deal, receipt_id: bytes) -> StoredReceipt | None:
    stored = ledger.receipt(desk.node, receipt_id)
    return stored if stored is not None and stored.deal == deal.id else None


def _refuse_receipt(desk: Desk, deal: Deal, letter: Letter, body: Receipt, reason: str) -> None:
    write(desk, deal, ReceiptRefused(body.receipt.id, reason[:200]), How(answers=letter.id))


def _body(letter: Letter, kind: type[_B]) -> _B:
    if isinstance(letter.body, kind):
        return letter.body
    raise MalformedError("shape", f"not a {kind.__name__}")
