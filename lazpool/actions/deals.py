"""What a person decides about a deal: accept, decline, cancel, write a note."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from lazpool.actions import asking, forks, series
from lazpool.actions.aboard import riders
from lazpool.actions.detours import cost_of, foresee
from lazpool.actions.endings import call_off, send_decline
from lazpool.actions.letters import How, new_card, write
from lazpool.actions.moves import advance, checked_note, find, post_seed
from lazpool.actions.proposals import accept_invitation
from lazpool.config import plain_iban
from lazpool.errors import InvalidInputError, RefusedError
from lazpool.records.agreements import agreement_from, sign_as_driver
from lazpool.records.deal_bodies import E5, Acceptance, Details, Note, Proposal
from lazpool.records.people import MAX_NAME
from lazpool.records.posts import Offer, read_post
from lazpool.rules import terms as agreement
from lazpool.rules.matching import Miss, Reason
from lazpool.rules.negotiation import Event, Role, State
from lazpool.store import deals, own, post_office

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.store.deals import Deal

_FULL = {
    Reason.SEATS: "no seat is left on that part of the way",
    Reason.DETOUR: "the detour is used up",
    Reason.DELAY: "somebody aboard would be later than agreed",
    Reason.TIME: "with those aboard, it would be too late there",
}


def accept(desk: Desk, deal_id: bytes, *, all_dates: bool = False) -> Deal:
    """Accept: a driver a proposal, signing the same terms, if seats and detour allow; a passenger an invitation.

    all_dates: as a driver, also the same ride on the other dates that the passenger asks for, now or later.
    """
    _foresee(desk, find(desk, deal_id))
    with desk.node.transaction():
        deal = find(desk, deal_id)
        if all_dates:
            return series.agree(desk, (accept(desk, deal_id) if deal.state is State.RECEIVED else deal).id)
        if deal.role is Role.PASSENGER and deal.state is State.INVITED:
            return accept_invitation(desk, deal)
        forks.check_log(desk, deal.peer_log)
        advance(desk, deal, Event.WE_ACCEPT)
        _take_seat(desk, deal)
        _sign_acceptance(desk, deal)
        send_details(desk, deal)
        asking.show(desk, deal)
        deals.save(desk.node, deal)
    return deal


def decline(desk: Desk, deal_id: bytes, reason: str = "") -> Deal:
    """Say no to a proposal or an invitation."""
    with desk.node.transaction():
        deal = find(desk, deal_id)
        advance(desk, deal, Event.WE_DECLINE, reason=checked_note(reason), by="us")
        send_decline(desk, deal, reason)
        deals.save(desk.node, deal)
    return deal


def cancel(desk: Desk, deal_id: bytes, reason: str = "") -> Deal:
    """Call a deal off: withdraw a proposal or invitation, or cancel an agreed ride."""
    with desk.node.transaction():
        deal = find(desk, deal_id)
        call_off(desk, deal, reason)
        deals.save(desk.node, deal)
    return deal


def add_note(desk: Desk, deal_id: bytes, text: str) -> Deal:
    """Write to the partner of an agreed deal."""
    with desk.node.transaction():
        deal = find(desk, deal_id)
        if not deal.peer or deal.state in {State.DECLINED, State.LAPSED, State.WITHDRAWN, State.RECEIVED}:
            raise RefusedError(f"the deal is {deal.state}; notes go to a partner who has agreed", code="wrong-state")
        write(desk, deal, Note(checked_note(text)))
        deals.add_note(desk.node, deal.id, text, mine=True, now=desk.minute)
        deals.save(desk.node, deal)
    return deal


def send_details(desk: Desk, deal: Deal) -> None:
    """Tell the partner of an agreed deal what nobody else may know: where we stand, a telephone number, an account."""
    places = tuple(round(float(number) * E5) for number in deal.own_places.split())
    spots = tuple(map(_name, (deal.pickup_spot, deal.dropoff_spot))) if places else ()
    config = desk.config
    if places or config.contact or config.iban:
        write(desk, deal, Details(places, config.contact, spots, plain_iban(config.iban)))


def _name(spot: str) -> str:
    """Return as much of the name of a meeting place as a letter takes."""
    plain = "".join(sign for sign in unicodedata.normalize("NFC", spot) if sign.isprintable())
    return plain.encode()[:MAX_NAME].decode(errors="ignore")


def _foresee(desk: Desk, deal: Deal) -> None:
    if deal.role is Role.DRIVER and deal.terms:
        foresee(desk, deal.offer_id, agreement_from(deal.terms), riders(desk, deal.offer_id, deal.id))


def _take_seat(desk: Desk, deal: Deal) -> None:
    signed, _ = read_post(deal.offer)
    if not isinstance(signed.post, Offer):
        raise InvalidInputError("not an offer")
    aboard = riders(desk, deal.offer_id, deal.id)
    found = agreement.place(signed.post, agreement_from(deal.terms), aboard, deal.max_delay)
    if isinstance(found, Miss):
        raise RefusedError(_FULL.get(found.reason, f"does not fit: {found.reason}"), code=f"full-{found.reason}")
    deal.legs, deal.detour = f"{found.pickup_leg},{found.dropoff_leg}", found.detour_min
    deal.pickup_pos, deal.dropoff_pos, deal.estimated = found.pickup_pos, found.dropoff_pos, 1
    if (post := own.post(desk.node, deal.offer_id)) is None:
        return
    cost = cost_of(desk, post, agreement_from(deal.terms), aboard, found)
    if cost.is_above(signed.post):
        raise RefusedError(f"{_FULL[Reason.DETOUR]}, by road", code="full-detour")
    if cost.own is not None:
        deal.detour, deal.estimated = round(cost.own.rider, 1), 0


def _sign_acceptance(desk: Desk, deal: Deal) -> None:
    terms = agreement_from(deal.terms)
    seed = post_seed(desk, deal.offer_id)
    deal.offer_sig, deal.bind_sig = sign_as_driver(terms, seed, desk.device, desk.keys.log)
    card = new_card(desk, deal)
    body = Acceptance(terms.id, deal.offer_sig, deal.bind_sig, desk.device, card, desk.config.name)
    write(desk, deal, body, How(answers=post_office.letter_of(desk.node, deal.id, Proposal.KIND)))
