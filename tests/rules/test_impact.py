"""What rides spare the air: the range holds every case, and detours count against the ride."""

from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lazpool.rules.cost import co2_saved_g
from lazpool.rules.impact import Case, Factors, Ride, Saving, passenger_hm, saving

ALONE = Case("alone", 1, 0, 0, 1, 0, math.inf, "")
SHORT = Case("short", 1, 0, 0, 0.3, 0, 80, "")
LONG = Case("long", 0.17, 0.67, 0.134, 1, 80, math.inf, "")
FACTORS = Factors("x", "x", 150, "", 25, "", "2026-11-27", (ALONE, SHORT, LONG))

shares = st.floats(0, 1)
cases = st.builds(
    lambda drove, rest, induced, kept: Case("", drove, (1 - drove) * rest, induced, kept, 0, math.inf, ""),
    *(shares, shares, shares, shares),
)
detours = st.tuples(st.floats(0, 50), st.floats(0, 50)).map(lambda pair: tuple(sorted(pair)))
rides = st.builds(Ride, st.integers(0, 20_000), st.integers(1, 8), detours)


def test_a_commute() -> None:
    """20 km without a detour save 3 kg at most, and three tenths of it after rebound."""
    assert saving(Ride(200, 1), FACTORS) == Saving(900, 3000)


def test_a_long_ride() -> None:
    """100 km: 17 cars and 67 trains of 100 are spared, and what drivers drive for passengers is taken off."""
    assert saving(Ride(1000, 1), FACTORS) == Saving(round(17 * 150 + 67 * 25 - 13.4 * 150), 15_000)


def test_two_share_one_car_but_buy_two_tickets() -> None:
    """Who asks for two seats would have driven one car, so the top is the same; trains count for each."""
    one, two = saving(Ride(1000, 1), FACTORS), saving(Ride(1000, 2), FACTORS)
    assert two.most == one.most
    assert two.least == one.least + 67 * 25
    assert passenger_hm([Ride(1000, 1), Ride(300, 2)]) == 1600


def test_the_top_is_what_matches_promise() -> None:
    """At most as much is saved as a match says, whose figure is called an upper bound, with the same detour."""
    assert saving(Ride(284, 1, (3.5, 3.5)), FACTORS).most == co2_saved_g(28.4, 3.5)


@given(rides, st.lists(cases, min_size=1, max_size=4))
def test_a_range(ride: Ride, drawn: list[Case]) -> None:
    """The bottom is not above the top; a longer detour lowers both ends, and another case never narrows the range."""
    factors = replace(FACTORS, cases=(ALONE, *drawn))
    found = saving(ride, factors)
    assert found.least <= found.most
    further = saving(replace(ride, detour=(ride.detour[0] + 1, ride.detour[1] + 1)), factors)
    assert (found.least - further.least, found.most - further.most) == (150, 150)
    fewer = saving(ride, replace(FACTORS, cases=(ALONE,)))
    assert found.least <= fewer.least
    assert found.most >= fewer.most


@given(st.lists(st.builds(Saving, st.integers(-9, 9), st.integers(10, 99)), max_size=5))
def test_sums_keep_both_ends(drawn: list[Saving]) -> None:
    """A year is at least the sum of what its rides saved at least, and at most the sum of the most."""
    whole = sum(drawn, Saving())
    assert whole == Saving(sum(one.least for one in drawn), sum(one.most for one in drawn))
