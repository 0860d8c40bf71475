"""Forgetting a person with whom all is settled: what names them goes, what holds the log together stays."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from sqlite3 import OperationalError
from typing import TYPE_CHECKING

from lazpool.actions import books
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.cosigned import terms_from
from lazpool.records.receipts import blind_commitment, receipt_from
from lazpool.records.settlements import SettlementTerms
from lazpool.rules.ledger import direction
from lazpool.rules.negotiation import OPEN, State
from lazpool.store import deals, disputes, forgotten, ledger, recoveries, rotations
from lazpool.store import settlements as settled
from lazpool.store.forgotten import Base

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.store.forgotten import Counted
    from lazpool.store.ledger import StoredReceipt

_TOLD = (ledger.SEALED, ledger.LAPSED)
"""States of records that the log tells of and nobody waits for."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What goes with a person: rides and settlements that both signed, the way in 100 m, deals, and unsigned rides."""

    rides: int
    settlements: int
    distance: int
    deals: int
    claimed: int


def loss(desk: Desk, peer: bytes) -> Loss:
    """Return what would be forgotten; RefusedError while something is open or owed, NotFoundError for nobody known."""
    records, known = _records(desk, peer), [one for one in deals.all_deals(desk.node) if one.peer == peer]
    if not records and not known:
        raise NotFoundError("there is nothing here of this person")
    _check_nothing_open(desk, peer)
    sealed = _records(desk, peer, (ledger.SEALED,))
    rides = [receipt_from(one.terms) for one in sealed if not isinstance(one, settled.Stored)]
    paid = [one for one in sealed if terms_from(one.terms).KIND == SettlementTerms.KIND]
    claimed = sum(one.state is State.CLAIMED for one in known)
    return Loss(len(rides), len(paid), sum(one.distance for one in rides), len(known), claimed)


def forget(desk: Desk, peer: bytes) -> Loss:
    """Delete all that names a person, keeping commitments and counts; return what went."""
    with desk.node.transaction():
        found = loss(desk, peer)
        gone = [blind_commitment(one.id, one.blind) for one in _records(desk, peer)]
        said = [blind_commitment(one.reference, one.blind) for one in _disputes(desk, peer)]
        forgotten.add(desk.node, gone + said)
        theirs = rotations.identities_of(desk.node, peer)
        for own, one in product(sorted(desk.identities), theirs):
            forgotten.keep_bases(desk.node, own, one, _bases(desk, own, one))
        for one in theirs:
            forgotten.erase(desk.node, one)
    with suppress(OperationalError):  # a running node reads just now; what was deleted is overwritten all the same
        forgotten.tidy(desk.node)
    return found


def _check_nothing_open(desk: Desk, peer: bytes) -> None:
    owed = [row for row in books.balance(desk) if row.other == peer and row.amount]
    if owed:
        why = "something is still owed between you"
        raise RefusedError(why, hint="lazpool ledger balance; lazpool settle", code="debts")
    if _records(desk, peer, (ledger.PROPOSED, settled.OFFERED)):
        hint = "lazpool deals; lazpool settlements"
        raise RefusedError("something between you still waits for a signature", hint=hint, code="open")
    if any(one.state == disputes.OPEN for one in _disputes(desk, peer)):
        raise RefusedError("something between you is still disputed", hint="lazpool disputes", code="open")
    if any(one.peer == peer and one.state in OPEN for one in deals.all_deals(desk.node)):
        raise RefusedError("a deal between you is still open", hint="lazpool deals", code="open")
    asked = recoveries.get(desk.node, peer)
    if asked is not None and asked.state == recoveries.ASKED:
        why = "your node has asked them for what you both signed, and has no answer yet"
        raise RefusedError(why, hint="lazpool ledger recover --look", code="open")


def _records(desk: Desk, peer: bytes, states: tuple[str, ...] = _TOLD) -> list[StoredReceipt | settled.Stored]:
    theirs = set(rotations.identities_of(desk.node, peer))
    rides = [one for state in states for one in ledger.receipts(desk.node, state)]
    shelves = (settled.SETTLEMENTS, settled.CORRECTIONS)
    paid = [one for shelf in shelves for state in states for one in shelf.in_state(desk.node, state)]
    return [
        *(one for one in rides if theirs & {one.passenger, one.driver}),
        *(one for one in paid if theirs & {one.payer, one.payee}),
    ]


def _disputes(desk: Desk, peer: bytes) -> list[disputes.Stored]:
    theirs = {one.id for one in deals.all_deals(desk.node) if one.peer == peer}
    return [one for one in disputes.everything(desk.node) if one.deal in theirs]


def _bases(desk: Desk, own: bytes, peer: bytes) -> dict[Counted, Base]:
    """Return where the counts stand: by the newest records, and by what was kept when older ones were forgotten."""
    kept = forgotten.bases(desk.node, own, peer)
    for stored in _records(desk, peer, (ledger.SEALED,)):
        terms = terms_from(stored.terms)
        key = terms.KIND, direction(terms)
        if {terms.debtor, terms.creditor} != {own, peer}:
            continue
        if key not in kept or kept[key].seq < terms.dir_seq:
            kept[key] = Base(terms.dir_seq, terms.dir_balance, terms.id)
    return kept
