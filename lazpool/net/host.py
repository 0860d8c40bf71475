"""A libp2p host cut down to what lazpool uses: TCP, Noise, Yamux, and no resource manager but our own bounds."""

from __future__ import annotations

import logging
import socket
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import trio
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.x25519 import create_new_key_pair as create_noise_key_pair
from libp2p.host.basic_host import BasicHost
from libp2p.network.auto_connector import AutoConnector
from libp2p.network.config import ConnectionConfig, RetryConfig
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.network.exceptions import SwarmException
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.peer.peerstore import PeerStore
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as Noise
from libp2p.transport.tcp.tcp import TCP
from libp2p.transport.upgrader import TransportUpgrader
from libp2p.utils.address_validation import expand_wildcard_address
from multiaddr import Multiaddr

from lazpool.errors import LazpoolError
from lazpool.net.address import node_pk_of, peer_id_bytes
from lazpool.net.guard import forgiving
from lazpool.net.limits import CLOSE_S, DIAL_S, HANDSHAKES, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_PEER
from lazpool.net.muxer import BoundedMuxers
from lazpool.net.throttle import report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from libp2p.abc import INetConn, INetStream


class _NeverConnects(AutoConnector):
    """In the place of what would dial peers of libp2p's own choice, and keep a list of all who ever left."""

    async def maybe_connect(self) -> None:
        """Dial nobody."""

    async def run_background_task(self, nursery: trio.Nursery) -> None:
        """Start nothing."""

    def record_disconnect(self, peer_id: ID) -> None:
        """Remember nothing."""


class LeanSwarm(Swarm):
    """A swarm that dials only when told, and forgets an inbound connection when it ends."""

    def __init__(self, own_id: ID, store: PeerStore, upgrader: TransportUpgrader) -> None:
        """Take one transport and our bounds; a failed dial is not repeated, since the node above does that."""
        once = RetryConfig(max_retries=0)
        super().__init__(own_id, store, upgrader, [TCP()], retry_config=once, connection_config=_connection_config())
        self.auto_connector = _NeverConnects(self)
        # libp2p counts callers who have said nothing yet among its connections, and then lets nobody in.
        self._inbound_limiter = trio.CapacityLimiter(MAX_CONNECTIONS + HANDSHAKES + 1)
        self._shaking_hands: OrderedDict[trio.CancelScope, None] = OrderedDict()

    async def dial_peer(self, peer_id: ID) -> list[INetConn]:
        """Dial nobody of libp2p's own accord, such as when a stream is wanted to a peer that just left."""
        raise SwarmException(f"not connected to {peer_id}")

    async def _do_handle_inbound_connection(self, read_write_closer: Any, maddr: Multiaddr, failure_event: Any) -> None:  # noqa: ARG002 - libp2p's signature
        # libp2p keeps the accepting task, and its place among the inbound connections, until the host stops: after
        # MAX_CONNECTIONS visits in all it would accept nobody. We wait for the end of the connection instead.
        raw = RawConnection(read_write_closer, initiator=False)
        try:
            muxed = await self._shake_hands(raw, maddr)
            if muxed is not None:
                await muxed.event_closed.wait()
        except Exception as error:  # noqa: BLE001 - supervised border: a stranger's handshake may fail in any way
            # Whoever only looks whether the port is open, as `join` does, ends here: nothing that needs anybody.
            report(f"inbound {type(error).__name__}", repr(error), logging.INFO)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + CLOSE_S):
                await raw.close()

    async def _shake_hands(self, raw: RawConnection, maddr: Multiaddr) -> Any:
        """Return the connection of a caller who has shown who it is; None if it was slow while many others came."""
        muxed: Any = None
        with trio.CancelScope() as scope:
            self._shaking_hands[scope] = None
            if len(self._shaking_hands) > HANDSHAKES:
                next(iter(self._shaking_hands)).cancel()
            try:
                muxed = await self.upgrade_inbound_raw_conn(raw, maddr)
            finally:
                self._shaking_hands.pop(scope, None)
        if scope.cancelled_caught:
            report("slow handshake", "cut off, since many others came")
        return muxed


