"""Walking to a meeting place: the match says where, the proposal names that cell, and both know the place by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.actions import deals as decisions
from lazpool.actions import posts
from lazpool.records.agreements import agreement_from
from lazpool.records.places import MEETING_RES, Point, Spot, cell_at
from lazpool.rules.geo import km
from lazpool.store import own, spots
from tests.town import DAY, LYON, VOIRON, Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOME = Point(45.1640, 5.7440)
MILL = Spot("Moulin\u0301 d'en bas " + "x" * 60, Point(45.1690, 5.7400))
"""Nearer to Grenoble, where the route begins. The name is longer than a letter takes, and not in normal form."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Ann, who lives off the route and walks up to 1.2 km, knows a meeting place on the way there; Bob knows none."""
    with Town(tmp_path, "ann", "bob") as made:
        own.add_place(made["ann"].node, "home", HOME)
        spots.mark(made["ann"].node, MILL.name, MILL.point)
        made.offer("bob")
        at = made.minute + DAY
        posts.request(made["ann"], posts.Wish(HOME, LYON, at, arrive=False, flex=60, seats=1, walk=1200))
        made.publish("ann")
        yield made


def test_a_match_says_where_to_walk(town: Town) -> None:
    """The passenger's match names the meeting place and the metres on foot; the driver's knows of no place."""
    match, theirs = town.match("ann"), town.match("bob")
    assert (match.pickup_spot, match.dropoff_spot, match.dropoff_place) == (MILL.name, "", "")
    assert match.walk == pytest.approx(km(HOME, MILL.point) * 1300, abs=2)
    assert (theirs.walk, theirs.pickup_spot) == (0, "")


def test_a_proposal_names_the_meeting_place_and_not_the_door(town: Town) -> None:
    """The terms name the meeting place's cell; once agreed the driver learns its name and point, never the door."""
    deal = town.propose("ann")
    terms = agreement_from(deal.terms)
    assert terms.pickup == cell_at(MILL.point, MEETING_RES) != cell_at(HOME, MEETING_RES)
    town.carry()
    decisions.accept(town["bob"], deal.id)
    town.carry()
    theirs = town.deal("bob", deal.id)
    assert theirs.pickup_spot.startswith("Mouliń d'en bas")
    assert len(theirs.pickup_spot.encode()) <= 64
    assert theirs.dropoff_spot == ""
    assert theirs.peer_places == f"{MILL.point.lat:.5f} {MILL.point.lon:.5f} {LYON.lat:.5f} {LYON.lon:.5f}"
    assert theirs.max_delay == 10


def test_a_place_that_is_not_marked_is_never_named(tmp_path: Path) -> None:
    """A saved place beside the route is private: nobody is fetched from it unless it is marked as a meeting place."""
    with Town(tmp_path, "ann", "bob") as town:
        own.add_place(town["ann"].node, "aunt", MILL.point)
        town.offer("bob")
        town.request("ann", HOME)
        assert (town.match("ann").walk, town.match("ann").pickup_spot) == (0, "")
        deal = town.deal("bob", town.agree())
        assert (deal.pickup_spot, deal.dropoff_spot) == ("", "")
        assert deal.peer_places == f"{HOME.lat:.5f} {HOME.lon:.5f} {LYON.lat:.5f} {LYON.lon:.5f}"


def test_who_has_little_time_lets_nothing_be_later(tmp_path: Path) -> None:
    """The patience that a proposal tells ends with the passenger's window."""
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann", VOIRON, flex=3)
        deal = town.propose("ann")
        latest = town.minute + DAY + 28
        assert deal.max_delay == latest - agreement_from(deal.terms).pickup_at < 10
        town.carry()
        assert town.deal("bob", deal.id).max_delay == deal.max_delay
