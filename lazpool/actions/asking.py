"""Asking a partner for what both signed and we lack; part of the caller's transaction, as every letter is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions.letters import How, write
from lazpool.records.recovery import MAX_ROWS, Holdings
from lazpool.store import deals, ledger, post_office, recoveries, rotations
from lazpool.store.recoveries import ASKED, GAVE_UP, STUCK, SUSPECTED, WHOLE, Recovery

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.recovery import Held
    from lazpool.store.deals import Deal

PATIENCE = 10
"""Minutes in which a record that is ahead may simply have overtaken others; after that we ask for those."""
ANSWERED = 24 * 60
"""Minutes for which an answer is the partner's word on what they have."""
LIFETIME = 30 * 24 * 60
"""Minutes for which a question is repeated without an answer."""
TURN = 6 * 60
"""Minutes after which it is asked by another deal."""
MAX_THREADS = 64
"""Deals with one person that are tried in turn."""


def ask(desk: Desk, deal: Deal) -> None:
    """Ask the partner of a deal for what our books with them lack, unless that is asked already; the caller saves it.

    A question that waits in another deal is dropped: the partner may no longer read there.
    """
    known = recoveries.get(desk.node, deal.peer)
    if known is not None and known.state == ASKED:
        if known.deal == deal.id:
            return
        post_office.answered(desk.node, known.deal, (Holdings.KIND,))
    write(desk, deal, _holdings(desk, deal.peer, asks=1), How(awaits=True))
    recoveries.save(desk.node, Recovery(deal.peer, deal.id, ASKED, desk.minute, desk.minute))


def ask_on(desk: Desk, deal: Deal, known: Recovery) -> None:
    """Ask for what comes after the records that have just come in, by the deal by which they came."""
    post_office.answered(desk.node, known.deal, (Holdings.KIND,))
    write(desk, deal, _holdings(desk, deal.peer, asks=1), How(awaits=True))
    known.deal, known.changed = deal.id, desk.minute
    recoveries.save(desk.node, known)


def ask_everybody(desk: Desk) -> None:
    """Ask everybody we can write to: after a restore nobody knows what was signed since the backup."""
    for peer in deals.peers(desk.node):
        deal = deals.thread_with(desk.node, peer)
        if deal is not None:
            again(desk, deal)


def again(desk: Desk, deal: Deal) -> None:
    """Ask the partner of a deal, also when a question is under way already; saves the deal."""
    post_office.answered(desk.node, deal.id, (Holdings.KIND,))
    known = recoveries.get(desk.node, deal.peer)
    if known is not None and known.state == ASKED:
        known.state = GAVE_UP
        recoveries.save(desk.node, known)
    ask(desk, deal)
    deals.save(desk.node, deal)


def may_be_lost(desk: Desk, deal: Deal) -> bool:
    """Tell whether the partner may have records that we lack, and ask; not when they have just said all they have."""
    known = recoveries.get(desk.node, deal.peer)
    if known is not None and known.state in {WHOLE, STUCK} and desk.minute <= known.changed + ANSWERED:
        return False
    ask(desk, deal)
    return True


def suspect(desk: Desk, deal: Deal) -> None:
    """Note that a record of the partner's is ahead of our books; ask for those between when they do not come."""
    known = recoveries.get(desk.node, deal.peer)
    if known is None or known.state == WHOLE:
        recoveries.save(desk.node, Recovery(deal.peer, deal.id, SUSPECTED, desk.minute, desk.minute))
    elif known.state != ASKED and known.changed + PATIENCE <= desk.minute:
        ask(desk, deal)


def show(desk: Desk, deal: Deal) -> None:
    """Tell a partner how far our books go, who asks for what is missing; the caller saves the deal.

    It happens whenever a deal is agreed. What a restored home has missed it can hear by new keys alone, and it may have
    missed more since it asked: what we signed late went where it no longer reads. Told is nothing new: the letter is
    sealed to the card of the person whose records it counts. A new acquaintance hears by it what our log promises.
    """
    write(desk, deal, _holdings(desk, deal.peer, asks=0))


def go_on(desk: Desk) -> None:
    """Housekeeping: ask by another deal whom did not answer for hours, and nobody for more than a month."""
    for known in [one for one in recoveries.every(desk.node) if one.state == ASKED]:
        with desk.node.transaction():
            if known.since + LIFETIME < desk.minute:
                post_office.answered(desk.node, known.deal, (Holdings.KIND,))
                known.state, known.trouble = GAVE_UP, "no answer"
                recoveries.save(desk.node, known)
            elif known.changed + TURN <= desk.minute:
                _try_another(desk, known)


def _try_another(desk: Desk, known: Recovery) -> None:
    """Ask by the next older deal: a partner who lost a home, too, has lost the keys of the newest ones."""
    known.changed = desk.minute
    recoveries.save(desk.node, known)
    threads = deals.threads_with(desk.node, known.peer, MAX_THREADS)
    at = next((place for place, deal in enumerate(threads) if deal.id == known.deal), -1)
    deal = threads[(at + 1) % len(threads)] if threads else None
    if deal is not None and deal.id != known.deal:
        ask(desk, deal)
        deals.save(desk.node, deal)
        known.deal = deal.id  # since when, and what came back so far, stays
        recoveries.save(desk.node, known)


def is_whole(desk: Desk, peer: bytes) -> bool:
    """Tell whether a person has given us all that we lacked since this home was restored."""
    known = recoveries.get(desk.node, peer)
    return known is not None and known.state in {WHOLE, SUSPECTED}


def books_with(desk: Desk, peer: bytes) -> list[Held]:
    """Return how far our books with a person go, under every identity that either of us had; ours of today first."""
    owns = sorted(desk.identities, key=lambda one: (one != desk.identity, one))
    peers = sorted(rotations.identities_of(desk.node, peer), key=lambda one: (one != peer, one))
    return recoveries.held(desk.node, owns, peers)


def _holdings(desk: Desk, peer: bytes, *, asks: int) -> Holdings:
    origin = ledger.entries(desk.node)[0].pack()
    return Holdings(asks, origin, tuple(books_with(desk, peer)[:MAX_ROWS]))
