"""Whom a hub lets in, in node.db: nodes that its operator blocked or allowed by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lazpool.store.database import Store

BLOCKED, ALLOWED = "blocked", "allowed"


@dataclass(frozen=True, slots=True)
class Door:
    """What was decided of a node. side: blocked or allowed. note: the operator's own. since: minutes."""

    node_pk: bytes
    side: str
    note: str
    since: int


def put(db: Store, door: Door) -> None:
    """Note a decision; the newest counts."""
    db.execute("INSERT OR REPLACE INTO doors VALUES (?,?,?,?)", (door.node_pk, door.side, door.note, door.since))


def remove(db: Store, node_pk: bytes) -> bool:
    """Forget what was decided of a node; return whether anything was."""
    return db.execute("DELETE FROM doors WHERE node_pk=?", (node_pk,)).rowcount > 0


def doors(db: Store) -> list[Door]:
    """Return all decisions, oldest first."""
    return [Door(*row) for row in db.all("SELECT node_pk, side, note, since FROM doors ORDER BY since, node_pk")]
