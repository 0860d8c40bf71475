"""The border between the program and a person: every exception becomes a message, a hint and an exit status."""

from __future__ import annotations

import json as json_text
import os
import sqlite3
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from lazpool.errors import InvalidInputError, LazpoolError
from lazpool.store.database import explain

if TYPE_CHECKING:
    from collections.abc import Callable

INTERRUPTED = 130
"""What shells make of Ctrl-C: 128 + SIGINT."""


def guarded(work: Callable[[], object], *, json: bool) -> int:
    """Run a command; return its exit status, having told about any error on stderr, or as JSON on stdout."""
    try:
        status = work()
        sys.stdout.flush()
    except BrokenPipeError:  # who reads us has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return LazpoolError.status
    except Exception as wrong:  # noqa: BLE001 # the border: a person gets a message, and the traceback on demand
        _show_traceback()
        return _tell(explained(wrong), json=json)
    return status if isinstance(status, int) else 0


def explained(wrong: Exception) -> LazpoolError:
    """Return what a person can do about an exception."""
    while isinstance(wrong, ExceptionGroup) and len(wrong.exceptions) == 1:  # so trio wraps what ended a nursery
        wrong = wrong.exceptions[0]
    match wrong:
        case LazpoolError():
            return wrong
        case click.ClickException() | click.Abort():
            return _by_click(wrong)
        case sqlite3.Error():
            return explain(wrong)
        case OSError():
            where = f"{wrong.filename}: " if wrong.filename else ""
            hint = "check the disk, and who may read and write there"
            return LazpoolError(f"{where}{wrong.strerror or wrong}", hint=hint, code="system")
    hint = "this is a mistake in lazpool: please report it, with what LAZPOOL_DEBUG=1 adds"
    return LazpoolError(f"unexpected: {type(wrong).__name__}: {wrong}", hint=hint, code="unexpected")


def _by_click(wrong: click.ClickException | click.Abort) -> LazpoolError:
    match wrong:
        case click.UsageError():
            path = wrong.ctx.command_path if wrong.ctx else "lazpool"
            return InvalidInputError(wrong.format_message(), hint=f"{path} --help")
        case click.ClickException():
            return LazpoolError(wrong.format_message())
    return _stopped(wrong)


def _stopped(wrong: click.Abort) -> LazpoolError:
    error = LazpoolError("stopped; nothing was changed", code="interrupted")
    if isinstance(wrong.__cause__ or wrong.__context__, KeyboardInterrupt):
        error.status = INTERRUPTED
    return error


def _tell(error: LazpoolError, *, json: bool) -> int:
    with suppress(BrokenPipeError):
        if json:
            click.echo(json_text.dumps(error.as_json()))
        else:
            click.echo(f"lazpool: {error.message}", err=True)
            if error.hint:
                click.echo(f"hint: {error.hint}", err=True)
    return error.status


def _show_traceback() -> None:
    if os.environ.get("LAZPOOL_DEBUG"):
        import traceback  # noqa: PLC0415 # rarely wanted

        traceback.print_exc()
