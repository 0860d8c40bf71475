"""Fork proofs, in node.db of logs that we have to do with, in board.db of others; and the heads that we were shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.records.forks import Statement

if TYPE_CHECKING:
    from lazpool.store.database import Store

MAX_BOARD = 4096
"""Proofs kept of logs that we have nothing to do with: 10 MB. Beyond that new ones are not taken."""
MAX_HEADS = 1024
"""Heads kept of one log, the newest: a partner's rides of several years."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A proof as it came. at: second."""

    log: bytes
    proof: bytes
    at: int


def add(db: Store, log: bytes, proof: bytes, now: int) -> bool:
    """Keep a proof unless there is one of this log; tell whether it was kept."""
    return db.execute("INSERT OR IGNORE INTO forks VALUES (?,?,?)", (log, proof, now)).rowcount > 0


def get(db: Store, log: bytes) -> Kept | None:
    """Return the proof that a log was forked."""
    row = db.one("SELECT log, proof, at FROM forks WHERE log=?", (log,))
    return Kept(*row) if row else None


def everything(db: Store) -> list[Kept]:
    """Return all proofs, oldest first."""
    return [Kept(*row) for row in db.all("SELECT log, proof, at FROM forks ORDER BY at, log")]


def count(db: Store) -> int:
    """Count the logs that are proved to be forked."""
    return db.number("SELECT count(*) FROM forks")


def is_full(db: Store) -> bool:
    """Tell whether a board takes no more."""
    return count(db) >= MAX_BOARD


def is_met(db: Store, log: bytes) -> bool:
    """Tell whether somebody's device ever dealt with us by this log."""
    sql = "SELECT 1 FROM deals WHERE peer_log=?1 UNION ALL SELECT 1 FROM heads WHERE log=?1 LIMIT 1"
    return db.one(sql, (log,)) is not None


def add_head(db: Store, log: bytes, seq: int, head: bytes, statement: Statement) -> None:
    """Keep what somebody's log was said to be, the first of each number and the newest numbers of each log."""
    values = (log, seq, head, statement.form, statement.data, statement.signature)
    db.execute("INSERT OR IGNORE INTO heads VALUES (?,?,?,?,?,?)", values)
    newest = "SELECT seq FROM heads WHERE log=?1 ORDER BY seq DESC LIMIT -1 OFFSET ?2"
    db.execute(f"DELETE FROM heads WHERE log=?1 AND seq IN ({newest})", (log, MAX_HEADS))  # noqa: S608 # ours


def highest_head(db: Store, log: bytes) -> int:
    """Return the highest number that an entry of a log was said to have, 0 when nothing was said of it."""
    return db.number("SELECT max(seq) FROM heads WHERE log=?", (log,))


def head(db: Store, log: bytes, seq: int) -> tuple[bytes, Statement] | None:
    """Return the id that a log's entry of a number was said to have, and by what."""
    row = db.one("SELECT head, form, data, signature FROM heads WHERE log=? AND seq=?", (log, seq))
    return (row["head"], Statement(row["form"], row["data"], row["signature"])) if row else None
