"""What a telephone reads from a QR code that was drawn on a terminal."""

from __future__ import annotations

import zxingcpp

_LIGHT = {" ": (0, 0), "\u2580": (1, 0), "\u2584": (0, 1), "\u2588": (1, 1)}
"""Upper and lower half of a sign that show the colour of the letters, which is the light one on a dark terminal."""
_SCALE = 4
"""Pixels of a half sign: a reader needs several."""


def scanned(text: str) -> list[str]:
    """Return what the codes in some output say; lines of ordinary writing are left out."""
    lines = [line for line in text.splitlines() if line and set(line) <= set(_LIGHT)]
    width = max(map(len, lines))
    rows = [_row(line.ljust(width), half) for line in lines for half in (0, 1) for _ in range(_SCALE)]
    pixels = memoryview(b"".join(rows)).cast("B", (len(rows), width * _SCALE))
    return [found.text for found in zxingcpp.read_barcodes(pixels)]


def _row(line: str, half: int) -> bytes:
    return bytes(255 * _LIGHT[sign][half] for sign in line for _ in range(_SCALE))
