"""Is a peer still there? libp2p counts a stopped peer as connected for minutes, so we ask.

Whoever has too much to do to answer in time, but sends other things meanwhile, is there: to cut it off would only give
both more to do.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import trio
from libp2p.custom_types import TProtocol
from libp2p.host.ping import ID as PING
from libp2p.host.ping import PING_LENGTH
from libp2p.io.utils import read_exactly
from libp2p.protocol_muxer.multiselect_client import MultiselectClient
from libp2p.protocol_muxer.multiselect_communicator import MultiselectCommunicator

from lazpool.errors import UnreachableError
from lazpool.net.address import node_name
from lazpool.net.exchange import abandon, finish
from lazpool.net.host import peer_id
from lazpool.net.limits import PROBE_S
from lazpool.net.muxer import BoundedYamux

if TYPE_CHECKING:
    from collections.abc import Iterable

    from libp2p.abc import IHost, INetConn, INetStream

READ_S = 0.1
"""For what has come to be read."""


async def ping(host: IHost, node_pk: bytes, timeout_s: float) -> float:
    """Return the seconds that a peer took to answer, or to say anything; UnreachableError if it took too long."""
    began = trio.current_time()
    try:
        with trio.fail_after(timeout_s):
            return await _echo(await host.new_stream(peer_id(node_pk), [PING]))
    except Exception as error:
        if await _spoke(host.get_network().get_connections(peer_id(node_pk)), began):
            return trio.current_time() - began
        raise UnreachableError(f"{node_name(node_pk)} does not answer a ping: {error!r}") from error


async def alive(conn: INetConn) -> bool:
    """Tell whether this one connection still answers, or anything comes by it, among several of the same peer."""
    began = trio.current_time()
    try:
        with trio.fail_after(PROBE_S):
            stream = await conn.new_stream()
            try:
                await MultiselectClient().select_one_of(
                    [TProtocol(PING)], MultiselectCommunicator(stream), negotiate_timeout=int(PROBE_S)
                )
            except BaseException:
                await abandon(stream)
                raise
            await _echo(stream)
    except Exception:  # noqa: BLE001 - supervised border: the same
        return await _spoke([conn], began)
    return True


async def _spoke(conns: Iterable[INetConn], since: float) -> bool:
    """Tell whether data came by one of these connections; what waits in the socket is read first."""
    await trio.sleep(READ_S)
    return any(isinstance(conn.muxed_conn, BoundedYamux) and conn.muxed_conn.heard_at >= since for conn in conns)


async def _echo(stream: INetStream) -> float:
    sent = os.urandom(PING_LENGTH)
    start = trio.current_time()
    try:
        await stream.write(sent)
        echoed = await read_exactly(stream, PING_LENGTH)
    except BaseException:
        await abandon(stream)
        raise
    took = trio.current_time() - start
    await finish(stream)
    if echoed != sent:
        raise OSError("the peer echoed something else")
    return took
