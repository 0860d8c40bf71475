"""A host to throw faults at, in a process of its own: `python victim.py TOPIC [bare]`.

Prints one JSON line `{"address": ...}` and runs until SIGTERM, then prints `{"faults": ..., "posts": ...}` and exits 0.
`bare` is a plain py-libp2p host without lazpool's guard: what the kill packets are proven on. Logs go to stderr.
From the environment: SEED, the node key's seed in hex; DIAL, a node to connect to.
"""

from __future__ import annotations

import json
import os
import signal
import sys

import structlog
import trio

TOPIC = sys.argv[1] if len(sys.argv) > 1 else "t"
SEED = bytes.fromhex(os.environ.get("SEED", "")) or os.urandom(32)
DIAL = os.environ.get("DIAL", "")
LISTEN = "/ip4/127.0.0.1/tcp/0"
ECHO = "/lazpool/test-echo/1"


def say(**facts: object) -> None:
    """Print one JSON line."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


async def echo(_node_pk: bytes, frame: bytes) -> bytes:
    """Answer with the frame, fail on `boom`, answer too much on `huge`, too late on `slow`."""
    if frame == b"boom":
        raise ZeroDivisionError
    if frame == b"slow":
        await trio.sleep_forever()
    return bytes(1024 * 1024) if frame == b"huge" else frame


def check(_topic: str, data: bytes, _forwarder: bytes) -> bool:
    """Accept all but `bad...`; fail on `raise...`, as a check of ours must never do."""
    if data.startswith(b"raise"):
        raise ZeroDivisionError
    return not data.startswith(b"bad")


async def guarded() -> None:
    """Run lazpool's network until SIGTERM."""
    from lazpool.net.network import open_network  # noqa: PLC0415 - a bare victim must not have it
    from lazpool.net.throttle import FAULTS  # noqa: PLC0415 - the same

    with trio.open_signal_receiver(signal.SIGTERM) as signals:
        async with open_network(SEED, [LISTEN], serve={ECHO: echo}, check=check) as network:
            await network.subscribe(TOPIC)
            say(address=network.addresses()[0])
            if DIAL:
                await network.connect(DIAL)
            await anext(signals)
            say(faults=FAULTS.total, posts=network.posts.statistics().current_buffer_used)


async def bare() -> None:
    """Run a plain py-libp2p host with GossipSub until killed."""
    from libp2p import new_host  # noqa: PLC0415 - a guarded victim imports its own parts
    from libp2p.custom_types import TProtocol  # noqa: PLC0415 - the same
    from libp2p.pubsub.gossipsub import GossipSub  # noqa: PLC0415 - the same
    from libp2p.pubsub.pubsub import Pubsub  # noqa: PLC0415 - the same
    from libp2p.tools.anyio_service import background_trio_service  # noqa: PLC0415 - the same
    from multiaddr import Multiaddr  # noqa: PLC0415 - the same

    host = new_host()
    async with host.run([Multiaddr(LISTEN)]):
        router = GossipSub([TProtocol("/meshsub/1.1.0")], 6, 4, 12, heartbeat_interval=1)
        pubsub = Pubsub(host, router)
        async with background_trio_service(pubsub), background_trio_service(router):
            await pubsub.wait_until_ready()
            await pubsub.subscribe(TOPIC)
            say(address=str(host.get_addrs()[0]))
            await trio.sleep_forever()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    trio.run(bare if sys.argv[2:] == ["bare"] else guarded)
