"""Receipts: the passenger's device signs first, the driver's second, and both seal it in their logs.

Each function is part of its caller's transaction: state, log entry and outgoing letter are one.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lazpool.actions.letters import How, write
from lazpool.errors import MalformedError, RefusedError
from lazpool.records.agreements import agreement_from
from lazpool.records.bodies import Countersign, Receipt
from lazpool.records.entries import LAPSED, PROPOSED, SEALED, commitment_payload, sign_entry
from lazpool.records.people import device_from
from lazpool.records.receipts import (
    LENGTH_STEP,
    PASSENGER,
    START_STEP,
    Countersignature,
    ReceiptTerms,
    blind_commitment,
    check_first,
    check_second,
    place_commitment,
    receipt_from,
    sign_first,
    sign_second,
)
from lazpool.records.shape import HASH, shaped, wire_fields
from lazpool.rules.ledger import SealedReceipt, check_follows, next_entry
from lazpool.store import ledger
from lazpool.store.ledger import StoredReceipt
from lazpool.wire.codec import encode

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.rules.ledger import Head
    from lazpool.store.deals import Deal

LIFETIME = 30 * 24 * 60
"""Minutes in which the driver's node can countersign before the passenger's stops asking."""
_MAX_PART = 512


def sign_receipt(desk: Desk, deal: Deal) -> None:
    """As the passenger: sign the terms, note the proposal in the log, and queue it for the driver."""
    terms, blind = _terms(desk, deal)
    signature = sign_first(terms, desk.keys.log)
    debtor = desk.device
    stored = StoredReceipt(
        id=terms.id, deal=deal.id, state=ledger.PROPOSED, terms=terms.body(), first=signature,
        debtor=encode(wire_fields(debtor)), blind=blind, passenger=terms.passenger, driver=terms.driver,
        dir_seq=terms.dir_seq, expires=terms.expires,
    )  # fmt: skip
    ledger.save_receipt(desk.node, stored)
    _append(desk, PROPOSED, stored)
    write(desk, deal, Receipt(stored.terms, signature, debtor, blind), How(awaits=True))


def countersign(desk: Desk, deal: Deal, letter: Receipt, letter_id: bytes) -> None:
    """As the driver: check everything, sign second, seal it in the log, and answer.

    Raises RefusedError (code wrong-count with a number that is still to come) or MalformedError; nothing is then done.
    """
    terms = letter.receipt
    _check_terms(desk, deal, letter)
    check_first(terms, letter.signature, letter.passenger)
    check_follows(terms, _last(desk, terms))
    half = sign_second(terms, desk.device, _position(_head(desk)), desk.keys.log)
    stored = StoredReceipt(
        id=terms.id, deal=deal.id, state=ledger.SEALED, terms=letter.terms, first=letter.signature,
        debtor=encode(wire_fields(letter.passenger)), second=encode(wire_fields(half)), blind=letter.blind,
        passenger=terms.passenger, driver=terms.driver, dir_seq=terms.dir_seq, expires=terms.expires,
    )  # fmt: skip
    ledger.save_receipt(desk.node, stored)
    _append(desk, SEALED, stored)
    write(desk, deal, Countersign(half), How(answers=letter_id))


def seal(desk: Desk, deal: Deal, half: Countersignature) -> None:
    """As the passenger: check the driver's half and seal the receipt in the log, also after it lapsed."""
    stored = ledger.receipt(desk.node, half.receipt_id)
    if stored is None or stored.deal != deal.id:
        raise MalformedError("chain", "the second half of a receipt that was never signed here")
    if stored.state == ledger.SEALED:
        return
    check_second(receipt_from(stored.terms), half)
    stored.second, stored.state = encode(wire_fields(half)), ledger.SEALED
    ledger.save_receipt(desk.node, stored)
    _append(desk, SEALED, stored)


def lapse(desk: Desk, deal_id: bytes) -> None:
    """As the passenger: stop asking for the second half; should it come late, it still counts."""
    stored = ledger.newest_of_deal(desk.node, deal_id)
    if stored is not None and stored.state == ledger.PROPOSED:
        stored.state = ledger.LAPSED
        ledger.save_receipt(desk.node, stored)
        _append(desk, LAPSED, stored)


