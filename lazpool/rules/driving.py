"""Detours on real roads, from times between all pairs of stops that a router tells; pure.

Nothing is symmetric here, and no triangle inequality is used: roads have one-way streets and wrong sides.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from lazpool.rules.geo import WIDEN_MIN

if TYPE_CHECKING:
    from collections.abc import Sequence

END_MIN = WIDEN_MIN
"""By how much a detour by road that is measured from the middles of cells may be above the limit: as much as an
estimate may for the same reason."""


def road_budget_min(max_detour: int) -> float:
    """Return the minutes up to which a detour by road is accepted before a person is asked; the stops count."""
    return max_detour + END_MIN


def driven(minutes: Sequence[Sequence[float]], order: Sequence[int]) -> float:
    """Return how long the way through some of the stops takes, in that order."""
    return sum(minutes[a][b] for a, b in pairwise(order))


def least_extra(minutes: Sequence[Sequence[float]], order: Sequence[int], pickup: int, dropoff: int) -> float:
    """Return the least minutes by which a way becomes longer with a pick-up and, after it, a drop-off put in."""

    def extra(leg: int, *stops: int) -> float:
        a, b = order[leg], order[leg + 1]
        return driven(minutes, (a, *stops, b)) - minutes[a][b]

    least = boarded = float("inf")
    for leg in range(len(order) - 1):
        least = min(least, extra(leg, pickup, dropoff), boarded + extra(leg, dropoff))
        boarded = min(boarded, extra(leg, pickup))
    return least
