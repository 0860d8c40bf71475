"""Corrections: both sign what a receipt or settlement counts for from now on; see confirming.py for the halves.

Only the difference counts, and it counts once on each side; the record itself stays as it is for ever.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lazpool.actions import confirming, disputes, logbook, subjects
from lazpool.actions.asking import ask
from lazpool.actions.confirming import LIFETIME, Offer
from lazpool.actions.disputes import other_of, record_of
from lazpool.actions.settlements import SETTLING
from lazpool.actions.subjects import Subject
from lazpool.errors import MalformedError, NotFoundError, RefusedError
from lazpool.records.corrections import CorrectionTerms, correction_from
from lazpool.records.disputes import Correction
from lazpool.records.entries import CORRECTIONS
from lazpool.records.halves import Confirmation, SettlementRefused
from lazpool.records.receipts import ReceiptTerms
from lazpool.records.settlements import NONCE
from lazpool.rules.ledger import owed_by
from lazpool.store import deals, rotations
from lazpool.store import disputes as stored_disputes
from lazpool.store import settlements as store

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.cosigned import CoSignedTerms
    from lazpool.records.letters import Letter
    from lazpool.rules.ledger import Terms
    from lazpool.store.deals import Deal
    from lazpool.store.settlements import Stored


def correct(desk: Desk, record_id: bytes, amount: int) -> Stored:
    """Sign that a receipt or settlement counts for `amount` minor units, and queue it for the other to confirm.

    The amount that it has already is right where it is disputed: then both say that it stands.
    """
    with desk.node.transaction():
        record = record_of(desk, record_id)
        was, now = value(desk, record), _sign(desk, record) * amount
        if was == now and not stored_disputes.open_about(desk.node, record.id):
            raise RefusedError("it counts for that already, and nobody disputes it", code="nothing-to-correct")
        _check_nothing_under_way(desk, record.id)
        of = (desk.identity, other_of(desk, record), record.unit)
        deal = subjects.thread(desk, of[1], "correct what you share with")
        subjects.check_free(desk, CORRECTING, of)
        seq, balance = subjects.last(desk, CORRECTING, of)
        terms = CorrectionTerms(
            *(desk.net, secrets.token_bytes(NONCE), of[0], of[1], desk.minute, record.id, was, now, record.unit),
            *(seq + 1, balance + now - was, desk.device.log_pk, *logbook.position(desk), desk.minute + LIFETIME),
        )
        stored = confirming.propose(desk, CORRECTING, deal, terms)
        deals.save(desk.node, deal)
    return stored


def sealed(desk: Desk) -> list[CorrectionTerms]:
    """Return the corrections that both have signed."""
    return [correction_from(one.terms) for one in store.CORRECTIONS.in_state(desk.node, store.SEALED)]


def value(desk: Desk, record: CoSignedTerms) -> int:
    """Return what we owe the other by a receipt or settlement as corrected; negative where the other owes."""
    return owed_by(desk.identity, record, sealed(desk), rotations.person(desk.node))


def on_correction(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the second: keep it for the person to confirm."""
    body = letter.body
    if not isinstance(body, Correction):
        raise MalformedError("shape", "not a correction")
    offer = Offer(body.correction, body.signature, body.proposer, body.blind, letter)
    confirming.on_offer(desk, CORRECTING, deal, offer)


def on_confirmation(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the first: what we proposed is confirmed, a settlement or a correction."""
    body = letter.body
    if not isinstance(body, Confirmation):
        raise MalformedError("shape", "not a confirmation")
    known = any(subject.shelf.get(desk.node, body.half.receipt_id) for subject in SUBJECTS)
    if not known and body.half.device.identity == deal.peer:
        ask(desk, deal)  # for what we must have signed before this home was restored
    for subject in SUBJECTS:
        confirming.on_confirmation(desk, subject, deal, body)


def on_refused(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As either: the other says no, or takes back."""
    body = letter.body
    if not isinstance(body, SettlementRefused):
        raise MalformedError("shape", "not a refusal")
    for subject in SUBJECTS:
        confirming.on_refused(desk, subject, deal, letter, body)


def subject_of(desk: Desk, identifier: bytes) -> Subject:
    """Return what an id that waits for a person is: a settlement or a correction."""
    for subject in SUBJECTS:
        if subject.shelf.get(desk.node, identifier) is not None:
            return subject
    raise NotFoundError("there is no such settlement or correction", hint="lazpool settlements")


def _sign(desk: Desk, record: CoSignedTerms) -> int:
    """Return 1 where we owe by a record of that kind, -1 where the other does."""
    return 1 if (record.debtor in desk.identities) == isinstance(record, ReceiptTerms) else -1


def _check(desk: Desk, terms: Terms) -> None:
    """As the second: refuse what does not go on from what we hold of the record."""
    if not isinstance(terms, CorrectionTerms):
        raise MalformedError("shape", "not a correction")
    try:
        record = record_of(desk, terms.record)
    except NotFoundError as wrong:
        raise RefusedError("a correction of something that is not here", code="wrong-terms") from wrong
    if other_of(desk, record) != rotations.person(desk.node)(terms.first) or record.unit != terms.unit:
        raise RefusedError("a correction of a record of other people", code="wrong-terms")
    if terms.was != -value(desk, record) or terms.now * _sign(desk, record) > 0:
        raise RefusedError("a correction of another amount than it counts for", code="wrong-amount")
    _check_nothing_under_way(desk, terms.record)


def _check_nothing_under_way(desk: Desk, record_id: bytes) -> None:
    """Refuse while a correction of ours of the same record waits: both would count, each from the same amount."""
    for one in store.CORRECTIONS.in_state(desk.node, store.PROPOSED):
        if correction_from(one.terms).record == record_id:
            hint = f"wait for the answer, or take it back: lazpool refuse {one.id.hex()[:8]}"
            raise RefusedError("another correction of it is under way", hint=hint, code="under-way")


def _resolve(desk: Desk, terms: Terms) -> None:
    if isinstance(terms, CorrectionTerms):
        disputes.resolve(desk, terms.record, "corrected" if terms.amount else "it stands")


CORRECTING = Subject(
    name="correction",
    terms_kind=CorrectionTerms.KIND,
    listing="disputes",
    shelf=store.CORRECTIONS,
    letter=Correction,
    letter_kind=Correction.KIND,
    kinds=CORRECTIONS,
    check=_check,
    sealed=_resolve,
)
SUBJECTS = (SETTLING, CORRECTING)
"""What a person confirms."""
