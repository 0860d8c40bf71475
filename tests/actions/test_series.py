"""A series: said once on each side, and every date a deal of its own, with nothing told before the first is agreed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import deals as decisions
from lazpool.actions import plans, posts, rides, series
from lazpool.actions.posts import Trip, Wish
from lazpool.errors import RefusedError
from lazpool.records.deal_bodies import Series as Question
from lazpool.records.deal_bodies import SeriesAnswer
from lazpool.rules.negotiation import Role, State
from lazpool.rules.plans import Schedule
from lazpool.store import board, deals, own, post_office
from lazpool.store import series as stored
from tests.simulation.witness import Witness
from tests.town import GRENOBLE, LYON, START, VOIRON, Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = datetime.fromtimestamp(START, UTC).date()
DAYS = Schedule(frozenset(range(7)), TODAY + timedelta(days=1), TODAY + timedelta(days=5), time(8, 25), None, "UTC")
TRIP = Trip(GRENOBLE, LYON, (VOIRON,), depart=0, flex=15, seats=1, detour=15, price=80)
WISH = Wish(VOIRON, LYON, at=0, arrive=False, flex=60, seats=1, walk=500)
P, D = Role.PASSENGER, Role.DRIVER


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Ann rides and Bob drives the same way on five days; Eve offers the same, at another price."""
    with Town(tmp_path, "ann", "bob", "eve") as town:
        plans.add(town["bob"], TRIP, replace(DAYS, out=time(8, 0)))
        plans.add(town["eve"], replace(TRIP, price=90), replace(DAYS, out=time(8, 0)))
        plans.add(town["ann"], WISH, DAYS)
        for name in ("ann", "bob", "eve"):
            town.publish(name)
        yield town


def propose(town: Town, driver: str = "bob") -> bytes:
    """Let Ann propose her first date to a driver, and the others with it; returns the deal."""
    (offer, *_) = own.posts(town[driver].node)
    return series.propose(town["ann"], town.match("ann", offer.id)).id


def agreed(town: Town, name: str) -> int:
    """Count somebody's agreed deals."""
    return len([one for one in deals.all_deals(town[name].node) if one.state is State.AGREED])


def _ask_too(town: Town, offer: own.OwnPost) -> None:
    """Let Eve, too, propose to ride in an offer of Bob's."""
    posts.request(town["eve"], replace(WISH, at=offer.depart + 25))
    town.publish("eve")
    town.propose("eve", offer.id)
    town.carry()


def letters(town: Town, name: str, kind: int) -> int:
    """Count the letters of a kind that somebody has written."""
    return post_office.count_kind(town[name].node, kind)


def test_said_once_on_each_side(town: Town) -> None:
    """One proposal and one yes make five deals, each with terms, codes and a receipt of its own."""
    deal = propose(town)
    town.carry()
    decisions.accept(town["bob"], deal, all_dates=True)
    town.carry()
    assert (agreed(town, "ann"), agreed(town, "bob"), agreed(town, "eve")) == (5, 5, 0)
    found = deals.of_series(town["ann"].node, deal)
    assert {one.id for one in found} == {one.id for one in deals.of_series(town["bob"].node, deal)}
    assert len({one.terms for one in found}) == len({one.code for one in found}) == 5
    assert [one.depart - found[0].depart for one in found] == [day * 24 * 60 for day in range(5)]
    for one in found:
        rides.done(town["ann"], one.id)
    town.carry()
    assert {one.state for one in deals.all_deals(town["bob"].node)} == {State.RECEIPTED}
    town.later(minutes=1)
    town.carry()
    Witness(town).sees_the_end()


def test_nothing_is_told_before_the_first_is_agreed(town: Town) -> None:
    """A driver who does not say yes learns of one date; one who does, of the others, and not which posts they are."""
    deal = propose(town)
    town.carry()
    assert letters(town, "ann", Question.KIND) == 0
    decisions.decline(town["bob"], deal)
    town.carry()
    assert letters(town, "ann", Question.KIND) == 0
    assert len(deals.all_deals(town["bob"].node)) == 1


def test_a_plain_yes_takes_one_date(town: Town) -> None:
    """Without --series the question waits for the person, who can still say yes; until then nothing else is agreed."""
    deal = propose(town)
    town.carry()
    decisions.accept(town["bob"], deal)
    town.carry()
    assert (agreed(town, "ann"), agreed(town, "bob")) == (1, 1)
    assert series.open_question(town["bob"], town.deal("bob", deal)) == 4
    with pytest.raises(RefusedError):
        decisions.accept(town["ann"], deal, all_dates=True)
    decisions.accept(town["bob"], deal, all_dates=True)
    town.now += 3600  # the question is repeated, and the answer too
    town.carry()
    assert (agreed(town, "ann"), agreed(town, "bob")) == (5, 5)
    assert series.open_question(town["bob"], town.deal("bob", deal)) == 0


