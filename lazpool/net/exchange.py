"""One request, one response, over a stream of its own: uvarint length and bytes each way, all of it bounded."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import trio
from libp2p.custom_types import TProtocol
from libp2p.utils.varint import encode_varint_prefixed, read_varint_prefixed_bytes_limited

from lazpool.errors import InvalidInputError, UnreachableError
from lazpool.net.address import node_name
from lazpool.net.host import node_pk_of_stream, peer_id
from lazpool.net.limits import (
    ANSWER_S,
    MAX_ASKS_PER_PEER,
    MAX_EXCHANGES,
    MAX_EXCHANGES_PER_PEER,
    MAX_REQUEST,
    MAX_RESPONSE,
    REQUEST_READ_S,
)
from lazpool.net.throttle import report

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from libp2p.abc import IHost, INetStream

Handler = Callable[[bytes, bytes], Awaitable[bytes]]
"""(32-byte node key of the peer, request frame) -> response frame."""


class Exchange:
    """Asks peers and answers them."""

    def __init__(self, host: IHost, serve: Mapping[str, Handler]) -> None:
        """Answer the protocols of `serve` on a host."""
        self._host = host
        self._open = Counter[bytes]()
        self._asks: defaultdict[bytes, trio.Semaphore] = defaultdict(lambda: trio.Semaphore(MAX_ASKS_PER_PEER))
        for protocol, handler in serve.items():
            host.set_stream_handler(TProtocol(protocol), self._stream_handler(protocol, handler))

    async def ask(self, node_pk: bytes, protocol: str, frame: bytes, timeout_s: float) -> bytes:
        """Return a connected peer's response; UnreachableError if it gives none within `timeout_s` seconds."""
        if len(frame) > MAX_REQUEST:
            raise InvalidInputError(f"a request of {len(frame)} bytes is too large")
        try:
            with trio.fail_after(timeout_s):
                async with self._turn(node_pk):
                    return await self._ask(node_pk, protocol, frame)
        except Exception as error:
            raise UnreachableError(f"{node_name(node_pk)} did not answer {protocol}: {error!r}") from error

    @asynccontextmanager
    async def _turn(self, node_pk: bytes) -> AsyncIterator[None]:
        turns = self._asks[node_pk]
        try:
            async with turns:
                yield
        finally:
            if turns.value == MAX_ASKS_PER_PEER and not turns.statistics().tasks_waiting:
                self._asks.pop(node_pk, None)

    async def _ask(self, node_pk: bytes, protocol: str, frame: bytes) -> bytes:
        stream = await self._host.new_stream(peer_id(node_pk), [TProtocol(protocol)])
        try:
            await stream.write(encode_varint_prefixed(frame))
            response = await read_varint_prefixed_bytes_limited(stream, MAX_RESPONSE)
        except BaseException:
            await abandon(stream)
            raise
        await finish(stream)
        return response

    def _stream_handler(self, protocol: str, handler: Handler) -> Callable[[INetStream], Awaitable[None]]:
        async def handle(stream: INetStream) -> None:
            node_pk = node_pk_of_stream(stream)
            if node_pk is None or not self._admit(node_pk):
                report(f"too many requests {protocol}", "" if node_pk is None else node_name(node_pk))
                await abandon(stream)
                return
            self._open[node_pk] += 1
            try:
                await _answer(stream, node_pk, protocol, handler)
            finally:
                self._open[node_pk] -= 1
                if not self._open[node_pk]:
                    del self._open[node_pk]

        return handle

    def _admit(self, node_pk: bytes) -> bool:
        return self._open[node_pk] < MAX_EXCHANGES_PER_PEER and self._open.total() < MAX_EXCHANGES


async def _answer(stream: INetStream, node_pk: bytes, protocol: str, handler: Handler) -> None:
    try:
        with trio.fail_after(REQUEST_READ_S):
            request = await read_varint_prefixed_bytes_limited(stream, MAX_REQUEST)
        with trio.fail_after(ANSWER_S):
            response = await handler(node_pk, request)
            if len(response) > MAX_RESPONSE:
                raise ValueError(f"a response of {len(response)} bytes is too large")  # noqa: TRY301 - one border for all faults
            await stream.write(encode_varint_prefixed(response))
    except Exception as error:  # noqa: BLE001 - supervised border: neither the peer nor our handler may cost more than this stream
        report(f"answer {protocol} {type(error).__name__}", f"{node_name(node_pk)}: {error!r}")
        await abandon(stream)
        return
    await finish(stream)


async def finish(stream: INetStream) -> None:
    """Close a stream that did its work; that the other end may be gone is no fault any more."""
    try:
        await stream.close()
    except Exception as error:  # noqa: BLE001 - supervised border: the work is done, whatever libp2p says of its end
        report(f"closing {type(error).__name__}", repr(error))


async def abandon(stream: INetStream) -> None:
    """Reset a stream, also while being cancelled; the write inside is bounded by the muxer."""
    with trio.CancelScope(shield=True):
        try:
            await stream.reset()
        except Exception as error:  # noqa: BLE001 - supervised border: the stream is given up already
            report(f"reset {type(error).__name__}", repr(error))
