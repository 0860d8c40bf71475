"""No match is lost and none is wrong, on synthetic and real trips and at the edge of the detour; see the oracle."""

from __future__ import annotations

import random

import pytest

from lazpool.rules.areas import offer_areas, request_area
from lazpool.rules.outline import may_meet, outline
from tests.rules.against_oracle import Count
from tests.rules.commutes import CHICAGO, edges, taxis


@pytest.mark.skipif(not CHICAGO.exists(), reason=f"there is no {CHICAGO}")
def test_real_trips() -> None:
    """Pairs of taxi trips: every match that the oracle finds is found, and no other."""
    count = Count()
    for pair in taxis(random.Random(3), 3000):
        count.compare(*pair)
    assert count.fits > 50


def test_at_the_edge_of_the_detour() -> None:
    """Requests that take 90 to 110 % of a limit of 15 minutes: inside all are found and heard, outside none."""
    count, beyond = Count(), 0
    for offered, wanted in edges(random.Random(4), 250):
        if count.compare(offered, wanted) is None:
            beyond += 1
            continue
        assert may_meet(outline(offered), outline(wanted))
        assert request_area(wanted) in offer_areas(offered)
    assert beyond > 50
    assert count.fits > 50
