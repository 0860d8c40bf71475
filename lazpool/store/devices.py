"""Devices of ours that were added, and what is known of revoked ones, ours and others', in node.db."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.errors import RefusedError
from lazpool.records.revocations import read_revocation

if TYPE_CHECKING:
    from lazpool.records.revocations import Revocation
    from lazpool.store.database import Store
    from lazpool.store.deals import Deal


@dataclass(frozen=True, slots=True)
class Added:
    """A device of ours beside this one. added: second."""

    log: bytes
    name: str
    added: int


def add(db: Store, device: Added) -> None:
    """Remember a device, or its new name."""
    sql = "INSERT INTO devices VALUES (?,?,?) ON CONFLICT (log) DO UPDATE SET name=excluded.name"
    db.execute(sql, (device.log, device.name, device.added))


def every(db: Store) -> list[Added]:
    """Return the devices that were added, oldest first."""
    return [Added(*row) for row in db.all("SELECT log, name, added FROM devices ORDER BY added, log")]


def revoke(db: Store, terms: Revocation, envelope: bytes, now: int) -> None:
    """Keep a revocation; of several of one log the one that leaves least counts, and then the lowest id."""
    known = revocation(db, terms.log)
    if known is not None and (known.last_seq, known.id) <= (terms.last_seq, terms.id):
        return
    db.execute("INSERT OR REPLACE INTO revocations VALUES (?,?,?,?)", (terms.log, terms.identity, envelope, now))


def revocation(db: Store, log: bytes) -> Revocation | None:
    """Return what revoked a log, if anything did."""
    row = db.one("SELECT envelope FROM revocations WHERE log=?", (log,))
    return read_revocation(row["envelope"]) if row else None


def check_half(db: Store, log: bytes, seq: int, head: bytes) -> None:
    """Raise RefusedError for a half that was signed beyond what counts of a log."""
    known = revocation(db, log)
    if known is not None and known.is_beyond(seq, head):
        raise RefusedError("signed by a device that its owner has revoked", code="revoked")


def check_log(db: Store, log: bytes) -> None:
    """Raise RefusedError for a log that was revoked."""
    if revocation(db, log) is not None:
        raise RefusedError("by a device that its owner has revoked", code="revoked")


def revocations(db: Store, identity: bytes = b"") -> list[bytes]:
    """Return the envelopes of all that is known, or of one person's, in the order of logs."""
    sql = "SELECT envelope FROM revocations WHERE ?1=x'' OR identity=?1 ORDER BY log"
    return [row["envelope"] for row in db.all(sql, (identity,))]


def tell(db: Store, about: bytes, deal: Deal) -> None:
    """Note that the partner of a deal is told of a revocation or rotation by a letter."""
    db.execute("INSERT INTO keys_told VALUES (?,?,?,0,?)", (about, deal.id, deal.peer, deal.counter))


def told(db: Store, about: bytes) -> tuple[set[bytes], set[bytes]]:
    """Return in which deals, and who, was told of a revocation or rotation."""
    rows = db.all("SELECT deal, peer FROM keys_told WHERE about=?", (about,))
    return {row["deal"] for row in rows}, {row["peer"] for row in rows}


def heard(db: Store, about: bytes, log: bytes) -> bool:
    """Tell whether a device of a partner's has answered to a rotation."""
    sql = "SELECT 1 FROM keys_told WHERE about=? AND answered=1 AND deal IN (SELECT id FROM deals WHERE peer_log=?)"
    return db.one(sql, (about, log)) is not None


def unanswered(db: Store, about: bytes, peer: bytes) -> dict[bytes, int]:
    """Return in which deals a person was told of a rotation and has not answered, and by which letter."""
    sql = "SELECT deal, counter FROM keys_told WHERE about=? AND peer=? AND answered=0"
    return {row["deal"]: row["counter"] for row in db.all(sql, (about, peer))}


def counter(db: Store, about: bytes, deal: bytes) -> int:
    """Return the number of the letter that tells of a revocation or rotation in a deal, 0 when there is none."""
    return db.number("SELECT counter FROM keys_told WHERE about=? AND deal=?", (about, deal))


def answered(db: Store, about: bytes, deal: bytes) -> bool:
    """Note that the partner knows; tell whether that is news."""
    sql = "UPDATE keys_told SET answered=1 WHERE about=? AND deal=? AND answered=0"
    return db.execute(sql, (about, deal)).rowcount > 0
