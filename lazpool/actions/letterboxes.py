"""Which nodes may hold our letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.records.posts import MAX_LETTERBOXES
from lazpool.store import own

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk

HUB, NODE = "hub", "node"
"""Roles of a joined node, once it was met."""


def letterboxes(desk: Desk) -> tuple[bytes, ...]:
    """Return the nodes that may hold letters for a new post: joined hubs, and ourselves where no hub is certain.

    Our own node key would link our posts, so it stands in them only while we have joined no hub.
    """
    joined = sorted(own.hubs(desk.node), key=lambda row: row["gone"] > 0)  # one that is away comes last
    hubs = [row["node_pk"] for row in joined if row["role"] == HUB]
    maybe = [row["node_pk"] for row in joined if row["role"] == own.UNKNOWN_ROLE]
    return tuple(dict.fromkeys(hubs[:MAX_LETTERBOXES] or [*maybe[: MAX_LETTERBOXES - 1], desk.node_pk]))
