"""A thousand own posts handed over at once: how long until both neighbours have them all.

The peer is the pace itself, which is what is promised; the three hosts share one process, and so one processor.
"""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import trio
from rows import Row

from lazpool.net.limits import PUBLISH_RATE
from lazpool.net.network import Network, open_network

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

POSTS, BYTES, NEIGHBOURS = 1000, 500, 2
TOPIC, LISTEN = "burst", ("/ip4/127.0.0.1/tcp/0",)
LATE = 1.5
"""What it may take of the time at which the last one leaves by the pace."""


def burst(_folder: Path) -> list[Row]:
    """Return the seconds from the first post to the last arrival, and how many came."""
    return trio.run(_burst)


async def _burst() -> list[Row]:
    async with AsyncExitStack() as stack:
        author, *others = [await stack.enter_async_context(_host()) for _ in range(1 + NEIGHBOURS)]
        for one in (author, *others):
            await one.subscribe(TOPIC)
        for one in others:
            await author.connect(one.addresses()[0])
        while len(author.listeners(TOPIC)) < NEIGHBOURS:  # noqa: ASYNC110 # libp2p has no event
            await trio.sleep(0.05)
        arrived: list[set[bytes]] = [set() for _ in others]
        began = trio.current_time()
        with trio.move_on_after(10 * POSTS / PUBLISH_RATE):
            async with trio.open_nursery() as nursery:
                for number in range(POSTS):
                    nursery.start_soon(author.publish, TOPIC, number.to_bytes(BYTES, "big"))
                for one, there in zip(others, arrived, strict=True):
                    nursery.start_soon(_take, one, there)
        took, pace = trio.current_time() - began, (POSTS - 1) / PUBLISH_RATE
    part = sum(map(len, arrived)) / (POSTS * NEIGHBOURS)
    what = f"{POSTS:,} own posts at once, whole at {NEIGHBOURS} neighbours"
    return [
        Row(what, f"{took:.1f} s", f"the pace alone {pace:.1f} s", took / pace, at_most=LATE),
        Row("of them arrived", f"{part:.2%}", "", part, at_least=1),
    ]


def _host() -> AbstractAsyncContextManager[Network]:
    return open_network(os.urandom(32), LISTEN, serve={}, check=lambda *_: True)


async def _take(network: Network, there: set[bytes]) -> None:
    while len(there) < POSTS:
        there.add((await network.posts.receive())[1])
