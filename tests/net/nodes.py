"""Networks to test with: open hosts on loopback and ways to wait for them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import trio

from lazpool.net.network import Check, Network, open_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

LISTEN = ["/ip4/127.0.0.1/tcp/0"]
ECHO = "/lazpool/test-echo/1"


async def echo(node_pk: bytes, frame: bytes) -> bytes:
    """Answer with the asker's key and its frame."""
    return node_pk + frame


def let_through(_topic: str, data: bytes, _forwarder: bytes) -> bool:
    """Accept every post but those that begin with `bad`."""
    return not data.startswith(b"bad")


def node(
    seed: bytes | None = None, listen: list[str] | None = None, check: Check = let_through
) -> AbstractAsyncContextManager[Network]:
    """Open a host that echoes."""
    return open_network(seed or os.urandom(32), listen or LISTEN, serve={ECHO: echo}, check=check)


async def until(condition: Callable[[], object], timeout_s: float = 30) -> None:
    """Wait until something holds; trio.TooSlowError if it does not in time."""
    with trio.fail_after(timeout_s):
        while not condition():  # noqa: ASYNC110 - what is waited for is libp2p's, and has no event
            await trio.sleep(0.01)


async def next_post(network: Network, timeout_s: float = 30) -> tuple[str, bytes]:
    """Return the next post a network hears."""
    with trio.fail_after(timeout_s):
        return await network.posts.receive()


async def linked(dialler: Network, listener: Network, topic: str) -> None:
    """Connect two networks that hear a topic, and wait until each knows it of the other."""
    await listener.subscribe(topic)
    await dialler.subscribe(topic)
    known = dialler.listeners(topic), listener.listeners(topic)
    await dialler.connect(listener.addresses()[0])
    await until(lambda: dialler.listeners(topic) > known[0] and listener.listeners(topic) > known[1])


async def take_posts(network: Network, number: int, timeout_s: float = 10) -> list[bytes]:
    """Return the data of a number of posts, fewer if they do not come in time."""
    taken: list[bytes] = []
    with trio.move_on_after(timeout_s):
        while len(taken) < number:
            taken.append((await network.posts.receive())[1])
    return taken
