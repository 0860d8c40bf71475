"""Hubs that are known by what they say of themselves, in board.db: it heals, since neighbours tell of them again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from lazpool.records.hub_records import HubRecord, SignedHub, read_hub

if TYPE_CHECKING:
    import sqlite3

    from lazpool.store.database import Store


@dataclass(frozen=True, slots=True)
class Known:
    """A hub as it describes itself. teller: who brought that. met: the minute at which it last was a hub, or 0."""

    signed: SignedHub
    teller: bytes
    met: int

    @property
    def record(self) -> HubRecord:
        """What it says."""
        return self.signed.record

    @property
    def node_pk(self) -> bytes:
        """The key of its node."""
        return self.signed.record.node_pk


def put(db: Store, signed: SignedHub, teller: bytes) -> None:
    """Keep the newest record of a hub, and when it was met; who tells of itself is its own teller from then on."""
    record = signed.record
    values = (record.node_pk, record.id, signed.envelope, record.made, record.until, teller)
    db.execute(
        "INSERT INTO hub_records VALUES (?1,?2,?3,?4,?5,?6,0) ON CONFLICT (node_pk) DO UPDATE SET id=?2, envelope=?3, "
        "made=?4, until=?5, teller=CASE WHEN ?6=?1 THEN ?1 ELSE teller END",
        values,
    )


def note_met(db: Store, node_pk: bytes, minute: int) -> None:
    """Note that a node turned out to be a hub."""
    db.execute("UPDATE hub_records SET met=? WHERE node_pk=?", (minute, node_pk))


def get(db: Store, node_pk: bytes) -> Known | None:
    """Return what is known of a hub."""
    row = db.one("SELECT envelope, teller, met FROM hub_records WHERE node_pk=?", (node_pk,))
    return _known(row) if row else None


def made_of(db: Store, node_pk: bytes) -> int | None:
    """Return the second at which the record of a hub that is kept was made."""
    row = db.one("SELECT made FROM hub_records WHERE node_pk=?", (node_pk,))
    return row[0] if row else None


def every(db: Store) -> list[Known]:
    """Return all hubs that are known, those met last first."""
    rows = db.all("SELECT envelope, teller, met FROM hub_records ORDER BY met DESC, made DESC, node_pk")
    return [_known(row) for row in rows]


def ids(db: Store) -> list[bytes]:
    """Return the ids of all records."""
    return [row[0] for row in db.all("SELECT id FROM hub_records")]


def count(db: Store) -> int:
    """Count the hubs that are known."""
    return db.number("SELECT count(*) FROM hub_records")


def count_of(db: Store, teller: bytes) -> int:
    """Count the hubs that are known by one teller."""
    return db.number("SELECT count(*) FROM hub_records WHERE teller=?", (teller,))


def loudest(db: Store) -> bytes:
    """Return the teller by whom most hubs are known."""
    row = db.one("SELECT teller FROM hub_records GROUP BY teller ORDER BY count(*) DESC, teller LIMIT 1")
    return row[0] if row else b""


def of_teller(db: Store, teller: bytes) -> list[bytes]:
    """Return the hubs known by one teller that were never met, the oldest record first."""
    return [
        row[0] for row in db.all("SELECT node_pk FROM hub_records WHERE teller=? AND met=0 ORDER BY made", (teller,))
    ]


def drop(db: Store, node_pk: bytes) -> None:
    """Forget a hub."""
    db.execute("DELETE FROM hub_records WHERE node_pk=?", (node_pk,))


def expire(db: Store, second: int) -> None:
    """Forget the records that hold no more at a second."""
    db.execute("DELETE FROM hub_records WHERE until<=?", (second,))


def _known(row: sqlite3.Row) -> Known:
    return Known(_signed(row["envelope"]), row["teller"], row["met"])


@lru_cache(maxsize=256)
def _signed(envelope: bytes) -> SignedHub:
    """Return a record that was checked before it was kept; a running node reads all of them every few seconds."""
    return read_hub(envelope)[0]
