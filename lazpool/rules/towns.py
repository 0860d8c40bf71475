"""Which of several towns of one name is meant, as far as that can be known without asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.records.towns import fold
from lazpool.rules.geo import km

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.records.places import Point
    from lazpool.records.towns import Town

MUCH_LARGER = 20
"""A town so many times larger than each namesake is meant, unless one of those is nearer to home. So `Paris` is not
asked for, with the towns of the United States at hand neither; of 357 names that French towns share, only 14 are
settled so, since a driver who is sent to another village of that name notices too late."""
NEAR_KM = 100.0
"""`Valence, Lyon` is a Valence at most so far from Lyon."""
CLEARLY = 2
"""Of two near ones the nearer is meant when the other is so many times farther."""


def settled(name: str, candidates: Sequence[Town], home: Point | None) -> Town | None:
    """Return the one that is meant by a name, or None when only the person knows.

    Where some bear it as their own name, one that only goes by it too is never taken for them, however large.
    """
    if not candidates:
        return None
    first, *others = sorted(candidates, key=lambda town: -town.population)
    if others and _is_other(first, name) and not all(_is_other(town, name) for town in others):
        return None
    if any(first.population < MUCH_LARGER * max(other.population, 1) for other in others):
        return None
    if home is not None and any(km(home, other.point) < km(home, first.point) for other in others):
        return None
    return first


def close_to(candidates: Sequence[Town], middle: Point) -> list[Town]:
    """Return those that lie near a point, without those that are clearly farther than the nearest."""
    away = {town: km(town.point, middle) for town in candidates}
    farthest = min(NEAR_KM, CLEARLY * min(away.values(), default=0.0))
    return [town for town in candidates if away[town] <= farthest]


def _is_other(town: Town, name: str) -> bool:
    return fold(town.name) != fold(name)
