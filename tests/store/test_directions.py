"""The newest receipt of a direction, from the database."""

from __future__ import annotations

from dataclasses import replace

from lazpool.store import ledger, node_schema
from lazpool.store.database import open_store
from lazpool.store.ledger import LAPSED, PROPOSED, SEALED, StoredReceipt

RECEIPT = StoredReceipt(
    id=b"1", deal=b"d", state=SEALED, terms=b"t", first=b"f", debtor=b"b", second=b"s", blind=b"x",
    passenger=b"p", driver=b"d", unit="EUR", dir_seq=1, expires=9,
)  # fmt: skip


def test_each_currency_has_its_own_newest() -> None:
    """Receipts in one currency do not count for the next in another; a lapsed one counts for none."""
    db = open_store(None, node_schema, synchronous="FULL")
    euros, francs = (b"p", b"d", "EUR"), (b"p", b"d", "CHF")
    ledger.save_receipt(db, RECEIPT)
    assert ledger.newest_sealed(db, euros) == ledger.newest_live(db, euros) == RECEIPT
    assert ledger.newest_sealed(db, francs) is ledger.newest_live(db, francs) is None
    waiting = replace(RECEIPT, id=b"2", dir_seq=2, state=PROPOSED)
    ledger.save_receipt(db, waiting)
    ledger.save_receipt(db, replace(RECEIPT, id=b"3", dir_seq=3, state=LAPSED))
    ledger.save_receipt(db, replace(RECEIPT, id=b"4", dir_seq=7, unit="CHF"))
    assert ledger.newest_sealed(db, euros) == RECEIPT
    assert ledger.newest_live(db, euros) == waiting
    db.close()
