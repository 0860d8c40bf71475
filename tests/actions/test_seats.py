"""What agreed and cancelled rides do to posts: what is taken goes, what is free again comes back."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import deals as decisions
from lazpool.actions import plans, posts, proposals
from lazpool.actions.posts import Trip, Wish
from lazpool.errors import RefusedError
from lazpool.records.groups import ClosedGroup, post_tag
from lazpool.records.posts import read_post
from lazpool.rules.negotiation import Role, State
from lazpool.rules.plans import BACK, OUT, Schedule
from lazpool.store import board, groups, own
from tests.simulation.witness import Witness
from tests.town import GRENOBLE, LYON, START, VOIRON, Town

if TYPE_CHECKING:
    from pathlib import Path

EVERY_DAY = Schedule(
    frozenset(range(7)), datetime.fromtimestamp(START, UTC).date(), None, time(8, 25), time(17, 30), "UTC"
)


def posts_of(town: Town, name: str) -> list[str]:
    """Return the states of somebody's posts, in the order they were made."""
    rows = town[name].node.all("SELECT state FROM posts ORDER BY rowid")
    return [row["state"] for row in rows]


def test_an_agreed_request_is_taken_back(tmp_path: Path) -> None:
    """It leaves every board, and whoever else was asked is told that they need not answer."""
    with Town(tmp_path, "ann", "bob", "cid", "dan") as town:
        offers = {name: town.offer(name) for name in ("bob", "cid")}
        request = town.request("ann")
        asked = {name: town.propose("ann", offer) for name, offer in offers.items()}
        town.offer("dan")
        invited = proposals.invite(town["dan"], town.match("dan"))
        town.carry()
        decisions.accept(town["bob"], asked["bob"].id)
        town.carry()
        assert posts_of(town, "ann") == ["taken"]
        assert board.get(town["bob"].board, request) is None
        assert board.matches(town["cid"].board) == []
        assert town.state("cid", asked["cid"].id) is State.LAPSED
        assert town.deal("cid", asked["cid"].id).reason == "the passenger has found another ride"
        assert town.state("dan", invited.id) is State.DECLINED
        assert town.state("ann", asked["bob"].id) is State.AGREED
        town.later(minutes=1)
        Witness(town).sees_the_end()


def test_an_acceptance_that_crosses_is_called_off(tmp_path: Path) -> None:
    """Two drivers say yes at the same moment: the first to be heard drives, the other one's seat is free again."""
    with Town(tmp_path, "ann", "bob", "cid") as town:
        offers = {name: town.offer(name, seats=1) for name in ("bob", "cid")}
        town.request("ann")
        asked = {name: town.propose("ann", offer) for name, offer in offers.items()}
        town.carry()
        for name, deal in asked.items():
            decisions.accept(town[name], deal.id)
        town.later(minutes=1)
        town.carry()
        states = sorted(town.state("ann", deal.id) for deal in asked.values())
        assert states == [State.AGREED, State.WITHDRAWN]
        (loser,) = [name for name, deal in asked.items() if town.state(name, deal.id) is State.CANCELLED]
        assert posts_of(town, loser)[-1] == "live"
        Witness(town).sees_the_end()


def test_a_full_offer_is_taken_back(tmp_path: Path) -> None:
    """Housekeeping takes it off the network; who asked before waits, and can be accepted when somebody cancels."""
    with Town(tmp_path, "ann", "bob", "cid", "dan") as town:
        offer = town.offer("bob", seats=1)
        asked = {}
        for name in ("ann", "cid"):
            town.request(name, GRENOBLE)
            asked[name] = town.propose(name)
        town.request("dan", GRENOBLE)
        town.carry()
        decisions.accept(town["bob"], asked["ann"].id)
        town.carry()
        assert posts_of(town, "bob") == ["live"]
        town.later(minutes=1)
        town.carry()
        assert posts_of(town, "bob") == ["taken"]
        assert board.get(town["dan"].board, offer) is None
        with pytest.raises(RefusedError) as full:
            decisions.accept(town["bob"], asked["cid"].id)
        assert full.value.code == "full-seats"

        decisions.cancel(town["ann"], asked["ann"].id)
        town.carry()
        assert posts_of(town, "bob") == ["taken", "live"]
        decisions.accept(town["bob"], asked["cid"].id)
        town.carry()
        late = town.propose("dan")  # on the new post, before housekeeping saw that it is full, too
        town.carry()
        with pytest.raises(RefusedError):
            decisions.accept(town["bob"], late.id)
        town.later(minutes=1)
        assert posts_of(town, "bob") == ["taken", "taken"]
        Witness(town).looks()


def test_an_offer_with_a_free_part_stays(tmp_path: Path) -> None:
    """As long as a seat is free on some part of the way, somebody may want it."""
    with Town(tmp_path, "ann", "bob", "cid") as town:
        town.offer("bob", seats=1)
        for name, (start, end) in {"ann": (GRENOBLE, VOIRON), "cid": (VOIRON, LYON)}.items():
            assert posts_of(town, "bob") == ["live"]
            town.request(name, start, end)
            town.agree(name)
            town.later(minutes=1)
        assert posts_of(town, "bob") == ["taken"]


