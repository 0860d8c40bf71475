"""The closed groups that we are in, in node.db."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.records.groups import Circle, post_tag

if TYPE_CHECKING:
    from lazpool.records.posts import Offer, Request
    from lazpool.store.database import Store


@dataclass(frozen=True, slots=True)
class Membership:
    """A group of ours; added: the minute since which."""

    circle: Circle
    added: int


def add(db: Store, circle: Circle, now: int) -> None:
    """Remember a group."""
    db.execute("INSERT INTO circles VALUES (?,?,?)", (circle.name, circle.secret, now))


def every(db: Store) -> list[Membership]:
    """Return our groups by name."""
    rows = db.all("SELECT * FROM circles ORDER BY name")
    return [Membership(Circle(row["name"], row["secret"]), row["added"]) for row in rows]


def get(db: Store, name: str) -> Circle | None:
    """Return the group that we know by a name."""
    row = db.one("SELECT * FROM circles WHERE name=?", (name,))
    return Circle(row["name"], row["secret"]) if row else None


def remove(db: Store, name: str) -> None:
    """Forget a group and its secret."""
    db.execute("DELETE FROM circles WHERE name=?", (name,))


def of_post(db: Store, post: Offer | Request) -> Circle | None:
    """Return which of our groups a post belongs to, ours or somebody else's; None for no group, and for others'."""
    if not post.group:
        return None
    ours = (one.circle for one in every(db))
    return next((one for one in ours if post_tag(one.secret, post.net, post.post_pk) == post.group), None)


def secret_of(db: Store, post: Offer | Request) -> bytes:
    """Return the secret of the group that a post belongs to, or nothing, which fits no post of a group."""
    circle = of_post(db, post)
    return circle.secret if circle else b""
