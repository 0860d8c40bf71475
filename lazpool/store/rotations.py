"""Which identities are one person, in node.db: our own that others follow, and those of partners."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from lazpool.records.revocations import read_rotation

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.revocations import Rotation
    from lazpool.store.database import Store


@dataclass(frozen=True, slots=True)
class Known:
    """A rotation. certificate, own: of our log by old and by new, empty for others'. learned: second."""

    old: bytes
    new: bytes
    rotation: bytes
    certificate: bytes
    learned: int
    own: bytes = b""


def add(db: Store, one: Known) -> None:
    """Keep a rotation; the first that holds for an identity is the only one."""
    db.execute("INSERT OR IGNORE INTO rotations VALUES (?,?,?,?,?,?)", astuple(one))


def after(db: Store, old: bytes) -> Known | None:
    """Return the rotation away from an identity."""
    row = db.one("SELECT * FROM rotations WHERE old=?", (old,))
    return Known(*row) if row else None


def to(db: Store, new: bytes) -> Rotation | None:
    """Return the rotation by which an identity came to be."""
    row = db.one("SELECT rotation FROM rotations WHERE new=?", (new,))
    return read_rotation(row["rotation"])[0] if row else None


def ours(db: Store) -> list[Known]:
    """Return our own rotations, oldest first."""
    return [Known(*row) for row in db.all("SELECT * FROM rotations WHERE certificate<>x'' ORDER BY rowid")]


def person(db: Store) -> Callable[[bytes], bytes]:
    """Return what gives the newest identity of a person for any of theirs."""
    following = {row["old"]: row["new"] for row in db.all("SELECT old, new FROM rotations")}

    def newest(identity: bytes) -> bytes:
        seen = set[bytes]()
        while identity in following and identity not in seen:
            seen.add(identity)
            identity = following[identity]
        return identity

    return newest


def rename(db: Store, old: bytes, new: bytes) -> None:
    """Let deals with a person, and what was asked of them, name their new identity."""
    db.execute("UPDATE deals SET peer=? WHERE peer=?", (new, old))
    db.execute("UPDATE OR REPLACE recoveries SET peer=? WHERE peer=?", (new, old))


def identities_of(db: Store, identity: bytes) -> list[bytes]:
    """Return every identity that a person has, or had."""
    newest = person(db)
    olds = [row[0] for row in db.all("SELECT old FROM rotations")]
    return sorted({identity, *(one for one in olds if newest(one) == newest(identity))})


def keep_promise(db: Store, identity: bytes, log: bytes, commitment: bytes) -> None:
    """Keep what the first entry of a log promises, if that is the log by which we have known the person longest."""
    if remember_first(db, identity) == log:
        db.execute("UPDATE first_logs SET promise=? WHERE identity=?", (commitment, identity))


def promise(db: Store, identity: bytes) -> bytes:
    """Return what a person has promised in their first log, empty where nobody has told us."""
    row = db.one("SELECT promise FROM first_logs WHERE identity=?", (identity,))
    return row["promise"] if row else b""


def remember_first(db: Store, identity: bytes) -> bytes:
    """Return the log of a person that is known longest, and keep it, whatever device they go on with."""
    db.execute(
        "INSERT OR IGNORE INTO first_logs (identity, log) SELECT peer, peer_log FROM deals "
        "WHERE peer=? AND length(peer_log)>0 ORDER BY created, rowid LIMIT 1",
        (identity,),
    )
    row = db.one("SELECT log FROM first_logs WHERE identity=?", (identity,))
    return row["log"] if row else b""
