"""Disputes in node.db, ours and those of partners about what we share; a claim is one about a missing receipt."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from lazpool.store.database import Store

OPEN, RESOLVED = "open", "resolved"
MAX_OPEN = 64
"""Open disputes that one partner may have with us."""


@dataclass(slots=True, kw_only=True)
class Stored:
    """A dispute. reference: id of the record, or of the agreement. deal: by which it is written about. at: minute.

    ended: how it ended. reason: a number of records/disputes.py.
    """

    blind: bytes
    reference: bytes
    deal: bytes
    mine: int
    reason: int
    text: str
    at: int
    state: str = OPEN
    ended: str = ""


_COLUMNS = [field.name for field in fields(Stored)]
_SAVE = f"INSERT OR REPLACE INTO disputes ({','.join(_COLUMNS)}) VALUES ({','.join('?' * len(_COLUMNS))})"  # noqa: S608 # our names


def save(db: Store, dispute: Stored) -> None:
    """Store a dispute, or what changed in it."""
    db.execute(_SAVE, [getattr(dispute, name) for name in _COLUMNS])


def everything(db: Store) -> list[Stored]:
    """Return all disputes, oldest first."""
    return _all(db.all("SELECT * FROM disputes ORDER BY at, blind"))


def about(db: Store, reference: bytes) -> list[Stored]:
    """Return the disputes about a record or an agreement, oldest first."""
    return _all(db.all("SELECT * FROM disputes WHERE reference=? ORDER BY at, blind", (reference,)))


def open_about(db: Store, reference: bytes) -> list[Stored]:
    """Return those that are not resolved."""
    return [one for one in about(db, reference) if one.state == OPEN]


def is_known(db: Store, blind: bytes) -> bool:
    """Tell whether a blind was used already."""
    return db.one("SELECT 1 FROM disputes WHERE blind=?", (blind,)) is not None


def count_theirs(db: Store, peer: bytes) -> int:
    """Count the open disputes of a partner."""
    sql = "SELECT count(*) FROM disputes t JOIN deals d ON d.id=t.deal WHERE t.mine=0 AND t.state=? AND d.peer=?"
    return db.number(sql, (OPEN, peer))


def _all(rows: list[sqlite3.Row]) -> list[Stored]:
    return [Stored(**dict(row)) for row in rows]
