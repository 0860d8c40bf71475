"""Faults are logged once with detail, then as a count at most once a minute, so that no peer can fill a disk."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

_log = structlog.stdlib.get_logger("lazpool.net")

QUIET_S: Final = 60.0
MAX_KINDS: Final = 200
"""Kinds told apart; kinds beyond share one, since part of a kind's name may come from a peer."""


class Throttle:
    """Counts faults by kind and tells which deserve a line."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing seen; `clock` gives seconds."""
        self._clock = clock
        self._last: dict[str, float] = {}
        self._silent: dict[str, int] = {}
        self.total = 0

    def allow(self, kind: str) -> int | None:
        """Count one fault; return how many went unsaid since the last line, or None when this one stays unsaid too."""
        self.total += 1
        if kind not in self._last and len(self._last) >= MAX_KINDS:
            kind = "other"
        now = self._clock()
        if kind in self._last and now - self._last[kind] < QUIET_S:
            self._silent[kind] = self._silent.get(kind, 0) + 1
            return None
        self._last[kind] = now
        return self._silent.pop(kind, 0)


FAULTS: Final = Throttle()
"""The faults of this process: of guarded tasks, of streams, and whatever libp2p itself complains of."""


def report(kind: str, detail: object, level: int = logging.WARNING) -> None:
    """Count a fault, and log it if its kind has been quiet."""
    unsaid = FAULTS.allow(kind)
    if unsaid is not None:
        _log.log(level, "network fault", kind=kind, detail=str(detail)[:300], unsaid=unsaid)


class LibraryHandler(logging.Handler):
    """Takes libp2p's own warnings; the line of code that complains is the kind.

    They are told as information: most are about peers that left in the middle of something, and none needs anybody.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Count the record, and log it if that line of code has been quiet."""
        try:
            detail = record.getMessage()
        except (TypeError, ValueError):
            detail = record.msg
        report(f"{record.name}:{record.lineno}", detail, logging.INFO)
