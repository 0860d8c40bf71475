"""Wires between processes that can be cut: a small TCP proxy in a thread, with a port for each wire.

Over a cut wire nothing goes and nothing is refused: as in a network that lost its middle, not as with a closed port.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import trio

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 1 << 16
LOOK_S = 0.1


@dataclass(slots=True)
class Wire:
    """A way from a port of its own to another one of this machine. carried: bytes, both directions together."""

    there: int
    port: int = 0
    is_cut: bool = False
    carried: int = 0


class Wires:
    """All wires, by the names of their two ends, for the duration of a block."""

    def __init__(self, ends: dict[tuple[str, str], int]) -> None:
        """Lay wires; `ends` tells for each the port to which it leads."""
        self.all = {name: Wire(port) for name, port in ends.items()}
        self._thread = threading.Thread(target=trio.run, args=(self._run,), daemon=True)
        self._laid = threading.Event()
        self._token: trio.lowlevel.TrioToken | None = None
        self._stop: trio.Event | None = None

    def __enter__(self) -> Self:
        """Begin to carry."""
        self._thread.start()
        if not self._laid.wait(20):
            raise TimeoutError("no wires")
        return self

    def __exit__(self, *_: object) -> None:
        """End all wires."""
        if self._token is not None and self._stop is not None:
            self._token.run_sync_soon(self._stop.set)
        self._thread.join(10)

    def of(self, name: str) -> Iterator[Wire]:
        """Yield the wires that begin or end at somebody."""
        return (wire for ends, wire in self.all.items() if name in ends)

    async def _run(self) -> None:
        self._token, self._stop = trio.lowlevel.current_trio_token(), trio.Event()
        async with trio.open_nursery() as nursery:
            for wire in self.all.values():
                (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
                wire.port = listener.socket.getsockname()[1]
                nursery.start_soon(trio.serve_listeners, _Carrier(wire).serve, [listener])
            self._laid.set()
            await self._stop.wait()
            nursery.cancel_scope.cancel()


class _Carrier:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def serve(self, caller: trio.SocketStream) -> None:
        await self._mended()
        with suppress(OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            async with (
                caller,
                await trio.open_tcp_stream("127.0.0.1", self._wire.there) as called,
                trio.open_nursery() as nursery,
            ):
                nursery.start_soon(self._carry, caller, called, nursery)
                nursery.start_soon(self._carry, called, caller, nursery)

    async def _carry(self, source: trio.SocketStream, sink: trio.SocketStream, nursery: trio.Nursery) -> None:
        with suppress(OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            while data := await source.receive_some(PIECE):
                await self._mended()
                await sink.send_all(data)
                self._wire.carried += len(data)
        nursery.cancel_scope.cancel()  # an end that is gone ends both directions

    async def _mended(self) -> None:
        while self._wire.is_cut:  # noqa: ASYNC110 # it is cut and mended from another thread
            await trio.sleep(LOOK_S)
