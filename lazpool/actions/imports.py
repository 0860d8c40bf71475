"""A record that comes back: checked from its bytes as if a stranger had sent it, then kept and sealed in our log."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lazpool.actions import confirming, logbook, receipts, subjects
from lazpool.actions.corrections import CORRECTING
from lazpool.actions.settlements import SETTLING
from lazpool.errors import MalformedError, RefusedError
from lazpool.records.cosigned import terms_from
from lazpool.records.deal_bodies import Boarded, Proposal
from lazpool.records.entries import SEALED as SEALS
from lazpool.records.halves import Receipt
from lazpool.records.receipts import ReceiptTerms
from lazpool.records.settlements import SettlementTerms
from lazpool.rules.ledger import SealedReceipt, check_follows, direction
from lazpool.rules.negotiation import State
from lazpool.store import deals, ledger, logs, post_office, rotations
from lazpool.store import settlements as settled
from lazpool.store.ledger import PROPOSED, SEALED, StoredReceipt

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.actions.subjects import Subject
    from lazpool.records.recovery import SealedRecord
    from lazpool.store.deals import Deal

Stored: TypeAlias = StoredReceipt | settled.Stored


def take(desk: Desk, deal: Deal, record: SealedRecord) -> bool:
    """Keep and seal a record that the partner of a deal has sent; tell whether it was new.

    Raises MalformedError when it does not hold, RefusedError when it does not continue our books with this person, is
    of others, or shows that another copy of this home goes on with our log. Nothing is then done.
    """
    sealed = _unpack(record)
    sealed.check()
    if isinstance(sealed.terms, ReceiptTerms):
        return _take_receipt(desk, deal, record, sealed.terms, sealed)
    subject = SETTLING if isinstance(sealed.terms, SettlementTerms) else CORRECTING
    return _take_confirmed(desk, deal, record, subject, sealed)


def count_anew(desk: Desk, deal: Deal) -> None:
    """Sign anew what waits for a second half under a number that is taken, since records came back."""
    for stored in ledger.receipts(desk.node, PROPOSED):
        if rotations.person(desk.node)(stored.driver) == deal.peer:
            newest = ledger.newest_sealed(desk.node, (stored.passenger, stored.driver, stored.unit))
            if newest is not None and newest.dir_seq >= stored.dir_seq:
                receipts.renew(desk, stored, deal)
                return  # those that counted on from it are signed anew with it


def _take_receipt(desk: Desk, deal: Deal, record: SealedRecord, terms: ReceiptTerms, sealed: SealedReceipt) -> bool:
    known = ledger.receipt(desk.node, terms.id)
    if known is not None and known.state == SEALED:
        return False
    _check(desk, deal, sealed, receipts.last(desk, terms))
    if ledger.of_deal(desk.node, terms.ride, SEALED):
        raise RefusedError("a second receipt of one ride", code="wrong-terms")
    stored = StoredReceipt(
        id=terms.id, deal=terms.ride, state=SEALED, terms=record.terms, first=record.first, debtor=record.debtor,
        second=record.second, blind=known.blind if known else record.blind, passenger=terms.passenger,
        driver=terms.driver, unit=terms.unit, dir_seq=terms.dir_seq, expires=terms.expires,
    )  # fmt: skip
    ledger.save_receipt(desk.node, stored)
    logbook.note(desk, SEALS, stored.id, stored.blind)
    receipts.lapse_all(desk, stored.deal)
    _end_deal(desk, deal, stored.deal)
    return True


def _take_confirmed(desk: Desk, deal: Deal, record: SealedRecord, subject: Subject, sealed: SealedReceipt) -> bool:
    """Keep what a person confirmed: a settlement or a correction."""
    terms = sealed.terms
    known = subject.shelf.get(desk.node, terms.id)
    if known is not None and known.state == SEALED:
        return False
    _check(desk, deal, sealed, subjects.last(desk, subject, direction(terms)))
    first = record.first, record.debtor, record.blind
    stored = known or subjects.stored_from(terms, deal.id, SEALED, first)
    stored.second = record.second
    confirming.seal_recovered(desk, subject, stored, by="them" if known else "us")
    return True


def _check(desk: Desk, deal: Deal, sealed: SealedReceipt, last: tuple[int, int]) -> None:
    terms = sealed.terms
    owing = terms.debtor in desk.identities
    own, other = (terms.debtor, terms.creditor) if owing else (terms.creditor, terms.debtor)
    if terms.net != desk.net or own not in desk.identities or rotations.person(desk.node)(other) != deal.peer:
        raise RefusedError("a record of other people, or of another network", code="wrong-terms")
    check_follows(terms, last)
    head = sealed.heads[0 if owing else 1]
    if _is_another(desk, *head):
        why = (
            f"another copy of this home went on with the log: entry {head[1]} of {head[0].hex()[:12]} is another there"
        )
        raise RefusedError(why, code="fork")


def _is_another(desk: Desk, log: bytes, seq: int, head: bytes) -> bool:
    """Tell whether our own log, as far as it is here, has another entry of that number."""
    if log == desk.device.log_pk:
        return ledger.id_at(desk.node, seq) != head
    known = dict(logs.index(desk.node, log))
    return known.get(seq, head) != head


def _end_deal(desk: Desk, deal: Deal, ride: bytes) -> None:
    """Note that the ride took place, wherever the deal stood: this home may have missed all in between."""
    found = deal if deal.id == ride else deals.get(desk.node, ride)
    if found is None or found.state is State.RECEIPTED:
        return
    if not found.terms:
        return  # an invitation: what came of it, this home has never seen
    found.state, found.changed, found.reason = State.RECEIPTED, desk.minute, ""
    found.peer = found.peer or deal.peer
    post_office.answered(desk.node, ride, (Proposal.KIND, Boarded.KIND, Receipt.KIND))
    deals.save(desk.node, found)


def _unpack(record: SealedRecord) -> SealedReceipt:
    debtor, half = receipts.unpack_halves(record.debtor, record.second)
    terms = terms_from(record.terms)
    if record.kind != terms.KIND:
        raise MalformedError("shape", "terms of another kind")
    if terms.body() != record.terms:
        raise MalformedError("codec", "terms in another encoding")
    return SealedReceipt(terms, record.first, debtor, half, record.blind)
