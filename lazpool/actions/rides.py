"""At the car: the passenger shows a code, the driver repeats it, the passenger's node checks it and signs.

Each function that begins with `on_` is part of the transaction that remembers its letter.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

from lazpool.actions.letters import How, write
from lazpool.actions.moves import advance, find
from lazpool.actions.receipts import sign_receipt
from lazpool.errors import RefusedError
from lazpool.records.deal_bodies import CODE_DIGITS, MAX_TRIES, Boarded, Cancellation, CodeRefused
from lazpool.records.letters import body_of
from lazpool.rules.negotiation import Event, Role, State, step
from lazpool.store import deals, post_office

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.store.deals import Deal


def show_code(desk: Desk, deal_id: bytes) -> str:
    """As the passenger, return the code to show at the car; no network is needed for it."""
    deal = find(desk, deal_id)
    if deal.role is Role.DRIVER:
        raise RefusedError("the passenger shows the code", hint="lazpool pickup DEAL CODE", code="wrong-role")
    if deal.state is not State.AGREED:
        raise RefusedError(f"the deal is {deal.state}: there is no code to show", code="wrong-state")
    return deal.code


def enter_code(desk: Desk, deal_id: bytes, code: str) -> Deal:
    """As the driver, queue the passenger's code for the passenger's node to check."""
    with desk.node.transaction():
        deal = find(desk, deal_id)
        if deal.role is Role.PASSENGER:
            raise RefusedError("the driver enters the code", hint="lazpool pickup DEAL shows it", code="wrong-role")
        advance(desk, deal, Event.WE_BOARD, reason="the code is with the passenger's node")
        write(desk, deal, Boarded(code), How(awaits=True))
        deal.boarding = deal.counter
        deals.save(desk.node, deal)
    return deal


def done(desk: Desk, deal_id: bytes) -> Deal:
    """As the passenger, say that the ride took place, without a code: signs the receipt."""
    with desk.node.transaction():
        deal = find(desk, deal_id)
        if deal.role is Role.DRIVER:
            hint = "enter the passenger's code with: lazpool pickup DEAL CODE, or ask them to run: lazpool done DEAL"
            raise RefusedError("only the passenger can say that the ride is done", hint=hint, code="wrong-role")
        advance(desk, deal, Event.WE_SIGN)
        sign_receipt(desk, deal)
        deals.save(desk.node, deal)
    return deal


def on_boarded(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the passenger's node, check a code: sign the receipt, or tell the driver that it was wrong.

    After three wrong ones every code is refused and only `done` is left; a wrong code never ends a deal.
    """
    if deal.role is not Role.PASSENGER:
        return
    if deal.state in {State.CANCELLED, State.WITHDRAWN}:  # our cancellation must be lost
        write(desk, deal, Cancellation(deal.reason), How(answers=letter.id))
    if deal.state not in {State.AGREED, State.CLAIMED}:
        return  # the receipt is signed already and repeats itself, or the deal is over
    left = MAX_TRIES - deal.tries
    if left > 0 and hmac.compare_digest(body_of(letter, Boarded).code, deal.code):
        advance(desk, deal, Event.WE_SIGN)
        deal.boarding = letter.counter
        sign_receipt(desk, deal)
        return
    deal.tries = min(deal.tries + 1, MAX_TRIES)
    tries_left = MAX_TRIES - deal.tries
    deal.reason = f"a wrong code was refused; {tries_left} tries left"
    write(desk, deal, CodeRefused(letter.counter, tries_left), How(answers=letter.id))


def on_code_refused(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the driver: the code was wrong; unless a newer one is under way, the deal stands where it stood before."""
    body = body_of(letter, CodeRefused)
    post_office.answered_one(desk.node, deal.id, Boarded.KIND, body.counter)
    if body.counter != deal.boarding or step(deal.role, deal.state, Event.THEY_REFUSE_CODE) is None:
        return
    left = f"{body.tries_left} tries left" if body.tries_left else "ask the passenger to run: lazpool done"
    advance(desk, deal, Event.THEY_REFUSE_CODE, reason=f"the code was wrong; {left}")
    deal.boarding = 0


def new_code() -> str:
    """Return a random code of six digits."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
