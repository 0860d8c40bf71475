"""Writing letters: signed, sealed and queued in the transaction of what they tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lazpool.actions.letterboxes import letterboxes
from lazpool.records.deal_bodies import Cancellation, Details, NewCard, Note, Position
from lazpool.records.disputes import Dispute, DisputeEnded
from lazpool.records.forks import ForkShown
from lazpool.records.letters import seal_letter
from lazpool.records.people import Card, card_from
from lazpool.records.shape import wire_fields
from lazpool.rules.admission import MAX_LIFETIME
from lazpool.rules.negotiation import Role
from lazpool.store import devices, logs, own, post_office
from lazpool.store.deals import Deal
from lazpool.wire.codec import decode, encode
from lazpool.wire.keys import new_seed
from lazpool.wire.seal import box_public_key
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.body_shape import AnyBody
    from lazpool.records.letters import Letter
    from lazpool.records.posts import Offer, Request
    from lazpool.store.circles import Person

KEEP_CARD = 180 * 24 * 60
"""Minutes that a contact card's keys outlive the ride, or their renewal: receipts may come late, settlements later."""
ABOUT_THE_RIDE, KEEP_SAYING = (Cancellation, Details, Note), 30 * 24 * 60
"""What is said about a ride is given up so many minutes after it, or after it was said: it helps nobody any more."""
_MAX_CARD = 512
UNANSWERED = (Cancellation, Details, Note, NewCard, Position, Dispute, DisputeEnded, ForkShown)
"""Letters whose reader has nothing to say to them but that they came."""


@dataclass(frozen=True, slots=True)
class How:
    """How a letter travels. awaits: repeated until answered. answers: which letter. seed: who signs, else our log.

    until: the minute after which it is given up, if before the card is. A deal that was made under an old log goes on
    under it: the partner knows us by that.
    """

    awaits: bool = False
    answers: bytes = b""
    seed: bytes = b""
    until: int = 0


@dataclass(frozen=True, slots=True)
class Thread:
    """By which letters reach one person: what stands for deal and post, the next number, the card, and until when."""

    id: bytes
    about: bytes
    counter: int
    card: Card
    expires: int


def write(desk: Desk, deal: Deal, body: AnyBody, how: How | None = None) -> bytes:
    """Queue a letter to the partner of a deal and return its id; the caller saves the deal, whose counter moves.

    It is kept for a time, after the ride or from now on; when the ride ends a stranger may say, up to a bound.
    One that nothing else answers is repeated until its reader says that it came.
    """
    deal.counter += 1
    how = how or How()
    if isinstance(body, UNANSWERED) and are_acquainted(deal) and not how.answers:
        how = replace(how, awaits=True)
    kept = KEEP_SAYING if isinstance(body, ABOUT_THE_RIDE) else KEEP_CARD
    expires = max(min(max(deal.answer_by, deal.ends), desk.minute + MAX_LIFETIME), desk.minute) + kept
    thread = Thread(deal.id, deal.about, deal.counter, unpack_card(deal.peer_card), expires)
    return send(desk, thread, body, how, _seed_of(desk, deal, body))


def _seed_of(desk: Desk, deal: Deal, body: AnyBody) -> bytes:
    """Return who signs: the log that the partner knows us by, unless they believe nothing by it any more.

    What nothing answers is repeated until they have heard of the log that we have now.
    """
    seed = logs.seed_of(desk.node, deal.id)
    is_revoked = bool(seed) and devices.revocation(desk.node, public_key(seed)) is not None
    return b"" if is_revoked and isinstance(body, UNANSWERED) else seed


def are_acquainted(deal: Deal) -> bool:
    """Tell whether both sides know who the other is: the passenger by the acceptance, which the driver signs."""
    return bool(deal.peer_log) and (deal.role is Role.PASSENGER or bool(deal.bind_sig))


def send(desk: Desk, thread: Thread, body: AnyBody, how: How, seed: bytes = b"") -> bytes:
    """Queue a letter and return its id; seed: who signs when `how` does not say it, else our log."""
    identifier, sealed = seal_letter(
        *(thread.id, thread.counter, body),
        sender_seed=how.seed or seed or desk.keys.log,
        box_pk=thread.card.box_pk,
        about=thread.about,
        net=desk.net,
    )
    post_office.put_letter(
        desk.node,
        deal=thread.id,
        kind=body.KIND,
        counter=thread.counter,
        tag=thread.card.tag_pk,
        letterboxes=thread.card.letterboxes,
        data=sealed,
        awaits=how.awaits,
        answers=how.answers,
        now=desk.second,
        expires=how.until or thread.expires,
    )
    return identifier


def new_card(desk: Desk, deal: Deal) -> Card:
    """Make keys for this pair of people, keep them, and return the card to give away."""
    seed, box_sk = new_seed(), new_seed()
    box = own.Box(public_key(seed), seed, box_sk, deal.offer_id, deal.id, max(deal.ends, desk.minute) + KEEP_CARD)
    own.add_box(desk.node, box)
    deal.own_tag = box.tag
    return card_of_box(desk, box)


def card_of_box(desk: Desk, box: own.Box) -> Card:
    """Return the card that leads to a box of ours; the letterboxes are those that we have now."""
    return Card(box_public_key(box.box_sk), box.tag, letterboxes(desk))


def card_of(post: Offer | Request) -> Card:
    """Return where the author of a post can be written to."""
    return Card(post.box_pk, post.post_pk, post.letterboxes)


def take_card(theirs: Deal | Person, letter: Letter, card: Card) -> bool:
    """Write to somebody by the card that a letter brought, unless a newer one is known; tell whether none was.

    Of two cards the newer is the one in the letter with the higher counter, in whichever order they come. The caller
    saves the deal, or the person's row in a circle.
    """
    if letter.counter <= theirs.card_counter:
        return False
    theirs.card_counter = letter.counter
    if isinstance(theirs, Deal):
        theirs.peer_card = pack_card(card)
    else:
        theirs.card = pack_card(card)
    return True


def pack_card(card: Card) -> bytes:
    """Return a card as it is stored."""
    return encode(wire_fields(card))


def unpack_card(data: bytes) -> Card:
    """Return a stored card."""
    return card_from(decode(data, _MAX_CARD))
