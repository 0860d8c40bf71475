"""The map: cells and towns as SVG in the page itself, with no ground from anywhere else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from lazpool.actions.noticeboard import FEW, shown_cell
from lazpool.records.places import Point, boundary, centre
from lazpool.web.snapshot import is_few

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lazpool.records.towns import Town

WIDTH, MARGIN = 960.0, 6.0
LABELS = 24
_SIGN = 0.55
"""Width of a sign, of its size."""
_BUSY, _BUSIEST = 10, 30
"""Posts of a cell from which on it is darker."""
_PALE = 1
"""The level of cells with too few posts to tell their number."""
_FULL = 4
"""The darkest level, on which text is light."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where points of the globe are on the drawing. scale: units of the drawing for a degree of latitude."""

    middle: Point
    west: float
    north: float
    scale: float
    width: float
    height: float

    def at(self, point: Point) -> tuple[float, float]:
        """Return x and y of a point."""
        x, y = _flat(point, self.middle)
        return (x - self.west) * self.scale + MARGIN, (self.north - y) * self.scale + MARGIN


def draw(cells: Sequence[int], pairs: Mapping[int, tuple[int, int]], towns: Sequence[Town], alt: str) -> str:
    """Return the map. pairs: offers and requests of cells; alt: what it shows, for who cannot see it."""
    frame = _frame(cells)
    levels = {cell: _level(pairs.get(cell, (0, 0))) for cell in cells}
    size = min(26.0, max(9.0, _across(frame, cells[0]) / 5))
    shapes = [_shape(frame, cell, levels[cell]) for cell in cells]
    counts = [_count(frame, cell, pairs[cell], levels[cell], size) for cell in cells if levels[cell]]
    labels = _labels(frame, towns, levels, size * 0.62)
    return (
        f'<svg class="map" viewBox="0 0 {frame.width:.0f} {frame.height:.0f}" role="img" aria-label="{escape(alt)}">'
        f"\n{''.join(shapes)}\n{''.join(counts)}\n{labels}\n</svg>"
    )


def _frame(cells: Sequence[int]) -> Frame:
    middle = centre(cells[len(cells) // 2])
    flat = [_flat(corner, middle) for cell in cells for corner in boundary(cell)]
    west, east = min(x for x, _ in flat), max(x for x, _ in flat)
    south, north = min(y for _, y in flat), max(y for _, y in flat)
    scale = min((WIDTH - 2 * MARGIN) / (east - west), (WIDTH - 2 * MARGIN) / (north - south))
    return Frame(middle, west, north, scale, (east - west) * scale + 2 * MARGIN, (north - south) * scale + 2 * MARGIN)


def _flat(point: Point, middle: Point) -> tuple[float, float]:
    """Return degrees of latitude east and north of the middle; across the date line it is not far."""
    east = (point.lon - middle.lon + 180) % 360 - 180
    return east * max(0.05, math.cos(math.radians(middle.lat))), point.lat - middle.lat


def _across(frame: Frame, cell: int) -> float:
    xs = [frame.at(corner)[0] for corner in boundary(cell)]
    return max(xs) - min(xs)


def _level(pair: tuple[int, int]) -> int:
    total = sum(pair)
    if not total:
        return 0
    return _PALE if is_few(pair) else 2 if total < _BUSY else 3 if total < _BUSIEST else _FULL


def _shape(frame: Frame, cell: int, level: int) -> str:
    corners = " ".join(f"{x:.0f},{y:.0f}" for x, y in map(frame.at, boundary(cell)))
    return f'<polygon class="cell l{level}" points="{corners}"/>'


def _count(frame: Frame, cell: int, pair: tuple[int, int], level: int, size: float) -> str:
    x, y = frame.at(centre(cell))
    full = " full" if level == _FULL else ""
    lines = [f"{sign}{_said(number)}" for sign, number in zip("△○", pair, strict=True) if number]
    if level == _PALE:  # not by its shade alone, which not everybody sees; nor of which kind they are
        lines = [_said(0)]
    top = y + size * (0.35 if len(lines) == 1 else -0.2)
    return "".join(
        f'<text class="count{full}" font-size="{size:.0f}" x="{x:.0f}" y="{top + line * size * 1.1:.0f}">{text}</text>'
        for line, text in enumerate(lines)
    )


def _said(number: int) -> str:
    return f"&lt;{FEW}" if number < FEW else str(number)


def _labels(frame: Frame, towns: Sequence[Town], levels: Mapping[int, int], size: float) -> str:
    """Name the largest town of each cell, busy cells first, where no other name stands already."""
    largest = {shown_cell(town.point): town for town in reversed(towns)}
    taken: list[_Label] = []
    for cell in sorted(largest, key=lambda cell: (levels[cell] <= 1, -largest[cell].population)):
        found = _label(frame, largest[cell], cell, levels[cell], size)
        if len(taken) < LABELS and not any(found.hides(other) for other in taken):
            taken.append(found)
    return "".join(one.text() for one in taken)


@dataclass(frozen=True, slots=True)
class _Label:
    name: str
    x: float
    y: float
    size: float
    level: int

    @property
    def half(self) -> float:
        return len(self.name) * self.size * _SIGN / 2

    def hides(self, other: _Label) -> bool:
        return abs(self.y - other.y) < 1.2 * self.size and abs(self.x - other.x) < self.half + other.half

    def text(self) -> str:
        on = f" on{self.level}" if self.level else ""
        return (
            f'<text class="town{on}" font-size="{self.size:.0f}" x="{self.x:.0f}" y="{self.y:.0f}">'
            f"{escape(self.name)}</text>"
        )


def _label(frame: Frame, town: Town, cell: int, level: int, size: float) -> _Label:
    """Put a name below the numbers of its cell, small enough to stay inside; where there are none, at the town."""
    if level:
        x, y = frame.at(centre(cell))
        fitting = min(size, 0.92 * _across(frame, cell) / (len(town.name) * _SIGN))
        return _Label(town.name, x, y + 2.8 * size, fitting, level)
    x, y = frame.at(town.point)
    half = len(town.name) * size * _SIGN / 2
    return _Label(town.name, min(max(x, half + MARGIN), frame.width - half - MARGIN), y + 0.35 * size, size, level)
