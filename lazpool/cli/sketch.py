"""A drawing as a small plot for the terminal: in dots of Braille, or in plain ASCII. North is up."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from lazpool.cli.drawing import DROPOFF, END, PICKUP, START, VIA, YOUR_END, YOUR_START
from lazpool.cli.words import clock, degrees
from lazpool.rules.geo import CIRCUITY, km, road_hm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lazpool.cli.drawing import Drawing, Stop
    from lazpool.records.places import Point

ROWS = 13
"""Lines of the plot at most: with title, scale and legend it fits a screen of 24."""
LETTERS = {START: "S", PICKUP: "P", DROPOFF: "D", END: "E", YOUR_START: "s", YOUR_END: "e", VIA: "+"}
_BRAILLE = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of a Braille sign, by row and column."""
_KM_PER_DEGREE = 111.195
_LEAST_KM = 0.2
"""A drawing smaller than this is drawn as if it were as large: a dot needs no scale."""
_STEPS = (1, 2, 5)


@dataclass(slots=True)
class _Canvas:
    """Signs in rows and columns; each sign holds `fine` dots side by side and `tall` dots one above the other."""

    columns: int
    rows: int
    fine: int
    tall: int
    dots: set[tuple[int, int]] = field(default_factory=set)
    signs: dict[tuple[int, int], str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return the rows as text."""
        return ["".join(self._sign(column, row) for column in range(self.columns)).rstrip() for row in range(self.rows)]

    def put(self, x: int, y: int, sign: str) -> None:
        """Write a sign where a dot is, or beside it where another sign is already."""
        column, row = x // self.fine, y // self.tall
        beside = ((column + step, row + down) for down in (0, -1, 1) for step in (0, 1, -1, 2, -2))
        free = (at for at in beside if at not in self.signs and self._is_inside(*at))
        self.signs[next(free, (column, row))] = sign

    def _is_inside(self, column: int, row: int) -> bool:
        return 0 <= column < self.columns and 0 <= row < self.rows

    def _sign(self, column: int, row: int) -> str:
        if sign := self.signs.get((column, row)):
            return sign
        bits = sum(
            _DOTS[y][x]
            for y in range(self.tall)
            for x in range(self.fine)
            if (column * self.fine + x, row * self.tall + y) in self.dots
        )
        if not bits:
            return " "
        return chr(_BRAILLE + bits) if self.fine > 1 else "."


def sketch(drawing: Drawing, width: int, *, plain: bool) -> list[str]:
    """Return the lines of a plot with its scale and legend, none wider than `width` columns; plain: only ASCII."""
    places = [*drawing.way, *(stop.where for stop in drawing.stops)]
    if not places:
        return ["nothing to draw"]
    grid = _Grid(places, width, plain=plain)
    canvas = grid.canvas
    for a, b in pairwise(drawing.way or places):
        canvas.dots.update(_between(grid.at(a), grid.at(b)))
    for stop in sorted(drawing.stops, key=lambda one: one.role == VIA):
        canvas.put(*grid.at(stop.where), LETTERS[stop.role])
    lines = [*canvas.lines(), grid.scale(), *_legend(drawing)]
    return [line[:width] for line in lines]


class _Grid:
    """Where a place lies among the dots: flat, east and west shrunk by the latitude, so near enough for a sketch."""

    def __init__(self, places: Sequence[Point], width: int, *, plain: bool) -> None:
        self._plain, self._first = plain, places[0].lon
        self._east_km = _KM_PER_DEGREE * max(math.cos(math.radians(places[0].lat)), 0.01)
        spots = [self._km(place) for place in places]
        self._west, self._north = min(x for x, _ in spots), max(y for _, y in spots)
        fine, tall = (1, 1) if plain else (2, 4)
        self._flat = 2.0 if plain else 1.0
        """How much taller than wide a dot is: a Braille dot is square, a whole sign is not."""
        wide = max(max(x for x, _ in spots) - self._west, _LEAST_KM)
        high = max(self._north - min(y for _, y in spots), _LEAST_KM)
        self._dot_km = max(wide / (width * fine - 1), high / self._flat / (ROWS * tall - 1))
        rows = math.ceil((high / self._flat / self._dot_km + 1) / tall)
        self.canvas = _Canvas(width, min(rows, ROWS), fine, tall)
        self._width = width

    def at(self, place: Point) -> tuple[int, int]:
        """Return the dot of a place, from the upper left."""
        x, y = self._km(place)
        return round((x - self._west) / self._dot_km), round((self._north - y) / self._flat / self._dot_km)

    def scale(self) -> str:
        """Return a bar of a round length, at most a third of the width."""
        column_km = self._dot_km * self.canvas.fine
        most = column_km * self._width / 3
        power = 10 ** math.floor(math.log10(most))
        length = max(step * power for step in _STEPS if step * power <= most)
        bar = max(round(length / column_km) - 2, 0)
        left, middle, right = ("|", "-", "|") if self._plain else ("├", "─", "┤")
        return f"{left}{middle * bar}{right} {length:g} km, north is up"

    def _km(self, place: Point) -> tuple[float, float]:
        east = (place.lon - self._first + 180) % 360 - 180
        return east * self._east_km, place.lat * _KM_PER_DEGREE


def _between(a: tuple[int, int], b: tuple[int, int]) -> Iterator[tuple[int, int]]:
    steps = max(abs(b[0] - a[0]), abs(b[1] - a[1]), 1)
    for step in range(steps + 1):
        yield round(a[0] + (b[0] - a[0]) * step / steps), round(a[1] + (b[1] - a[1]) * step / steps)


def _legend(drawing: Drawing) -> Iterator[str]:
    """Yield a line for each stop but those that are only passed, with the estimated way from the one before."""
    before: Stop | None = None
    for stop in drawing.stops:
        if stop.role == VIA:
            continue
        when = clock(stop.at) if stop.at else ""
        aside = stop.role in {YOUR_START, YOUR_END}
        way = f"~{road_hm(km(before.where, stop.where)) / 10:.0f} km on" if before and not aside else ""
        where = stop.name or degrees(stop.where.lat, stop.where.lon)
        yield f"{LETTERS[stop.role]} {stop.role:<10} {when:<5} {where}  {way}".rstrip()
        before = stop
    passed = f"{LETTERS[VIA]} passed on the way; " if any(stop.role == VIA for stop in drawing.stops) else ""
    yield f"{passed}~ straight lines times {CIRCUITY}"
