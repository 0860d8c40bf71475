"""The network as the node sees it: peers are 32-byte keys, posts and frames are bytes, faults are lazpool's errors.

Importing this module imports libp2p, which takes a second and 60 MB: do it late. Addresses alone are checked by
`lazpool.net.address`, which is cheap.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import trio
from multiaddr import Multiaddr

from lazpool.errors import InvalidInputError, LazpoolError
from lazpool.net import guard, liveness
from lazpool.net.address import node_pk_of, parse_address, parse_listen
from lazpool.net.connections import Connections, PeerEvent
from lazpool.net.exchange import Exchange, Handler
from lazpool.net.gossip import Check, Gossip
from lazpool.net.host import close_all, dialable_addresses, make_host, require_free_ports
from lazpool.net.limits import CLOSE_S, PING_S
from lazpool.net.relay import Relay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from libp2p.host.basic_host import BasicHost

    from lazpool.net.connections import Admit

__all__ = ["Check", "Handler", "Network", "NetworkCrashedError", "PeerEvent", "open_network", "parse_address"]


class NetworkCrashedError(LazpoolError):
    """libp2p stopped by itself; the network can be opened again."""

    code = "network-crashed"


class Network:
    """One open host. Made by `open_network`."""

    def __init__(
        self, host: BasicHost, gossip: Gossip, exchange: Exchange, relay: Relay, nursery: trio.Nursery, admit: Admit
    ) -> None:
        """Join the parts; tasks that watch connections run in `nursery`."""
        self._host, self._gossip, self._exchange, self._relay = host, gossip, exchange, relay
        self._connections = Connections(host, relay, nursery, gossip.pubsub.leave_connection, admit)
        self.node_pk = node_pk_of(host.get_id().to_bytes()) or b""
        self.posts: trio.MemoryReceiveChannel[tuple[str, bytes]] = gossip.posts
        self.events: trio.MemoryReceiveChannel[PeerEvent] = self._connections.events

    def addresses(self) -> list[str]:
        """Return the full multiaddrs we listen on, each ending in /p2p/ and our name."""
        return dialable_addresses(self._host)

    def peers(self) -> list[bytes]:
        """Return the node keys of the connected peers."""
        return list(self._connections.peers)

    @property
    def carried(self) -> tuple[int, int]:
        """Return how many places our relay has given, and how many circuits it carries now."""
        return self._relay.carried

    @property
    def dropped_posts(self) -> int:
        """Return how many posts were let through but lost, because nobody took them from `posts` in time."""
        return self._gossip.dropped

    async def connect(self, address: str) -> bytes:
        """Connect to a node unless it is connected and answers; return its node key.

        Raises InvalidInputError for what is no node's address, UnreachableError when nobody of that name answers there.
        """
        target = parse_address(address)
        if target.node_pk == self.node_pk:
            raise InvalidInputError("that is this node's own address")
        await self._connections.reach(target)
        return target.node_pk

    async def connect_directly(self, address: str) -> None:
        """Connect to a peer that is connected by way of a relay without it; UnreachableError when nobody answers."""
        await self._connections.reach_directly(parse_address(address))

    def relayed(self, node_pk: bytes) -> bool:
        """Tell whether a peer is connected by way of a relay alone."""
        return self._connections.relayed(node_pk)

    async def reserve(self, relay_pk: bytes) -> None:
        """Get or renew a place at a connected relay, for as long as it is; UnreachableError when it gives none."""
        await self._relay.reserve(relay_pk)

    @property
    def places(self) -> Mapping[bytes, float]:
        """Return the relays where we have a place, and the trio time until which."""
        return self._relay.reserved

    def give_up(self, relay_pk: bytes) -> None:
        """Take no circuits by way of that relay any more."""
        self._relay.lose(relay_pk)

    def ends(self, node_pk: bytes) -> tuple[str, str]:
        """Return where we dialled a connected peer, and the IP it has; each empty where that is not known."""
        return self._connections.ends(node_pk)

    async def close_peer(self, node_pk: bytes) -> None:
        """Close all connections to a peer; nothing happens if there are none."""
        await self._connections.close(node_pk)

    async def close_dead(self, node_pk: bytes) -> None:
        """Close those connections to a peer that do not answer."""
        await self._connections.close_dead(node_pk)

    async def ping(self, node_pk: bytes) -> float:
        """Return how many seconds a connected peer takes to answer; UnreachableError if it does not in time."""
        self._connections.require(node_pk)
        return await liveness.ping(self._host, node_pk, PING_S)

    async def subscribe(self, topic: str) -> None:
        """Hear a topic from now on; twice is the same as once. Nothing is unsubscribed: libp2p loses posts then."""
        await self._gossip.subscribe(topic)

    def listeners(self, topic: str) -> frozenset[bytes]:
        """Return the connected peers that are known to hear a topic, as bytes that mean nothing else."""
        return frozenset(peer.to_bytes() for peer in self._gossip.listeners(topic))

    async def publish(self, topic: str, data: bytes) -> int:
        """Gossip a post under a throw-away key, waiting its turn; return how many peers it was sent to.

        0 means that nobody connected is known to hear the topic yet. A peer that tells so within about 2 seconds still
        gets the post; after that, only by sync. The network's own posts do not come back in `posts`.
        """
        return await self._gossip.publish(topic, data)

    async def ask(self, node_pk: bytes, protocol: str, frame: bytes, *, timeout_s: float = 10) -> bytes:
        """Send a request frame to a connected peer and return its response; UnreachableError if there is none."""
        self._connections.require(node_pk)
        return await self._exchange.ask(node_pk, protocol, frame, timeout_s)


@asynccontextmanager
async def open_network(
    seed: bytes,
    listen: Sequence[str],
    *,
    serve: Mapping[str, Handler],
    check: Check,
    relay: bool = False,
    admit: Admit = lambda _: True,
) -> AsyncIterator[Network]:
    """Open a host for the duration of a block.

    `seed` (32 bytes) is the node key's; `listen` are multiaddrs such as /ip4/0.0.0.0/tcp/4001, none for a node that
    only dials; `serve` maps protocol names to handlers; `check` decides on (topic, data) whether a post is kept and
    passed on; `relay`: carry circuits between others; `admit`: which node
    keys may be connected. Leaving takes two seconds at most. Raises LazpoolError
    (cannot-listen), and NetworkCrashedError when libp2p stops by itself; what the block raises comes through as it is.
    """
    guard.install()
    where = [parse_listen(address) for address in listen]
    require_free_ports(where)
    host = make_host(seed)
    gossip, exchange, circuits = Gossip(host, check), Exchange(host, serve), Relay(host, serve=relay)
    raised: Exception | None = None
    try:
        async with trio.open_nursery() as nursery:
            network = Network(host, gossip, exchange, circuits, nursery, admit)
            core = trio.CancelScope(shield=True)
            try:
                await nursery.start(_run, core, host, gossip, where)
                yield network
            except Exception as error:  # noqa: BLE001 - kept, and raised again where no nursery wraps it
                raised = error
            finally:
                await _shut_down(host, core)
                nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise _plain(group) from group
    if raised is not None:
        raise raised


async def _run(
    core: trio.CancelScope,
    host: BasicHost,
    gossip: Gossip,
    where: Sequence[str],
    *,
    task_status: Any = trio.TASK_STATUS_IGNORED,
) -> None:
    # Shielded: cancelled from outside, libp2p would be torn down before its connections are closed.
    with core:
        async with host.run([Multiaddr(text) for text in where]), gossip.running():
            if len(host.get_network().listeners) < len(where):
                raise LazpoolError(f"cannot listen on {', '.join(where)}", code="cannot-listen")
            task_status.started()
            await trio.sleep_forever()


async def _shut_down(host: BasicHost, core: trio.CancelScope) -> None:
    with trio.CancelScope(shield=True):
        with trio.move_on_after(CLOSE_S):
            await close_all(host)
        with trio.move_on_after(CLOSE_S):
            await host.close()
        core.cancel()


def _plain(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the one error a caller can act on: ours if there is one, else a crash; cancellations stay as they are."""
    faults, rest = group.split(Exception)
    if faults is None or (rest is not None and rest.subgroup((KeyboardInterrupt, SystemExit))):
        return group
    leaf: BaseException = faults.subgroup(LazpoolError) or faults
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    return leaf if isinstance(leaf, LazpoolError) else NetworkCrashedError(f"libp2p stopped: {leaf!r}")
