"""Sync with a neighbour: hello, the ids of each area, and the posts that are missing here.

Gossip is fast but lossy; this makes the board whole. Each side pulls for itself, and trusts nothing it gets.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from lazpool.actions import hearing
from lazpool.errors import LazpoolError, MalformedError
from lazpool.node.state import log, say
from lazpool.records import sync
from lazpool.records.shape import HASH
from lazpool.rules.areas import topic
from lazpool.store import board, own

if TYPE_CHECKING:
    import trio

    from lazpool.net.network import Network
    from lazpool.node.state import Node

MAX_IDS_A_ROUND = 20_480
"""Ids of one area taken from one neighbour in one round; as many as an area of a board holds."""

NEWS = 64
"""So many posts that a round brings from an area are passed on by gossip: they are news to neighbours who synced with
us before. Who was away for longer brings more, and those neighbours hear of it at their next round."""

AREAS_OF_MEMBER = 64
"""Areas that a hub without a list follows at one member's word; two long trips need as many."""


async def meet(node: Node, network: Network, peer: bytes) -> None:
    """Say hello to a neighbour, learn its role, and pull what we lack of the areas that both follow."""
    answer = await network.ask(peer, sync.PROTOCOL, sync.pack_frame(node.hello()))
    hello = sync.read_hello(answer)
    if hello.net != node.desk.net:
        say("other network", "neighbour of another network", peer=peer.hex()[:12])
        await network.close_peer(peer)
        return
    note_hello(node, peer, hello)
    await pull(node, network, peer, set(hello.areas) & node.areas)


def note_hello(node: Node, peer: bytes, hello: sync.Hello) -> None:
    """Remember what a neighbour said of itself; a joined node thereby turns out to be a hub or not."""
    node.hellos[peer] = hello
    with node.desk.node.transaction():
        own.set_hub_role(node.desk.node, peer, "hub" if hello.role == sync.HUB else "node")


async def pull(node: Node, network: Network, peer: bytes, areas: set[int]) -> None:
    """Fetch from a neighbour the posts of these areas that we lack."""
    for area in sorted(areas):
        wanted = await _missing(node, network, peer, area)
        for start in range(0, len(wanted), sync.POSTS):
            frame = sync.GetPosts(tuple(wanted[start : start + sync.POSTS]))
            answer = await network.ask(peer, sync.PROTOCOL, sync.pack_frame(frame))
            _take(node, sync.read_posts(answer), area)
        if 0 < len(wanted) <= NEWS and len(network.peers()) > 1:
            for envelope in board.by_ids(node.desk.board, wanted):
                await network.publish(topic(node.desk.net, area), envelope)


def serve(node: Node, network: Network, nursery: trio.Nursery, peer: bytes, data: bytes) -> bytes:
    """Answer a frame of a neighbour; MalformedError for what is none."""
    match sync.read_frame(data):
        case sync.Hello() as hello:
            return _greet(node, network, nursery, peer, hello)
        case sync.ListIds(area, after):
            return sync.pack_list(board.ids(node.desk.board, area, after, sync.IDS))
        case sync.GetPosts(ids):
            return sync.pack_list(board.by_ids(node.desk.board, ids))


def _greet(node: Node, network: Network, nursery: trio.Nursery, peer: bytes, hello: sync.Hello) -> bytes:
    """Answer a hello, and pull in turn: from a neighbour with new areas we may learn new posts."""
    if hello.net == node.desk.net:
        note_hello(node, peer, hello)
        if node.hub and not node.fixed_areas:  # a hub without a list serves whatever its members follow
            node.follow(set(hello.areas[:AREAS_OF_MEMBER]))
        nursery.start_soon(_pull_back, node, network, peer, set(hello.areas) & node.areas)
    return sync.pack_frame(node.hello())


async def _pull_back(node: Node, network: Network, peer: bytes, areas: set[int]) -> None:
    if (waiting := node.pulling.get(peer)) is not None:
        waiting |= areas
        return
    node.pulling[peer] = waiting = set(areas)
    try:
        while waiting:
            await node.subscribe(network)
            await pull(node, network, peer, {waiting.pop()})
    except (LazpoolError, sqlite3.Error) as wrong:
        log.debug("sync broke off", peer=peer.hex()[:12], why=str(wrong))
    finally:
        del node.pulling[peer]


async def _missing(node: Node, network: Network, peer: bytes, area: int) -> list[bytes]:
    wanted: list[bytes] = []
    after, seen = bytes(HASH), 0
    while seen < MAX_IDS_A_ROUND:
        answer = await network.ask(peer, sync.PROTOCOL, sync.pack_frame(sync.ListIds(area, after)))
        ids = sync.read_ids(answer)
        if list(ids) != sorted(set(ids)) or (ids and ids[0] <= after):
            raise MalformedError("range", "ids out of order")  # an honest list rises, so a round always ends
        wanted += board.missing(node.desk.board, ids)
        seen += len(ids)
        if len(ids) < sync.IDS:
            break
        after = ids[-1]
    return wanted


def _take(node: Node, envelopes: tuple[bytes, ...], area: int) -> None:
    node.note_matches(hearing.hear_all(node.desk, envelopes, area, node.own))
