"""Serving the site: hypercorn on trio, in the process of the hub, on a socket that was opened before it."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

from hypercorn.config import Config as Hypercorn
from hypercorn.trio import serve as run

from lazpool.errors import LazpoolError
from lazpool.hub import bind_of
from lazpool.web.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.actions.standing import Live
    from lazpool.config import Config

READ_S = 10
"""How long a browser may be silent in the middle of asking."""
IDLE_S = 5.0
MAX_HEAD = 8 * 1024
BACKLOG = 64


def listen(address: str) -> socket.socket:
    """Open the port of the page, `HOST:PORT`; LazpoolError (cannot-listen) when that is not possible."""
    host, port = bind_of(address)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as wrong:
        hint = "another program may use that port; name another one with --web"
        message = f"cannot show the page on {address}: {wrong.strerror}"
        raise LazpoolError(message, hint=hint, code="cannot-listen") from wrong


def url(listening: socket.socket) -> str:
    """Return where a browser finds the page."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def serve(
    listening: socket.socket, config: Config, live: Callable[[], Live], clock: Callable[[], float] = time.time
) -> None:
    """Serve until cancelled. live: tells how the node stands. clock: seconds since the epoch."""
    settings = Hypercorn()
    settings.bind = [f"fd://{os.dup(listening.fileno())}"]  # it closes what it is given; a restart needs the port again
    settings.accesslog = settings.errorlog = None  # who looked at the page is nobody's business, and faults are logged
    settings.include_server_header = False
    settings.read_timeout = READ_S
    settings.keep_alive_timeout = IDLE_S
    settings.h11_max_incomplete_size = MAX_HEAD
    settings.backlog = BACKLOG
    settings.graceful_timeout = 1.0
    await run(Site(config, live, clock).app(), settings, mode="asgi")  # type: ignore[arg-type] # Starlette's types are wider
