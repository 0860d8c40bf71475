"""Letters that a hub holds for others, in board.db, with the counts its quotas need."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lazpool.store.database import Store


def owner_of(db: Store, tag: bytes) -> bytes | None:
    """Return the node that opened a tag here."""
    row = db.one("SELECT owner FROM tags WHERE tag=?", (tag,))
    return row[0] if row else None


def open_tag(db: Store, tag: bytes, owner: bytes, until: int) -> None:
    """Hold letters for a tag; the newest proof of its key decides the owner."""
    db.execute("INSERT OR REPLACE INTO tags VALUES (?,?,?)", (tag, owner, until))


def tags_of(db: Store, owner: bytes) -> int:
    """Count the tags a node opened."""
    return db.number("SELECT count(*) FROM tags WHERE owner=?", (owner,))


def count_tags(db: Store) -> int:
    """Count all tags."""
    return db.number("SELECT count(*) FROM tags")


def count_owners(db: Store) -> int:
    """Count the nodes that opened a tag."""
    return db.number("SELECT count(DISTINCT owner) FROM tags")


def count_letters(db: Store) -> int:
    """Count all letters."""
    return db.number("SELECT count(*) FROM held")


def is_held(db: Store, tag: bytes, identifier: bytes) -> bool:
    """Tell whether the same sealed bytes are held for a tag already."""
    return db.one("SELECT 1 FROM held WHERE tag=? AND id=?", (tag, identifier)) is not None


def hold(db: Store, identifier: bytes, *, tag: bytes, depositor: bytes, letter: bytes, now: int, expires: int) -> None:
    """Hold a letter; `now` and `expires` in minutes."""
    db.execute("INSERT OR IGNORE INTO held VALUES (?,?,?,?,?,?)", (identifier, tag, depositor, letter, now, expires))


def letters(db: Store, tag: bytes, most: int) -> tuple[bytes, ...]:
    """Return the oldest letters of a tag."""
    return tuple(row[0] for row in db.all("SELECT letter FROM held WHERE tag=? ORDER BY rowid LIMIT ?", (tag, most)))


def held_for(db: Store, tag: bytes) -> int:
    """Count the letters of a tag."""
    return db.number("SELECT count(*) FROM held WHERE tag=?", (tag,))


def bytes_from(db: Store, depositor: bytes, since: int) -> int:
    """Sum the bytes that a node deposited since a minute and that are still held."""
    return db.number("SELECT sum(length(letter)) FROM held WHERE depositor=? AND at>=?", (depositor, since))


def bytes_held(db: Store) -> int:
    """Sum the bytes of all letters."""
    return db.number("SELECT sum(length(letter)) FROM held")


def forget(db: Store, tag: bytes, identifiers: tuple[bytes, ...]) -> None:
    """Delete letters that their owner has stored."""
    db.connection.executemany("DELETE FROM held WHERE tag=? AND id=?", [(tag, one) for one in identifiers])


def expire(db: Store, minute: int) -> None:
    """Delete tags and letters that expired before that minute."""
    db.execute("DELETE FROM held WHERE expires<?", (minute,))
    db.execute("DELETE FROM tags WHERE until<?", (minute,))


def until_of(db: Store, tag: bytes) -> int:
    """Return the minute until which a tag is open, 0 when it is not."""
    return db.number("SELECT until FROM tags WHERE tag=?", (tag,))
