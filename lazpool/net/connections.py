"""Who is connected: dialling, noticing who comes and goes, and getting rid of connections that died silently."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio
from libp2p.abc import INotifee
from libp2p.connection_types import ConnectionType
from multiaddr import Multiaddr

from lazpool.errors import UnreachableError
from lazpool.net import liveness
from lazpool.net.address import Address, node_name
from lazpool.net.guard import forgiving
from lazpool.net.host import close_connection, node_pk_of_connection, peer_id
from lazpool.net.limits import CLOSE_S, DIAL_S, EVENTS_QUEUE, MAX_CONNECTIONS_PER_PEER, PROBE_S
from lazpool.net.throttle import report

if TYPE_CHECKING:
    from collections.abc import Callable

    from libp2p.abc import INetConn, INetStream, INetwork
    from libp2p.host.basic_host import BasicHost

    from lazpool.net.relay import Relay

    Admit = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class PeerEvent:
    """A peer came (its 32-byte node key), or its last connection went."""

    node_pk: bytes
    connected: bool


class Connections(INotifee):
    """The connections of one host, by node key."""

    def __init__(
        self, host: BasicHost, relay: Relay, nursery: trio.Nursery, on_lost: Callable[[INetConn], None], admit: Admit
    ) -> None:
        """Follow a host; `on_lost` hears of a closed connection whose peer has another one left.

        `admit` tells of a node key whether it may be connected.
        """
        self._host, self._relay, self._nursery, self._on_lost = host, relay, nursery, on_lost
        self._admit = admit
        self._dialling: defaultdict[bytes, trio.Lock] = defaultdict(trio.Lock)
        self._dialled: dict[bytes, str] = {}
        self._tell, self.events = trio.open_memory_channel[PeerEvent](EVENTS_QUEUE)
        self.peers: set[bytes] = set()
        host.get_network().register_notifee(self)

    async def reach(self, target: Address) -> None:
        """Connect, unless a connection exists and answers; UnreachableError when nobody of that name answers there."""
        async with self._dialling[target.node_pk]:
            if not await self._answers(target.node_pk):
                await self.close_dead(target.node_pk)
                if not self._open(target.node_pk):
                    await self._dial(target)

    async def reach_directly(self, target: Address) -> None:
        """Connect without a relay beside a connection by way of one, which is then closed by both ends."""
        async with self._dialling[target.node_pk]:
            await self._dial(target)

    def relayed(self, node_pk: bytes) -> bool:
        """Tell whether a peer is connected by way of a relay alone."""
        live = self._open(node_pk)
        return bool(live) and all(map(_is_relayed, live))

    def ends(self, node_pk: bytes) -> tuple[str, str]:
        """Return where we dialled a connected peer, and the IP it has; each empty where that is not known."""
        direct = [conn for conn in self._open(node_pk) if not _is_relayed(conn)]
        # every muxer here is a BoundedYamux, which can tell
        far = direct[-1].muxed_conn.get_remote_address() if direct else None  # type: ignore[attr-defined]
        return self._dialled.get(node_pk, "") if direct else "", far[0] if far else ""

    async def close(self, node_pk: bytes) -> None:
        """Close all connections to a peer; nothing happens if there are none."""
        async with trio.open_nursery() as nursery:
            for conn in self._host.get_network().get_connections(peer_id(node_pk)):
                nursery.start_soon(forgiving, "close", close_connection, conn)

    async def close_dead(self, node_pk: bytes) -> None:
        """Close those connections to a peer that do not answer; one of several may be left of a relay that died."""
        async with trio.open_nursery() as nursery:
            for conn in self._open(node_pk):
                nursery.start_soon(forgiving, "probe", _close_if_dead, conn)

    def require(self, node_pk: bytes) -> None:
        """Raise UnreachableError unless a peer is connected."""
        if node_pk not in self.peers:
            raise UnreachableError(f"not connected to {node_name(node_pk)}")

    async def _answers(self, node_pk: bytes) -> bool:
        if node_pk not in self.peers:
            return False
        try:
            await liveness.ping(self._host, node_pk, PROBE_S)
        except UnreachableError:
            return False
        return True

    async def _dial(self, target: Address) -> None:
        if target.relay is not None:
            await self.reach(target.relay)
            await self._relay.dial(target)
            return
        # libp2p's own way to connect would try what it remembers of the peer before what it is given, wait 250 ms for
        # a second address, and refuse for a minute after a failure.
        try:
            with trio.fail_after(DIAL_S):
                await self._host.get_network().dial_addr(Multiaddr(target.text), peer_id(target.node_pk))
            self._dialled[target.node_pk] = target.text
        except Exception as error:
            raise UnreachableError(f"cannot reach {target.text}: {_reason(error)}") from error

    async def connected(self, network: INetwork, conn: INetConn) -> None:  # noqa: ARG002 - libp2p's signature
        """Take a new connection into account; libp2p calls this before the dial or the accepting returns."""
        node_pk = node_pk_of_connection(conn)
        others = [other for other in self._live(conn) if other is not conn]
        if node_pk is None or len(others) >= MAX_CONNECTIONS_PER_PEER:
            report("connection refused", conn.muxed_conn.peer_id)
            self._nursery.start_soon(forgiving, "refuse", close_connection, conn)
            return
        if not self._admit(node_pk):
            report("node not let in", conn.muxed_conn.peer_id, logging.INFO)
            self._nursery.start_soon(forgiving, "refuse", close_connection, conn)
            return
        if node_pk not in self.peers:
            self.peers.add(node_pk)
            self._emit(PeerEvent(node_pk, connected=True))
        for other in others:
            self._nursery.start_soon(forgiving, "probe", self._close_if_useless, other)
        self._nursery.start_soon(forgiving, "watch", self._watch, conn, node_pk)

    async def _watch(self, conn: INetConn, node_pk: bytes) -> None:
        # Not libp2p's notice of a disconnection: a closing that was cut short never gives it.
        await conn.event_closed.wait()  # type: ignore[attr-defined]  # every connection here is a SwarmConn
        if self._live(conn):
            self._on_lost(conn)
        elif node_pk in self.peers:
            self.peers.discard(node_pk)
            self._dialling.pop(node_pk, None)
            self._dialled.pop(node_pk, None)
            self._emit(PeerEvent(node_pk, connected=False))

    async def _close_if_useless(self, conn: INetConn) -> None:
        # A peer that comes a second time may have been restarted, with no goodbye on the first connection. And a
        # circuit is for as long as there is nothing better: what is under way in it has a moment to end.
        if not _is_relayed(conn):
            await _close_if_dead(conn)
            return
        await trio.sleep(CLOSE_S)
        if any(not _is_relayed(other) for other in self._live(conn)):
            await close_connection(conn)

    def _live(self, conn: INetConn) -> list[INetConn]:
        found = self._host.get_network().get_connections(conn.muxed_conn.peer_id)
        return [other for other in found if not other.is_closed]

    def _open(self, node_pk: bytes) -> list[INetConn]:
        return [conn for conn in self._host.get_network().get_connections(peer_id(node_pk)) if not conn.is_closed]

    def _emit(self, event: PeerEvent) -> None:
        try:
            self._tell.send_nowait(event)
        except trio.WouldBlock:
            report("events queue full", node_name(event.node_pk))

    async def disconnected(self, network: INetwork, conn: INetConn) -> None:
        """Do nothing: the end of a connection is watched."""

    async def opened_stream(self, network: INetwork, stream: INetStream) -> None:
        """Do nothing."""

    async def closed_stream(self, network: INetwork, stream: INetStream) -> None:
        """Do nothing."""

    async def listen(self, network: INetwork, multiaddr: Multiaddr) -> None:
        """Do nothing."""

    async def listen_close(self, network: INetwork, multiaddr: Multiaddr) -> None:
        """Do nothing."""


async def _close_if_dead(conn: INetConn) -> None:
    if not await liveness.alive(conn):
        await close_connection(conn)


def _is_relayed(conn: INetConn) -> bool:
    return conn.get_connection_type() == ConnectionType.RELAYED


def _reason(error: Exception) -> str:
    cause = error
    while isinstance(cause.__cause__, Exception):
        cause = cause.__cause__
    return str(cause) or type(cause).__name__
