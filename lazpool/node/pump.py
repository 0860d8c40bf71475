"""The outbox pump: carries committed rows out, and only those."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from lazpool.actions import hearing
from lazpool.actions.matches import areas_of
from lazpool.node import mailman
from lazpool.node.state import log
from lazpool.records.posts import Withdrawal, read_post
from lazpool.rules.areas import topic
from lazpool.store import post_office

if TYPE_CHECKING:
    from lazpool.net.network import Network
    from lazpool.node.state import Node
    from lazpool.store.post_office import Outgoing

LONGEST_S = 30.0
"""How long the pump sleeps at most; a ring or a due row wakes it earlier."""
SUBSCRIBED_S = 1.5
"""How long a post waits for a neighbour to tell that it hears the area."""


async def pump(node: Node, network: Network) -> None:
    """Carry out what is due, to several readers side by side, and sleep until there is more."""
    while True:
        rows = post_office.due(node.desk.node, node.desk.second)
        async with trio.open_nursery() as nursery:
            for group in _by_reader(rows):
                nursery.start_soon(_carry_in_order, node, network, group)
        if not rows:
            await node.outbox_bell.wait(_pause(node))


def _by_reader(rows: list[Outgoing]) -> list[list[Outgoing]]:
    """Group what goes to one tag: an acceptance that its details overtake would leave them waiting for a sync."""
    groups: dict[bytes | int, list[Outgoing]] = {}
    for row in rows:
        groups.setdefault(row.tag or row.id, []).append(row)
    return list(groups.values())


async def _carry_in_order(node: Node, network: Network, rows: list[Outgoing]) -> None:
    for row in rows:
        await _carry(node, network, row)


async def _carry(node: Node, network: Network, row: Outgoing) -> None:
    if row.kind == post_office.POST:
        done = await _publish(node, network, row.data)
    else:
        done = await mailman.deliver(network, row)
    with node.desk.node.transaction():
        (post_office.delivered if done else post_office.failed)(node.desk.node, row, node.desk.second)


async def _publish(node: Node, network: Network, envelope: bytes) -> bool:
    """Gossip a post in each of its areas; tell whether anybody was there to hear it."""
    signed, _ = read_post(envelope)
    if isinstance(signed.post, Withdrawal):
        areas = hearing.show_withdrawal(node.desk, envelope)
    else:
        areas = areas_of(signed.post)
    topics = [topic(node.desk.net, area) for area in areas]
    await _wait_for_listeners(network, topics)
    heard = 0
    for name in topics:
        await network.subscribe(name)
        heard += await network.publish(name, envelope)
    log.info("post published", id=signed.id.hex()[:12], areas=len(topics), neighbours=heard)
    return heard > 0 or not topics


async def _wait_for_listeners(network: Network, topics: list[str]) -> None:
    if not network.peers():
        return
    with trio.move_on_after(SUBSCRIBED_S):
        while topics and not all(network.listeners(name) for name in topics):  # noqa: ASYNC110 # libp2p has no event
            await trio.sleep(0.05)


def _pause(node: Node) -> float:
    due = post_office.next_due(node.desk.node)
    if due is None:
        return LONGEST_S
    return min(max(due - node.desk.clock(), 0.05), LONGEST_S)