def test_a_partner_who_cancels_sets_the_search_going_again(tmp_path: Path) -> None:
    """A passenger whose driver cancels looks again, under new keys; one who cancels by themselves does not."""
    with Town(tmp_path, "ann", "bob", "cid") as town:
        for name in ("ann", "cid"):
            town.request(name)
        town.offer("bob", seats=2)
        deals = {name: town.agree(name) for name in ("ann", "cid")}
        decisions.cancel(town["bob"], deals["ann"], "engine")
        decisions.cancel(town["cid"], deals["cid"], "ill")
        town.carry()
        assert (posts_of(town, "ann"), posts_of(town, "cid")) == (["taken", "live"], ["taken"])
        first, second = (read_post(post.envelope)[0].post for post in own.all_posts(town["ann"].node))
        assert first.post_pk != second.post_pk
        assert town.propose("ann").state is State.PROPOSED


def test_a_trip_that_is_past_or_withdrawn_stays_away(tmp_path: Path) -> None:
    """Nothing is published again after the departure, nor what its author withdrew meanwhile."""
    with Town(tmp_path, "ann", "bob", "cid") as town:
        town.offer("bob", seats=2)
        for name in ("ann", "cid"):
            town.request(name)
        late, away = town.agree("ann"), town.agree("cid")
        posts.withdraw(town["cid"], own.all_posts(town["cid"].node)[0].id)
        decisions.cancel(town["bob"], away)
        town.carry()
        town.now += 60 * (24 * 60 + 120)
        decisions.cancel(town["bob"], late)
        town.carry()
        assert (posts_of(town, "ann"), posts_of(town, "cid")) == (["taken"], ["withdrawn"])


@pytest.mark.parametrize("left", [False, True])
def test_a_group_stays_a_group(tmp_path: Path, *, left: bool) -> None:
    """What is published again is for the same closed group; who left it meanwhile publishes nothing."""
    with Town(tmp_path, "ann", "bob") as town:
        closed = ClosedGroup("work", b"s" * 16)
        for name in ("ann", "bob"):
            groups.add(town[name].node, closed, town.minute)
        at = town.minute + 24 * 60
        posts.offer(town["bob"], Trip(GRENOBLE, LYON, (VOIRON,), at, 15, 2, 15, 80, group="work"))
        town.publish("bob")
        posts.request(town["ann"], Wish(VOIRON, LYON, at + 25, arrive=False, flex=60, seats=1, walk=500, group="work"))
        deal = town.agree()
        if left:
            groups.remove(town["ann"].node, "work")
        decisions.cancel(town["bob"], deal)
        town.carry()
        assert posts_of(town, "ann") == (["taken"] if left else ["taken", "live"])
        last = read_post(own.all_posts(town["ann"].node)[-1].envelope)[0].post
        assert last.group == post_tag(closed.secret, town["ann"].net, last.post_pk)  # type: ignore[union-attr] # a request


def test_plans_follow(tmp_path: Path) -> None:
    """An agreed way out leaves the way back and the other dates alone; a skipped date is not published again."""
    wish = Wish(VOIRON, LYON, at=0, arrive=False, flex=60, seats=1, walk=500)
    trip = Trip(GRENOBLE, LYON, (VOIRON,), depart=0, flex=15, seats=2, detour=15, price=80)
    with Town(tmp_path, "ann", "bob") as town:
        mine = plans.add(town["ann"], wish, EVERY_DAY)
        plans.add(town["bob"], trip, EVERY_DAY)
        for name in ("ann", "bob"):
            town.publish(name)
        days = plans.standings(town["ann"], mine)
        assert {one.state for one in days[:14]} == {"matched"}
        deals = []
        for one in (days[2], days[4]):
            (match, *_) = board.matches(town["ann"].board, one.post)
            deals.append(proposals.propose(town["ann"], match).id)
        town.carry()
        for deal in deals:
            decisions.accept(town["bob"], deal)
        town.carry()
        town.later(minutes=1)
        states = [one.state for one in plans.standings(town["ann"], mine)[:6]]
        assert states == ["matched", "matched", "agreed", "matched", "agreed", "matched"]
        assert [days[2].departure.leg, days[3].departure.leg] == [OUT, BACK]

        assert [deal.id for deal in plans.touched(town["ann"], mine, [days[2].departure.day])] == deals[:1]
        plans.skip(town["ann"], mine.id, [days[2].departure.day])
        assert town.state("ann", deals[0]) is State.AGREED
        for deal in deals:
            decisions.cancel(town["bob"], deal)
        town.carry()
        states = [one.state for one in plans.standings(town["ann"], mine)[:6]]
        assert states == ["matched", "matched", "skipped", "skipped", "matched", "matched"]
        assert town.deals("ann", Role.PASSENGER, State.CANCELLED)
        assert plans.keep_up(town["ann"]) == 0
