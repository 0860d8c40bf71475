"""Values as the words that people get."""

from __future__ import annotations

import shutil
import sys
import textwrap
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME_WIDTH = 10
HOURS_FROM = 180
"""Minutes from which people rather read hours."""
WIDEST = 100
"""Columns beyond which sentences are hard to read."""


def price(amount: int, unit: str) -> str:
    """Return an amount of minor units for people, `7.45 EUR`."""
    return f"{amount / 100:.2f} {unit}"


def moment(when: str) -> datetime:
    """Return a time of a JSON document, in the zone that it names."""
    return datetime.fromisoformat(when)


def clock(when: str) -> str:
    """Return a time of a JSON document for people who know the day, `07:40`."""
    return f"{moment(when):%H:%M}"


def span(earliest: str, latest: str, *, day: bool = False) -> str:
    """Return two times of a JSON document for people, `07:15-07:45`; with days where they differ, or on request."""
    first, last = moment(earliest), moment(latest)
    if first.date() != last.date():
        return f"{first:%a %d %b %H:%M} - {last:%a %d %b %H:%M}"
    said = f"{first:%H:%M}" if first == last else f"{first:%H:%M}-{last:%H:%M}"
    return f"{first:%a %d %b} {said}" if day else said


def duration(minutes: float) -> str:
    """Return minutes for people, `40 min` or `22 h`."""
    return f"{minutes:.0f} min" if minutes < HOURS_FROM else f"{minutes / 60:.0f} h"


def counted(many: int, one: str, more: str = "") -> str:
    """Return a number of things, of which one has another ending than more."""
    return f"{many} {one if many == 1 else more or f'{one}s'}"


def too_dear(above: dict[str, Any]) -> str:
    """Return the warning for a share that is above the cap of the cost profile."""
    most = price(above["most"]["amount"], above["most"]["unit"])
    besides = f", {' and '.join(above['besides'])} besides" if above["besides"] else ""
    return f"above the cap of your cost profile {above['profile']}, {most}{besides}: {above['rule']}"


def degrees(lat: float, lon: float) -> str:
    """Return coordinates to about 100 m."""
    return f"{lat:.3f},{lon:.3f}"


def fields(pairs: Iterable[tuple[str, str]], width: int | None = None) -> list[str]:
    """Return a line for each name and sentence, folded to a screen; whole lines where nobody looks at one."""
    if width is None:
        width = min(shutil.get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else sys.maxsize
    folder = textwrap.TextWrapper(max(width, 2 * NAME_WIDTH), subsequent_indent=" " * NAME_WIDTH)
    return [folder.fill(f"{name:<{NAME_WIDTH}}{text}") for name, text in pairs]