def newest_proposed(desk: Desk, deal_id: bytes) -> bytes:
    """Return the id of the deal's receipt that waits for its second half, empty when there is none."""
    stored = ledger.newest_of_deal(desk.node, deal_id)
    return stored.id if stored and stored.state == ledger.PROPOSED else b""


def is_ahead(desk: Desk, terms: ReceiptTerms) -> bool:
    """Tell whether earlier receipts of the pair are still on their way; then this one is simply repeated later."""
    return terms.dir_seq > _last(desk, terms)[0] + 1


def unpack(stored: StoredReceipt) -> SealedReceipt:
    """Return a sealed receipt from its stored bytes, or raise MalformedError."""
    receipt_id, device, seq, head, signature = shaped(stored.second, _MAX_PART, 5)
    debtor = device_from(shaped(stored.debtor, _MAX_PART, 3))
    half = Countersignature(receipt_id, device_from(device), seq, head, signature)  # type: ignore[arg-type] # checked inside
    return SealedReceipt(receipt_from(stored.terms), stored.first, debtor, half, stored.blind)


def _terms(desk: Desk, deal: Deal) -> tuple[ReceiptTerms, bytes]:
    agreed = agreement_from(deal.terms)
    blind = secrets.token_bytes(HASH)
    head = _head(desk)
    seq, balance = _newest(desk, agreed.passenger, deal.peer)
    length = agreed.dropoff_at - agreed.pickup_at
    terms = ReceiptTerms(
        *(desk.net, deal.id, deal.peer, agreed.passenger, agreed.id, agreed.pickup_at // START_STEP * START_STEP),
        *(-(-length // LENGTH_STEP) * LENGTH_STEP, agreed.distance, agreed.seats, agreed.amount, agreed.unit),
        *(seq + 1, balance + agreed.amount, place_commitment(blind, (agreed.pickup, agreed.dropoff)), PASSENGER),
        *(desk.device.log_pk, *_position(head), desk.minute + LIFETIME),
    )
    return terms, blind


def _check_terms(desk: Desk, deal: Deal, letter: Receipt) -> None:
    terms, agreed = letter.receipt, agreement_from(deal.terms)
    expected = (desk.net, deal.id, desk.identity, deal.peer, deal.peer_log, agreed.id)
    if (terms.net, terms.ride, terms.driver, terms.passenger, terms.init_log, terms.agreement) != expected:
        raise RefusedError("the receipt names other people, another ride or another network", code="wrong-terms")
    asked = (agreed.distance, agreed.seats, agreed.amount, agreed.unit)
    if (terms.distance, terms.seats, terms.amount, terms.unit) != asked:
        raise RefusedError("the receipt says something else than the agreement", code="wrong-terms")
    if terms.place != place_commitment(letter.blind, (agreed.pickup, agreed.dropoff)):
        raise RefusedError("the receipt commits to other places", code="wrong-terms")
    if terms.start != agreed.pickup_at // START_STEP * START_STEP or terms.expires < desk.minute:
        raise RefusedError("the receipt has other times, or came too late", code="wrong-terms")


def _last(desk: Desk, terms: ReceiptTerms) -> tuple[int, int]:
    stored = ledger.newest_sealed(desk.node, terms.passenger, terms.driver)
    return (stored.dir_seq, receipt_from(stored.terms).dir_balance) if stored else (0, 0)


def _newest(desk: Desk, passenger: bytes, driver: bytes) -> tuple[int, int]:
    """Return number and balance of the newest receipt of the pair that is sealed or still under way."""
    stored = ledger.newest_live(desk.node, passenger, driver)
    return (stored.dir_seq, receipt_from(stored.terms).dir_balance) if stored else (0, 0)


def _append(desk: Desk, kind: int, stored: StoredReceipt) -> None:
    payload = commitment_payload(blind_commitment(stored.id, stored.blind))
    log_pk = desk.device.log_pk
    entry = next_entry(_head(desk), net=desk.net, log_pk=log_pk, kind=kind, payload=payload, now=desk.second)
    ledger.add_entry(desk.node, entry, sign_entry(entry, desk.keys.log))


def _head(desk: Desk) -> Head:
    head = ledger.head(desk.node)
    if head is None:
        raise RefusedError("this home has no log", hint="create a new home with: lazpool init", code="no-log")
    return head


def _position(head: Head) -> tuple[int, bytes]:
    return head.seq, head.id
