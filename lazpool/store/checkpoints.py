"""Checkpoints in node.db: of our own logs with their witnesses, and the newest that we witnessed of others' logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.records.checkpoints import Witness

if TYPE_CHECKING:
    import sqlite3

    from lazpool.store.database import Store

HUB, PARTNER = "hub", "partner"


@dataclass(frozen=True, slots=True)
class Own:
    """A checkpoint of one of our logs: the id of its statement, and the statement as it is shown (envelope)."""

    id: bytes
    log: bytes
    size: int
    statement: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest statement that we have witnessed of somebody's log. asker: identity, or node. signed: on `day`."""

    log: bytes
    asker: bytes
    size: int
    root: bytes
    statement: bytes
    day: int = 0
    signed: int = 0


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two statements (envelopes) of a log that were not shown to be of one that only grew. at: second."""

    log: bytes
    one: bytes
    other: bytes
    at: int


def add(db: Store, made: Own) -> None:
    """Keep a checkpoint of our own log."""
    db.execute("INSERT INTO checkpoints VALUES (?,?,?,?)", (made.id, made.log, made.size, made.statement))


def get(db: Store, identifier: bytes) -> Own | None:
    """Return one of our checkpoints by the id of its statement."""
    return _own(db.one("SELECT * FROM checkpoints WHERE id=?", (identifier,)))


def every(db: Store) -> list[Own]:
    """Return the checkpoints of all our logs."""
    return [Own(**dict(row)) for row in db.all("SELECT * FROM checkpoints ORDER BY rowid")]


def newest(db: Store, log: bytes) -> Own | None:
    """Return the newest checkpoint of a log of ours."""
    return _own(db.one("SELECT * FROM checkpoints WHERE log=? ORDER BY size DESC LIMIT 1", (log,)))


def covering(db: Store, log: bytes, seq: int) -> list[Own]:
    """Return the checkpoints of a log that an entry is under, the oldest, which has the shortest proofs, first."""
    sql = "SELECT * FROM checkpoints WHERE log=? AND size>=? ORDER BY size"
    return [Own(**dict(row)) for row in db.all(sql, (log, seq))]


def add_witness(db: Store, statement: bytes, witness: Witness, kind: str, who: bytes) -> None:
    """Keep a witness of one of our checkpoints. who: the partner's identity, or the hub's node key."""
    sql = "INSERT OR IGNORE INTO witnesses VALUES (?,?,?,?,?,?)"
    db.execute(sql, (statement, witness.key, witness.at, witness.signature, kind, who))


def witnesses(db: Store, statement: bytes, other: bytes = b"") -> list[Witness]:
    """Return the witnesses of a checkpoint, the earliest first; with `other`, hubs and that partner alone."""
    rows = db.all("SELECT * FROM witnesses WHERE statement=? ORDER BY at, key", (statement,))
    shown = [row for row in rows if not other or row["kind"] == HUB or row["who"] == other]
    return [Witness(row["key"], row["at"], row["signature"]) for row in shown]


def is_witnessed(db: Store, statement: bytes, who: bytes) -> bool:
    """Tell whether somebody has witnessed a checkpoint of ours."""
    return db.one("SELECT 1 FROM witnesses WHERE statement=? AND who=?", (statement, who)) is not None


def witnessed_by(db: Store, log: bytes, who: bytes) -> int:
    """Return the size of our log that somebody has witnessed last, 0 for none."""
    sql = "SELECT max(c.size) FROM checkpoints c JOIN witnesses w ON w.statement=c.id WHERE c.log=? AND w.who=?"
    row = db.one(sql, (log, who))
    return (row[0] or 0) if row else 0


def seen(db: Store, log: bytes) -> Seen | None:
    """Return the newest statement that we have witnessed of a log."""
    row = db.one("SELECT * FROM seen_logs WHERE log=?", (log,))
    return Seen(**dict(row)) if row else None


def see(db: Store, found: Seen) -> None:
    """Keep the newest statement that we have witnessed of a log."""
    values = (found.log, found.asker, found.size, found.root, found.statement, found.day, found.signed)
    db.execute("INSERT OR REPLACE INTO seen_logs VALUES (?,?,?,?,?,?,?)", values)


def count_seen(db: Store, asker: bytes | None = None) -> int:
    """Count the logs that we witness, of one asker or of all."""
    if asker is None:
        return db.number("SELECT count(*) FROM seen_logs")
    return db.number("SELECT count(*) FROM seen_logs WHERE asker=?", (asker,))


def doubt(db: Store, log: bytes, pair: tuple[bytes, bytes], now: int) -> None:
    """Keep two statements of a log of which the second was not shown to go on from the first, once a log.

    It proves nothing: the proof that came with it may be what was wrong.
    """
    db.execute("INSERT OR IGNORE INTO doubts VALUES (?,?,?,?)", (log, *pair, now))


def doubts(db: Store) -> list[Doubt]:
    """Return what was not shown to go on, oldest first."""
    return [Doubt(*row) for row in db.all("SELECT * FROM doubts ORDER BY at, log")]


def _own(row: sqlite3.Row | None) -> Own | None:
    return Own(**dict(row)) if row else None
