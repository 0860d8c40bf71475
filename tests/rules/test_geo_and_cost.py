"""Distances, minutes, shares and grams."""

from __future__ import annotations

import pytest

from lazpool.records.places import Point
from lazpool.records.posts import MAX_TRIP
from lazpool.rules.cost import co2_saved_g, share, spread
from lazpool.rules.geo import budget_km, budget_min, km, road_hm, route_minutes, whole
from tests.rules.town import GRENOBLE, LYON, VOIRON


def test_distance_is_that_of_the_great_circle() -> None:
    """Grenoble to Voiron is 22 km as the crow flies, 29 by the estimated road, and over the date line is short."""
    assert km(GRENOBLE, VOIRON) == pytest.approx(22.2, abs=0.1)
    assert road_hm(km(GRENOBLE, VOIRON)) == 288
    assert km(Point(0, 179.99), Point(0, -179.99)) == pytest.approx(2.22, abs=0.01)


def test_minutes_of_a_route_never_decrease_and_start_at_nought() -> None:
    """Without roads a vertex is reached at circuity 1.3 and 60 km/h, and no offset passes the format's limit."""
    assert route_minutes([GRENOBLE, VOIRON, VOIRON, LYON]) == (0, 29, 29, 122)
    assert route_minutes([Point(-40, 0), Point(40, 179), Point(-40, 0)]) == (0, MAX_TRIP, MAX_TRIP)


def test_an_estimate_is_accepted_up_to_half_as_much_again_and_two_minutes() -> None:
    """A limit of 10 minutes admits estimates of 17, of which two stops leave 16 for driving."""
    assert budget_min(10) == 17
    assert budget_km(10) == pytest.approx(16 / 1.3)
    assert budget_km(0) > 0


@pytest.mark.parametrize(
    ("price", "distance_hm", "seats", "expected"),
    [(80, 948, 1, 758), (80, 948, 2, 1517), (50, 1, 1, 1), (49, 1, 1, 0), (0, 10_000, 8, 0), (1, 150, 1, 2)],
)
def test_the_share_rounds_half_up(price: int, distance_hm: int, seats: int, expected: int) -> None:
    """The share is distance times price times seats, in minor units, half a unit upwards."""
    assert share(price, distance_hm, seats) == expected


def test_rounding_is_half_up_and_not_to_even() -> None:
    """Two and a half is three, as in the share."""
    assert [whole(amount) for amount in (0.0, 0.49, 0.5, 1.5, 2.5)] == [0, 0, 1, 2, 3]


def test_a_detour_longer_than_the_ride_saves_nothing() -> None:
    """The detour is taken from what the passenger's own car would have burnt, below nought if it must be."""
    assert co2_saved_g(10.0, 2.0) == 1200
    assert co2_saved_g(2.0, 10.0) == -1200


@pytest.mark.parametrize(
    ("amount", "hm", "seats"), [(1240, 1043, 3), (1, 1, 1), (300, 284, 1), (0, 284, 4), (99, 9999, 8)]
)
def test_tolls_are_shared_by_everybody(amount: int, hm: int, seats: int) -> None:
    """All seats, the driver's among them, pay the tolls over the whole way, to the rounding of a price."""
    added = spread(amount, hm, seats)
    assert abs(added * hm * (seats + 1) - 100 * amount) <= hm * (seats + 1) / 2
    assert spread(amount, 0, seats) >= added
