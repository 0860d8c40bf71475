"""What is left in node.db of people whom the owner has forgotten: which commitments meant them, and where counts stand.

Neither tells who: a commitment means nothing without its blind, and how far the books went is sealed under a key that
is made of the person's identity, which is here no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lazpool.records.shape import shaped
from lazpool.wire.codec import encode
from lazpool.wire.cover import cover, uncover

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.rules.ledger import Direction
    from lazpool.store.database import Store

Counted: TypeAlias = "tuple[int, Direction]"
"""A kind of record and a direction."""
_MAX = 256


@dataclass(frozen=True, slots=True)
class Base:
    """Where the books of a direction stood when its records were forgotten: the newest one's number, total and id."""

    seq: int
    balance: int
    id: bytes


def commitments(db: Store) -> set[bytes]:
    """Return what the log shows of records that were forgotten."""
    return {row[0] for row in db.all("SELECT commitment FROM forgotten")}


def add(db: Store, gone: Iterable[bytes]) -> None:
    """Note that what these commitments stand for was forgotten."""
    for commitment in gone:
        db.execute("INSERT OR IGNORE INTO forgotten VALUES (?)", (commitment,))


def bases(db: Store, own: bytes, peer: bytes) -> dict[Counted, Base]:
    """Return where the counts of two people stood, if one of them is the owner, who forgot the other."""
    found = {}
    for row in db.all("SELECT salt, sealed FROM forgotten_counts"):
        plain = uncover(row["salt"], row["sealed"], _about(own, peer))
        if plain is not None:
            kind, debtor, creditor, unit, seq, balance, identifier = shaped(plain, _MAX, 7)
            found[kind, (debtor, creditor, unit)] = Base(seq, balance, identifier)  # type: ignore[arg-type] # ours
    return found  # type: ignore[return-value] # the same


def base(db: Store, kind: int, of: Direction) -> tuple[int, int]:
    """Return number and total of the newest record of a direction that was forgotten, zeros where there is none."""
    found = bases(db, of[0], of[1]).get((kind, of))
    return (found.seq, found.balance) if found else (0, 0)


def keep_bases(db: Store, own: bytes, peer: bytes, kept: dict[Counted, Base]) -> None:
    """Keep where the counts with a person stand, in place of what was kept before."""
    for row in db.all("SELECT salt, sealed FROM forgotten_counts"):
        if uncover(row["salt"], row["sealed"], _about(own, peer)) is not None:
            db.execute("DELETE FROM forgotten_counts WHERE salt=?", (row["salt"],))
    for (kind, (debtor, creditor, unit)), one in kept.items():
        plain = encode((kind, debtor, creditor, unit, one.seq, one.balance, one.id))
        db.execute("INSERT INTO forgotten_counts VALUES (?,?)", cover(plain, _about(own, peer)))


_OF_PEOPLE = (
    "DELETE FROM keys_told WHERE peer=?1",
    "DELETE FROM first_logs WHERE identity=?1",
    "DELETE FROM rotations WHERE (old=?1 OR new=?1) AND certificate=x''",
    "DELETE FROM revocations WHERE identity=?1",
    "DELETE FROM witnesses WHERE who=?1",
    "UPDATE seen_logs SET asker=x'' WHERE asker=?1",
)
_RECORDS = (
    "DELETE FROM settlement_events WHERE settlement IN (SELECT id FROM settlements WHERE payer=?1 OR payee=?1)",
    "DELETE FROM receipts WHERE passenger=?1 OR driver=?1",
    "DELETE FROM settlements WHERE payer=?1 OR payee=?1",
    "DELETE FROM corrections WHERE payer=?1 OR payee=?1",
    "DELETE FROM disputes WHERE deal IN (SELECT id FROM deals WHERE peer=?1)",
    "DELETE FROM heads WHERE log IN (SELECT peer_log FROM deals WHERE peer=?1)",
    "DELETE FROM recoveries WHERE peer=?1",
)
_OF_DEALS = ("notes", "letters", "outbox", "boxes", "deal_logs", "deal_events", "positions")
_THEIRS = "SELECT id FROM deals WHERE peer=?1"


def erase(db: Store, peer: bytes) -> None:
    """Delete all that names a person: records, deals and what hangs on them."""
    for table in _OF_DEALS:
        db.execute(f"DELETE FROM {table} WHERE deal IN ({_THEIRS})", (peer,))  # noqa: S608 # our names
    db.execute(f"DELETE FROM series WHERE id IN ({_THEIRS})", (peer,))  # noqa: S608 # the same
    for sql in (*_RECORDS, *_OF_PEOPLE, "DELETE FROM deals WHERE peer=?1"):
        db.execute(sql, (peer,))


def tidy(db: Store) -> None:
    """Write the file anew, so that pages which held what was deleted earlier are gone, too."""
    db.execute("VACUUM")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _about(one: bytes, other: bytes) -> bytes:
    return b"".join(sorted((one, other)))
