"""Tables for people. The only module that imports rich."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from lazpool.cli.app import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import JustifyMethod

    from lazpool.cli.app import Table

WIDE = 200
"""Columns where nobody looks at a screen: a pipe gets whole lines."""
GAP = 2
LAST = 12
"""The last column holds reasons and the like: it may be folded down to this."""


def render(table: Table, file: TextIO | None = None) -> None:
    """Print a table on stdout or into a file, or what to say without rows; on a narrow screen one field a line."""
    out = file or sys.stdout
    console = Console(file=out, width=None if out.isatty() else WIDE, highlight=False)
    if not table.rows:
        console.print(Text(clean(table.empty)))
        return
    rows = [[clean(cell).replace("\n", " ") for cell in row] for row in table.rows]
    names = [name.removeprefix(">") for name in table.columns]
    if _needed(names, rows) <= console.width:
        console.print(_grid(table, names, rows))
    else:
        for row in rows:
            console.print(_card(names, row))
    if table.note:
        console.print(Text(clean(table.note), style="dim"))


def _needed(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    widths = [max(map(cell_len, column)) for column in zip(names, *rows, strict=True)]
    return sum(widths[:-1]) + min(widths[-1], LAST) + GAP * (len(widths) - 1)


def _grid(table: Table, names: Sequence[str], rows: Sequence[Sequence[str]]) -> RichTable:
    grid = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, GAP - 1, 0, 0))
    for number, name in enumerate(names):
        justify: JustifyMethod = "right" if table.columns[number].startswith(">") else "left"
        grid.add_column(name, justify=justify, overflow="fold", no_wrap=number < len(names) - 1)
    for row in rows:
        grid.add_row(*map(Text, row))
    return grid


def _card(names: Sequence[str], row: Sequence[str]) -> RichTable:
    card = RichTable.grid(padding=(0, GAP, 0, 0))
    for name, cell in zip(names, row, strict=True):
        if cell:
            card.add_row(Text(name, style="dim"), Text(cell))
    card.add_row("")
    return card
