"""Letters within a circle: from each member to each other, by cards that are made for the circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions.letters import KEEP_CARD, How, Thread, card_of_box, send, take_card, unpack_card
from lazpool.actions.moves import NotYetError
from lazpool.errors import MalformedError, RefusedError
from lazpool.records.circle_bodies import Told
from lazpool.records.circles import about, founding_from, thread
from lazpool.records.deal_bodies import NewCard
from lazpool.store import circles as store
from lazpool.store import logs, own, post_office
from lazpool.wire.keys import new_seed
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.body_shape import AnyBody
    from lazpool.records.letters import Letter
    from lazpool.records.people import Card
    from lazpool.store.circles import Circle, Person

RENEW = 90 * 24 * 60
"""Minutes before a card of ours expires at which its successor is sent."""


def me(desk: Desk, circle: Circle) -> bytes:
    """Return who we are in a circle: the identity that it was founded with, whichever has followed that since."""
    if len(desk.identities) == 1:
        return desk.identity
    record = store.record(desk.node, circle.founding) if circle.founding else None
    named = founding_from(record.terms).signers if record is not None else (circle.founder,)
    return next((one for one in named if one in desk.identities), desk.identity)


def write(desk: Desk, circle: Circle, person: Person, body: AnyBody, how: How | None = None) -> int:
    """Queue a letter to somebody in a circle, save their row, and return the letter's counter."""
    person.counter += 1
    to = Thread(
        thread(circle.id, me(desk, circle), person.identity),
        about(circle.id),
        person.counter,
        unpack_card(person.card),
        desk.minute + KEEP_CARD,
    )
    send(desk, to, body, how or How(), logs.seed_of(desk.node, circle.id))
    store.save(desk.node, person)
    return person.counter


def stop(desk: Desk, circle: Circle, person: Person, kind: int, counter: int) -> None:
    """Repeat a letter no more."""
    post_office.answered_one(desk.node, thread(circle.id, me(desk, circle), person.identity), kind, counter)


def tell(
    desk: Desk, circle: Circle, person: Person, letter: Letter, rides: tuple[bytes, ...] = (), more: int = 0
) -> None:
    """Answer a letter with what we have."""
    write(desk, circle, person, Told(letter.counter, circle.digest, rides, more), How(answers=letter.id))


def new_card(desk: Desk, circle: Circle) -> Card:
    """Make keys by which all in the circle write to us, and return the card; the caller saves the circle."""
    seed, box_sk = new_seed(), new_seed()
    box = own.Box(public_key(seed), seed, box_sk, about(circle.id), circle.id, desk.minute + KEEP_CARD)
    own.add_box(desk.node, box)
    circle.own_tag = box.tag
    return card_of_box(desk, box)


def own_card(desk: Desk, circle: Circle) -> Card:
    """Return the newest card that we gave; the letterboxes are those that we have now."""
    box = own.box(desk.node, circle.own_tag)
    return card_of_box(desk, box) if box else new_card(desk, circle)


def sender(desk: Desk, circle: Circle, letter: Letter) -> Person:
    """Return who wrote a letter, or raise: NotYetError when they may still be introduced."""
    for person in store.people(desk.node, circle.id):
        if letter.deal in {thread(circle.id, person.identity, ours) for ours in desk.identities}:
            if person.log and letter.sender != person.log:
                raise RefusedError("a letter by somebody else", code="wrong-sender")
            if not person.log:  # who gathers the circle: nobody else was given the key that this letter is sealed to
                person.log = letter.sender
                store.save(desk.node, person)
            return person
    if circle.state in {store.JOINING, store.FOUNDING}:
        raise NotYetError("by somebody of whom the founding is still to come")
    raise RefusedError("a letter by nobody in this circle", code="wrong-sender")


def renew(desk: Desk, circle: Circle) -> None:
    """Send new cards in place of one that expires soon."""
    box = own.box(desk.node, circle.own_tag)
    if box is not None and box.expires > desk.minute + RENEW:
        return
    with desk.node.transaction():
        card = new_card(desk, circle)
        store.save(desk.node, circle)
        for person in store.people(desk.node, circle.id):
            write(desk, circle, person, NewCard(card))


def remind(desk: Desk, circle: Circle, person: Person, box: own.Box) -> None:
    """Send the card again to somebody who has just used an older one."""
    if box.tag != circle.own_tag and (newest := own.box(desk.node, circle.own_tag)) is not None:
        write(desk, circle, person, NewCard(card_of_box(desk, newest)))


def on_new_card(desk: Desk, _circle: Circle, person: Person, letter: Letter) -> None:
    """Write by this card from now on, unless a newer one has overtaken it."""
    if not isinstance(letter.body, NewCard):
        raise MalformedError("shape", "not a card")
    if take_card(person, letter, letter.body.card):
        store.save(desk.node, person)