def make_host(seed: bytes) -> BasicHost:
    """Build a host whose key comes from a 32-byte seed; nothing listens or dials yet."""
    keys = create_new_key_pair(seed)
    own_id = ID.from_pubkey(keys.public_key)
    store = PeerStore()
    store.add_key_pair(own_id, keys)
    # Noise alone and Yamux alone: libp2p's defaults also offer plaintext.
    upgrader = TransportUpgrader({NOISE: Noise(keys, noise_privkey=create_noise_key_pair().private_key)}, {})
    upgrader.muxer_multistream = BoundedMuxers()
    return BasicHost(
        LeanSwarm(own_id, store, upgrader), disable_identify_address_discovery=True, negotiate_timeout=int(DIAL_S)
    )


def _connection_config() -> ConnectionConfig:
    return ConnectionConfig(
        max_connections=MAX_CONNECTIONS,
        min_connections=0,
        low_watermark=0,
        high_watermark=MAX_CONNECTIONS,
        max_connections_per_peer=MAX_CONNECTIONS_PER_PEER,
        # The newest connection has the fewest streams: if an older one is dead without telling, it is not chosen.
        load_balancing_strategy="least_loaded",
        inbound_upgrade_timeout=DIAL_S,
        outbound_upgrade_timeout=DIAL_S,
    )


def peer_id(node_pk: bytes) -> ID:
    """Return libp2p's name for a 32-byte node key."""
    return ID(peer_id_bytes(node_pk))


def node_pk_of_connection(conn: INetConn) -> bytes | None:
    """Return the node key of the peer at the other end, None if its key is not Ed25519."""
    return node_pk_of(conn.muxed_conn.peer_id.to_bytes())


def node_pk_of_stream(stream: INetStream) -> bytes | None:
    """Return the node key of the peer at the other end of a stream, None if its key is not Ed25519."""
    return node_pk_of(stream.muxed_conn.peer_id.to_bytes())


async def close_connection(conn: INetConn) -> None:
    """Close one connection: with a goodbye, or after a while, or when cancelled, without."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_cut_late, conn)
        await conn.close()
        nursery.cancel_scope.cancel()


async def _cut_late(conn: INetConn) -> None:
    # A goodbye to a peer that takes no data is stuck in a write that no cancellation reaches; closing the socket does.
    try:
        await trio.sleep(CLOSE_S)
    finally:
        await conn.muxed_conn.cut()  # type: ignore[attr-defined]  # every muxer here is a BoundedYamux


async def close_all(host: BasicHost) -> None:
    """Close every connection at once; libp2p closes one after the other, a fifth of a second each."""
    async with trio.open_nursery() as nursery:
        for conn in host.get_network().get_connections():
            nursery.start_soon(forgiving, "close", close_connection, conn)


def require_free_ports(listen: Sequence[str]) -> None:
    """Raise LazpoolError if a port is taken: libp2p shares ports, so a second node would steal half the callers."""
    for text in listen:
        (host, ip), (_, port) = ((protocol.name, value) for protocol, value in Multiaddr(text).items())
        family = socket.AF_INET6 if host == "ip6" else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ip, int(port or 0)))
            except OSError as error:
                hint = "another program may use that port; name another one with --listen"
                raise LazpoolError(
                    f"cannot listen on {text}: {error.strerror}", hint=hint, code="cannot-listen"
                ) from error


def dialable_addresses(host: BasicHost) -> list[str]:
    """Return the full multiaddrs of this host, a wildcard spelled out as the machine's own addresses."""
    suffix = f"/p2p/{host.get_id()}"
    found = [str(addr) for bound in host.get_transport_addrs() for addr in _expanded(bound)]
    return [text + suffix for text in dict.fromkeys(found)]


def _expanded(bound: Multiaddr) -> list[Multiaddr]:
    if "/0.0.0.0/" in str(bound) or "/ip6/::/" in str(bound):
        return list(expand_wildcard_address(bound)) or [bound]
    return [bound]