def test_a_driver_who_said_yes_before_being_asked(town: Town) -> None:
    """A yes in advance does no harm where nobody asks for more, and asks for nothing from the passenger."""
    (offer, *_) = own.posts(town["bob"].node)
    deal = town.propose("ann", offer.id).id
    town.carry()
    decisions.accept(town["bob"], deal, all_dates=True)
    town.carry()
    assert (agreed(town, "ann"), agreed(town, "bob")) == (1, 1)
    town.now += 60
    assert not letters(town, "bob", SeriesAnswer.KIND)


def test_one_date_without_room(town: Town) -> None:
    """A date whose seat is gone meanwhile is not agreed; the others are, and its request goes on looking."""
    deal = propose(town)
    town.carry()
    third = own.posts(town["bob"].node)[2]
    _ask_too(town, third)
    decisions.accept(town["bob"], town.deals("bob", D, State.RECEIVED)[-1].id)
    town.carry()
    decisions.accept(town["bob"], deal, all_dates=True)
    town.carry()
    assert (agreed(town, "ann"), len(town.deals("ann", P, State.DECLINED))) == (4, 1)
    assert town.deals("ann", P, State.DECLINED)[0].reason.startswith("no seat is left")
    assert len(own.posts(town["ann"].node)) == 1
    Witness(town).looks()


