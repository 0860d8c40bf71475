"""Proposals and invitations: a deal begins."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lazpool.actions.aboard import riders
from lazpool.actions.letters import How, card_of, new_card, pack_card, write
from lazpool.actions.matches import match_id
from lazpool.actions.moves import advance, checked_note, post_seed
from lazpool.actions.standpoint import judge, standpoint
from lazpool.actions.walks import chosen
from lazpool.errors import InvalidInputError, NotFoundError, RefusedError
from lazpool.records.agreements import sign_as_passenger
from lazpool.records.deal_bodies import Invitation, Proposal
from lazpool.records.groups import member_tag
from lazpool.records.places import centre
from lazpool.records.posts import Offer, Request, SignedPost, read_post
from lazpool.records.shape import DEAL_ID
from lazpool.rules import matching
from lazpool.rules import terms as agreement
from lazpool.rules.matching import Fit, fit_places
from lazpool.rules.negotiation import OPEN, Event, Role, State
from lazpool.rules.walking import narrowed, standing
from lazpool.store import board, deals, groups, logs, own
from lazpool.store.deals import Deal

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.places import Point
    from lazpool.rules.walking import Pair

_NOWHERE: Pair = (None, None)


def propose(desk: Desk, match: board.Match, note: str = "") -> Deal:
    """As a passenger, sign terms for a match and queue the proposal; returns the new deal."""
    if match.role != Role.PASSENGER:
        raise RefusedError("in this match you drive", hint="lazpool invite MATCH tells the passenger of your offer")
    offer = _on_board(desk, match.theirs)
    with desk.node.transaction():
        request = _live(desk, match.mine)
        _check_not_open(desk, offer.id, match.mine)
        deal = _draft(offer, request, secrets.token_bytes(DEAL_ID), desk.minute)
        deals.add(desk.node, deal)
        _send_proposal(desk, deal, offer, request, note)
    return deal


def invite(desk: Desk, match: board.Match, note: str = "") -> Deal:
    """As a driver, point the passenger of a match at our offer; returns the new deal."""
    if match.role != Role.DRIVER:
        raise RefusedError("in this match you are the passenger", hint="lazpool propose MATCH proposes the ride")
    wanted = _on_board(desk, match.theirs)
    with desk.node.transaction():
        mine = _live(desk, match.mine)
        if any(deal.about == wanted.id for deal in deals.of_offer(desk.node, mine.id, Role.DRIVER, OPEN)):
            raise RefusedError("this passenger is invited already", code="open-deal")
        _check_room(desk, mine, wanted)
        deal = _new_deal(Role.DRIVER, State.INVITED, secrets.token_bytes(DEAL_ID), mine.id, mine.envelope, desk.minute)
        deal.post_id, deal.about, deal.peer_card = mine.id, wanted.id, pack_card(card_of(_trip(wanted)))
        deal.answer_by, deal.ends = match.pickup_at, match.dropoff_at
        deal.flags = _trip(wanted).flags
        how = How(awaits=True, seed=post_seed(desk, mine.id), until=deal.answer_by)
        write(desk, deal, Invitation(mine.envelope, checked_note(note)), how)
        deals.add(desk.node, deal)
        _keep_note(desk, deal, note)
    return deal


def accept_invitation(desk: Desk, deal: Deal) -> Deal:
    """As an invited passenger, propose the ride; part of the caller's transaction."""
    offer, _ = read_post(deal.offer)
    request = _live(desk, deal.post_id)
    drafted = _draft(offer, request, deal.id, desk.minute)
    drafted.counter = deal.counter
    advance(desk, deal, Event.WE_PROPOSE)
    _send_proposal(desk, drafted, offer, request, "")
    return drafted


