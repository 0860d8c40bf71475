"""The outbox pump: carries committed rows out, and only those."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import trio

from lazpool.actions import hearing
from lazpool.actions.matches import areas_of
from lazpool.errors import MalformedError
from lazpool.node import mailman
from lazpool.node.state import log
from lazpool.records.posts import Withdrawal, read_post
from lazpool.rules.areas import fork_topic, topic
from lazpool.store import post_office

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.net.network import Network
    from lazpool.node.state import Node
    from lazpool.store.post_office import Outgoing

LONGEST_S, SHORTEST_S = 30.0, 0.05
"""How long the pump sleeps at most; a ring or a due row wakes it earlier."""
BUSY_S = 1.0
"""How long it sleeps at least while letters are on their way, whose rows stay due until they have arrived."""
SUBSCRIBED_S = 1.5
"""How long a post waits for a neighbour to tell that it hears the area."""
AGAIN_S = 4.0
"""When a post is gossiped once more if somebody hears the area who did not then: whoever was just connecting gets it
now, and not only at the next sync. It costs a message to each neighbour, and none passes it on a second time."""


async def pump(node: Node, network: Network) -> None:
    """Carry out what is due, and sleep until there is more; a reader who is slow to reach delays nobody else."""
    busy: set[bytes | int] = set()
    async with trio.open_nursery() as nursery:
        while True:
            rows = post_office.due(node.desk.node, node.desk.second)
            for reader, group in _by_reader(rows).items():
                if reader not in busy:
                    busy.add(reader)
                    nursery.start_soon(_carry_in_order, node, network, nursery, group, partial(busy.discard, reader))
            await node.outbox_bell.wait(_pause(node, BUSY_S if busy else SHORTEST_S))


def _by_reader(rows: list[Outgoing]) -> dict[bytes | int, list[Outgoing]]:
    """Group what goes to one tag: an acceptance that its details overtake would leave them waiting for a sync."""
    groups: dict[bytes | int, list[Outgoing]] = {}
    for row in rows:
        groups.setdefault(row.tag or row.id, []).append(row)
    return groups


async def _carry_in_order(
    node: Node, network: Network, nursery: trio.Nursery, rows: list[Outgoing], done: Callable[[], None]
) -> None:
    for row in rows:
        await _carry(node, network, nursery, row)
    done()
    node.outbox_bell.ring()  # what became due for this reader meanwhile was left for now


async def _carry(node: Node, network: Network, nursery: trio.Nursery, row: Outgoing) -> None:
    if row.kind == post_office.POST:
        done = await _publish(node, network, nursery, row.data)
    elif row.kind == post_office.FORK:
        done = await _gossip(network, [fork_topic(node.desk.net)], row.data) > 0
    else:
        done = await mailman.deliver(node, network, row)
    with node.desk.node.transaction():
        (post_office.delivered if done else post_office.failed)(node.desk.node, row, node.desk.second)


async def _publish(node: Node, network: Network, nursery: trio.Nursery, envelope: bytes) -> bool:
    """Gossip a post in each of its areas; tell whether anybody was there to hear it."""
    try:
        signed, _ = read_post(envelope)
    except MalformedError as wrong:
        log.info("a post of an earlier format is not published", why=wrong.message)
        return True
    if isinstance(signed.post, Withdrawal):
        areas = hearing.show_withdrawal(node.desk, envelope)
    else:
        areas = areas_of(signed.post)
    topics = [topic(node.desk.net, area) for area in areas]
    await _wait_for_listeners(network, topics)
    there = {name: network.listeners(name) for name in topics}
    heard = await _gossip(network, topics, envelope)
    if heard:
        nursery.start_soon(_gossip_again, network, there, envelope)
    log.info("post published", id=signed.id.hex()[:12], areas=len(topics), neighbours=heard)
    return heard > 0 or not topics


async def _gossip(network: Network, topics: list[str], envelope: bytes) -> int:
    """Send a post to those who hear its areas; return how many, one in two areas counted twice."""
    heard = 0
    for name in topics:
        await network.subscribe(name)
        heard += await network.publish(name, envelope)
    return heard if network.peers() else 0  # gossip takes a moment longer to notice that its last neighbour is gone


async def _gossip_again(network: Network, there: dict[str, frozenset[bytes]], envelope: bytes) -> None:
    await trio.sleep(AGAIN_S)
    await _gossip(network, [name for name, heard in there.items() if network.listeners(name) - heard], envelope)


async def _wait_for_listeners(network: Network, topics: list[str]) -> None:
    if not network.peers():
        return
    with trio.move_on_after(SUBSCRIBED_S):
        while topics and not all(network.listeners(name) for name in topics):  # noqa: ASYNC110 # libp2p has no event
            await trio.sleep(0.05)


def _pause(node: Node, least_s: float) -> float:
    due = post_office.next_due(node.desk.node)
    if due is None:
        return LONGEST_S
    return min(max(due - node.desk.clock(), least_s), LONGEST_S)
