"""Settling: the payer says so and signs first, the payee confirms; see confirming.py for how the halves meet."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lazpool.actions import confirming, logbook, subjects
from lazpool.actions.confirming import LIFETIME, MAX_OFFERED, MAX_REPEATED, Offer
from lazpool.actions.subjects import Subject, unpack
from lazpool.errors import MalformedError
from lazpool.records.entries import SETTLEMENTS
from lazpool.records.halves import Settlement
from lazpool.records.settlements import NONCE, SettlementTerms
from lazpool.store import deals
from lazpool.store import settlements as store

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.rules.ledger import Direction
    from lazpool.store.deals import Deal
    from lazpool.store.settlements import Stored

__all__ = ["LIFETIME", "MAX_OFFERED", "MAX_REPEATED", "confirm", "find", "on_settlement", "refuse", "settle", "unpack"]

SETTLING = Subject(
    "settlement", SettlementTerms.KIND, "settlements", store.SETTLEMENTS, Settlement, Settlement.KIND, SETTLEMENTS
)


def settle(desk: Desk, other: bytes, amount: int, unit: str, method: int) -> Stored:
    """As the payer: sign that we have paid `amount` minor units to `other`, and queue it for them to confirm."""
    of = (desk.identity, other, unit)
    with desk.node.transaction():
        deal = subjects.thread(desk, other, "settle with")
        subjects.check_free(desk, SETTLING, of)
        stored = confirming.propose(desk, SETTLING, deal, _terms(desk, of, amount, method))
        deals.save(desk.node, deal)
    return stored


def confirm(desk: Desk, settlement_id: bytes) -> Stored:
    """As the payee: sign what the payer has signed, seal it in the log, and answer."""
    return confirming.confirm(desk, SETTLING, settlement_id)


def refuse(desk: Desk, settlement_id: bytes, reason: str = "") -> Stored:
    """As the payee: do not confirm. As the payer: take back what is not confirmed; should it be, it still counts."""
    return confirming.refuse(desk, SETTLING, settlement_id, reason)


def find(desk: Desk, settlement_id: bytes) -> Stored:
    """Return a settlement, or raise NotFoundError."""
    return subjects.find(desk, SETTLING, settlement_id)


def on_settlement(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the payee: keep it for the person to confirm."""
    body = letter.body
    if not isinstance(body, Settlement):
        raise MalformedError("shape", "not a settlement")
    offer = Offer(body.settlement, body.signature, body.payer, body.blind, letter)
    confirming.on_offer(desk, SETTLING, deal, offer)


def _terms(desk: Desk, of: Direction, amount: int, method: int) -> SettlementTerms:
    payer, payee, unit = of
    seq, balance = subjects.last(desk, SETTLING, of)
    return SettlementTerms(
        *(desk.net, secrets.token_bytes(NONCE), payer, payee, desk.minute, amount, unit, method),
        *(seq + 1, balance + amount, desk.device.log_pk, *logbook.position(desk), desk.minute + LIFETIME),
    )
