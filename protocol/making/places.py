"""Cells of H3 that the vectors use, written down once, so that making vectors needs no H3."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A cell, and its centre on the grid of 1/1000 degree."""

    cell: int
    centre: tuple[int, int]


GRENOBLE = Place(0x871F9ED92FFFFFF, (45_190, 5_714))
GRENOBLE_6 = Place(0x861F9ED97FFFFFF, (45_211, 5_727))
VOIRON = Place(0x871F93A73FFFFFF, (45_362, 5_594))
LYON = Place(0x871F90254FFFFFF, (45_767, 4_857))
SYDNEY = Place(0x87BE0E35CFFFFFF, (-33_861, 151_213))
FIJI = Place(0x879B43752FFFFFF, (-17_000, 179_905))
QUITO = Place(0x8766D33A9FFFFFF, (-175, -78_456))
BORDER = 0x871F93690FFFFFF
"""Its ancestor of resolution 4 is not the cell of resolution 4 around its centre."""
PENTAGON = 0x870800000FFFFFF
FINER = 0x881F9ED923FFFFF
"""Of resolution 8."""
EDGE = 0x1171F9ED92FFFFFF
MEET_GRENOBLE, MEET_LYON = 0x891F9ED9223FFFF, 0x891F9025463FFFF
"""Of resolution 9."""
COARSER = 0x831F9EFFFFFFFFF
"""Of resolution 3."""

AREAS = {
    GRENOBLE.cell: 0x841F9EDFFFFFFFF,
    GRENOBLE_6.cell: 0x841F9EDFFFFFFFF,
    VOIRON.cell: 0x841F93BFFFFFFFF,
    LYON.cell: 0x841F903FFFFFFFF,
    SYDNEY.cell: 0x84BE0E3FFFFFFFF,
    FIJI.cell: 0x849B437FFFFFFFF,
    QUITO.cell: 0x8466D33FFFFFFFF,
    BORDER: 0x841F937FFFFFFFF,
    PENTAGON: 0x8408001FFFFFFFF,
}
WIDE = [(FIJI if n % 2 == 0 else QUITO).centre for n in range(15)] + [SYDNEY.centre]
"""Sixteen vertices whose differences take most bytes."""


def cell(index: int) -> str:
    """Return a cell as H3 writes it."""
    return f"{index:x}"
