"""One hostile peer, for as long as it runs: `python -m tests.soak.hostile TOPIC MULTIADDR ...`, loopback targets only.

At every target, all at the same time: connections that say nothing, visitors who go without a word, every fault of
tests/net one after the other, posts that are none by the hundred, and malformed or greedy frames of our own protocols.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from lazpool.errors import LazpoolError
from lazpool.net.network import open_network
from lazpool.records import covers, mail, sync, where, witnessing
from lazpool.wire.codec import encode
from lazpool.wire.keys import new_seed

sys.path.insert(0, str(Path(__file__).parent.parent / "net"))

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from lazpool.net.network import Network

SILENT = 60
"""Connections held open to each target; a new one takes the place of the oldest all the time."""
PROTOCOLS = (mail.PROTOCOL, sync.PROTOCOL, where.PROTOCOL, witnessing.PROTOCOL)


async def knock(address: str) -> None:
    """Open connections without end, and say nothing or only hello."""
    from faults_tcp import HELLO  # noqa: PLC0415 # the path to it is set above

    open_ones: list[trio.SocketStream] = []
    for number in itertools.count():
        with suppress(OSError, trio.BrokenResourceError):
            caller = await trio.open_tcp_stream("127.0.0.1", _port(address))
            open_ones.append(caller)
            if number % 2:
                await caller.send_all(HELLO)
        if len(open_ones) > SILENT:
            await open_ones.pop(0).aclose()
        await trio.sleep(0.2)


async def visit(address: str) -> None:
    """Come as ever new peers that end in the middle of something."""
    from faults_base import MESHSUB, misbehaving_host  # noqa: PLC0415 # the path to it is set above
    from libp2p.peer.peerinfo import info_from_p2p_addr  # noqa: PLC0415 # with them
    from multiaddr import Multiaddr  # noqa: PLC0415 # with them

    info = info_from_p2p_addr(Multiaddr(address))
    while True:
        with suppress(Exception):
            async with misbehaving_host() as host:
                await host.connect(info)
                stream = await host.new_stream(info.peer_id, [MESHSUB])
                await stream.write(b"\x80\x20" + b"a" * 100)
        await trio.sleep(1)


async def throw_all(topic: str, address: str) -> None:
    """Throw every known fault, in another order each time."""
    from faults import PEER, RAW, throw  # noqa: PLC0415 # the path to it is set above

    names = [*RAW, *PEER]
    while True:
        random.shuffle(names)
        for name in names:
            with suppress(Exception), trio.move_on_after(20):
                await throw(name, address, topic)
            await trio.sleep(1)


async def babble(topic: str, address: str) -> None:
    """Gossip what is no post, and send frames of our protocols that are random, cut short, or ask for too much."""
    while True:
        with suppress(Exception):
            async with open_network(os.urandom(32), (), serve={}, check=lambda *_: True) as network:
                target = await network.connect(address)
                await network.subscribe(topic)
                for _ in range(40):
                    await network.publish(topic, os.urandom(400))
                    with suppress(LazpoolError):
                        await network.ask(target, random.choice(PROTOCOLS), _frame(network, target), timeout_s=2)
        await trio.sleep(0.5)


def _frame(network: Network, target: bytes) -> bytes:
    seed, net = new_seed(), bytes(8)
    return random.choice((
        os.urandom(random.randrange(2000)),
        encode((random.randrange(6), os.urandom(32), os.urandom(512))),
        mail.pack_frame(mail.sign_open(seed, 40_000_000, letterbox=target, owner=network.node_pk, net=net)),
        mail.pack_frame(mail.Fetch(os.urandom(32))),
        encode((2, b"\x01" * 8, 30, bytes(8), (covers.END, bytes(8)))),
    ))  # fmt: skip


def _port(address: str) -> int:
    return int(address.partition("/tcp/")[2].partition("/")[0])


async def _for_ever(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        with suppress(Exception):
            await work()
        await trio.sleep(1)


async def main(topic: str, addresses: list[str]) -> None:
    """Do all of it until killed."""
    async with trio.open_nursery() as nursery:
        for address in addresses:
            for work in (knock, visit, partial(throw_all, topic), partial(babble, topic)):
                nursery.start_soon(_for_ever, partial(work, address))


if __name__ == "__main__":
    trio.run(main, sys.argv[1], sys.argv[2:])
