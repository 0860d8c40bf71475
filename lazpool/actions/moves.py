"""Moving a deal along: finding it, the state table, and what several actions need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.errors import InvalidInputError, LazpoolError, NotFoundError, RefusedError
from lazpool.rules.negotiation import step
from lazpool.store import deals, own

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.rules.negotiation import Event
    from lazpool.store.deals import Deal

MAX_NOTE = 500


class NotYetError(LazpoolError):
    """A letter that makes sense only after another one; it is taken up when it is repeated."""


def find(desk: Desk, deal_id: bytes) -> Deal:
    """Return a deal of ours, or raise NotFoundError."""
    deal = deals.get(desk.node, deal_id)
    if deal is None:
        raise NotFoundError("there is no such deal")
    return deal


def advance(desk: Desk, deal: Deal, event: Event, *, reason: str = "", by: str = "") -> None:
    """Move a deal as the state table says; RefusedError where it does not."""
    following = step(deal.role, deal.state, event)
    if following is None:
        what = event.value.split("_", 1)[1].replace("_", " ")
        raise RefusedError(f"the deal is {deal.state}: {what} is not possible", code="wrong-state")
    deal.state, deal.changed = following, desk.minute
    deal.reason, deal.by = reason or deal.reason, by or deal.by


def post_seed(desk: Desk, post_id: bytes) -> bytes:
    """Return the seed of the key of one of our posts, or raise RefusedError when it is deleted."""
    for box in own.boxes(desk.node):
        if box.about == post_id and not box.deal:
            return box.tag_seed
    raise RefusedError("the keys of this post are deleted already", code="keys-gone")


def checked_note(text: str) -> str:
    """Return free text that fits a letter, or raise InvalidInputError."""
    if len(text.encode()) > MAX_NOTE:
        raise InvalidInputError(f"that text is longer than {MAX_NOTE} bytes")
    return text
