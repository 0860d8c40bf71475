"""How a running node stands at this moment, for whoever serves a page or figures of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lazpool.actions.standing import Live
from lazpool.net.address import is_global, node_name
from lazpool.net.throttle import FAULTS

if TYPE_CHECKING:
    from lazpool.node.state import Node


def stand(node: Node) -> Live:
    """Return what this process knows and no database tells."""
    network = node.network
    places, circuits = network.carried if network else (0, 0)
    return Live(
        ready=network is not None,
        uptime_s=time.monotonic() - node.began,
        address=_address(node),
        invite=node.invite,
        areas=tuple(sorted(node.areas)),
        peers=len(network.peers()) if network else 0,
        places=places,
        circuits=circuits,
        sync_rounds=node.sync_rounds,
        dropped_posts=network.dropped_posts if network else 0,
        faults=FAULTS.total,
        restarts=max(0, node.opened_networks - 1),
    )


def _address(node: Node) -> str:
    """Return where members join: as the operator says, else the best of what is listened on."""
    if told := node.desk.config.hub.address:
        return f"{told}/p2p/{node_name(node.desk.node_pk)}"
    ours = node.network.addresses() if node.network else []
    return min(ours, key=lambda one: (not is_global(one), "/127.0.0.1/" in one or "/::1/" in one), default="")
