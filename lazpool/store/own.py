"""Our own posts, letterbox tags, saved places and joined hubs, in node.db."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.records.places import Point

if TYPE_CHECKING:
    import sqlite3

    from lazpool.store.database import Store

LIVE, WITHDRAWN, EXPIRED, TAKEN = "live", "withdrawn", "expired", "taken"
"""States of a post; taken: it was taken back since nothing is left of it."""
UNKNOWN_ROLE = "unknown"


@dataclass(frozen=True, slots=True)
class OwnPost:
    """A post of ours, with the exact ends that never leave in it. depart, expires, created: minutes."""

    id: bytes
    kind: int
    envelope: bytes
    state: str
    start: Point
    end: Point
    depart: int
    expires: int
    created: int


@dataclass(frozen=True, slots=True)
class Box:
    """A letterbox tag of ours with its keys: of the post `about`, or made for one deal about it."""

    tag: bytes
    tag_seed: bytes
    box_sk: bytes
    about: bytes
    deal: bytes
    expires: int


def add_post(db: Store, post: OwnPost) -> None:
    """Store an own post."""
    db.execute(
        "INSERT INTO posts VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (
            *(post.id, post.kind, post.envelope, post.state),
            *(post.start.lat, post.start.lon, post.end.lat, post.end.lon),
            *(post.depart, post.expires, post.created),
        ),
    )


def posts(db: Store, state: str = LIVE) -> list[OwnPost]:
    """Return the own posts in that state, soonest first."""
    return [_post(row) for row in db.all("SELECT * FROM posts WHERE state=? ORDER BY depart", (state,))]


def all_posts(db: Store) -> list[OwnPost]:
    """Return every own post, soonest first."""
    return [_post(row) for row in db.all("SELECT * FROM posts ORDER BY depart")]


def post(db: Store, identifier: bytes) -> OwnPost | None:
    """Return one own post."""
    row = db.one("SELECT * FROM posts WHERE id=?", (identifier,))
    return _post(row) if row else None


def set_post_state(db: Store, identifier: bytes, state: str) -> None:
    """Mark a post withdrawn or expired."""
    db.execute("UPDATE posts SET state=? WHERE id=?", (state, identifier))


def add_renewal(db: Store, identifier: bytes, first: bytes) -> None:
    """Note that a post is for what was free again of a trip, whose first post is given."""
    db.execute("INSERT INTO renewals VALUES (?,?)", (identifier, first))


def same_trip(db: Store, identifier: bytes) -> list[OwnPost]:
    """Return the posts that were made one after the other for the same trip, in that order."""
    row = db.one("SELECT first FROM renewals WHERE post=?", (identifier,))
    first = row[0] if row else identifier
    sql = "SELECT * FROM posts WHERE id=?1 OR id IN (SELECT post FROM renewals WHERE first=?1) ORDER BY rowid"
    return [_post(one) for one in db.all(sql, (first,))]


def add_box(db: Store, box: Box) -> None:
    """Store a letterbox tag."""
    values = (box.tag, box.tag_seed, box.box_sk, box.about, box.deal, box.expires)
    db.execute("INSERT INTO boxes VALUES (?,?,?,?,?,?)", values)


def box(db: Store, tag: bytes) -> Box | None:
    """Return the keys of a tag, unless they were deleted."""
    row = db.one("SELECT * FROM boxes WHERE tag=?", (tag,))
    return Box(*row) if row else None


def boxes(db: Store) -> list[Box]:
    """Return every tag whose letters we still want."""
    return [Box(*row) for row in db.all("SELECT * FROM boxes ORDER BY tag")]


def drop_boxes(db: Store, before: int) -> int:
    """Delete the keys that expired before that minute; return how many."""
    return db.execute("DELETE FROM boxes WHERE expires<?", (before,)).rowcount


def add_place(db: Store, name: str, point: Point) -> None:
    """Save a place under a name, replacing an older one."""
    db.execute("INSERT OR REPLACE INTO places VALUES (?,?,?)", (name, point.lat, point.lon))


def places(db: Store) -> dict[str, Point]:
    """Return the saved places by name."""
    return {row["name"]: Point(row["lat"], row["lon"]) for row in db.all("SELECT * FROM places ORDER BY name")}


def remove_place(db: Store, name: str) -> bool:
    """Forget a place; return whether there was one."""
    return db.execute("DELETE FROM places WHERE name=?", (name,)).rowcount > 0


def add_hub(
    db: Store, address: str, node_pk: bytes, now: int, *, role: str = UNKNOWN_ROLE, found: bool = False
) -> None:
    """Remember a node to keep a connection with; its role is learnt when it is met. found: by ourselves."""
    db.execute("DELETE FROM hubs WHERE node_pk=?", (node_pk,))
    db.execute("INSERT INTO hubs VALUES (?,?,?,?,?,0)", (address, node_pk, role, now, found))


def drop_hub(db: Store, node_pk: bytes) -> None:
    """Keep no connection with a node any more."""
    db.execute("DELETE FROM hubs WHERE node_pk=?", (node_pk,))
    db.execute("DELETE FROM hub_addresses WHERE node_pk=?", (node_pk,))


def set_hub_gone(db: Store, node_pk: bytes, minute: int) -> None:
    """Note since when a joined node cannot be reached, 0 when it can; writes only when that is news."""
    db.execute("UPDATE hubs SET gone=?2 WHERE node_pk=?1 AND (gone=0)<>(?2=0)", (node_pk, minute))


def set_left(db: Store, node_pk: bytes, minute: int | None) -> None:
    """Note that the owner left a hub at a minute, or that it was joined again."""
    db.execute("DELETE FROM left_hubs WHERE node_pk=?", (node_pk,))
    if minute is not None:
        db.execute("INSERT INTO left_hubs VALUES (?,?)", (node_pk, minute))


def left(db: Store) -> set[bytes]:
    """Return the hubs that the owner left."""
    return {row[0] for row in db.all("SELECT node_pk FROM left_hubs")}


def set_hub_role(db: Store, node_pk: bytes, role: str) -> None:
    """Note whether a joined node is a hub; writes only when that is news."""
    db.execute("UPDATE hubs SET role=? WHERE node_pk=? AND role<>?", (role, node_pk, role))


def remember_addresses(db: Store, node_pk: bytes, addresses: list[str]) -> None:
    """Keep what a joined node last said of where it is, the best first; nothing said changes nothing."""
    if addresses and addresses != addresses_of(db, node_pk):
        db.execute("DELETE FROM hub_addresses WHERE node_pk=?", (node_pk,))
        for rank, address in enumerate(addresses):
            db.execute("INSERT OR IGNORE INTO hub_addresses VALUES (?,?,?)", (node_pk, address, rank))


def addresses_of(db: Store, node_pk: bytes) -> list[str]:
    """Return where a joined node said that it is, the best first."""
    rows = db.all("SELECT address FROM hub_addresses WHERE node_pk=? ORDER BY rank", (node_pk,))
    return [row["address"] for row in rows]


def hubs(db: Store) -> list[sqlite3.Row]:
    """Return the joined nodes, those of the owner's choice first: address, node_pk, role, found, gone."""
    return db.all("SELECT * FROM hubs ORDER BY found, added, address")


def _post(row: sqlite3.Row) -> OwnPost:
    start = Point(row["from_lat"], row["from_lon"])
    end = Point(row["to_lat"], row["to_lon"])
    return OwnPost(
        *(row["id"], row["kind"], row["envelope"], row["state"], start, end),
        *(row["depart"], row["expires"], row["created"]),
    )
