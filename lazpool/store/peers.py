"""Neighbours that were good, in node.db: found again by this node alone, and told to nobody. Node keys, not people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lazpool.store.database import Store

MOST, MOST_OF_HOST = 64, 4
"""Neighbours kept in all, and of one host: who has many names crowds out nobody."""
OLD_MINUTES = 90 * 24 * 60
LOST_MINUTES, LOST_TIMES = 7 * 24 * 60, 8
"""Not met for so long, and sought in vain so often: forgotten. One not met for 90 days is forgotten anyway."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A neighbour. address: where it can be dialled. host: of the address. seen: minute when it was last there.

    good: connections that lasted. failed: dials in vain since.
    """

    node_pk: bytes
    address: str
    host: str
    seen: int
    good: int = 0
    failed: int = 0


def note_good(db: Store, node_pk: bytes, address: str, minute: int) -> None:
    """Remember a neighbour whose connection has lasted; room is made by forgetting who was good least often."""
    host = "/".join(address.split("/")[1:3])
    values = (node_pk, address, host, minute)
    db.execute(
        "INSERT INTO peers VALUES (?1,?2,?3,?4,1,0) ON CONFLICT (node_pk) DO UPDATE SET "
        "address=?2, host=?3, seen=?4, good=good+1, failed=0",
        values,
    )
    _make_room(db, [one for one in every(db) if one.host == host], MOST_OF_HOST, node_pk)
    _make_room(db, every(db), MOST, node_pk)


def _make_room(db: Store, there: list[Peer], most: int, newest: bytes) -> None:
    others = sorted((one for one in there if one.node_pk != newest), key=lambda one: (one.good, one.seen))
    for one in others[: len(there) - most if len(there) > most else 0]:
        db.execute("DELETE FROM peers WHERE node_pk=?", (one.node_pk,))


def note_seen(db: Store, node_pk: bytes, minute: int) -> None:
    """Note that a neighbour is still there."""
    db.execute("UPDATE peers SET seen=?2 WHERE node_pk=?1", (node_pk, minute))


def note_failed(db: Store, node_pk: bytes) -> None:
    """Note that a neighbour was not reached."""
    db.execute("UPDATE peers SET failed=failed+1 WHERE node_pk=?", (node_pk,))


def every(db: Store) -> list[Peer]:
    """Return all, the most promising first."""
    rows = db.all("SELECT node_pk, address, host, seen, good, failed FROM peers ORDER BY failed, seen DESC, node_pk")
    return [Peer(*row) for row in rows]


def forget_old(db: Store, minute: int) -> int:
    """Forget who was not met for long, and return how many that were."""
    sql = "DELETE FROM peers WHERE seen<?1 OR (seen<?2 AND failed>=?3)"
    return db.execute(sql, (minute - OLD_MINUTES, minute - LOST_MINUTES, LOST_TIMES)).rowcount
