"""Values as the words that people get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.records.places import Point
from lazpool.rules.geo import km
from lazpool.store import own

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk

SAME_PLACE_KM = 0.05


def price(amount: int, unit: str) -> str:
    """Return an amount of minor units for people, `7.45 EUR`."""
    return f"{amount / 100:.2f} {unit}"


def label(desk: Desk, where: Point) -> str:
    """Return a place for people: its saved name, or degrees to about 100 m."""
    for name, saved in own.places(desk.node).items():
        if km(saved, where) < SAME_PLACE_KM:
            return name
    return f"{where.lat:.3f},{where.lon:.3f}"


def ends(desk: Desk, document: dict[str, object]) -> tuple[str, str]:
    """Return both ends of a trip document for people."""
    found = []
    for key in ("from", "to"):
        where = document.get(key)
        found.append(label(desk, Point(where["lat"], where["lon"])) if isinstance(where, dict) else "?")
    return found[0], found[1]
