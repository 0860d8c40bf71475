"""A bare py-libp2p GossipSub peer: `python tests/bench/gossip_bare.py FILE`, told what to do by lines of JSON.

Prints its address. Then reads a line of addresses to dial, and one `{"topic", "begin", "every", "posts"}`: it publishes
the posts, in hexadecimal, from the second `begin` on. When its input ends it writes to FILE when each one came.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import trio
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.x25519 import create_new_key_pair as create_noise_key_pair
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pubsub import Pubsub
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as Noise
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr


async def main(path: Path) -> None:
    """Do as told."""
    keys = create_new_key_pair()
    host = new_host(key_pair=keys, sec_opt={NOISE: Noise(keys, noise_privkey=create_noise_key_pair().private_key)})
    # As lazpool sets it: 1.1, a heartbeat of a second, and without the limit that counts what is passed on.
    router = GossipSub(["/meshsub/1.1.0"], 6, 4, 12, heartbeat_interval=1, spam_protection_enabled=False)  # type: ignore[list-item] # a name
    pubsub = Pubsub(host, router)
    arrived: dict[str, float] = {}
    async with (
        host.run([Multiaddr("/ip4/127.0.0.1/tcp/0")]),
        background_trio_service(pubsub),
        background_trio_service(router),
        trio.open_nursery() as nursery,
    ):
        await pubsub.wait_until_ready()
        say(str(host.get_addrs()[0]))
        for address in await told():
            await host.connect(info_from_p2p_addr(Multiaddr(address)))
        job = await told()
        nursery.start_soon(hear, await pubsub.subscribe(job["topic"]), arrived)
        nursery.start_soon(publish, pubsub, job)
        await trio.to_thread.run_sync(sys.stdin.read)
        await trio.Path(path).write_text(json.dumps(arrived))
        nursery.cancel_scope.cancel()


async def told() -> Any:
    """Return what the next line says."""
    return json.loads(await trio.to_thread.run_sync(sys.stdin.readline))


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def hear(subscription: Any, arrived: dict[str, float]) -> None:
    """Note when each message came first."""
    while True:
        message = await subscription.get()
        arrived.setdefault(hashlib.sha256(message.data).hexdigest(), time.time())


async def publish(pubsub: Pubsub, job: dict[str, Any]) -> None:
    """Publish one post after the other."""
    for number, post in enumerate(job["posts"]):
        await trio.sleep(max(0.0, job["begin"] + number * job["every"] - time.time()))
        await pubsub.publish(job["topic"], bytes.fromhex(post))


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]))
