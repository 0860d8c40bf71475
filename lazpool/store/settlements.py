"""Settlements in node.db: those that we proposed, and those that others proposed to us."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from lazpool.store.ledger import LAPSED, PROPOSED, SEALED

if TYPE_CHECKING:
    import sqlite3

    from lazpool.rules.ledger import Direction
    from lazpool.store.database import Store

OFFERED, REFUSED = "offered", "refused"
"""As the payee: waits for us, and we said no or the payer took it back. The other states are those of receipts."""
__all__ = ["LAPSED", "OFFERED", "PROPOSED", "REFUSED", "SEALED"]


@dataclass(slots=True, kw_only=True)
class Stored:
    """A settlement as bytes, with both halves once they are here.

    deal: by whose cards its letters travel. letter: as the payee, the letter that it came by. counter: as the payer,
    that of our letter. reason: why it ended. by, changed: whose the last move was, "us", "them" or nobody's, and when.
    """

    id: bytes
    deal: bytes
    state: str
    terms: bytes
    first: bytes
    debtor: bytes
    second: bytes = b""
    blind: bytes
    payer: bytes
    payee: bytes
    unit: str
    dir_seq: int
    expires: int
    letter: bytes = b""
    counter: int = 0
    reason: str = ""
    by: str = ""
    changed: int = 0


_COLUMNS = [field.name for field in fields(Stored)]
_SAVE = (
    f"INSERT INTO settlements ({','.join(_COLUMNS)}) VALUES ({','.join('?' * len(_COLUMNS))}) "  # noqa: S608 # our names
    f"ON CONFLICT (id) DO UPDATE SET {','.join(f'{name}=excluded.{name}' for name in _COLUMNS)}"
)
_DIRECTION = "SELECT * FROM settlements WHERE payer=? AND payee=? AND unit=? AND state=?"


def save(db: Store, settlement: Stored) -> None:
    """Store a settlement, or what changed in it."""
    db.execute(_SAVE, [getattr(settlement, name) for name in _COLUMNS])


def get(db: Store, identifier: bytes) -> Stored | None:
    """Return one settlement."""
    return next(iter(_all(db.all("SELECT * FROM settlements WHERE id=?", (identifier,)))), None)


def everything(db: Store) -> list[Stored]:
    """Return all settlements, oldest first."""
    return _all(db.all("SELECT * FROM settlements ORDER BY rowid"))


def in_state(db: Store, state: str) -> list[Stored]:
    """Return the settlements in a state, by direction and number."""
    return _all(db.all("SELECT * FROM settlements WHERE state=? ORDER BY payer, payee, unit, dir_seq", (state,)))


def of_direction(db: Store, of: Direction, state: str) -> list[Stored]:
    """Return the settlements of a payer to a payee in a unit and a state, by number."""
    return _all(db.all(f"{_DIRECTION} ORDER BY dir_seq", (*of, state)))


def sealed_from(db: Store, of: Direction, seq: int, most: int) -> list[Stored]:
    """Return the sealed settlements of a direction with that number or a later one."""
    return _all(db.all(f"{_DIRECTION} AND dir_seq>=? ORDER BY dir_seq LIMIT ?", (*of, SEALED, seq, most)))


def sealed_after(db: Store, of: Direction, seq: int, most: int) -> list[Stored]:
    """Return the sealed settlements of a direction beyond a number, in order."""
    return sealed_from(db, of, seq + 1, most)


def count_offered(db: Store, payer: bytes) -> int:
    """Count what somebody has proposed to us and we have not answered."""
    return db.number("SELECT count(*) FROM settlements WHERE payer=? AND state=?", (payer, OFFERED))


def _all(rows: list[sqlite3.Row]) -> list[Stored]:
    return [Stored(**dict(row)) for row in rows]
