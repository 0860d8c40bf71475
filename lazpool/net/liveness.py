"""Is a peer still there? libp2p counts a stopped peer as connected for minutes, so we ask."""

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

if TYPE_CHECKING:
    from libp2p.abc import IHost, INetConn, INetStream


async def ping(host: IHost, node_pk: bytes, timeout_s: float) -> float:
    """Return the seconds one ping took over any connection of a peer; UnreachableError if it took too long."""
    try:
        with trio.fail_after(timeout_s):
            return await _echo(await host.new_stream(peer_id(node_pk), [PING]))
    except Exception as error:
        raise UnreachableError(f"{node_name(node_pk)} does not answer a ping: {error!r}") from error


async def alive(conn: INetConn) -> bool:
    """Tell whether this one connection still answers, among several of the same peer."""
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
        return False
    return True


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
