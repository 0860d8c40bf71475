"""Detours from a table of times: every way to put two stops in, written out, is the second opinion."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.rules.driving import END_MIN, driven, least_extra, road_budget_min
from lazpool.rules.geo import budget_min


@st.composite
def tables(draw: st.DrawFn) -> tuple[tuple[float, ...], ...]:
    """Return times between 4 to 8 places, not symmetric and without a triangle inequality, as roads are."""
    size = draw(st.integers(4, 8))
    row = st.lists(st.floats(0, 100), min_size=size, max_size=size).map(tuple)
    return tuple(draw(row) for _ in range(size))


@given(tables())
def test_least_extra(minutes: tuple[tuple[float, ...], ...]) -> None:
    """It is the shortest of all lists of stops, less the way without the two."""
    size = len(minutes) - 2
    order, ways = list(range(size)), []
    for i in range(1, size):
        for j in range(i, size):
            stops = [*order[:i], size, *order[i:j], size + 1, *order[j:]]
            ways.append(sum(minutes[a][b] for a, b in pairwise(stops)))
    extra = min(ways) - sum(minutes[a][b] for a, b in pairwise(order))
    assert least_extra(minutes, order, size, size + 1) == pytest.approx(extra, abs=1e-9)


def test_a_wrong_side_of_the_river() -> None:
    """What is near on the map is far where the only bridge is elsewhere."""
    minutes = ((0, 30, 25, 60), (30, 0, 5, 40), (25, 5, 0, 40), (60, 40, 40, 0))
    assert driven(minutes, (0, 1)) == 30
    assert least_extra(minutes, (0, 1), 2, 3) == 25 + 40 + 40 - 30


@given(st.integers(0, 240))
def test_the_budget_by_road_is_narrower(limit: int) -> None:
    """It is never wider than that of an estimate, and just as wide for a driver without any detour."""
    assert limit < road_budget_min(limit) == limit + END_MIN <= budget_min(limit)