def test_dates_that_only_one_has(town: Town) -> None:
    """A date that the driver skips, or that the passenger skips, is no date of the series."""
    (plan,) = town["bob"].node.all("SELECT id FROM plans")
    plans.skip(town["bob"], plan["id"], [TODAY + timedelta(days=3)])
    town.publish("bob")
    deal = propose(town)
    (plan,) = town["ann"].node.all("SELECT id FROM plans")
    plans.skip(town["ann"], plan["id"], [TODAY + timedelta(days=4)])
    town.carry()
    decisions.accept(town["bob"], deal, all_dates=True)
    town.carry()
    assert [(one.depart - START // 60) // (24 * 60) for one in deals.of_series(town["ann"].node, deal)] == [1, 2, 5]
    assert agreed(town, "bob") == 3


def test_one_cancelled_date_leaves_the_others(town: Town) -> None:
    """Calling one date off is about that date; calling the series off is about all that is still to come."""
    deal = propose(town)
    town.carry()
    decisions.accept(town["bob"], deal, all_dates=True)
    town.carry()
    found = deals.of_series(town["ann"].node, deal)
    decisions.cancel(town["bob"], found[1].id, "dentist")
    town.carry()
    assert (agreed(town, "ann"), agreed(town, "bob")) == (4, 4)
    rides.done(town["ann"], found[0].id)
    town.carry()
    ended = series.cancel_all(town["ann"], found[2].id, "new job")
    town.carry()
    assert {one.id for one in ended} == {one.id for one in found[2:]}
    states = [one.state for one in deals.of_series(town["bob"].node, deal)]
    assert states == [State.RECEIPTED] + [State.CANCELLED] * 4
    with pytest.raises(RefusedError):
        series.cancel_all(town["ann"], found[2].id, "again")


def test_a_series_called_off_before_it_was_answered(town: Town) -> None:
    """What the driver's yes brings afterwards is not proposed any more, and nobody asks for ever."""
    deal = propose(town)
    town.carry()
    decisions.accept(town["bob"], deal)
    town.carry()
    series.cancel_all(town["ann"], deal, "ill")
    town.carry()
    with pytest.raises(RefusedError):
        decisions.accept(town["bob"], deal, all_dates=True)
    town.now += 7200
    town.carry()
    assert (agreed(town, "ann"), agreed(town, "bob")) == (0, 0)
    assert town.is_quiet()


def test_no_to_other_dates(town: Town) -> None:
    """A driver who says no to more keeps what is agreed, and is not asked again."""
    deal = propose(town)
    town.carry()
    decisions.accept(town["bob"], deal)
    town.carry()
    series.decline(town["bob"], deal)
    with pytest.raises(RefusedError):
        series.decline(town["bob"], deal)
    town.now += 3600
    town.carry()
    assert (agreed(town, "ann"), agreed(town, "bob")) == (1, 1)
    assert town.is_quiet()
    with pytest.raises(RefusedError):
        series.decline(town["ann"], deal)


def test_a_question_without_answer_ends(town: Town) -> None:
    """When the last date is past, the passenger's node stops asking."""
    deal = propose(town)
    town.carry()
    decisions.accept(town["bob"], deal)
    town.carry()
    rides.done(town["ann"], deal)
    town.carry()
    assert not town.is_quiet()
    town.later(days=7)
    assert town.is_quiet()


def test_offers_not_heard_yet_are_proposed_when_they_are(town: Town) -> None:
    """What gossip lost is proposed as soon as it comes by sync."""
    lost = board.posts(town["ann"].board, own=False)[4:]
    missing = {row["id"]: row["envelope"] for row in lost}
    for identifier in missing:
        town["ann"].board.execute("DELETE FROM posts WHERE id=?", (identifier,))
        town["ann"].board.execute("DELETE FROM matches WHERE theirs=?", (identifier,))
    deal = propose(town)
    town.carry()
    decisions.accept(town["bob"], deal, all_dates=True)
    town.carry()
    before = agreed(town, "ann")
    assert 1 <= before < 5
    for envelope in missing.values():
        town._gossip("bob", envelope)
    town.later(minutes=1)
    town.carry()
    assert (agreed(town, "ann"), agreed(town, "bob")) == (5, 5)


def test_a_series_goes_on(tmp_path: Path) -> None:
    """Dates that are published later are asked for and agreed, each once, until one of them calls the series off."""
    with Town(tmp_path, "ann", "bob") as town:
        plans.add(town["bob"], TRIP, replace(DAYS, out=time(8, 0), until=None))
        plans.add(town["ann"], WISH, replace(DAYS, until=None))
        for name in ("ann", "bob"):
            town.publish(name)
        deal = propose(town)
        town.carry()
        decisions.accept(town["bob"], deal, all_dates=True)
        town.carry()
        assert agreed(town, "ann") == agreed(town, "bob") == 6
        decisions.cancel(town["bob"], deals.of_series(town["bob"].node, deal)[4].id, "dentist")
        for day in (1, 2, 3):
            town.later(days=1)
            town.carry()
            town.later(minutes=1)  # what was heard meanwhile is proposed
            town.carry()
            assert agreed(town, "ann") == agreed(town, "bob") == 5 + day
        departs = [one.depart for one in deals.of_series(town["ann"].node, deal)]
        assert len(set(departs)) == len(departs) == 9
        series.cancel_all(town["bob"], deal, "new job")
        town.carry()
        for _ in range(2):
            town.later(days=1)
            town.carry()
        assert len(deals.all_deals(town["ann"].node)) == 9
        row = stored.get(town["ann"].node, deal)
        assert row is not None
        assert row.state == stored.CLOSED
        assert town.is_quiet()


def test_a_dearer_offer_is_left_to_the_person(town: Town) -> None:
    """A driver cannot slip something else into a series: the passenger's node proposes the same trip or nothing."""
    deal = propose(town)
    town.carry()
    decisions.accept(town["bob"], deal)
    town.carry()
    row = stored.get(town["ann"].node, deal)
    assert row is not None
    dearer = [post.id for post in own.posts(town["eve"].node)][1:]
    with town["ann"].node.transaction():
        series.on_answer(town["ann"], town.deal("ann", deal), SeriesAnswer(1, tuple(dearer)))
    series.go_on(town["ann"])
    assert len(deals.all_deals(town["ann"].node)) == 1
    after = stored.get(town["ann"].node, deal)
    assert after is not None
    assert after.offers == ()


def test_a_stranger_is_asked_about(town: Town) -> None:
    """The driver's yes is to one person: somebody else's proposal for the same dates waits for the driver."""
    deal = propose(town)
    town.carry()
    decisions.accept(town["bob"], deal, all_dates=True)
    third = own.posts(town["bob"].node)[2]
    _ask_too(town, third)
    assert len(town.deals("bob", D, State.RECEIVED)) == 1
    assert agreed(town, "eve") == 0


def test_only_plans_have_other_dates(town: Town) -> None:
    """A single request has no series, and says so before anything is sent."""
    request = posts.request(town["ann"], replace(WISH, at=town.minute + 24 * 60 + 25))
    match = board.matches(town["ann"].board, request.id)[0]
    with pytest.raises(RefusedError) as refused:
        series.propose(town["ann"], match)
    assert refused.value.code == "no-plan"
    assert deals.all_deals(town["ann"].node) == []
