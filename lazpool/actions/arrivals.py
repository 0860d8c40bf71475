"""Letters that nothing answers, such as a note: their reader says that they arrived, and until then they are repeated.

Only two who have both signed an agreement say so to each other: before it, an answer would tell who one is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions.letters import UNANSWERED, How, are_acquainted, write
from lazpool.errors import MalformedError
from lazpool.records.deal_bodies import Arrived
from lazpool.store import post_office

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.store.deals import Deal


def acknowledge(desk: Desk, deal: Deal, letter: Letter) -> None:
    """Say that a letter came, if nothing else will; the caller saves the deal."""
    if isinstance(letter.body, UNANSWERED) and are_acquainted(deal):
        write(desk, deal, Arrived(letter.counter), How(answers=letter.id))


def on_arrived(desk: Desk, deal: Deal, letter: Letter) -> None:
    """Stop repeating a letter that came."""
    if not isinstance(letter.body, Arrived):
        raise MalformedError("shape", "not an arrival")
    for one in UNANSWERED:
        post_office.answered_one(desk.node, deal.id, one.KIND, letter.body.counter)
