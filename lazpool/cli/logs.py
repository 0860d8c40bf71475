"""What a running node says on stderr: one line an event."""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from lazpool.errors import InvalidInputError

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_logs() -> None:
    """Print events from LAZPOOL_LOG on (info unless set) to stderr, as text that people read and grep."""
    wanted = os.environ.get("LAZPOOL_LOG", "info").lower()
    if wanted not in LEVELS:
        raise InvalidInputError(f"LAZPOOL_LOG is {wanted!r}", hint=f"one of {', '.join(LEVELS)}")
    structlog.configure(
        processors=[structlog.processors.add_log_level, _line],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[wanted]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _line(_: WrappedLogger, __: str, event: EventDict) -> str:
    """Return an event as `2027-03-01T07:40:00Z info    running addresses=[...]`."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    level, name = event.pop("level"), event.pop("event")
    return " ".join([at, f"{level:<7}", _plain(name), *(f"{key}={_plain(value)}" for key, value in event.items())])


def _plain(value: object) -> str:
    """Return a value on one line, unable to steer a terminal: some of them come from strangers."""
    text = str(value)
    return text if text.isprintable() else repr(text)
