"""Blocking and allowing nodes at a hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.errors import NotFoundError, RefusedError
from lazpool.store import doors, own

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk


@dataclass(frozen=True, slots=True)
class Guests:
    """Whom a hub lets in. only: those and nobody else; None for everybody who is not blocked."""

    blocked: frozenset[bytes] = frozenset()
    only: frozenset[bytes] | None = None

    def admits(self, node_pk: bytes) -> bool:
        """Tell whether a node may be connected."""
        return node_pk not in self.blocked and (self.only is None or node_pk in self.only)


def guests(desk: Desk) -> Guests:
    """Return whom this hub lets in; a hub for its members alone also knows the hubs that it joined."""
    known = doors.doors(desk.node)
    allowed = {one.node_pk for one in known if one.side == doors.ALLOWED}
    joined = {row["node_pk"] for row in own.hubs(desk.node) if not row["found"]}
    only = frozenset(allowed | joined) if desk.config.hub.members_only else None
    return Guests(frozenset(one.node_pk for one in known if one.side == doors.BLOCKED), only)


def decide(desk: Desk, node_pk: bytes, side: str, note: str) -> None:
    """Block or allow a node; a running hub acts on it at once."""
    if node_pk == desk.node_pk:
        raise RefusedError("that is this node itself", code="own-address")
    with desk.node.transaction():
        doors.put(desk.node, doors.Door(node_pk, side, note, desk.minute))


def forget(desk: Desk, node_pk: bytes) -> None:
    """Take back what was decided of a node."""
    with desk.node.transaction():
        if not doors.remove(desk.node, node_pk):
            raise NotFoundError("that node is neither blocked nor allowed", hint="lazpool hub list")
