"""Disputes: one side says that a record is not right, or that a receipt is missing; shown to both, counted by nobody.

It is noted in the own log, and ends when both sign a correction or the missing receipt, or when it is taken back.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions import logbook
from lazpool.actions.letters import write
from lazpool.actions.moves import advance, checked_note, find
from lazpool.errors import MalformedError, NotFoundError, RefusedError
from lazpool.records.agreements import agreement_from
from lazpool.records.cosigned import terms_from
from lazpool.records.disputes import NOT_SIGNED, Dispute, DisputeEnded, dispute_payload
from lazpool.records.entries import CLAIM, DISPUTE, RESOLVED
from lazpool.records.shape import HASH
from lazpool.rules.negotiation import Event, Role
from lazpool.store import deals, ledger, rotations
from lazpool.store import disputes as store
from lazpool.store import settlements as settled
from lazpool.store.disputes import Stored

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.cosigned import CoSignedTerms
    from lazpool.records.letters import Letter
    from lazpool.store.deals import Deal


@dataclass(frozen=True, slots=True)
class Claimed:
    """A ride that we drove and whose receipt the passenger has not signed; amount: minor units, counted nowhere."""

    deal: Deal
    amount: int
    unit: str


def record_of(desk: Desk, identifier: bytes) -> CoSignedTerms:
    """Return a receipt or settlement that both have signed, or raise an error."""
    stored = ledger.receipt(desk.node, identifier) or settled.get(desk.node, identifier)
    if stored is None:
        raise NotFoundError("there is no such receipt or settlement", hint="lazpool ledger show lists them")
    if stored.state != ledger.SEALED:
        raise RefusedError(f"this one is {stored.state}: it counts for nothing", code="not-sealed")
    return terms_from(stored.terms)


def other_of(desk: Desk, terms: CoSignedTerms) -> bytes:
    """Return the other person of a record of ours, by their newest identity."""
    other = terms.debtor if terms.creditor in desk.identities else terms.creditor
    return rotations.person(desk.node)(other)


def dispute(desk: Desk, identifier: bytes, reason: int, text: str = "") -> Stored:
    """Say that a receipt or settlement is not right: noted in our log, and told to the other."""
    with desk.node.transaction():
        terms = record_of(desk, identifier)
        deal = deals.thread_with(desk.node, other_of(desk, terms))
        if deal is None:
            raise NotFoundError("there is no way to write to this person any more")
        return _begin(desk, deal, terms.id, reason, text)


def claim(desk: Desk, deal_id: bytes, text: str = "") -> Stored:
    """As the driver: say that an agreed ride took place and that its receipt is missing; it counts for nothing."""
    with desk.node.transaction():
        deal = find(desk, deal_id)
        if deal.role is not Role.DRIVER:
            hint = "if it took place: lazpool done DEAL, which signs the receipt"
            raise RefusedError("only the driver, who is owed, claims a ride", hint=hint, code="wrong-role")
        if deal.terms and deal.ends > desk.minute:
            raise RefusedError("the ride is not over yet", hint="at the car: lazpool pickup DEAL CODE", code="early")
        advance(desk, deal, Event.WE_CLAIM)
        return _begin(desk, deal, agreement_from(deal.terms).id, NOT_SIGNED, text)


def take_back(desk: Desk, reference: bytes, text: str = "") -> list[Stored]:
    """End our own dispute about a record or an agreement."""
    with desk.node.transaction():
        ours = [one for one in store.open_about(desk.node, reference) if one.mine]
        if not ours:
            raise NotFoundError("you have no open dispute about this", hint="lazpool disputes")
        deal = find(desk, ours[0].deal)
        for one in ours:
            _end(desk, one, "taken back")
        write(desk, deal, DisputeEnded(reference, checked_note(text)))
        deals.save(desk.node, deal)
    return ours


def resolve(desk: Desk, reference: bytes, how: str) -> None:
    """End every dispute about something that both have now signed; part of the caller's transaction."""
    for one in store.open_about(desk.node, reference):
        _end(desk, one, how)


def claimed(desk: Desk) -> list[Claimed]:
    """Return what we claim and nobody has signed."""
    found = []
    for one in store.everything(desk.node):
        deal = deals.get(desk.node, one.deal)
        if one.mine and one.reason == NOT_SIGNED and one.state == store.OPEN and deal is not None:
            terms = agreement_from(deal.terms)
            found.append(Claimed(deal, terms.amount, terms.unit))
    return found


def on_dispute(desk: Desk, deal: Deal, letter: Letter) -> None:
    """Keep what the other says about something that we share, for the person to see."""
    body = letter.body
    if not isinstance(body, Dispute):
        raise MalformedError("shape", "not a dispute")
    if not _is_shared(desk, deal, body) or store.is_known(desk.node, body.blind):
        raise RefusedError("a dispute about nothing of ours", code="wrong-terms")
    if store.count_theirs(desk.node, deal.peer) >= store.MAX_OPEN:
        raise RefusedError("too many open disputes", code="quota")
    said = Stored(
        blind=body.blind, reference=body.reference, deal=deal.id, mine=0, reason=body.reason, text=body.text,
        at=desk.minute,
    )  # fmt: skip
    store.save(desk.node, said)


def on_ended(desk: Desk, deal: Deal, letter: Letter) -> None:
    """Note that the other has taken their dispute back."""
    body = letter.body
    if not isinstance(body, DisputeEnded):
        raise MalformedError("shape", "not the end of a dispute")
    for one in store.open_about(desk.node, body.reference):
        if not one.mine and one.deal == deal.id:
            _end(desk, one, f"taken back: {body.text}" if body.text else "taken back")


def _is_shared(desk: Desk, deal: Deal, body: Dispute) -> bool:
    if body.reason == NOT_SIGNED:
        return bool(deal.terms) and deal.role is Role.PASSENGER and agreement_from(deal.terms).id == body.reference
    stored = ledger.receipt(desk.node, body.reference) or settled.get(desk.node, body.reference)
    if stored is None or stored.state != ledger.SEALED:
        return False
    return other_of(desk, terms_from(stored.terms)) == deal.peer


def _begin(desk: Desk, deal: Deal, reference: bytes, reason: int, text: str) -> Stored:
    if any(one.mine for one in store.open_about(desk.node, reference)):
        raise RefusedError("you have said so already", hint="lazpool disputes", code="under-way")
    said = Stored(
        blind=secrets.token_bytes(HASH), reference=reference, deal=deal.id, mine=1, reason=reason,
        text=checked_note(text), at=desk.minute,
    )  # fmt: skip
    store.save(desk.node, said)
    if reason == NOT_SIGNED:
        logbook.note(desk, CLAIM, reference, said.blind)
    else:
        logbook.add(desk, logbook.head(desk), DISPUTE, dispute_payload(reference, reason, text, said.blind))
    write(desk, deal, Dispute(reference, reason, text, said.blind))
    deals.save(desk.node, deal)
    return said


def _end(desk: Desk, one: Stored, how: str) -> None:
    one.state, one.ended = store.RESOLVED, how
    store.save(desk.node, one)
    if one.mine:
        logbook.note(desk, RESOLVED, one.reference, one.blind)
