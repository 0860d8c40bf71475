"""QR codes: drawn on a terminal that is wide enough for them, or written to files."""

from __future__ import annotations

import shutil
import sys
from io import StringIO
from typing import TYPE_CHECKING

import click
import segno

from lazpool.errors import InvalidInputError, LazpoolError

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.cli.app import App

_BORDER = 2
"""Free blocks around a code on a terminal; the standard's four cost lines, and readers do with two."""
_PRINTED = {".svg": 4, ".png": 8}
"""Pixels of a block in a file."""


def draw(app: App, text: str, *, always: bool) -> None:
    """Draw an invitation on a terminal that is wide enough; always: also where this is none."""
    code = _code(text)
    width = code.symbol_size(border=_BORDER)[0]
    if always or (sys.stdout.isatty() and width <= shutil.get_terminal_size().columns):
        drawn = StringIO()
        code.terminal(drawn, border=_BORDER, compact=True)
        click.echo(drawn.getvalue())
    elif sys.stdout.isatty():
        app.say(f"Its QR code needs {width} columns: make the window wider, or write it with --svg FILE")


def write(text: str, file: Path) -> str:
    """Write an invitation as a QR code; the ending of the name says whether as SVG or PNG."""
    if file.suffix.lower() not in _PRINTED:
        raise InvalidInputError(f"{file} is neither .svg nor .png", hint="such as --svg invite.svg")
    try:
        _code(text).save(str(file), scale=_PRINTED[file.suffix.lower()], border=4, light="#fff")
    except OSError as wrong:
        raise LazpoolError(f"{file} cannot be written: {wrong.strerror}", code="cannot-write") from wrong
    return str(file)


def _code(text: str) -> segno.QRCode:
    return segno.make_qr(text.upper(), error="l")  # capitals take half the room
