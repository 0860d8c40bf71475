"""What keeps a py-libp2p 0.8.1 process alive: without it one packet of any peer ends it.

Patched, once per process, and proven by one test per packet in tests/net/test_faults.py:

- `TrioManager.run_task`: an exception of a background task ends its service, and with it the host. Tasks of one
  message or one peer are logged and forgotten; a daemon task (heartbeat, peer queue) is restarted a few times, then
  fails as before, so that the supervisor sees it.
- `SwarmConn._handle_muxed_stream`: an exception of a stream handler ends the connection's service. Its stream is reset.
- `SwarmConn` logs through the root logger, whose functions install a handler on stderr at their first call.
- `read_delim` of the protocol negotiation reads whatever length a stranger announces, before any handshake.
- `YamuxStream` tells its peer of every read; see `muxer.give_window_back`.
- The `libp2p` logger propagates nothing and so writes to stderr by itself, and so does trio's when there are no file
  descriptors left to accept with, ten times a second: they are given our handler.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any, Final

import trio
from libp2p.exceptions import ParseError
from libp2p.network.connection import swarm_connection
from libp2p.network.connection.swarm_connection import SwarmConn
from libp2p.protocol_muxer import multiselect_communicator
from libp2p.stream_muxer.yamux.yamux import YamuxStream
from libp2p.tools.anyio_service.exceptions import LifecycleError
from libp2p.tools.anyio_service.trio_manager import TrioManager
from libp2p.utils.varint import read_varint_prefixed_bytes_limited

from lazpool.net.muxer import give_window_back
from lazpool.net.throttle import LibraryHandler, report

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from libp2p.io.abc import Reader

DAEMON_RESTARTS: Final = 10
"""Restarts of one daemon task before it may end the host: a fault that comes back at once is ours to see."""

MAX_NEGOTIATION: Final = 1024
"""Largest line of a protocol negotiation, bytes; protocol names are short."""

_run_task = TrioManager.run_task
_handle_muxed_stream = SwarmConn._handle_muxed_stream  # noqa: SLF001 - the guard is about private names; the version is pinned


def install() -> None:
    """Apply the patches to this process; calling it again changes nothing."""
    if any(isinstance(handler, LibraryHandler) for handler in logging.getLogger("libp2p").handlers):
        return
    for name in ("libp2p", "trio.serve_listeners"):
        logging.getLogger(name).addHandler(LibraryHandler(logging.WARNING))
    TrioManager.run_task = _guarded_run_task  # type: ignore[method-assign]  # the patch itself
    SwarmConn._handle_muxed_stream = _guarded_stream  # type: ignore[method-assign]  # noqa: SLF001 - the patch itself
    YamuxStream._auto_tune_and_send_window_update = give_window_back  # type: ignore[method-assign]  # noqa: SLF001 - the patch itself
    vars(swarm_connection)["logging"] = logging.getLogger("libp2p.network.connection")
    vars(multiselect_communicator)["read_delim"] = _read_delim


def _guarded_run_task(
    self: TrioManager,
    async_fn: Callable[..., Awaitable[Any]],
    *args: Any,
    daemon: bool = False,
    name: str | None = None,
    _internal: bool = False,
) -> None:
    label = str(name or getattr(async_fn, "__name__", "task"))
    if _internal:
        guarded: Callable[..., Awaitable[Any]] = async_fn
    elif daemon:
        guarded = functools.partial(_restarting, label, async_fn)
    else:
        guarded = functools.partial(forgiving, label, async_fn)
    try:
        _run_task(self, guarded, *args, daemon=daemon, name=label, _internal=_internal)
    except (LifecycleError, RuntimeError) as error:
        report(f"late task {label}", repr(error))  # the service is stopping: there is nobody left to serve


async def forgiving(label: str, async_fn: Callable[..., Awaitable[Any]], *args: Any) -> None:
    """Run a task whose failing may not cost more than itself."""
    try:
        await async_fn(*args)
    except Exception as error:  # noqa: BLE001 - supervised border: whatever a peer's packet caused must end here
        report(f"task {label} {type(error).__name__}", repr(error))


async def _restarting(label: str, async_fn: Callable[..., Awaitable[Any]], *args: Any) -> None:
    for _ in range(DAEMON_RESTARTS):
        try:
            await async_fn(*args)
        except Exception as error:  # noqa: BLE001 - supervised border: the same, for a task that has to go on
            report(f"daemon {label} {type(error).__name__}", repr(error))
            await trio.sleep(0.1)
        else:
            return
    await async_fn(*args)


async def _guarded_stream(self: SwarmConn, muxed_stream: Any) -> None:
    try:
        await _handle_muxed_stream(self, muxed_stream)
    except Exception as error:  # noqa: BLE001 - supervised border: a handler's fault may cost its own stream only
        report(f"stream {type(error).__name__}", repr(error))
        await _reset(muxed_stream)


async def _reset(muxed_stream: Any) -> None:
    try:
        await muxed_stream.reset()
    except Exception as error:  # noqa: BLE001 - supervised border: the connection may be gone already
        report(f"reset {type(error).__name__}", repr(error))


async def _read_delim(reader: Reader) -> bytes:
    line = await read_varint_prefixed_bytes_limited(reader, MAX_NEGOTIATION)
    if not line.endswith(b"\n"):
        raise ParseError("a negotiation line must end with a newline")
    return line[:-1]
