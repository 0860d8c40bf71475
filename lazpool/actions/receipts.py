"""Receipts: the passenger's device signs first, the driver's second, and both seal it in their logs.

Each function is part of its caller's transaction: state, log entry and outgoing letter are one.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lazpool.actions import disputes, forks, logbook
from lazpool.actions.asking import is_whole
from lazpool.actions.letters import How, write
from lazpool.errors import RefusedError
from lazpool.records.agreements import agreement_from
from lazpool.records.entries import LAPSED, PROPOSED, SEALED
from lazpool.records.halves import Countersign, Receipt
from lazpool.records.people import device_from
from lazpool.records.receipts import (
    LENGTH_STEP,
    PASSENGER,
    START_STEP,
    Countersignature,
    ReceiptTerms,
    check_first,
    check_second,
    place_commitment,
    receipt_from,
    sign_first,
    sign_second,
)
from lazpool.records.shape import HASH, shaped, wire_fields
from lazpool.rules.ledger import SealedReceipt, check_follows, direction
from lazpool.rules.negotiation import Event, step
from lazpool.store import deals, devices, forgotten, ledger, logs, post_office, rotations
from lazpool.store.ledger import StoredReceipt
from lazpool.wire.codec import encode

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.agreements import AgreementTerms
    from lazpool.records.people import Device
    from lazpool.rules.ledger import Direction
    from lazpool.store.deals import Deal

LIFETIME = 30 * 24 * 60
"""Minutes in which the driver's node can countersign before the passenger's stops asking."""
MAX_REPEATED = 16
"""Halves that are repeated for one letter, at most."""
_MAX_PART = 512


def sign_receipt(desk: Desk, deal: Deal) -> None:
    """As the passenger: sign the terms, note the proposal in the log, and queue it for the driver.

    A receipt of this ride that still waits for its second half is asked for again instead: nobody signs a ride twice.
    """
    if ledger.of_deal(desk.node, deal.id, ledger.PROPOSED):
        post_office.ask_again(desk.node, deal.id, Receipt.KIND, desk.second)
        return
    _check_first_time(desk, deal)
    terms, blind = _terms(desk, deal)
    signature = sign_first(terms, desk.keys.log)
    debtor = desk.device
    stored = StoredReceipt(
        id=terms.id, deal=deal.id, state=ledger.PROPOSED, terms=terms.body(), first=signature,
        debtor=encode(wire_fields(debtor)), blind=blind, passenger=terms.passenger, driver=terms.driver,
        unit=terms.unit, dir_seq=terms.dir_seq, expires=terms.expires,
    )  # fmt: skip
    ledger.save_receipt(desk.node, stored)
    _append(desk, PROPOSED, stored)
    write(desk, deal, Receipt(stored.terms, signature, debtor, blind), How(awaits=True))


def send_again(desk: Desk, deal: Deal) -> None:
    """As the passenger: write what waits for its second half once more, to the card that the partner has now."""
    post_office.answered(desk.node, deal.id, (Receipt.KIND,))
    for stored in ledger.of_deal(desk.node, deal.id, ledger.PROPOSED):
        debtor = debtor_from(stored.debtor)
        write(desk, deal, Receipt(stored.terms, stored.first, debtor, stored.blind), How(awaits=True))


def countersign(desk: Desk, deal: Deal, letter: Receipt, letter_id: bytes) -> None:
    """As the driver: check everything, sign second, seal it in the log, and answer.

    Raises RefusedError (code wrong-count with a number that is still to come) or MalformedError; nothing is then done.
    """
    terms = letter.receipt
    _check_terms(desk, deal, letter)
    check_first(terms, letter.signature, letter.passenger)
    devices.check_half(desk.node, terms.init_log, terms.init_seq, terms.init_head)
    forks.check_log(desk, letter.passenger.log_pk)
    check_follows(terms, last(desk, terms))
    half = sign_second(terms, desk.device_of(terms.driver), logbook.position(desk), desk.keys.log)
    stored = StoredReceipt(
        id=terms.id, deal=deal.id, state=ledger.SEALED, terms=letter.terms, first=letter.signature,
        debtor=encode(wire_fields(letter.passenger)), second=encode(wire_fields(half)), blind=letter.blind,
        passenger=terms.passenger, driver=terms.driver, unit=terms.unit, dir_seq=terms.dir_seq, expires=terms.expires,
    )  # fmt: skip
    ledger.save_receipt(desk.node, stored)
    _append(desk, SEALED, stored)
    disputes.resolve(desk, terms.agreement, "the receipt is signed")
    write(desk, deal, Countersign(half), How(answers=letter_id))


def send_halves(desk: Desk, deal: Deal, terms: ReceiptTerms, letter_id: bytes) -> None:
    """As the driver: repeat the halves that a passenger lacks who counts as in these terms, or signs this ride again.

    They are lost only where letters were lost and the receipts they complete have lapsed meanwhile. They go by the deal
    at hand: of the others the passenger may have lost the keys.
    """
    if terms.driver not in desk.identities or rotations.person(desk.node)(terms.passenger) != deal.peer:
        return
    for stored in ledger.sealed_from(desk.node, terms, MAX_REPEATED):
        write(desk, deal, Countersign(unpack(stored).second), How(answers=letter_id))


def seal(desk: Desk, stored: StoredReceipt, half: Countersignature) -> None:
    """As the passenger: check the driver's half and seal the receipt in the log, also after it lapsed.

    Raises RefusedError when the receipt does not continue the count of those that are sealed, MalformedError when the
    half is not good. Another receipt of the same ride then counts no more.
    """
    terms = receipt_from(stored.terms)
    check_second(terms, half)
    devices.check_half(desk.node, half.device.log_pk, half.seq, half.head)
    check_follows(terms, last(desk, terms))
    stored.second, stored.state = encode(wire_fields(half)), ledger.SEALED
    ledger.save_receipt(desk.node, stored)
    _append(desk, SEALED, stored)
    disputes.resolve(desk, terms.agreement, "the receipt is signed")
    lapse_all(desk, stored.deal)


def lapse_all(desk: Desk, deal_id: bytes) -> None:
    """As the passenger: stop asking for the second half of what waits for it in this deal."""
    for stored in ledger.of_deal(desk.node, deal_id, ledger.PROPOSED):
        lapse(desk, stored)


def lapse(desk: Desk, stored: StoredReceipt) -> None:
    """As the passenger: stop asking for the second half; should it come late, it still counts.

    Receipts of the same pair that counted on from this one are signed anew, with the numbers that are right now.
    """
    _lapse_one(desk, stored)
    later = ledger.waiting_after(desk.node, stored)
    for receipt in later:
        _lapse_one(desk, receipt)
    for receipt in later:
        deal = deals.get(desk.node, receipt.deal)
        if deal is not None and receipt.deal != stored.deal:
            _sign_anew(desk, deal)


def renew(desk: Desk, stored: StoredReceipt, at_hand: Deal) -> None:
    """As the passenger: sign a receipt, and those that count on from it, anew, since its number is taken.

    at_hand: the deal whose letter is acted on, which the caller saves.
    """
    waiting = [stored, *ledger.waiting_after(desk.node, stored)]
    for receipt in waiting:
        _lapse_one(desk, receipt)
    for receipt in waiting:
        deal = at_hand if receipt.deal == at_hand.id else deals.get(desk.node, receipt.deal)
        if deal is not None and not ledger.of_deal(desk.node, deal.id, ledger.SEALED):
            _sign_anew(desk, deal)


def _sign_anew(desk: Desk, deal: Deal) -> None:
    """Sign a receipt for a ride once more; where that must not be, the ride is again one that waits for it."""
    try:
        sign_receipt(desk, deal)
    except RefusedError as refused:
        if (back := step(deal.role, deal.state, Event.THEY_DECLINE)) is not None:
            deal.state, deal.reason = back, refused.message
    deals.save(desk.node, deal)


def is_ahead(desk: Desk, terms: ReceiptTerms) -> bool:
    """Tell whether earlier receipts of the pair are still on their way; then this one is simply repeated later."""
    return terms.dir_seq > last(desk, terms)[0] + 1


def unpack(stored: StoredReceipt) -> SealedReceipt:
    """Return a sealed receipt from its stored bytes, or raise MalformedError."""
    debtor, half = unpack_halves(stored.debtor, stored.second)
    return SealedReceipt(receipt_from(stored.terms), stored.first, debtor, half, stored.blind)


def unpack_halves(debtor: bytes, second: bytes) -> tuple[Device, Countersignature]:
    """Return who signed first, and the second half, from stored bytes, or raise MalformedError."""
    identifier, device, seq, head, signature = shaped(second, _MAX_PART, 5)
    half = Countersignature(identifier, device_from(device), seq, head, signature)  # type: ignore[arg-type] # checked inside
    return debtor_from(debtor), half


def debtor_from(data: bytes) -> Device:
    """Return who signed first, from stored bytes, or raise MalformedError."""
    return device_from(shaped(data, _MAX_PART, 3))


def _lapse_one(desk: Desk, stored: StoredReceipt) -> None:
    stored.state = ledger.LAPSED
    ledger.save_receipt(desk.node, stored)
    _append(desk, LAPSED, stored)
    post_office.answered(desk.node, stored.deal, (Receipt.KIND,))


def _terms(desk: Desk, deal: Deal) -> tuple[ReceiptTerms, bytes]:
    agreed = agreement_from(deal.terms)
    blind = secrets.token_bytes(HASH)
    seq, balance = _newest(desk, (desk.identity, deal.peer, agreed.unit))
    terms = ReceiptTerms(
        *(desk.net, deal.id, deal.peer, desk.identity, agreed.id, *_times(agreed)),
        *(agreed.distance, agreed.seats, agreed.amount, agreed.unit),
        *(seq + 1, balance + agreed.amount, place_commitment(blind, (agreed.pickup, agreed.dropoff)), PASSENGER),
        *(desk.device.log_pk, *logbook.position(desk), desk.minute + LIFETIME),
    )
    return terms, blind


def _check_first_time(desk: Desk, deal: Deal) -> None:
    """Refuse a ride from before this home was restored until the partner has said what was signed meanwhile."""
    if is_whole(desk, deal.peer) or agreement_from(deal.terms).pickup_at * 60 > logs.ended(desk.node, deal.id):
        return
    why = "this home was restored after the ride began, and may have signed for it before"
    hint = "your partner's node is asked what was signed; try again when it has answered: lazpool ledger recover"
    raise RefusedError(why, hint=hint, code="restored")


def _check_terms(desk: Desk, deal: Deal, letter: Receipt) -> None:
    terms, agreed = letter.receipt, agreement_from(deal.terms)
    passenger = rotations.person(desk.node)(terms.passenger)
    expected = (desk.net, deal.id, deal.peer, agreed.id)
    if terms.driver not in desk.identities or (terms.net, terms.ride, passenger, terms.agreement) != expected:
        raise RefusedError("the receipt names other people, another ride or another network", code="wrong-terms")
    asked = (agreed.distance, agreed.seats, agreed.amount, agreed.unit)
    if (terms.distance, terms.seats, terms.amount, terms.unit) != asked:
        raise RefusedError("the receipt says something else than the agreement", code="wrong-terms")
    if terms.place != place_commitment(letter.blind, (agreed.pickup, agreed.dropoff)):
        raise RefusedError("the receipt commits to other places", code="wrong-terms")
    if (terms.start, terms.length) != _times(agreed) or terms.expires < desk.minute:
        raise RefusedError("the receipt has other times, or came too late", code="wrong-terms")


def _times(agreed: AgreementTerms) -> tuple[int, int]:
    """Return start and length of a ride as a receipt tells them: rounded."""
    length = agreed.dropoff_at - agreed.pickup_at
    return agreed.pickup_at // START_STEP * START_STEP, -(-length // LENGTH_STEP) * LENGTH_STEP


def last(desk: Desk, terms: ReceiptTerms) -> tuple[int, int]:
    """Return number and balance of the newest sealed receipt of a direction."""
    stored = ledger.newest_sealed(desk.node, direction(terms))
    return _standing(desk, stored, direction(terms))


def _newest(desk: Desk, of: Direction) -> tuple[int, int]:
    """Return number and balance of the newest receipt of a direction that is sealed or still under way."""
    return _standing(desk, ledger.newest_live(desk.node, of), of)


def _standing(desk: Desk, stored: StoredReceipt | None, of: Direction) -> tuple[int, int]:
    if stored is None:
        return forgotten.base(desk.node, ReceiptTerms.KIND, of)
    return stored.dir_seq, receipt_from(stored.terms).dir_balance


def _append(desk: Desk, kind: int, stored: StoredReceipt) -> None:
    logbook.note(desk, kind, stored.id, stored.blind)
