"""Detours by road: what a node decides by itself, what its driver is told, and what nobody can find out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.actions import deals as decisions
from lazpool.actions import detours, posts
from lazpool.errors import RefusedError
from lazpool.records.agreements import agreement_from
from lazpool.records.places import Point, cell_at, coarse
from lazpool.records.posts import read_post
from lazpool.roads.choice import Roads
from lazpool.rules.negotiation import Role, State
from lazpool.store import board, own, ways
from tests.roads.country import settle
from tests.town import DAY, GRENOBLE, LYON, Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOIRANS = Point(45.3257, 5.5653)
"""Some kilometres off the straight line from Grenoble by Voiron to Lyon."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Ann looks for a ride, Bob has one to offer."""
    with Town(tmp_path, "ann", "bob") as found:
        yield found


def test_an_offer_by_road(town: Town) -> None:
    """It publishes the way of the router and its time, and remembers what it must pass."""
    settle(town["bob"], pace=2.0)
    identifier = town.offer("bob")
    post = own.post(town["bob"].node, identifier)
    assert post is not None
    offer = read_post(post.envelope)[0].post
    assert 70 < offer.minutes[-1] * 60 / 78 < 260
    assert ways.way_of(town["bob"].node, identifier) is not None
    assert (offer.route[0], offer.route[-1]) == (coarse(GRENOBLE), coarse(LYON))


def test_a_proposal_within_the_limit(town: Town) -> None:
    """Bob is asked, and told the detour from his door, by road; after he accepted it is the same."""
    settle(town["bob"])
    town.offer("bob")
    town.request("ann")
    deal = town.propose("ann")
    town.carry()
    received = town.deal("bob", deal.id)
    assert received.state is State.RECEIVED
    assert received.estimated == 0
    assert received.detour > 0
    decisions.accept(town["bob"], deal.id)
    accepted = town.deal("bob", deal.id)
    assert (accepted.estimated, accepted.detour) == (0, received.detour)


def test_a_proposal_beyond_the_limit(town: Town) -> None:
    """What an estimate lets pass and the roads do not is declined before Bob is asked, without a number."""
    town.offer("bob", detour=8)
    town.request("ann", start=MOIRANS)
    deal = town.propose("ann")
    settle(town["bob"], pace=3.0)
    town.carry()
    assert town.state("bob", deal.id) is None
    assert town.state("ann", deal.id) is State.DECLINED
    assert town.deal("ann", deal.id).reason == "the detour by road is above the limit"


def test_without_roads_the_estimate_decides(town: Town) -> None:
    """The same proposal reaches Bob when his node knows no roads."""
    town.offer("bob", detour=8)
    town.request("ann", start=MOIRANS)
    deal = town.propose("ann")
    town.carry()
    assert town.state("bob", deal.id) is State.RECEIVED
    assert town.deal("bob", deal.id).estimated == 1


@pytest.mark.parametrize("north", [-0.006, -0.002, 0.0, 0.003, 0.006])
def test_answers_do_not_tell_the_door(town: Town, north: float) -> None:
    """Wherever in his cell Bob lives, his node's own decision rests on the same minutes; what he is told differs."""
    settle(town["bob"], pace=2.0)
    middle = coarse(GRENOBLE)
    door = Point(middle.lat + north, middle.lon)
    assert cell_at(door, 7) == cell_at(middle, 7)
    identifier = town.offer("bob", start=door, detour=60)
    town.request("ann", start=Point(middle.lat + 0.01, middle.lon + 0.03))
    deal = town.propose("ann")
    post = own.post(town["bob"].node, identifier)
    assert post is not None
    cost = detours.cost_of(town["bob"], post, agreement_from(deal.terms))
    from_the_middle = detours.cost_of(town["bob"], own.OwnPost(**_at(post, middle)), agreement_from(deal.terms))
    assert cost.published == from_the_middle.published
    assert cost.own is not None
    assert (cost.own == from_the_middle.own) == (north == 0.0)


def _at(post: own.OwnPost, door: Point) -> dict[str, object]:
    """Return the fields of a post whose author lives elsewhere."""
    return {name: getattr(post, name) for name in post.__slots__} | {"start": door}


