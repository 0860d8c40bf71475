"""Letters that come in: opened, recognised, and acted on once, each in one transaction.

A letter that cannot be read is dropped: nobody honest sends it. One that comes again gets its stored answer again.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from lazpool.actions import (
    answers,
    arrivals,
    cards,
    checkpoints,
    circle_founding,
    circle_inbox,
    corrections,
    disputes,
    forks,
    positions,
    receipt_letters,
    recovery,
    revoking,
    rides,
    rotating,
    series,
    settlements,
    witnessing,
)
from lazpool.actions.detours import foresee
from lazpool.actions.letters import unpack_card
from lazpool.actions.moves import NotYetError
from lazpool.actions.sightings import witness
from lazpool.errors import HaltedError, MalformedError, RefusedError
from lazpool.records.circle_bodies import CircleInvitation
from lazpool.records.deal_bodies import (
    Acceptance,
    Arrived,
    Boarded,
    Cancellation,
    CodeRefused,
    Decline,
    Details,
    Invitation,
    NewCard,
    Note,
    Position,
    Proposal,
    Series,
    SeriesAnswer,
)
from lazpool.records.disputes import Correction, Dispute, DisputeEnded
from lazpool.records.forks import ForkShown
from lazpool.records.halves import Confirmation, Countersign, Receipt, ReceiptRefused, Settlement, SettlementRefused
from lazpool.records.key_bodies import KeysKnown, Revoke, Rotate
from lazpool.records.letters import Letter, open_letter
from lazpool.records.posts import read_post
from lazpool.records.recovery import Holdings, Records
from lazpool.records.witness_bodies import Witnessed, WitnessPlease
from lazpool.store import deals, devices, own, post_office

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.actions.desk import Desk
    from lazpool.store.deals import Deal


class Outcome(Enum):
    """What became of a letter; whatever it is, its letterbox may forget it."""

    DONE = "done"
    AGAIN = "again"
    LATER = "later"
    DROPPED = "dropped"


def receive(desk: Desk, tag: bytes, sealed: bytes) -> tuple[Outcome, str]:
    """Act on a sealed letter for one of our tags; return what became of it, and why."""
    box = own.box(desk.node, tag)
    if box is None:
        return Outcome.DROPPED, "the keys of this tag are gone"
    try:
        letter = open_letter(sealed, box.box_sk, about=box.about, net=desk.net)
        if isinstance(letter.body, Proposal):
            foresee(desk, box.about, letter.body.agreement)
        witness(desk, letter)
        with desk.node.transaction():
            outcome = _act(desk, box, letter)
    except HaltedError as wrong:
        return Outcome.LATER, f"{wrong.code}: {wrong.message}"
    except (MalformedError, RefusedError) as wrong:
        return Outcome.DROPPED, f"{wrong.code}: {wrong.message}"
    if isinstance(letter.body, SeriesAnswer) and outcome is Outcome.DONE:
        series.go_on(desk)  # each proposal is a transaction of its own; after a crash, housekeeping goes on
    return outcome, ""


def _act(desk: Desk, box: own.Box, letter: Letter) -> Outcome:
    if post_office.is_known(desk.node, letter.id):
        post_office.repeat_answer(desk.node, letter.id, desk.second)
        return Outcome.AGAIN
    kind = letter.body.KIND
    post_office.remember(desk.node, letter.id, deal=letter.deal, kind=kind, now=desk.minute)
    try:
        _dispatch(desk, box, letter)
    except NotYetError:
        post_office.forget(desk.node, letter.id)
        return Outcome.LATER
    return Outcome.DONE


def _dispatch(desk: Desk, box: own.Box, letter: Letter) -> None:
    if box.deal and circle_inbox.act(desk, box, letter):
        return
    deal = deals.get(desk.node, letter.deal)
    match letter.body:
        case Proposal() as proposal:
            answers.on_proposal(desk, box, letter, proposal, deal)
        case Invitation() as invitation:
            answers.on_invitation(desk, box, letter, invitation, deal)
        case _ if deal is None:
            raise RefusedError("a letter about no deal of ours", code="no-deal")
        case _:
            _check_sender(desk, deal, box, letter)
            if (handler := _HANDLERS.get(type(letter.body))) is None:
                raise RefusedError("a letter that is not of deals", code="wrong-box")
            handler(desk, deal, letter)
            arrivals.acknowledge(desk, deal, letter)
            cards.remind(desk, deal, box)
            deals.save(desk.node, deal)


def _check_sender(desk: Desk, deal: Deal, box: own.Box, letter: Letter) -> None:
    """Only the partner of a deal may write about it: by the card we gave, or before that by the offer's own key."""
    if box.deal not in {b"", deal.id} or box.about not in {deal.offer_id, deal.post_id}:
        raise RefusedError("a letter that came by another deal's box", code="wrong-box")
    if isinstance(letter.body, Acceptance | Revoke):
        return  # these introduce their sender, and show in themselves who that is
    if not deal.peer_log and box.deal == deal.id and letter.sender != _offer_key(deal):
        raise NotYetError("by somebody whose acceptance is still to come")
    if letter.sender not in _partner_keys(deal):
        raise RefusedError("a letter by somebody else", code="wrong-sender")
    if not isinstance(letter.body, _BY_REVOKED):
        devices.check_log(desk.node, letter.sender)


def _partner_keys(deal: Deal) -> set[bytes]:
    """Return who may sign letters of this deal: the partner's device once known, before that their post's key."""
    return {deal.peer_log or unpack_card(deal.peer_card).tag_pk}  # a post's key is the tag of its author's card


def _offer_key(deal: Deal) -> bytes:
    """Return the key of the offer that a deal is about."""
    return read_post(deal.offer)[0].post.post_pk


_HALVES = (Receipt, Countersign, Settlement, Confirmation)
_BY_REVOKED = (*_HALVES, Arrived)
"""Taken from a log that was revoked meanwhile: halves say themselves whether they count; what came need not be said
again."""
_HANDLERS: dict[type, Callable[[Desk, Deal, Letter], None]] = {
    Acceptance: answers.on_acceptance,
    Decline: answers.on_decline,
    Cancellation: answers.on_cancellation,
    Note: answers.on_note,
    Details: answers.on_details,
    Boarded: rides.on_boarded,
    CodeRefused: rides.on_code_refused,
    Position: positions.on_position,
    Receipt: receipt_letters.on_receipt,
    Countersign: receipt_letters.on_countersign,
    ReceiptRefused: receipt_letters.on_receipt_refused,
    Series: answers.on_series,
    SeriesAnswer: answers.on_series_answer,
    Settlement: settlements.on_settlement,
    Confirmation: corrections.on_confirmation,
    SettlementRefused: corrections.on_refused,
    Correction: corrections.on_correction,
    Dispute: disputes.on_dispute,
    DisputeEnded: disputes.on_ended,
    NewCard: cards.on_new_card,
    Arrived: arrivals.on_arrived,
    Holdings: recovery.on_holdings,
    Records: recovery.on_records,
    Revoke: revoking.on_revoke,
    Rotate: rotating.on_rotate,
    KeysKnown: revoking.on_known,
    CircleInvitation: circle_founding.on_invitation,
    WitnessPlease: witnessing.on_please,
    Witnessed: checkpoints.on_witnessed,
    ForkShown: forks.on_fork,
}
