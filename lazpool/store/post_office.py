"""The outbox and the letters already acted on, in node.db.

A row is written in the same transaction as what it tells of; the network only carries rows out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.records.shape import KEY

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from lazpool.store.database import Store

PENDING, SENT = "pending", "sent"
LETTER, POST, FORK = "letter", "post", "fork"
FIRST_RETRY_S = 2
LAST_RETRY_S = 3600


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Something to carry out: a sealed letter for a tag at some letterboxes, a post, a fork proof. expires: minute."""

    id: int
    kind: str
    deal: bytes
    letter_kind: int
    tag: bytes
    letterboxes: tuple[bytes, ...]
    data: bytes
    awaits: bool
    attempts: int
    expires: int


def put_letter(  # the arguments are the row's own columns
    db: Store,
    *,
    deal: bytes,
    kind: int,
    counter: int,
    tag: bytes,
    letterboxes: tuple[bytes, ...],
    data: bytes,
    awaits: bool,
    answers: bytes,
    now: int,
    expires: int,
) -> None:
    """Queue a sealed letter; `now` in seconds."""
    boxes = b"".join(letterboxes)
    _insert(db, LETTER, deal, kind, counter, tag, boxes, data, int(awaits), answers, now, expires)


def put_post(db: Store, envelope: bytes, *, now: int, expires: int) -> None:
    """Queue a post for publication; `now` in seconds."""
    _insert(db, POST, b"", 0, 0, b"", b"", envelope, 0, b"", now, expires)


def put_fork(db: Store, proof: bytes, *, now: int, expires: int) -> None:
    """Queue a fork proof for everybody; `now` in seconds."""
    _insert(db, FORK, b"", 0, 0, b"", b"", proof, 0, b"", now, expires)


def due(db: Store, now: int, most: int = 64) -> list[Outgoing]:
    """Return what is to be carried out at second `now`, oldest first."""
    return [_outgoing(row) for row in db.all("SELECT * FROM outbox WHERE next_at<=? ORDER BY id LIMIT ?", (now, most))]


def next_due(db: Store) -> int | None:
    """Return the second at which the next row is due, if any."""
    row = db.one("SELECT min(next_at) FROM outbox WHERE state=? OR awaits=1", (PENDING,))
    return row[0] if row else None


def delivered(db: Store, row: Outgoing, now: int) -> None:
    """Note that a letterbox took the letter: repeat it later when an answer is awaited, keep it silent otherwise."""
    later = now + _backoff(row.attempts) if row.awaits else _NEVER
    sql = "UPDATE outbox SET state=?, attempts=attempts+1, next_at=? WHERE id=?"
    db.execute(sql, (SENT, later, row.id))


def failed(db: Store, row: Outgoing, now: int) -> None:
    """Try again later, a little later each time, since nobody took it."""
    db.execute("UPDATE outbox SET attempts=attempts+1, next_at=? WHERE id=?", (now + _backoff(row.attempts), row.id))


def hurry(db: Store, now: int) -> None:
    """Make what waits to leave due at once, since somebody is reachable again."""
    db.execute("UPDATE outbox SET next_at=?, attempts=0 WHERE state=? AND next_at>?", (now, PENDING, now))


def hurry_awaiting(db: Store, now: int) -> None:
    """Repeat at once what left and awaits its answer, since whoever held it for the reader may have lost it."""
    db.execute("UPDATE outbox SET next_at=? WHERE state=? AND awaits=1 AND next_at>?", (now, SENT, now))


def answered_all(db: Store, deal: bytes, but: tuple[int, ...]) -> None:
    """Stop repeating every letter of a deal but those of some kinds."""
    marks = ",".join("?" * len(but))
    db.execute(f"DELETE FROM outbox WHERE deal=? AND awaits=1 AND letter_kind NOT IN ({marks})", (deal, *but))  # noqa: S608 # only marks


def answered(db: Store, deal: bytes, kinds: tuple[int, ...]) -> None:
    """Stop repeating the letters of those kinds: their answer is here, or no longer wanted."""
    marks = ",".join("?" * len(kinds))
    db.execute(f"DELETE FROM outbox WHERE deal=? AND awaits=1 AND letter_kind IN ({marks})", (deal, *kinds))  # noqa: S608 # only marks


