"""Tables for people. The only module that imports rich."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from lazpool.cli.app import clean

if TYPE_CHECKING:
    from lazpool.cli.app import Table

WIDE = 200
"""Columns where nobody looks at a screen: a pipe gets whole lines."""


def render(table: Table, *, err: bool = False) -> None:
    """Print a table on stdout, or what to say without rows."""
    stream = sys.stderr if err else sys.stdout
    console = Console(file=stream, width=None if stream.isatty() else WIDE, highlight=False)
    if not table.rows:
        console.print(Text(clean(table.empty)))
        return
    console.print(_grid(table))
    if table.note:
        console.print(Text(clean(table.note), style="dim"))


def _grid(table: Table) -> RichTable:
    grid = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in table.columns:
        right = name.startswith(">")
        grid.add_column(name.removeprefix(">"), justify="right" if right else "left", overflow="fold")
    for row in table.rows:
        grid.add_row(*(Text(clean(cell).replace("\n", " ")) for cell in row))
    return grid
