"""In node.db: whom we asked for records that both signed, and how far the books with somebody go."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from itertools import product
from typing import TYPE_CHECKING

from lazpool.records.corrections import CorrectionTerms
from lazpool.records.receipts import ReceiptTerms
from lazpool.records.recovery import CREDITOR, DEBTOR, Held, Key
from lazpool.records.settlements import SettlementTerms
from lazpool.store import forgotten
from lazpool.store.ledger import SEALED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.store.database import Store

SUSPECTED, ASKED, WHOLE, STUCK, GAVE_UP = "suspected", "asked", "whole", "stuck", "gave up"


@dataclass(slots=True)
class Recovery:
    """What we asked one person for. deal: by which letters; since: minute of the first question; trouble: in words."""

    peer: bytes
    deal: bytes
    state: str
    since: int
    changed: int
    found: int = 0
    trouble: str = ""


_NEWEST = (
    "SELECT ? AS kind, {debtor}=? AS owing, unit, max(dir_seq) AS seq, id FROM {table} "
    "WHERE state=? AND (({debtor}=? AND {creditor}=?) OR ({debtor}=? AND {creditor}=?)) GROUP BY owing, unit"
)
_TABLES = {
    ReceiptTerms.KIND: _NEWEST.format(table="receipts", debtor="passenger", creditor="driver"),
    SettlementTerms.KIND: _NEWEST.format(table="settlements", debtor="payer", creditor="payee"),
    CorrectionTerms.KIND: _NEWEST.format(table="corrections", debtor="payer", creditor="payee"),
}


def get(db: Store, peer: bytes) -> Recovery | None:
    """Return what was asked of a person."""
    row = db.one("SELECT * FROM recoveries WHERE peer=?", (peer,))
    return Recovery(*row) if row else None


def every(db: Store) -> list[Recovery]:
    """Return what was asked of anybody, oldest first."""
    return [Recovery(*row) for row in db.all("SELECT * FROM recoveries ORDER BY since, peer")]


def save(db: Store, recovery: Recovery) -> None:
    """Store what was asked, or what changed in it."""
    db.execute("INSERT OR REPLACE INTO recoveries VALUES (?,?,?,?,?,?,?)", astuple(recovery))


def held(db: Store, owns: Iterable[bytes], peers: Iterable[bytes]) -> list[Held]:
    """Return how far the books of two people go in each direction, for each identity that the owner and the other had.

    What was forgotten counts as there.
    """
    return [one for own, peer in product(owns, peers) for one in _held(db, own, peer)]


def _held(db: Store, own: bytes, peer: bytes) -> list[Held]:
    known: dict[Key, Held] = {}
    for (kind, (debtor, _, unit)), base in forgotten.bases(db, own, peer).items():
        gone = Held(kind, DEBTOR if debtor == own else CREDITOR, unit, base.seq, base.id, own, peer)
        known[gone.key] = gone
    for kind, sql in _TABLES.items():
        for row in db.all(sql, (kind, own, SEALED, own, peer, peer, own)):
            side = DEBTOR if row["owing"] else CREDITOR
            held = Held(row["kind"], side, row["unit"], row["seq"], row["id"], own, peer)
            known[held.key] = held
    return list(known.values())