def new_received(desk: Desk, letter: Proposal, offer: own.OwnPost) -> Deal:
    """Return the driver's side of a deal that a proposal begins."""
    terms = letter.agreement
    deal = _new_deal(Role.DRIVER, State.RECEIVED, terms.deal, offer.id, offer.envelope, desk.minute)
    deal.post_id, deal.about, deal.counter = offer.id, offer.id, logs.first_counter(desk.node)
    _fill(deal, letter)
    return deal


def take_proposal(deal: Deal, letter: Proposal) -> None:
    """Fill the driver's side of an invited deal from the proposal that answers it."""
    deal.about = deal.offer_id
    _fill(deal, letter)


def new_invited(desk: Desk, deal_id: bytes, offer: SignedPost, request: own.OwnPost) -> Deal:
    """Return the passenger's side of a deal that an invitation begins."""
    deal = _new_deal(Role.PASSENGER, State.INVITED, deal_id, offer.id, offer.envelope, desk.minute)
    trip = _trip(offer)
    deal.post_id, deal.about, deal.peer_card = request.id, offer.id, pack_card(card_of(trip))
    deal.flags = _trip(read_post(request.envelope)[0]).flags
    deal.answer_by = deal.ends = trip.expires
    deal.counter = logs.first_counter(desk.node)
    return deal


def _draft(offer: SignedPost, request: own.OwnPost, deal_id: bytes, now: int) -> Deal:
    deal = _new_deal(Role.PASSENGER, State.PROPOSED, deal_id, offer.id, offer.envelope, now)
    deal.post_id, deal.about, deal.peer_card = request.id, offer.id, pack_card(card_of(_trip(offer)))
    return deal


def _send_proposal(desk: Desk, deal: Deal, offer: SignedPost, request: own.OwnPost, note: str) -> None:
    wish, _ = read_post(request.envelope)
    trip = _trip(offer)
    if not isinstance(trip, Offer) or not isinstance(wish.post, Request):
        raise InvalidInputError("a proposal joins a request to an offer")
    secret = groups.secret_of(desk.node, trip)
    if (mismatch := matching.mismatch(trip, wish.post, secret)) is not None:
        raise RefusedError(f"the offer does not fit your request: {mismatch}", code="no-fit")
    match = board.match(desk.board, match_id(request.id, offer.id))
    walk = chosen(match, request) if match else _NOWHERE
    cells, found = meeting(trip, wish.post, (request.start, request.end), walk)
    if found.pickup_at <= desk.minute:
        raise RefusedError("the pick-up time is past", code="too-late")
    terms = agreement.draft(
        offer, deal=deal.id, passenger=desk.identity, cells=cells, seats=wish.post.seats, found=found
    )
    deal.terms, deal.passenger_sig = terms.body(), sign_as_passenger(terms, desk.keys.log)
    deal.depart, deal.ends, deal.answer_by = terms.pickup_at, terms.dropoff_at, terms.answer_by
    deal.flags, deal.detour = wish.post.flags, found.detour_min
    _say_where(deal, found, request)
    member = member_tag(secret, terms.id) if secret else b""
    deal.max_delay = agreement.patience(narrowed(agreement.window_of(wish.post), walk), found)
    about_me = (desk.device, new_card(desk, deal), desk.config.name, checked_note(note))
    body = Proposal(deal.terms, deal.passenger_sig, *about_me, deal.flags, member, deal.max_delay)
    write(desk, deal, body, How(awaits=True))
    deals.save(desk.node, deal)
    _keep_note(desk, deal, note)


def _say_where(deal: Deal, found: Fit, request: own.OwnPost) -> None:
    """Note where we stand: at the meeting places, or at our exact ends; told to the driver once both have signed."""
    spots, ends = (found.pickup, found.dropoff), (request.start, request.end)
    deal.pickup_spot, deal.dropoff_spot = (spot.name if spot else "" for spot in spots)
    points = (spot.point if spot else end for spot, end in zip(spots, ends, strict=True))
    deal.own_places = " ".join(f"{point.lat:.5f} {point.lon:.5f}" for point in points)


