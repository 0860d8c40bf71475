"""The paper key as it is printed: words in numbered columns, and QR codes of the same words."""

from __future__ import annotations

from html import escape
from io import StringIO
from typing import TYPE_CHECKING

import segno

if TYPE_CHECKING:
    from lazpool.actions.papers import Paper

_HEADINGS = ("Part 1: who you are", "Part 2: what may replace it, should part 1 be stolen")
_COLUMNS = 4
_TITLE = "lazpool paper key"
_USE = "On a new machine: lazpool restore --paper. It asks for part 1, then part 2."
_STYLE = """
body { font: 12pt serif; margin: 2em auto; max-width: 44em } h2 { margin: 1.5em 0 .3em }
section { break-inside: avoid; display: flex; gap: 2em; align-items: center }
ol { columns: 3; font: 12pt monospace; margin: 0; min-width: 28em } svg { width: 11em; height: 11em }
code { overflow-wrap: anywhere }
"""


def as_text(sheet: Paper) -> str:
    """Return the sheet for a terminal or a text file."""
    parts = "\n".join(
        f"{heading}\n\n{_table(words)}\n\n{_blocks(words)}"
        for heading, words in zip(_HEADINGS, sheet.parts, strict=True)
    )
    return f"{_TITLE}\n{_about(sheet)}\n{_USE}\n\n{parts}"


def as_html(sheet: Paper) -> str:
    """Return the sheet as one page that needs nothing else, to be printed."""
    parts = "".join(
        f"<h2>{escape(heading)}</h2><section>{_drawn(words)}<ol>"
        + "".join(f"<li>{escape(word)}</li>" for word in words)
        + "</ol></section>"
        for heading, words in zip(_HEADINGS, sheet.parts, strict=True)
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{_TITLE}</title><style>{_STYLE}</style>'
        f"<h1>{_TITLE}</h1><p>{escape(_about(sheet))}</p><p>{escape(_USE)}</p>{parts}</html>\n"
    )


def _about(sheet: Paper) -> str:
    name = f"{sheet.name}, " if sheet.name else ""
    return f"{name}network {sheet.network}, identity {sheet.identity.hex()}"


def _table(words: list[str]) -> str:
    cells = [f"{number:>2} {word:<10}" for number, word in enumerate(words, 1)]
    rows = len(cells) // _COLUMNS
    return "\n".join("".join(cells[row::rows]).rstrip() for row in range(rows))


def _blocks(words: list[str]) -> str:
    drawn = StringIO()
    segno.make_qr(" ".join(words)).terminal(drawn, compact=True)
    return drawn.getvalue()


def _drawn(words: list[str]) -> str:
    picture: str = segno.make_qr(" ".join(words)).svg_inline(border=4)
    return picture
