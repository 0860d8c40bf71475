"""Faults to throw at a running node: `python tests/net/faults.py NAME MULTIADDR TOPIC`, loopback targets only.

Each fault is a function in a table: `RAW` ones speak to the TCP port, `PEER` ones come as a libp2p peer. `KILLS` names
those that end an unguarded py-libp2p 0.8.1 process. Without arguments the names are printed. TOPIC is a topic the
target hears; the environment variable PROTOCOL names a request protocol it answers.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Final

import faults_gossip
import faults_streams
import faults_tcp
import trio
from faults_base import PEER, RAW, Attack, misbehaving_host
from libp2p.peer.peerinfo import info_from_p2p_addr
from multiaddr import Multiaddr

KILLS: Final = ("gossip_invalid_protobuf", "gossip_unparsable_key", "gossip_malformed_rsa_key")
MODULES: Final = (faults_tcp, faults_gossip, faults_streams)
"""Imported for what they enter in the tables."""


async def throw(name: str, address: str, topic: str) -> None:
    """Throw one fault at the node at a multiaddr, and stay a moment for it to work."""
    if name in RAW:
        port = int(address.partition("/tcp/")[2].partition("/")[0])
        await trio.to_thread.run_sync(RAW[name], port)
        return
    info = info_from_p2p_addr(Multiaddr(address))
    async with misbehaving_host() as host:
        await host.connect(info)
        with suppress(Exception):  # the target may cut us off at any point
            await PEER[name](Attack(host, info.peer_id, topic))
        await trio.sleep(0.5)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        trio.run(throw, *sys.argv[1:])
    else:
        sys.stdout.write("\n".join([*RAW, *PEER]) + "\n")