def _keep_note(desk: Desk, deal: Deal, note: str) -> None:
    if note:
        deals.add_note(desk.node, deal.id, note, mine=True, now=desk.minute)


def meeting(
    offer: Offer, request: Request, ends: tuple[Point, Point], pair: Pair = _NOWHERE
) -> tuple[tuple[int, int], Fit]:
    """Return meeting cells and how the offer serves them.

    Of the meeting places that were walked to, else near our exact ends, or where these are beyond the detour in the
    middle of our cells.
    """
    middle = (centre(request.cell_from), centre(request.cell_to))
    reason = ""
    for places, walk in ((ends, pair), (ends, _NOWHERE), (middle, _NOWHERE)):
        cells = agreement.meeting_cells(*standing(places, walk))
        window = narrowed(agreement.window_of(request), walk)
        found = fit_places(offer, centre(cells[0]), centre(cells[1]), request.seats, window=window)
        if isinstance(found, Fit):
            return cells, matching.on_foot(found, walk)
        reason = str(found.reason)
    raise RefusedError(f"the offer no longer fits your request: {reason}", code="no-fit")


def _fill(deal: Deal, letter: Proposal) -> None:
    terms = letter.agreement
    deal.terms, deal.passenger_sig = letter.terms, letter.signature
    deal.peer, deal.peer_log, deal.peer_cert = (
        letter.passenger.identity,
        letter.passenger.log_pk,
        letter.passenger.certificate,
    )
    # The first card of theirs: no letter can have brought a newer one, so the number of this one is not asked for.
    deal.peer_card, deal.peer_name = pack_card(letter.card), letter.name
    deal.depart, deal.ends, deal.answer_by = terms.pickup_at, terms.dropoff_at, terms.answer_by
    deal.flags = letter.flags
    deal.max_delay = letter.max_delay


def _new_deal(role: Role, state: State, deal_id: bytes, offer_id: bytes, offer: bytes, now: int) -> Deal:
    post = read_post(offer)[0].post
    depart = post.depart if isinstance(post, Offer) else now
    return Deal(
        id=deal_id, role=role, state=state, offer_id=offer_id, offer=offer,
        depart=depart, ends=depart, answer_by=depart, created=now, changed=now,
    )  # fmt: skip


def _on_board(desk: Desk, post_id: bytes) -> SignedPost:
    row = board.get(desk.board, post_id)
    if row is None:
        raise NotFoundError("that post is no longer on the board", hint="lazpool matches shows what there is")
    return read_post(row["envelope"])[0]


def _live(desk: Desk, post_id: bytes) -> own.OwnPost:
    post = own.post(desk.node, post_id)
    if post is None or post.state != own.LIVE:
        raise RefusedError("your post is no longer live", code="not-live")
    return post


def _trip(signed: SignedPost) -> Offer | Request:
    if isinstance(signed.post, Offer | Request):
        return signed.post
    raise InvalidInputError("a withdrawal is no trip")


def _check_room(desk: Desk, mine: own.OwnPost, wanted: SignedPost) -> None:
    """Refuse to invite whom those aboard leave no room for; a match is older than what was agreed since."""
    ours = standpoint(desk, mine)
    if not isinstance(wanted.post, Request) or not riders(desk, mine.id):
        return
    if isinstance(found := judge(desk, ours, wanted.post), matching.Miss):
        raise RefusedError(f"those whom you have accepted leave no room: {found.reason}", code="no-fit")


def _check_not_open(desk: Desk, offer_id: bytes, request_id: bytes) -> None:
    for deal in deals.of_offer(desk.node, offer_id, Role.PASSENGER, OPEN | {State.RECEIPTED}):
        if deal.post_id == request_id:
            raise RefusedError(
                f"this ride is {deal.state} already", hint=f"lazpool deal {deal.id.hex()[:8]}", code="open-deal"
            )
