"""Log entries and receipts in node.db. Entries are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.records.entries import entry_from
from lazpool.rules.ledger import Head, direction
from lazpool.wire.envelope import Envelope

if TYPE_CHECKING:
    import sqlite3

    from lazpool.records.entries import Entry
    from lazpool.records.receipts import ReceiptTerms
    from lazpool.rules.ledger import Direction
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
    unit: str
    dir_seq: int
    expires: int


def add_entry(db: Store, entry: Entry, envelope: Envelope) -> None:
    """Append an entry."""
    db.execute("INSERT INTO entries VALUES (?,?,?,?)", (entry.seq, entry.id, envelope.body, envelope.signature))


def entries(db: Store, most: int = -1) -> list[Envelope]:
    """Return the log, or the first `most` entries of it, as bytes, in order."""
    rows = db.all("SELECT * FROM entries ORDER BY seq LIMIT ?", (most,))
    return [Envelope(row["body"], row["signature"]) for row in rows]


def index(db: Store) -> list[tuple[int, bytes]]:
    """Return the number and id by which each entry is looked up, in order."""
    return [(row[0], row[1]) for row in db.all("SELECT seq, id FROM entries ORDER BY seq")]


def newest(db: Store) -> Entry | None:
    """Return the newest entry."""
    row = db.one("SELECT body FROM entries ORDER BY seq DESC LIMIT 1")
    return entry_from(row["body"]) if row else None


def head(db: Store) -> Head | None:
    """Return the newest entry's number, id and time."""
    entry = newest(db)
    return Head(entry.seq, entry.id, entry.time) if entry else None


def id_at(db: Store, seq: int) -> bytes:
    """Return the id of the entry of that number, empty when there is none."""
    row = db.one("SELECT id FROM entries WHERE seq=?", (seq,))
    return row["id"] if row else b""


def envelope_at(db: Store, seq: int) -> Envelope | None:
    """Return the entry of that number as bytes."""
    row = db.one("SELECT body, signature FROM entries WHERE seq=?", (seq,))
    return Envelope(row["body"], row["signature"]) if row else None


def save_receipt(db: Store, receipt: StoredReceipt) -> None:
    """Store a receipt, or what changed in it."""
    values = (
        *(receipt.id, receipt.deal, receipt.state, receipt.terms, receipt.first, receipt.debtor, receipt.second),
        *(receipt.blind, receipt.passenger, receipt.driver, receipt.unit, receipt.dir_seq, receipt.expires),
    )
    db.execute("INSERT OR REPLACE INTO receipts VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", values)


def receipt(db: Store, identifier: bytes) -> StoredReceipt | None:
    """Return one receipt."""
    return _receipt(db.one("SELECT * FROM receipts WHERE id=?", (identifier,)))


def of_deal(db: Store, deal: bytes, state: str) -> list[StoredReceipt]:
    """Return the receipts of a deal in that state."""
    return _receipts(db.all("SELECT * FROM receipts WHERE deal=? AND state=? ORDER BY dir_seq", (deal, state)))


def sealed_at(db: Store, of: Direction, seq: int) -> StoredReceipt | None:
    """Return the sealed receipt of a number in a direction."""
    sql = "SELECT * FROM receipts WHERE passenger=? AND driver=? AND unit=? AND state=? AND dir_seq=?"
    return _receipt(db.one(sql, (*of, SEALED, seq)))


def waiting_after(db: Store, receipt: StoredReceipt) -> list[StoredReceipt]:
    """Return the receipts of the same direction that count on from this one and still wait for their second half."""
    sql = "SELECT * FROM receipts WHERE passenger=? AND driver=? AND unit=? AND state=? AND dir_seq>? ORDER BY dir_seq"
    return _receipts(db.all(sql, (receipt.passenger, receipt.driver, receipt.unit, PROPOSED, receipt.dir_seq)))


def sealed_from(db: Store, terms: ReceiptTerms, most: int) -> list[StoredReceipt]:
    """Return the sealed receipts of a direction with the number of these terms or a later one, or of the same ride."""
    sql = (
        "SELECT * FROM receipts WHERE passenger=? AND driver=? AND unit=? AND state=? AND (dir_seq>=? OR deal=?) "
        "ORDER BY dir_seq LIMIT ?"
    )
    return _receipts(db.all(sql, (*direction(terms), SEALED, terms.dir_seq, terms.ride, most)))


def sealed_after(db: Store, of: Direction, seq: int, most: int) -> list[StoredReceipt]:
    """Return the sealed receipts of a direction beyond a number, in order."""
    sql = (
        "SELECT * FROM receipts WHERE passenger=? AND driver=? AND unit=? AND state=? AND dir_seq>? "
        "ORDER BY dir_seq LIMIT ?"
    )
    return _receipts(db.all(sql, (*of, SEALED, seq, most)))


def newest_sealed(db: Store, of: Direction) -> StoredReceipt | None:
    """Return the newest sealed receipt of a direction."""
    sql = "SELECT * FROM receipts WHERE passenger=? AND driver=? AND unit=? AND state=? ORDER BY dir_seq DESC LIMIT 1"
    return _receipt(db.one(sql, (*of, SEALED)))


def newest_live(db: Store, of: Direction) -> StoredReceipt | None:
    """Return the newest receipt of a direction that is sealed or waits for its second half."""
    sql = "SELECT * FROM receipts WHERE passenger=? AND driver=? AND unit=? AND state<>? ORDER BY dir_seq DESC LIMIT 1"
    return _receipt(db.one(sql, (*of, LAPSED)))


def receipts(db: Store, state: str = SEALED) -> list[StoredReceipt]:
    """Return the receipts in that state."""
    return _receipts(db.all("SELECT * FROM receipts WHERE state=? ORDER BY passenger, driver, unit, dir_seq", (state,)))


def _receipts(rows: list[sqlite3.Row]) -> list[StoredReceipt]:
    return [StoredReceipt(**dict(row)) for row in rows]


def _receipt(row: sqlite3.Row | None) -> StoredReceipt | None:
    return StoredReceipt(**dict(row)) if row else None