def answered_one(db: Store, deal: bytes, kind: int, counter: int) -> None:
    """Stop repeating one letter of a deal."""
    db.execute("DELETE FROM outbox WHERE deal=? AND awaits=1 AND letter_kind=? AND counter=?", (deal, kind, counter))


def give_up(db: Store, deal: bytes, kinds: Sequence[int], before: int) -> None:
    """Delete letters of these kinds about a deal with a number below one: their reader takes them no more."""
    sql = f"DELETE FROM outbox WHERE deal=? AND counter<? AND letter_kind IN ({','.join('?' * len(kinds))})"  # noqa: S608 # only marks
    db.execute(sql, (deal, before, *kinds))


def replaced(db: Store, deal: bytes, kind: int) -> None:
    """Drop the letters of a kind in a deal, sent or not: another takes their place."""
    db.execute("DELETE FROM outbox WHERE deal=? AND letter_kind=?", (deal, kind))


def withdraw(db: Store, kind: int) -> None:
    """Stop repeating every letter of a kind."""
    db.execute("DELETE FROM outbox WHERE awaits=1 AND letter_kind=?", (kind,))


def ask_again(db: Store, deal: bytes, kind: int, now: int) -> None:
    """Repeat the letters of a kind that still await their answer at once."""
    sql = "UPDATE outbox SET attempts=0, next_at=? WHERE deal=? AND awaits=1 AND letter_kind=?"
    db.execute(sql, (now, deal, kind))


def count_kind(db: Store, kind: int) -> int:
    """Count the letters of a kind that are kept, sent or not."""
    return db.number("SELECT count(*) FROM outbox WHERE letter_kind=?", (kind,))


def letter_of(db: Store, deal: bytes, kind: int) -> bytes:
    """Return the id of the newest letter of a kind that came in for a deal, empty when there is none."""
    row = db.one("SELECT id FROM letters WHERE deal=? AND kind=? ORDER BY rowid DESC LIMIT 1", (deal, kind))
    return row[0] if row else b""


def repeat_answer(db: Store, letter: bytes, now: int) -> None:
    """Send the stored answer again, since the letter it answers came again."""
    db.execute("UPDATE outbox SET state=?, next_at=? WHERE answers=?", (PENDING, now, letter))


def drop_expired(db: Store, minute: int) -> None:
    """Delete what nobody wants any more."""
    db.execute("DELETE FROM outbox WHERE expires<?", (minute,))


def waiting(db: Store) -> int:
    """Count what has not left this machine yet."""
    return db.number("SELECT count(*) FROM outbox WHERE state=?", (PENDING,))


def is_known(db: Store, letter: bytes) -> bool:
    """Tell whether a letter was acted on already."""
    return db.one("SELECT 1 FROM letters WHERE id=?", (letter,)) is not None


def remember(db: Store, letter: bytes, *, deal: bytes, kind: int, now: int) -> None:
    """Note that a letter is acted on, in the transaction that does so."""
    db.execute("INSERT OR IGNORE INTO letters VALUES (?,?,?,?)", (letter, deal, kind, now))


def forget(db: Store, letter: bytes) -> None:
    """Take back that a letter is acted on: it came too early."""
    db.execute("DELETE FROM letters WHERE id=?", (letter,))


_NEVER = 2**62


def _backoff(attempts: int) -> int:
    return int(min(FIRST_RETRY_S * 2 ** min(attempts, 20), LAST_RETRY_S))


def _insert(db: Store, *values: object) -> None:
    *columns, now, expires = values
    sql = (
        "INSERT INTO outbox (kind, deal, letter_kind, counter, tag, letterboxes, data, awaits, answers, state, "
        "attempts, next_at, expires) VALUES (?,?,?,?,?,?,?,?,?,?,0,?,?)"
    )
    db.execute(sql, (*columns, PENDING, now, expires))


def _outgoing(row: sqlite3.Row) -> Outgoing:
    packed = row["letterboxes"]
    letterboxes = tuple(packed[start : start + KEY] for start in range(0, len(packed), KEY))
    return Outgoing(
        *(row["id"], row["kind"], row["deal"], row["letter_kind"], row["tag"], letterboxes, row["data"]),
        *(bool(row["awaits"]), row["attempts"], row["expires"]),
    )
