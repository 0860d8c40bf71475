"""Links: connections to joined nodes are kept, dead neighbours are noticed, new ones are met."""

from __future__ import annotations

import random
import sqlite3
from functools import partial
from typing import TYPE_CHECKING

import trio

from lazpool.errors import LazpoolError, UnreachableError
from lazpool.net.address import node_name
from lazpool.node import mailman, relays, syncing
from lazpool.node.state import log, say
from lazpool.store import own, post_office

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.net.network import Network, PeerEvent
    from lazpool.node.state import Node

FIRST_RETRY_S, LAST_RETRY_S = 0.5, 20.0
STEADY_S = 10.0
"""A connection that lasted so long was a good one; after a shorter one, too, we wait longer each time."""
LOOK_S = 1.0
SLEPT_S = 10.0
"""A clock that jumps by so much tells that the machine slept; a busy one is late by less, and would only sync early."""
PING_EVERY_S = 10.0
SYNC_EVERY_S = 60.0
SETTLE_S = 3.0
"""When gossip surely flows to somebody new; what passed by between the first sync and that is fetched by a second."""
GREET_AGAIN_S = (2.0, 8.0)
"""How long after a neighbour did not answer our greeting it is greeted again: it may have slept."""


async def keep(node: Node, network: Network) -> None:
    """Keep a connection to every joined node, trying again later and later."""
    async with trio.open_nursery() as nursery:
        kept: set[str] = set()
        while True:
            for row in own.hubs(node.desk.node):
                if row["address"] not in kept:
                    kept.add(row["address"])
                    forget = partial(kept.discard, row["address"])
                    nursery.start_soon(_keep_one, node, network, row["address"], row["node_pk"], forget)
            await node.links_bell.wait(LAST_RETRY_S)


async def watch(node: Node, network: Network, nursery: trio.Nursery) -> None:
    """Meet each neighbour that connects, and forget what was learnt of one that goes."""
    async for event in network.events:
        _log_event(node, event)
        if event.connected:
            nursery.start_soon(greet_new, node, network, event.node_pk)
        else:
            node.forget(event.node_pk)
            network.give_up(event.node_pk)


async def greet_new(node: Node, network: Network, peer: bytes) -> None:
    """Greet somebody who just came: with them, an answer that we wait for may have become possible."""
    await greet(node, network, peer)
    with node.desk.node.transaction():
        post_office.hurry_awaiting(node.desk.node, node.desk.second)
    node.outbox_bell.ring()
    await trio.sleep(SETTLE_S)
    await greet(node, network, peer)


async def greet(node: Node, network: Network, peer: bytes, *, everything: bool = False) -> None:
    """Sync with a neighbour, collect our letters there, and let what waited for somebody go out."""
    for pause in (0.0, *GREET_AGAIN_S):
        await trio.sleep(pause)
        if peer not in network.peers():
            return
        try:
            await syncing.meet(node, network, peer)
            node.sync_rounds += 1
            await relays.introduce(node, network, peer)
            await mailman.collect(node, network, peer, everything=everything)
        except (LazpoolError, sqlite3.Error) as wrong:
            log.debug("greeting broke off", peer=peer.hex()[:12], why=str(wrong))
            continue
        with node.desk.node.transaction():
            post_office.hurry(node.desk.node, node.desk.second)
        node.outbox_bell.ring()
        return


async def greet_all(node: Node, network: Network, *, everything: bool = False) -> None:
    """Tell every neighbour of new areas and new tags; everything: and ask for the letters of the old ones."""
    async with trio.open_nursery() as nursery:
        for peer in network.peers():
            nursery.start_soon(partial(greet, node, network, peer, everything=everything))


async def greet_settled(node: Node, network: Network) -> None:
    """Greet all once more when gossip flows in an area that was new."""
    await trio.sleep(SETTLE_S)
    await greet_all(node, network)


async def ping_all(network: Network) -> None:
    """Find dead neighbours: a stopped peer would count as connected for minutes."""
    while True:
        await trio.sleep(PING_EVERY_S)
        await _ping_once(network)


async def _ping_once(network: Network) -> None:
    async with trio.open_nursery() as nursery:
        for peer in network.peers():
            nursery.start_soon(_ping, network, peer)


async def notice_sleep(node: Node, network: Network) -> None:
    """Notice that this machine slept, and be whole again at once: dead links are cut and dialled, all boards compared.

    While a laptop sleeps its clock of the day goes on, and that of the system stops; a stopped process sees both jump.
    """
    while True:
        day, system = node.desk.clock(), trio.current_time()
        await trio.sleep(LOOK_S)
        slept = max(node.desk.clock() - day, trio.current_time() - system) - LOOK_S
        if slept > SLEPT_S:
            log.info("back from sleep", seconds=round(slept))
            node.woke_bell.ring()
            node.links_bell.ring()
            await _ping_once(network)
            await greet_all(node, network, everything=True)


async def sync_some(node: Node, network: Network) -> None:
    """Compare boards with one random neighbour every minute or so, and fetch letters whose push was lost."""
    while True:
        await trio.sleep(SYNC_EVERY_S * random.uniform(0.5, 1.5))  # noqa: S311 # spreads load, keeps no secret
        if peers := network.peers():
            await greet(node, network, random.choice(peers), everything=True)  # noqa: S311 # the same


async def _keep_one(node: Node, network: Network, address: str, node_pk: bytes, forget: Callable[[], None]) -> None:
    delay, missed = FIRST_RETRY_S, False
    while _is_joined(node, address):
        if why := await _dial(node, network, address, node_pk):
            if not missed:  # once per absence, not once per try
                log.warning("cannot reach", address=address, why=why)
            missed = True
        if await _lasts(network, node_pk) >= STEADY_S:
            delay, missed = FIRST_RETRY_S, False
            continue
        await node.woke_bell.wait(delay * random.uniform(0.8, 1.2))  # noqa: S311 # not all at once after an outage
        delay = min(delay * 2, LAST_RETRY_S)
    forget()


async def _dial(node: Node, network: Network, address: str, node_pk: bytes) -> str:
    """Connect to a joined node where it was joined, or where it said that it is, too; return why that failed."""
    why = ""
    for text in dict.fromkeys((address, *own.addresses_of(node.desk.node, node_pk))):
        try:
            await network.connect(text)
        except LazpoolError as wrong:
            why = why or wrong.message
        else:
            return ""
    return why


async def _lasts(network: Network, node_pk: bytes) -> float:
    """Wait until a neighbour is gone; return how many seconds that took."""
    began = trio.current_time()
    while node_pk in network.peers():  # noqa: ASYNC110 # events go to one reader, and this is only a look
        await trio.sleep(LOOK_S)
    return trio.current_time() - began


def _is_joined(node: Node, address: str) -> bool:
    return any(row["address"] == address for row in own.hubs(node.desk.node))


async def _ping(network: Network, peer: bytes) -> None:
    try:
        await network.ping(peer)
    except UnreachableError:
        say("silent", "neighbour does not answer", peer=peer.hex()[:12])
        await network.close_dead(peer)


def _log_event(node: Node, event: PeerEvent) -> None:
    what, peer = "connected" if event.connected else "disconnected", node_name(event.node_pk)
    if any(row["node_pk"] == event.node_pk for row in own.hubs(node.desk.node)):
        say(f"{what} {peer}", what, peer=peer)
    else:
        say(what, f"neighbour {what}", peer=peer)
