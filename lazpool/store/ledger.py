"""Log entries and receipts in node.db. Entries are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.records.entries import entry_from
from lazpool.rules.ledger import Head
from lazpool.wire.envelope import Envelope

if TYPE_CHECKING:
    import sqlite3

    from lazpool.records.entries import Entry
    from lazpool.store.database import Store

PROPOSED, SEALED, LAPSED = "proposed", "sealed", "lapsed"


@dataclass(slots=True, kw_only=True)
class StoredReceipt:
    """A receipt as bytes: terms, the passenger's signature and device, the driver's half once it is here."""

    id: bytes
    deal: bytes
    state: str
    terms: bytes
    first: bytes
    debtor: bytes
    second: bytes = b""
    blind: bytes
    passenger: bytes
    driver: bytes
    dir_seq: int
    expires: int


def add_entry(db: Store, entry: Entry, envelope: Envelope) -> None:
    """Append an entry."""
    db.execute("INSERT INTO entries VALUES (?,?,?,?)", (entry.seq, entry.id, envelope.body, envelope.signature))


def entries(db: Store) -> list[Envelope]:
    """Return the whole log as bytes, in order."""
    return [Envelope(row["body"], row["signature"]) for row in db.all("SELECT * FROM entries ORDER BY seq")]


def head(db: Store) -> Head | None:
    """Return the newest entry's number, id and time."""
    row = db.one("SELECT * FROM entries ORDER BY seq DESC LIMIT 1")
    return Head(row["seq"], row["id"], entry_from(row["body"]).time) if row else None


def save_receipt(db: Store, receipt: StoredReceipt) -> None:
    """Store a receipt, or what changed in it."""
    values = (
        *(receipt.id, receipt.deal, receipt.state, receipt.terms, receipt.first, receipt.debtor, receipt.second),
        *(receipt.blind, receipt.passenger, receipt.driver, receipt.dir_seq, receipt.expires),
    )
    db.execute("INSERT OR REPLACE INTO receipts VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", values)


def receipt(db: Store, identifier: bytes) -> StoredReceipt | None:
    """Return one receipt."""
    return _receipt(db.one("SELECT * FROM receipts WHERE id=?", (identifier,)))


def newest_of_deal(db: Store, deal: bytes) -> StoredReceipt | None:
    """Return the newest receipt of a deal."""
    return _receipt(db.one("SELECT * FROM receipts WHERE deal=? ORDER BY dir_seq DESC LIMIT 1", (deal,)))


def newest_sealed(db: Store, passenger: bytes, driver: bytes) -> StoredReceipt | None:
    """Return the newest sealed receipt of this passenger to this driver."""
    sql = "SELECT * FROM receipts WHERE passenger=? AND driver=? AND state=? ORDER BY dir_seq DESC LIMIT 1"
    return _receipt(db.one(sql, (passenger, driver, SEALED)))


def newest_live(db: Store, passenger: bytes, driver: bytes) -> StoredReceipt | None:
    """Return the newest receipt of this pair that is sealed or waits for its second half."""
    sql = "SELECT * FROM receipts WHERE passenger=? AND driver=? AND state<>? ORDER BY dir_seq DESC LIMIT 1"
    return _receipt(db.one(sql, (passenger, driver, LAPSED)))


def receipts(db: Store, state: str = SEALED) -> list[StoredReceipt]:
    """Return the receipts in that state."""
    rows = db.all("SELECT * FROM receipts WHERE state=? ORDER BY passenger, driver, dir_seq", (state,))
    return [StoredReceipt(**dict(row)) for row in rows]


def _receipt(row: sqlite3.Row | None) -> StoredReceipt | None:
    return StoredReceipt(**dict(row)) if row else None
