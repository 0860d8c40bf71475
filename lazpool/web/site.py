"""The site of a hub: `/`, `/style.css`, `/health` and `/metrics`, to be read only.

What it tells is read from the databases every few seconds at most, however many ask, in a thread: answers of the hub
itself do not wait for it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import structlog
import trio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from lazpool import __version__
from lazpool.actions.noticeboard import Noticeboard
from lazpool.actions.standing import Held, held
from lazpool.errors import LazpoolError
from lazpool.store.database import reading
from lazpool.web.metrics import CONTENT_TYPE, exposition
from lazpool.web.page import Page
from lazpool.web.snapshot import Snapshot, take
from lazpool.web.style import sheet
from lazpool.web.words import language

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from lazpool.actions.standing import Live
    from lazpool.config import Config

_T = TypeVar("_T")

PAGE_S = 15.0
FIGURES_S = 2.0
"""How long what was read is told again before it is read anew."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
log = structlog.get_logger("lazpool")


class Kept:
    """A value that is made anew when it is asked for and too old; one makes it, the others wait."""

    def __init__(self, seconds: float) -> None:
        """Keep a value for so long."""
        self._seconds, self._lock = seconds, trio.Lock()
        self._made, self._value = float("-inf"), None

    async def get(self, make: Callable[[], Awaitable[_T]]) -> _T:
        """Return the value."""
        async with self._lock:
            if trio.current_time() - self._made > self._seconds:
                self._value = await make()  # type: ignore[assignment] # always of the same maker
                self._made = trio.current_time()
            return self._value  # type: ignore[return-value] # the same


@dataclass(slots=True)
class Site:
    """What is served. live: tells how the node stands. clock: seconds since the epoch."""

    config: Config
    live: Callable[[], Live]
    clock: Callable[[], float] = time.time
    _board: Noticeboard = field(default_factory=Noticeboard)
    _snapshots: Kept = field(default_factory=lambda: Kept(PAGE_S))
    _figures: Kept = field(default_factory=lambda: Kept(FIGURES_S))
    _pages: dict[tuple[str, int | None], str] = field(default_factory=dict)

    def app(self) -> Starlette:
        """Return the application."""
        return Starlette(
            routes=[
                Route("/", self.page, methods=["GET"]),
                Route("/style.css", self.style, methods=["GET"]),
                Route("/health", self.health, methods=["GET"]),
                Route("/metrics", self.metrics, methods=["GET"]),
            ],
            exception_handlers={HTTPException: _refuse, 500: _fail},
        )

    async def page(self, request: Request) -> Response:
        """Answer with the page, in a language, for a day or one hour of it."""
        snapshot = await self._snapshots.get(self._take)
        chosen = language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
        hour = _hour(request.query_params.get("hour", ""), snapshot)
        if (chosen, hour) not in self._pages:  # at most 25 hours in each language, until the next snapshot
            self._pages[chosen, hour] = Page(self.config, snapshot, self.live(), chosen, hour).html()
        headers = {"Vary": "Accept-Language", "Content-Language": chosen}
        return _answer(Response(self._pages[chosen, hour], media_type="text/html"), PAGE_S, headers)

    async def style(self, _: Request) -> Response:
        """Answer with the style sheet."""
        return _answer(Response(sheet(), media_type="text/css"), 3600)

    async def health(self, _: Request) -> Response:
        """Answer with 200 when the network is open and the databases can be read, else with 503."""
        live = self.live()
        try:
            await self._figures.get(self._held)
            readable = True
        except LazpoolError:
            readable = False
        ok = live.ready and readable
        document = {
            "status": "ok" if ok else "failing",
            "network": live.ready,
            "databases": readable,
            "uptime_s": int(live.uptime_s),
            "version": __version__,
        }
        return _answer(JSONResponse(document, 200 if ok else 503))

    async def metrics(self, _: Request) -> Response:
        """Answer with the figures, for Prometheus."""
        found = await self._figures.get(self._held)
        return _answer(Response(exposition(self.config, self.live(), found), media_type=CONTENT_TYPE))

    async def _take(self) -> Snapshot:
        minute, areas = int(self.clock()) // 60, self.live().areas
        snapshot = await trio.to_thread.run_sync(take, self.config, self._board, areas, minute)
        self._pages.clear()
        return snapshot

    async def _held(self) -> Held:
        return await trio.to_thread.run_sync(self._count)

    def _count(self) -> Held:
        with reading(self.config.board_file) as board, reading(self.config.node_file) as node:
            return held(board, node)


def _hour(text: str, snapshot: Snapshot) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1  # noqa: PLR2004 # enough for millennia
    return number if number in snapshot.hours else None


def _answer(response: Response, fresh_s: float = 0, headers: dict[str, str] | None = None) -> Response:
    caching = f"public, max-age={fresh_s:.0f}" if fresh_s else "no-store"
    response.headers.update({**_HEADERS, "Cache-Control": caching, **(headers or {})})
    return response


async def _refuse(_: Request, wrong: Exception) -> Response:
    status = wrong.status_code if isinstance(wrong, HTTPException) else 500
    headers = dict(wrong.headers or {}) if isinstance(wrong, HTTPException) else {}
    return _answer(PlainTextResponse("not here\n", status), headers=headers)


async def _fail(request: Request, fault: Exception) -> Response:
    log.error("page failed", path=request.url.path, fault=repr(fault))
    return _answer(PlainTextResponse("the hub cannot tell right now\n", 500))
