"""Circuit relay v2 with bounds: a hub carries circuits for whom it gave a place, everybody else reserves and dials.

libp2p's relay believes whatever peer a reservation names, bounds no idle circuit, and mixes up two circuits of one
peer; the parts that do are replaced here. What travels in a circuit is sealed by Noise between its two ends.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import trio
from libp2p.connection_types import ConnectionType
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.peer.id import ID
from libp2p.relay.circuit_v2.pb.circuit_pb2 import HopMessage, PeerId, StopMessage
from libp2p.relay.circuit_v2.protocol import PROTOCOL_ID as HOP
from libp2p.relay.circuit_v2.protocol import STOP_PROTOCOL_ID as STOP
from libp2p.relay.circuit_v2.protocol import CircuitV2Protocol, _is_relayed_stream
from libp2p.relay.circuit_v2.protocol_buffer import StatusCode
from libp2p.relay.circuit_v2.resources import RelayLimits
from libp2p.relay.circuit_v2.utils import read_delimited_msg, write_delimited_msg
from multiaddr import Multiaddr

from lazpool.errors import UnreachableError
from lazpool.net.address import node_name
from lazpool.net.exchange import abandon, finish
from lazpool.net.host import node_pk_of_stream, peer_id
from lazpool.net.limits import (
    CIRCUIT_BYTES,
    CIRCUIT_S,
    CIRCUITS,
    CIRCUITS_PER_PEER,
    DIAL_S,
    REQUEST_READ_S,
    RESERVATION_S,
    RESERVATIONS,
)
from lazpool.net.throttle import report

if TYPE_CHECKING:
    from libp2p.abc import INetStream
    from libp2p.host.basic_host import BasicHost

    from lazpool.net.address import Address

_PIECE = 16 * 1024


class Relay(CircuitV2Protocol):
    """The relay of one host: gives places and carries circuits where it is a hub, and takes those of its own hubs."""

    def __init__(self, host: BasicHost, *, serve: bool) -> None:
        """Answer on a host; serve: give reservations and carry circuits."""
        limits = RelayLimits(CIRCUIT_S, CIRCUIT_BYTES, CIRCUITS_PER_PEER, RESERVATIONS, RESERVATION_S)
        super().__init__(host, limits, allow_hop=serve)
        self._host = host
        self._circuits = Counter[ID]()
        self.reserved: dict[bytes, float] = {}
        if serve:
            host.set_stream_handler(HOP, self._handle_hop_stream)
        host.set_stream_handler(STOP, self._handle_stop_stream)

    @property
    def carried(self) -> tuple[int, int]:
        """Return how many places were given to peers that are connected, and how many circuits are carried now."""
        places = self.resource_manager
        given = places._reservations  # noqa: SLF001 - the library tells of one place only at a time
        return sum(map(places.has_reservation, given)), self._circuits.total() // 2

    async def reserve(self, relay_pk: bytes) -> None:
        """Ask a connected relay for a place, or to renew it; UnreachableError when it gives none."""
        await finish(await self._hop(relay_pk, HopMessage(type=HopMessage.RESERVE)))
        self.reserved[relay_pk] = trio.current_time() + RESERVATION_S

    def lose(self, relay_pk: bytes) -> None:
        """Forget a place at a relay that is gone: a reservation ends with the connection."""
        self.reserved.pop(relay_pk, None)

    async def dial(self, target: Address) -> None:
        """Connect to a node by way of a relay that is connected; UnreachableError when that does not work."""
        if target.relay is None:
            raise ValueError(f"{target.text} names no relay")
        wish = HopMessage(type=HopMessage.CONNECT, peer=PeerId(id=peer_id(target.node_pk).to_bytes()))
        stream = await self._hop(target.relay.node_pk, wish)
        raw = RawConnection(
            stream,
            initiator=True,
            connection_type=ConnectionType.RELAYED,
            addresses=[Multiaddr(target.text)],
        )
        try:
            with trio.fail_after(DIAL_S):
                conn = await self._host.get_network().upgrade_outbound_raw_conn(raw, peer_id(target.node_pk))
            conn.set_transport_info(raw.get_transport_addresses(), ConnectionType.RELAYED)  # type: ignore[attr-defined]  # every connection here is a SwarmConn
        except Exception as error:
            await abandon(stream)
            raise UnreachableError(f"cannot reach {target.text}: {error!r}") from error

    async def _hop(self, relay_pk: bytes, wish: HopMessage) -> INetStream:
        """Return the stream on which a relay said yes."""
        stream: INetStream | None = None
        try:
            with trio.fail_after(DIAL_S):
                stream = await self._host.new_stream(peer_id(relay_pk), [HOP])
                await write_delimited_msg(stream, wish)
                answer = await read_delimited_msg(stream, HopMessage)
            if answer.type == HopMessage.STATUS and int(answer.status) == int(StatusCode.OK):
                return stream
            why = StatusCode(answer.status).name
        except Exception as error:  # noqa: BLE001 - border: whatever the relay did, it did not say yes
            why = repr(error)
        if stream is not None:
            await abandon(stream)
        raise UnreachableError(f"the relay {node_name(relay_pk)} does not help: {why}")

    async def _handle_hop_stream(self, stream: INetStream) -> None:
        """Answer one wish a stream; bytes that are none raise, and the guard resets the stream.

        Nothing is carried for who comes by a circuit: circuits in circuits would multiply traffic.
        """
        with trio.fail_after(REQUEST_READ_S):
            wish = await read_delimited_msg(stream, HopMessage)
        if _is_relayed_stream(stream):
            await self._send_status(stream, StatusCode.PERMISSION_DENIED, "")
        elif wish.type == HopMessage.RESERVE:
            await self._handle_reserve(stream, wish)
        elif wish.type == HopMessage.CONNECT:
            await self._handle_connect(stream, wish)
        await finish(stream)

    async def _handle_reserve(self, stream: INetStream, msg: HopMessage) -> None:
        """Give a place to the peer at the other end and to nobody else, whoever the message names."""
        if msg.HasField("peer") and msg.peer.id and ID(msg.peer.id) != stream.muxed_conn.peer_id:
            report("reservation for somebody else", stream.muxed_conn.peer_id)
            await self._send_status(stream, StatusCode.PERMISSION_DENIED, "")
            return
        self._make_room()
        await super()._handle_reserve(stream, msg)

    def _make_room(self) -> None:
        """Forget the places of peers that are gone, if all are given: the library lets them hold theirs for an hour."""
        given = self.resource_manager._reservations  # noqa: SLF001 - the library tells of one place only at a time
        if len(given) >= RESERVATIONS:
            for peer in [peer for peer in given if not self.resource_manager.has_reservation(peer)]:
                del given[peer]

    async def _handle_connect(self, stream: INetStream, msg: HopMessage) -> None:
        """Carry a circuit, within the bounds of its caller, its target and all; idle or not, it ends in time."""
        caller, target = stream.muxed_conn.peer_id, ID(msg.peer.id)
        refusal = self._refusal(caller, target)
        if refusal is not None:
            report(f"circuit refused: {refusal.name}", caller)
            await self._send_status(stream, refusal, "")
            return
        ends = (caller, target)
        self._circuits.update(ends)
        try:
            with trio.move_on_after(CIRCUIT_S):
                await self._carry(stream, caller, target)
        finally:
            self._circuits.subtract(ends)
            self._circuits += Counter()  # forgets who has none

    def _refusal(self, caller: ID, target: ID) -> StatusCode | None:
        if self.resource_manager.get_reservation(target) is None:
            return StatusCode.NO_RESERVATION
        full = any(self._circuits[end] >= CIRCUITS_PER_PEER for end in (caller, target))
        if full or self._circuits.total() >= 2 * CIRCUITS:
            return StatusCode.RESOURCE_LIMIT_EXCEEDED
        return None

    async def _carry(self, stream: INetStream, caller: ID, target: ID) -> None:
        onward = await self._call(caller, target)
        if onward is None:
            await self._send_status(stream, StatusCode.CONNECTION_FAILED, "")
            return
        try:
            await self._send_status(stream, StatusCode.OK, "")
            await _join(stream, onward)
        finally:
            await abandon(onward)
            await abandon(stream)

    async def _call(self, caller: ID, target: ID) -> INetStream | None:
        """Return a stream to the target, who has agreed to the circuit; None when that fails."""
        stream: INetStream | None = None
        try:
            with trio.fail_after(DIAL_S):
                stream = await self._host.new_stream(target, [STOP])
                wish = StopMessage(type=StopMessage.CONNECT, peer=PeerId(id=caller.to_bytes()))
                await write_delimited_msg(stream, wish)
                answer = await read_delimited_msg(stream, StopMessage)
            if int(answer.status) == int(StatusCode.OK):
                return stream
            why = StatusCode(answer.status).name
        except Exception as error:  # noqa: BLE001 - border: the target may fail in any way
            why = repr(error)
        report("target of a circuit", f"{target}: {why}")
        if stream is not None:
            await abandon(stream)
        return None

    async def _handle_stop_stream(self, stream: INetStream) -> None:
        """Take a circuit from a relay where we have a place; anybody else has no business to bring one."""
        if node_pk_of_stream(stream) not in self.reserved:
            report("circuit from a relay we did not ask", stream.muxed_conn.peer_id)
            await abandon(stream)
            return
        await super()._handle_stop_stream(stream)


async def _join(one: INetStream, other: INetStream) -> None:
    """Carry both directions of a circuit until an end closes, or the bytes of both together are used up."""
    left = [CIRCUIT_BYTES]
    async with trio.open_nursery() as nursery:

        async def carry(source: INetStream, sink: INetStream) -> None:
            try:
                while (data := await source.read(_PIECE)) and left[0] >= len(data):
                    left[0] -= len(data)
                    await sink.write(data)
            except Exception as error:  # noqa: BLE001 - border: either end may vanish in any way
                report(f"circuit {type(error).__name__}", repr(error))
            nursery.cancel_scope.cancel()

        nursery.start_soon(carry, one, other)
        nursery.start_soon(carry, other, one)
