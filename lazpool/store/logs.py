"""Logs in node.db that this home no longer writes to, and the deals that were made under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.wire.envelope import Envelope

if TYPE_CHECKING:
    from lazpool.store.database import Store

COUNTER_STEP = 1000
"""Letters of a deal that a home may have written after its backup: what follows is numbered beyond them. And beyond the
second of the restore, since there may have been another from the same backup."""
_INTRODUCED = "(role='passenger' AND length(passenger_sig)>0) OR (role='driver' AND length(bind_sig)>0)"
"""Deals whose partner has been told our device; in the others the next letter introduces the new one."""


def retire(db: Store, log: bytes, seed: bytes, ended: int) -> None:
    """Close the log that is written to: its entries stay, to be read. seed: empty when it is lost."""
    db.execute("INSERT INTO old_logs VALUES (?,?,?)", (log, seed, ended))
    db.execute("INSERT INTO old_entries SELECT ?, seq, id, body, signature FROM entries", (log,))
    db.execute("DELETE FROM entries")
    db.execute(f"INSERT OR IGNORE INTO deal_logs SELECT id, ? FROM deals WHERE {_INTRODUCED}", (log,))  # noqa: S608 # ours
    db.execute("INSERT OR IGNORE INTO deal_logs SELECT id, ? FROM circles WHERE own_tag<>x''", (log,))
    for table in ("deals", "circle_people"):
        db.execute(f"UPDATE {table} SET counter=max(counter+?, ?)", (COUNTER_STEP, ended))  # noqa: S608 # our own names


def first_counter(db: Store) -> int:
    """Return beyond which the letters of a deal that somebody else begins are numbered.

    A restored home may have answered the same letter before: then it used the numbers from 1 on.
    """
    return db.number("SELECT max(ended) FROM old_logs")


def every(db: Store) -> list[bytes]:
    """Return the old logs, oldest first."""
    return [row[0] for row in db.all("SELECT log FROM old_logs ORDER BY rowid")]


def closed(db: Store) -> list[tuple[bytes, int]]:
    """Return the old logs, oldest first, with the second from which on another was written to."""
    return [(row[0], row[1]) for row in db.all("SELECT log, ended FROM old_logs ORDER BY rowid")]


def entries(db: Store, log: bytes) -> list[Envelope]:
    """Return an old log as bytes, in order."""
    rows = db.all("SELECT body, signature FROM old_entries WHERE log=? ORDER BY seq", (log,))
    return [Envelope(row["body"], row["signature"]) for row in rows]


def index(db: Store, log: bytes) -> list[tuple[int, bytes]]:
    """Return the number and id by which each entry of an old log is looked up, in order."""
    return [(row[0], row[1]) for row in db.all("SELECT seq, id FROM old_entries WHERE log=? ORDER BY seq", (log,))]


def seed_of(db: Store, deal: bytes) -> bytes:
    """Return the seed of the old log under which a deal was made, empty for a deal of the log that is written to."""
    row = db.one("SELECT seed FROM old_logs JOIN deal_logs USING (log) WHERE deal=?", (deal,))
    return row["seed"] if row else b""


def leave(db: Store, deal: bytes) -> None:
    """Let a deal that was made under an old log go on under the one that is written to."""
    db.execute("DELETE FROM deal_logs WHERE deal=?", (deal,))


def ended(db: Store, deal: bytes) -> int:
    """Return the second in which the newest old log ended, 0 for a deal that was made since."""
    known = db.one("SELECT 1 FROM deal_logs WHERE deal=?", (deal,))
    return db.number("SELECT max(ended) FROM old_logs") if known else 0
