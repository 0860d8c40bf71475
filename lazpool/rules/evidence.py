"""What stands behind a ride, in three classes: two signatures always, positions at the pick-up and the code perhaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.rules.geo import km

if TYPE_CHECKING:
    from lazpool.records.places import Point

MUTUAL, ONE, BOTH = "mutual signature", "one position", "both positions and code"
CLASSES = (MUTUAL, ONE, BOTH)
"""As registers of proof name them, from the least to the most."""
NEAR_M = 300
"""Metres from the agreed pick-up within which a position counts: a meeting cell is agreed to about 200 m, a telephone
between houses is 50 m off, and a car stops where it may. A street away still counts, the next village does not."""
NEAR_MIN = 120
"""Minutes from the agreed pick-up within which it counts: a delay is on the same trip, the way home is not."""


def is_timely(at: int, pickup_at: int) -> bool:
    """Tell whether a minute is near enough to that of the pick-up."""
    return abs(at - pickup_at) <= NEAR_MIN


def metres(there: Point, pickup: Point) -> int:
    """Return how far a position is from the pick-up."""
    return round(km(there, pickup) * 1000)


def classify(counting: int, *, code: bool) -> str:
    """Return the class of a ride; counting: positions, of two people at most, that were near in place and time."""
    if counting == 2 and code:  # noqa: PLR2004 # both people
        return BOTH
    return ONE if counting else MUTUAL