def test_riders_aboard_count(town: Town) -> None:
    """Who would be one too many by road, beside those aboard, is refused when Bob accepts."""
    settle(town["bob"], pace=1.0)
    identifier = town.offer("bob", detour=10)
    town.request("ann", start=MOIRANS)
    town.agree()
    post = own.post(town["bob"].node, identifier)
    assert post is not None
    town.request("ann", start=MOIRANS, end=Point(45.73, 4.93), day=1)
    mine = own.posts(town["ann"].node)[-1]
    deal = town.propose("ann", mine=mine.id)
    town.carry()
    assert town.state("bob", deal.id) is State.RECEIVED
    settle(town["bob"], pace=4.0)
    with pytest.raises(RefusedError, match="used up, by road") as caught:
        decisions.accept(town["bob"], deal.id)
    assert caught.value.code == "full-detour"
    assert town.state("bob", deal.id) is State.RECEIVED


def test_no_question_is_new_inside_a_transaction(town: Town) -> None:
    """Roads may have to be read from a slow disk: each table is first asked for while no database is locked."""
    country, hers = settle(town["bob"]), settle(town["ann"])
    town.offer("bob")
    town.request("ann")
    town.agree()
    for place in (country, hers):
        outside = {places for places, inside in place.asked if not inside}
        assert place.asked
        assert all(places in outside for places, inside in place.asked if inside)


def test_matches_are_measured(town: Town) -> None:
    """On both sides the detour of a match is by road then: from Bob's door, and on the way that he published."""
    settle(town["bob"], pace=1.5)
    settle(town["ann"], pace=1.5)
    town.offer("bob")
    town.request("ann")
    for name in ("ann", "bob"):
        detours.measure_matches(town[name], own.posts(town[name].node))
        match = town.match(name)
        assert match.estimated == 0
        assert match.detour > 0
    assert detours.measure_matches(town["bob"], own.posts(town["bob"].node)) == 0


def test_only_the_best_are_measured(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a time those of the least detour known; where roads make them worse, others rise and are measured next."""
    monkeypatch.setattr(detours, "MOST", 3)
    for north in range(6):
        town.request("ann", start=Point(45.3645 + north / 200, 5.5915))
    settle(town["bob"], pace=1.2)
    town.offer("bob")
    assert [match.estimated for match in board.matches(town["bob"].board)].count(0) == 3
    ours = own.posts(town["bob"].node)
    while detours.measure_matches(town["bob"], ours):
        pass
    best = board.best_matches(town["bob"].board, ours[0].id, 3)
    assert [match.estimated for match in best] == [0, 0, 0]
    assert len(board.matches(town["bob"].board)) == 6


def test_on_real_roads(roads_folder: Path, tmp_path: Path) -> None:
    """In Liechtenstein: a village on the way is confirmed by road, one up the mountain is declined by road alone."""
    balzers, vaduz = Point(47.0667, 9.5030), Point(47.1410, 9.5209)
    triesen, triesenberg = Point(47.1087, 9.5257), Point(47.1180, 9.5420)
    with Town(tmp_path, "ann", "bob") as town:
        town["bob"]._roads = Roads(roads_folder)
        trip = posts.Trip(balzers, Point(47.2110, 9.5250), (), town.minute + DAY, 15, 2, 6, 80)
        posts.offer(town["bob"], trip)
        town.publish("bob")
        town.request("ann", start=triesen, end=vaduz)
        on_the_way = town.propose("ann")
        town.carry()
        deal = town.deal("bob", on_the_way.id)
        assert (deal.state, deal.estimated) == (State.RECEIVED, 0)
        assert 1 <= deal.detour < 8
        up = town.request("ann", start=triesenberg, end=vaduz)
        refused = town.propose("ann", mine=up)
        town.carry()
        assert town.state("ann", refused.id) is State.DECLINED
        assert "by road" in town.deal("ann", refused.id).reason
        assert [one.id for one in town.deals("bob", Role.DRIVER, *State)] == [on_the_way.id]
