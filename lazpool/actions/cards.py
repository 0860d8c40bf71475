"""Contact cards after a ride: renewed while two people may still have something to settle, so neither loses the other.

Of all deals with a person the newest is the one by which both write; only its cards are renewed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions.letters import card_of_box, new_card, take_card, write
from lazpool.errors import MalformedError
from lazpool.records.deal_bodies import NewCard
from lazpool.store import deals, own, post_office

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.store.deals import Deal

RENEW = 90 * 24 * 60
"""Minutes before a card of ours expires at which its successor is sent: half of its life."""
QUIET = 2 * 366 * 24 * 60
"""Minutes after the last ride together at which we stop: who shared nothing for two years may lose each other."""


def renew(desk: Desk) -> None:
    """Send new cards in place of those that expire soon."""
    for identifier in deals.closing_threads(desk.node, desk.minute + RENEW, desk.minute - QUIET):
        with desk.node.transaction():
            deal = deals.get(desk.node, identifier)
            if deal is not None:
                write(desk, deal, NewCard(new_card(desk, deal)))
                deals.save(desk.node, deal)


def remind(desk: Desk, deal: Deal, box: own.Box) -> None:
    """Send the card again to a partner who has just used an older one; the caller saves the deal."""
    if box.deal != deal.id or box.tag == deal.own_tag:
        return
    newest = own.box(desk.node, deal.own_tag)
    if newest is not None:
        post_office.replaced(desk.node, deal.id, NewCard.KIND)  # one that waits for its answer is enough
        write(desk, deal, NewCard(card_of_box(desk, newest)))


def on_new_card(_desk: Desk, deal: Deal, letter: Letter) -> None:
    """Write to the partner by this card from now on, unless a newer one has overtaken it."""
    if not isinstance(letter.body, NewCard):
        raise MalformedError("shape", "not a card")
    take_card(deal, letter, letter.body.card)
