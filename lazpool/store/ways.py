"""The places that the driver of an own offer must pass, in node.db; only for offers whose route follows roads.

Without a row, the vertices of the offer are these places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lazpool.records.places import Point

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.store.database import Store

Via: TypeAlias = tuple[float, Point]
"""A place to pass and its position on the published route, where vertex k is at k."""


def add_way(db: Store, post: bytes, vias: Iterable[Via]) -> None:
    """Remember that an offer follows roads, and what it must pass in order."""
    text = " ".join(f"{position},{via.lat},{via.lon}" for position, via in vias)
    db.execute("INSERT INTO ways VALUES (?,?)", (post, text))


def way_of(db: Store, post: bytes) -> tuple[Via, ...] | None:
    """Return what an offer that follows roads must pass between its ends; None for one that does not."""
    row = db.one("SELECT vias FROM ways WHERE post=?", (post,))
    return tuple(_via(text) for text in row["vias"].split()) if row else None


def _via(text: str) -> Via:
    position, lat, lon = (float(number) for number in text.split(","))
    return position, Point(lat, lon)
