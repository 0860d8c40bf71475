"""Reading the ledger: verify everything from bytes, and say who owes whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions.receipts import unpack
from lazpool.errors import MalformedError
from lazpool.records.receipts import receipt_from
from lazpool.rules.ledger import SealedReceipt, balances, check_counts, verify_chain, verify_receipts
from lazpool.store import ledger

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.rules.ledger import Balance


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
    """Replay the log and every receipt from bytes, offline."""
    entries, errors = verify_chain(ledger.entries(desk.node), net=desk.net, log_pk=desk.device.log_pk)
    if not entries and not errors:
        errors = ["the log is empty: its first entry is missing"]
    receipts, broken = _sealed(desk)
    errors += broken + verify_receipts(entries, receipts) + check_counts([one.terms for one in receipts])
    for one in receipts:
        if desk.identity not in {one.terms.driver, one.terms.passenger}:
            errors.append(f"receipt {one.terms.id.hex()[:12]}: does not name this person")
    return Verdict(len(entries), errors)


def balance(desk: Desk) -> list[Balance]:
    """Return what others owe us, and we owe others, from sealed receipts alone."""
    return balances(desk.identity, [receipt_from(one.terms) for one in ledger.receipts(desk.node)])


def _sealed(desk: Desk) -> tuple[list[SealedReceipt], list[str]]:
    receipts, errors = [], []
    for stored in ledger.receipts(desk.node):
        try:
            receipts.append(unpack(stored))
        except MalformedError as wrong:
            errors.append(f"receipt {stored.id.hex()[:12]}: {wrong.message}")
    return receipts, errors
