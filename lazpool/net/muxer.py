"""Yamux with bounds: on what a peer may open, send unread, and refuse to take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import trio
from libp2p.custom_types import TProtocol
from libp2p.io.exceptions import ConnectionClosedError
from libp2p.stream_muxer.muxer_multistream import MuxerMultistream
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID, Yamux, YamuxStream

from lazpool.net.limits import DIAL_S, MAX_BUFFERED_PER_CONNECTION, MAX_STREAMS_PER_CONNECTION, WRITE_S
from lazpool.net.throttle import report

if TYPE_CHECKING:
    from libp2p.abc import IMuxedStream, ISecureConn
    from libp2p.peer.id import ID


async def give_window_back(self: YamuxStream, *, bytes_read: int = 0) -> None:
    """Let the peer send more once half a window was read; the guard puts this in the place of libp2p's method.

    That one answers each read with a frame of its own, and a message takes two: most of what two busy nodes sent each
    other said only that it had been read. It also doubles the window as it goes, up to 16 MB; here it stays as it is.
    """
    async with self.window_lock:
        self._pending_recv_release += bytes_read
        released = self._pending_recv_release
        if released < self.target_recv_window // 2:
            return
        self._pending_recv_release = 0
        self.recv_window += released
    await self.send_window_update(released, skip_lock=True)


class BoundedYamux(Yamux):
    """A Yamux connection that closes itself rather than grow or wait without bound.

    heard_at: when data of the peer last came, in trio's time.
    """

    heard_at = -math.inf

    async def accept_stream(self) -> IMuxedStream:
        """Return the next stream of the peer; streams beyond the bound are reset unseen."""
        while True:
            stream = await super().accept_stream()
            if len(self.streams) <= MAX_STREAMS_PER_CONNECTION:
                return stream
            report("too many streams", self.peer_id)
            await stream.reset()

    async def _read_data_body(self, length: int) -> bytes:
        if sum(map(len, self.stream_buffers.values())) + length > MAX_BUFFERED_PER_CONNECTION:
            report("peer ignores its window", self.peer_id)
            raise trio.TooSlowError  # what Yamux itself takes as the reason to close the connection
        data: bytes = await super()._read_data_body(length)
        self.heard_at = trio.current_time()
        return data

    async def _write_frame(self, data: bytes) -> None:
        async with self._write_lock:
            if self.event_shutting_down.is_set():
                raise ConnectionClosedError(
                    "the connection is closed"
                )  # libp2p's write to a closed socket just returns
            # A frame cut short by cancellation would garble everything after it: the ciphers count messages. So a write
            # is finished whatever happens to the task that asked for it, within a bound, or the connection is given up.
            with trio.CancelScope(shield=True, deadline=trio.current_time() + WRITE_S) as scope:
                await self.secured_conn.write(data)
        if scope.cancelled_caught:
            report("peer takes no data", self.peer_id)
            await self.cut()
            raise ConnectionClosedError("the peer took no data")
        await trio.lowlevel.checkpoint()

    async def cut(self) -> None:
        """Close the socket without a goodbye; the reading task then cleans up and tells everybody."""
        self.event_shutting_down.set()
        with trio.CancelScope(shield=True):
            await self.secured_conn.close()


class BoundedMuxers(MuxerMultistream):
    """The choice of a muxer, with one to choose; libp2p's takes its own Yamux whatever class it is given."""

    def __init__(self) -> None:
        """Offer Yamux."""
        super().__init__({TProtocol(PROTOCOL_ID): BoundedYamux}, int(DIAL_S))

    async def new_conn(self, conn: ISecureConn, peer_id: ID) -> BoundedYamux:
        """Agree on Yamux with the peer of a secured connection."""
        await self.select_transport(conn)
        return BoundedYamux(conn, peer_id, is_initiator=conn.is_initiator)
