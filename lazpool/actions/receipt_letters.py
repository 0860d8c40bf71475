"""What letters about a receipt do: its halves, and the no to one; called inside the transaction that remembers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import asking, imports, receipts, rotating
from lazpool.actions.letters import How, write
from lazpool.actions.moves import MAX_NOTE, NotYetError, advance
from lazpool.errors import MalformedError, RefusedError
from lazpool.records.deal_bodies import Boarded, Cancellation
from lazpool.records.halves import Countersign, Receipt, ReceiptRefused
from lazpool.records.letters import body_of
from lazpool.records.receipts import receipt_from
from lazpool.rules.negotiation import Event, Role, State, step
from lazpool.store import deals, ledger, post_office

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.store.deals import Deal
    from lazpool.store.ledger import StoredReceipt


def on_receipt(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the driver: countersign what agrees with the agreement and the pair's count; answer no to anything else."""
    body = body_of(letter, Receipt)
    rotating.check_known(desk, deal, body.passenger.identity, body.passenger.log_pk)
    receipts.send_halves(desk, deal, body.receipt, letter.id)
    if deal.role is Role.DRIVER and deal.state is State.RECEIPTED:
        return  # the half of this ride is among them
    if deal.role is not Role.DRIVER or step(deal.role, deal.state, Event.WE_SIGN) is None:
        _refuse_receipt(desk, deal, letter, body, f"the deal is {deal.state}")
        if deal.state is State.CANCELLED:  # our cancellation must be lost
            write(desk, deal, Cancellation(deal.reason), How(answers=letter.id))
        return
    if receipts.is_ahead(desk, body.receipt):
        asking.suspect(desk, deal)
        deals.save(desk.node, deal)
        raise NotYetError("an earlier receipt of this pair is still to come")
    try:
        receipts.countersign(desk, deal, body, letter.id)
    except (RefusedError, MalformedError) as wrong:
        deal.reason = f"a receipt was refused: {wrong.message}"
        if wrong.code == "wrong-count":
            asking.show(desk, deal)  # another device of theirs may have counted on
        _refuse_receipt(desk, deal, letter, body, wrong.message)
        return
    advance(desk, deal, Event.WE_SIGN)
    deal.reason = ""
    post_office.answered(desk.node, deal.id, (Boarded.KIND,))


def on_countersign(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the passenger: the receipt is whole, also when it comes late; in the order of the pair's count."""
    half = body_of(letter, Countersign).half
    rotating.check_known(desk, deal, half.device.identity, half.device.log_pk)
    stored = ledger.receipt(desk.node, half.receipt_id)
    if stored is None:
        if half.device.identity == deal.peer:
            asking.ask(desk, deal)  # for what we must have signed before this home was restored
        return
    about = deal if stored.deal == deal.id else deals.get(desk.node, stored.deal)
    if about is None or about.peer != deal.peer or step(about.role, about.state, Event.THEY_SIGN) is None:
        return
    if receipts.is_ahead(desk, receipt_from(stored.terms)):
        asking.suspect(desk, deal)
        deals.save(desk.node, deal)
        raise NotYetError("the second half of an earlier receipt of this pair is still to come")
    advance(desk, about, Event.THEY_SIGN)
    about.reason = ""
    post_office.answered(desk.node, about.id, (Receipt.KIND,))
    receipts.seal(desk, stored, half)
    deals.save(desk.node, about)
    imports.count_anew(desk, deal)


def on_receipt_refused(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the passenger: the driver's node did not sign; the person may try again with `done`."""
    body = body_of(letter, ReceiptRefused)
    stored = _receipt_of(desk, deal, body.receipt_id)
    if stored is None or stored.state != ledger.PROPOSED:
        return
    receipts.lapse(desk, stored)
    if step(deal.role, deal.state, Event.THEY_DECLINE) is not None:
        reason = f"the driver's node refused the receipt: {body.reason}"
        advance(desk, deal, Event.THEY_DECLINE, reason=reason[:MAX_NOTE], by="them")


def _receipt_of(desk: Desk, deal: Deal, receipt_id: bytes) -> StoredReceipt | None:
    stored = ledger.receipt(desk.node, receipt_id)
    return stored if stored is not None and stored.deal == deal.id else None


def _refuse_receipt(desk: Desk, deal: Deal, letter: Letter, body: Receipt, reason: str) -> None:
    write(desk, deal, ReceiptRefused(body.receipt.id, reason[:200]), How(answers=letter.id))
