"""The other processes of this home: what they commit is noticed, and they are shown how the node stands."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import trio

from lazpool.actions import hearing
from lazpool.actions.desk import renew_board
from lazpool.actions.doors import guests
from lazpool.actions.matches import match_own
from lazpool.net.address import node_name
from lazpool.node import links
from lazpool.node.presence import Link, Presence
from lazpool.node.state import log
from lazpool.records.sync import HUB
from lazpool.store import own

if TYPE_CHECKING:
    from lazpool.net.network import Network
    from lazpool.node.state import Node

NOTICE_S = 0.05
"""How often the database is asked whether another process committed; one pragma of some microseconds."""
LOOK_S = 0.25
"""How often is looked at what changes rarely and costs more to look at."""
LINKS = 64
"""Neighbours that other processes see."""
TELL_S = 1.0
"""How long letters wait for neighbours to hear of new tags; one that hangs must not hold them up."""


async def notice(node: Node, network: Network, nursery: trio.Nursery) -> None:
    """Notice commits of other processes, and take up what they changed."""
    version = -1
    while True:
        if (now := node.desk.node.version()) != version or node.changed_here:
            version, node.changed_here = now, False
            await _take_up(node, network, nursery)
        await trio.sleep(NOTICE_S)


async def keep_up(node: Node, network: Network) -> None:
    """Keep what other processes see of us up to date, and notice when the board was deleted."""
    while True:
        show(node, network)
        if renew_board(node.desk):
            await _begin_board(node, network)
        await trio.sleep(LOOK_S)


def show(node: Node, network: Network) -> None:
    """Tell the other processes of this home that we run, and where."""
    where = (*network.addresses(), *node.circuits)
    shown = Presence(
        *(os.getpid(), node.hub, where, len(network.peers()), *network.carried),
        links=_links(node, network),
        lan=node.lan,
        heard=node.lan_heard,
    )
    node.lock.show(shown)


def _links(node: Node, network: Network) -> tuple[Link, ...]:
    """Return the neighbours that answered, hubs first."""
    there = [(peer, hello.role == HUB) for peer in network.peers() if (hello := node.hellos.get(peer))]
    return tuple(
        Link(peer.hex(), hub, len(node.opened.get(peer, ())), peer in network.places)
        for peer, hub in sorted(there, key=lambda one: (not one[1], one[0]))[:LINKS]
    )


def match_all(node: Node) -> None:
    """Put our posts on the board and match each with all of it."""
    hearing.show_own(node.desk)
    for post in own.posts(node.desk.node):
        match_own(node.desk, post)


async def _begin_board(node: Node, network: Network) -> None:
    """Fill a new board: whoever comes back to us tells what it knows, and opens its tags again if we are a hub."""
    log.warning("the board was deleted; it is made anew")
    match_all(node)
    for peer in network.peers():
        await network.close_peer(peer)


async def _take_up(node: Node, network: Network, nursery: trio.Nursery) -> None:
    """Follow what changed: neighbours hear of new areas and new tags, the outbox is carried out."""
    await _show_out(node, network)
    node.links_bell.ring()
    hearing.show_own(node.desk)
    fresh_areas = node.refresh_own()
    if fresh_areas:
        await node.subscribe(network)
        nursery.start_soon(links.greet_settled, node, network)
    tags = {box.tag for box in own.boxes(node.desk.node)}
    if fresh_areas or any(tags - opened for opened in node.opened.values()):
        nursery.start_soon(_tell, node, network)
    else:
        node.outbox_bell.ring()


async def _show_out(node: Node, network: Network) -> None:
    """Part with neighbours whom the operator does not let in any more."""
    if not node.hub:
        return
    node.guests = guests(node.desk)
    for peer in network.peers():
        if not node.admits(peer):
            log.info("not let in any more", node=node_name(peer))
            await network.close_peer(peer)


async def _tell(node: Node, network: Network) -> None:
    """Open new tags at the hubs before letters go out that invite answers to them."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_ring_later, node)
        await links.greet_all(node, network)
        nursery.cancel_scope.cancel()
    node.outbox_bell.ring()


async def _ring_later(node: Node) -> None:
    await trio.sleep(TELL_S)
    node.outbox_bell.ring()
