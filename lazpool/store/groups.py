"""The closed groups that we are in, in node.db."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.records.groups import ClosedGroup, post_tag

if TYPE_CHECKING:
    from lazpool.records.posts import Offer, Request
    from lazpool.store.database import Store


@dataclass(frozen=True, slots=True)
class Membership:
    """A group of ours; added: the minute since which."""

    closed: ClosedGroup
    added: int


def add(db: Store, closed: ClosedGroup, now: int) -> None:
    """Remember a group."""
    db.execute("INSERT INTO closed_groups VALUES (?,?,?)", (closed.name, closed.secret, now))


def every(db: Store) -> list[Membership]:
    """Return our groups by name."""
    rows = db.all("SELECT * FROM closed_groups ORDER BY name")
    return [Membership(ClosedGroup(row["name"], row["secret"]), row["added"]) for row in rows]


def get(db: Store, name: str) -> ClosedGroup | None:
    """Return the group that we know by a name."""
    row = db.one("SELECT * FROM closed_groups WHERE name=?", (name,))
    return ClosedGroup(row["name"], row["secret"]) if row else None


def remove(db: Store, name: str) -> None:
    """Forget a group and its secret."""
    db.execute("DELETE FROM closed_groups WHERE name=?", (name,))


def of_post(db: Store, post: Offer | Request) -> ClosedGroup | None:
    """Return which of our groups a post belongs to, ours or somebody else's; None for no group, and for others'."""
    if not post.group:
        return None
    ours = (one.closed for one in every(db))
    return next((one for one in ours if post_tag(one.secret, post.net, post.post_pk) == post.group), None)


def secret_of(db: Store, post: Offer | Request) -> bytes:
    """Return the secret of the group that a post belongs to, or nothing, which fits no post of a group."""
    closed = of_post(db, post)
    return closed.secret if closed else b""
