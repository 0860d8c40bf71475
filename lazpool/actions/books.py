"""Reading the ledger: verify everything from bytes, and say who owes whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions.receipts import debtor_of, unpack
from lazpool.errors import MalformedError
from lazpool.records.entries import LAPSED, PROPOSED, SEALED
from lazpool.records.receipts import blind_commitment, check_first, receipt_from
from lazpool.rules.ledger import (
    SealedReceipt,
    balances,
    check_counts,
    check_stages,
    direction,
    verify_chain,
    verify_receipts,
)
from lazpool.store import ledger

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.rules.ledger import Balance
    from lazpool.store.ledger import StoredReceipt


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a replay of the ledger found: how many entries hold, and what is wrong, in words."""

    entries: int
    errors: list[str]

    @property
    def ok(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.errors


def verify(desk: Desk) -> Verdict:
    """Replay the log and every receipt from bytes, offline, and compare what rows are looked up by with them."""
    entries, errors = verify_chain(ledger.entries(desk.node), net=desk.net, log_pk=desk.device.log_pk)
    if not entries and not errors:
        errors = ["the log is empty: its first entry is missing"]
    if not errors and ledger.index(desk.node) != [(entry.seq, entry.id) for entry in entries]:
        errors.append("the log: an entry is filed under another number or id")
    receipts, broken = _sealed(desk)
    stages, odd = _stages(desk)
    errors += broken + odd + verify_receipts(entries, receipts) + check_counts([one.terms for one in receipts])
    for one in receipts:
        if desk.identity not in {one.terms.driver, one.terms.passenger}:
            errors.append(f"receipt {_short(one.terms.id)}: does not name this person")
    return Verdict(len(entries), errors + check_stages(entries, stages))


def balance(desk: Desk) -> list[Balance]:
    """Return what others owe us, and we owe others, from sealed receipts alone."""
    return balances(desk.identity, [receipt_from(one.terms) for one in ledger.receipts(desk.node)])


def _sealed(desk: Desk) -> tuple[list[SealedReceipt], list[str]]:
    receipts, errors = [], []
    for stored in ledger.receipts(desk.node):
        try:
            receipts.append(unpack(stored))
        except MalformedError as wrong:
            errors.append(f"receipt {_short(stored.id)}: {wrong.message}")
    return receipts, errors


def _stages(desk: Desk) -> tuple[list[tuple[bytes, int, bool]], list[str]]:
    """Return commitment, stage and whether we signed first of every receipt, sealed or not, and what is wrong."""
    stages, errors = [], []
    for state, kind in _KINDS.items():
        for stored in ledger.receipts(desk.node, state):
            try:
                terms = receipt_from(stored.terms)
                check_first(terms, stored.first, debtor_of(stored))
            except MalformedError as wrong:
                errors.append(f"receipt {_short(stored.id)}: {wrong.message}")
                continue
            if _filed(stored) != (terms.id, terms.ride, *direction(terms), terms.dir_seq, terms.expires):
                errors.append(f"receipt {_short(terms.id)}: is filed under something else than it says")
            stages.append((blind_commitment(terms.id, stored.blind), kind, terms.passenger == desk.identity))
    return stages, errors


def _filed(stored: StoredReceipt) -> tuple[object, ...]:
    return stored.id, stored.deal, stored.passenger, stored.driver, stored.unit, stored.dir_seq, stored.expires


def _short(identifier: bytes) -> str:
    return identifier.hex()[:12]


_KINDS = {ledger.PROPOSED: PROPOSED, ledger.LAPSED: LAPSED, ledger.SEALED: SEALED}
