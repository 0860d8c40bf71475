"""What a person confirms, in node.db: settlements and corrections, those that we proposed and those proposed to us."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from lazpool.store.ledger import LAPSED, PROPOSED, SEALED

if TYPE_CHECKING:
    from lazpool.rules.ledger import Direction
    from lazpool.store.database import Store

OFFERED, REFUSED = "offered", "refused"
"""As the payee: waits for us, and we said no or the payer took it back. The other states are those of receipts."""
__all__ = ["CORRECTIONS", "LAPSED", "OFFERED", "PROPOSED", "REFUSED", "SEALED", "SETTLEMENTS"]


@dataclass(slots=True, kw_only=True)
class Stored:
    """A settlement or a correction as bytes, with both halves once they are here.

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


@dataclass(frozen=True, slots=True)
class Shelf:
    """The table of one kind of record that a person confirms; in each, the payer is who signs first."""

    table: str

    def save(self, db: Store, record: Stored) -> None:
        """Store a record, or what changed in it."""
        marks, changes = ",".join("?" * len(_COLUMNS)), ",".join(f"{name}=excluded.{name}" for name in _COLUMNS)
        sql = (
            f"INSERT INTO {self.table} ({','.join(_COLUMNS)}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {changes}"  # noqa: S608 # our names
        )
        db.execute(sql, [getattr(record, name) for name in _COLUMNS])

    def get(self, db: Store, identifier: bytes) -> Stored | None:
        """Return one record."""
        return next(iter(self._all(db, "WHERE id=?", identifier)), None)

    def everything(self, db: Store) -> list[Stored]:
        """Return all, oldest first."""
        return self._all(db, "ORDER BY rowid")

    def in_state(self, db: Store, state: str) -> list[Stored]:
        """Return those in a state, by direction and number."""
        return self._all(db, "WHERE state=? ORDER BY payer, payee, unit, dir_seq", state)

    def of_direction(self, db: Store, of: Direction, state: str) -> list[Stored]:
        """Return those of a first signer to a second in a unit and a state, by number."""
        return self._all(db, f"{_DIRECTION} ORDER BY dir_seq", *of, state)

    def sealed_from(self, db: Store, of: Direction, seq: int, most: int) -> list[Stored]:
        """Return the sealed ones of a direction with that number or a later one."""
        return self._all(db, f"{_DIRECTION} AND dir_seq>=? ORDER BY dir_seq LIMIT ?", *of, SEALED, seq, most)

    def sealed_after(self, db: Store, of: Direction, seq: int, most: int) -> list[Stored]:
        """Return the sealed ones of a direction beyond a number, in order."""
        return self.sealed_from(db, of, seq + 1, most)

    def count_offered(self, db: Store, payer: bytes) -> int:
        """Count what somebody has proposed to us and we have not answered."""
        sql = f"SELECT count(*) FROM {self.table} WHERE payer=? AND state=?"  # noqa: S608 # our names
        return db.number(sql, (payer, OFFERED))

    def _all(self, db: Store, which: str, *values: object) -> list[Stored]:
        return [Stored(**dict(row)) for row in db.all(f"SELECT * FROM {self.table} {which}", values)]  # noqa: S608 # our names


_DIRECTION = "WHERE payer=? AND payee=? AND unit=? AND state=?"
SETTLEMENTS, CORRECTIONS = Shelf("settlements"), Shelf("corrections")
save, get, everything, in_state = SETTLEMENTS.save, SETTLEMENTS.get, SETTLEMENTS.everything, SETTLEMENTS.in_state
of_direction, sealed_from, count_offered = SETTLEMENTS.of_direction, SETTLEMENTS.sealed_from, SETTLEMENTS.count_offered
