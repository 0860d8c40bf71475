"""Series, in node.db: the same ride on several dates, asked for and answered after the first is agreed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.records.shape import HASH
from lazpool.rules.negotiation import Role

if TYPE_CHECKING:
    import sqlite3

    from lazpool.store.database import Store

WANTED, ASKED, ANSWERED, CLOSED = "wanted", "asked", "answered", "closed"
"""States. wanted: the person said so, the first deal or the question is still to come."""


@dataclass(frozen=True, slots=True)
class Series:
    """A series by the id of its first deal. dates: minutes of pick-ups asked for. until: minute when it is forgotten.

    offers: for a driver those that were named, for a passenger those of them that are still to be proposed.
    """

    id: bytes
    role: Role
    state: str
    dates: tuple[int, ...]
    offers: tuple[bytes, ...]
    until: int


def put(db: Store, one: Series) -> None:
    """Store a series, in place of what was known of it."""
    dates = ",".join(map(str, one.dates))
    values = (one.id, one.role, one.state, dates, b"".join(one.offers), one.until)
    db.execute("INSERT OR REPLACE INTO series VALUES (?,?,?,?,?,?)", values)


def get(db: Store, identifier: bytes) -> Series | None:
    """Return one series."""
    row = db.one("SELECT * FROM series WHERE id=?", (identifier,))
    return _series(row) if row else None


def every(db: Store) -> list[Series]:
    """Return every series."""
    return [_series(row) for row in db.all("SELECT * FROM series ORDER BY rowid")]


def naming(db: Store, offer: bytes) -> list[Series]:
    """Return our series as a driver in which an offer was named."""
    return [one for one in every(db) if one.role is Role.DRIVER and one.state == ANSWERED and offer in one.offers]


def drop_before(db: Store, minute: int) -> None:
    """Forget series long past."""
    db.execute("DELETE FROM series WHERE until<?", (minute,))


def _series(row: sqlite3.Row) -> Series:
    dates = tuple(int(minute) for minute in row["dates"].split(",") if minute)
    packed = row["offers"]
    offers = tuple(packed[start : start + HASH] for start in range(0, len(packed), HASH))
    return Series(row["id"], Role(row["role"]), row["state"], dates, offers, row["until"])
