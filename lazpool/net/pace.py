"""How fast: our own posts one after the other, and what a peer may send us before more is dropped unread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Hashable

MAX_BUCKETS = 1000
"""Buckets kept before those of long silent peers are dropped, which are full again anyway."""


class Pace:
    """Lets callers through one after the other, `rate` a second, with no burst saved up."""

    def __init__(self, rate: float) -> None:
        """Begin with nobody waiting."""
        self._gap = 1 / rate
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the caller's turn."""
        at = max(trio.current_time(), self._next)
        self._next = at + self._gap
        await trio.sleep_until(at)


class Quotas:
    """A token bucket per peer: `rate` a second, `burst` saved up at most."""

    def __init__(self, rate: float, burst: float) -> None:
        """Begin with full buckets."""
        self._rate, self._burst = rate, burst
        self._filled: dict[Hashable, tuple[float, float]] = {}

    def take(self, peer: Hashable, now: float) -> bool:
        """Take a token of a peer's, at a time in seconds; False when it has none left."""
        tokens, since = self._filled.get(peer, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._rate)
        if tokens < 1:
            return False
        self._keep(peer, tokens - 1, now)
        return True

    def charge(self, peer: Hashable, now: float, tokens: float) -> None:
        """Take tokens that were used already, more than there are if need be."""
        left, since = self._filled.get(peer, (self._burst, now))
        self._keep(peer, min(self._burst, left + (now - since) * self._rate) - tokens, now)

    def _keep(self, peer: Hashable, tokens: float, now: float) -> None:
        self._filled[peer] = (tokens, now)
        if len(self._filled) > MAX_BUCKETS:
            self._forget_full(now)

    def _forget_full(self, now: float) -> None:
        self._filled = {
            peer: (tokens, since)
            for peer, (tokens, since) in self._filled.items()
            if tokens + (now - since) * self._rate < self._burst
        }
