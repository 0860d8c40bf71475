"""What happened to deals and settlements, as the database itself wrote it down, and what was told of it; in node.db."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.store.database import Store

_MATCH, _CIRCLE = "match", "circle"


@dataclass(frozen=True, slots=True)
class Change:
    """A deal began (was is empty), moved, or got a note of the partner; at: minute."""

    id: int
    deal: bytes
    was: str
    state: str
    note: str
    reason: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class SettlementMove:
    """A settlement began or moved; by: "us", "them" or nobody; at: minute."""

    id: int
    settlement: bytes
    state: str
    reason: str
    by: str
    at: int


def changes(db: Store, after: int, since: int = 0) -> list[Change]:
    """Return the changes with higher numbers than `after`, since a minute, oldest first."""
    return [
        Change(*row) for row in db.all("SELECT * FROM deal_events WHERE id>? AND at>=? ORDER BY id", (after, since))
    ]


def moves(db: Store, after: int, since: int = 0) -> list[SettlementMove]:
    """Return the moves of settlements with higher numbers than `after`, since a minute, oldest first."""
    sql = "SELECT * FROM settlement_events WHERE id>? AND at>=? ORDER BY id"
    return [SettlementMove(*row) for row in db.all(sql, (after, since))]


def newest(db: Store, kind: str) -> int:
    """Return the number of the newest change of a deal or a settlement, 0 for none yet."""
    return db.number("SELECT seq FROM sqlite_sequence WHERE name=?", (f"{kind}_events",))


def told_matches(db: Store) -> set[bytes]:
    """Return the ids of the matches that were told of."""
    return _told(db, _MATCH)


def told_circles(db: Store) -> set[bytes]:
    """Return the ids of what circles wait for that was told of."""
    return _told(db, _CIRCLE)


def told_upto(db: Store, kind: str) -> int | None:
    """Return the number of the last change of a kind that was told of; None before the first time."""
    row = db.one("SELECT upto FROM told WHERE kind=?", (kind,))
    return int(row[0]) if row else None


def tell_matches(db: Store, told: Iterable[tuple[bytes, int]]) -> None:
    """Remember matches that were told of, each with the minute at which it expires."""
    _tell(db, _MATCH, told)


def tell_circles(db: Store, told: Iterable[tuple[bytes, int]]) -> None:
    """Remember what circles wait for that was told of, each with its minute."""
    _tell(db, _CIRCLE, told)


def tell_upto(db: Store, kind: str, number: int) -> None:
    """Remember the last change of a kind that was told of."""
    db.execute("INSERT OR REPLACE INTO told VALUES (?,x'',?)", (kind, number))


def forget(db: Store, *, changes_before: int, matches_before: int) -> None:
    """Forget changes from before a minute, and matches that expired before one."""
    db.execute("DELETE FROM deal_events WHERE at<?", (changes_before,))
    db.execute("DELETE FROM settlement_events WHERE at<?", (changes_before,))
    db.execute("DELETE FROM told WHERE kind=? AND upto<?", (_MATCH, matches_before))
    db.execute("DELETE FROM told WHERE kind=? AND upto<?", (_CIRCLE, changes_before))


def _told(db: Store, kind: str) -> set[bytes]:
    return {row[0] for row in db.all("SELECT id FROM told WHERE kind=?", (kind,))}


def _tell(db: Store, kind: str, told: Iterable[tuple[bytes, int]]) -> None:
    rows = [(kind, identifier, upto) for identifier, upto in told]
    db.connection.executemany("INSERT OR REPLACE INTO told VALUES (?,?,?)", rows)
