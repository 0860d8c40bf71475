"""Joining a hub or another node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.errors import RefusedError
from lazpool.store import own

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk


def join(desk: Desk, address: str, node_pk: bytes) -> None:
    """Remember a node to keep a connection with, at its newest address; a running node connects at once."""
    if node_pk == desk.node_pk:
        raise RefusedError("that is this node's own address", code="own-address")
    with desk.node.transaction():
        own.add_hub(desk.node, address, node_pk, desk.minute)
