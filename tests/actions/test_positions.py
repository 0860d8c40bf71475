"""Positions at the pick-up: given by people, kept by the two alone, and what class of evidence they make of a ride."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.actions import books, forgetting, positions, rides, settlements
from lazpool.actions import deals as decisions
from lazpool.actions.exporting import Choice, bundle
from lazpool.actions.letters import write
from lazpool.actions.statement import draw_up, total
from lazpool.errors import RefusedError
from lazpool.records.deal_bodies import Position
from lazpool.records.places import Point
from lazpool.records.settlements import CASH
from lazpool.rules.evidence import BOTH, MUTUAL, NEAR_M, NEAR_MIN, ONE, classify, metres
from lazpool.store import deals
from lazpool.store import positions as stored
from tests.town import DAY, VOIRON

if TYPE_CHECKING:
    from tests.town import Town

BOTH_PEOPLE = ("ann", "bob")
METRE = 1 / 111_195
"""A metre in degrees of latitude."""


def at_the_car(agreed: tuple[Town, bytes]) -> tuple[Town, bytes]:
    """Let it be the time of the pick-up."""
    town, deal = agreed
    town.later(days=1)
    town.carry()
    return town, deal


def away(distance: float) -> Point:
    """Return a place so many metres north of the pick-up."""
    return Point(VOIRON.lat + distance * METRE, VOIRON.lon)


def classes(town: Town) -> list[str]:
    """Return what each node says of the one ride."""
    return [one.evidence for name in BOTH_PEOPLE for one in draw_up(town[name], Choice()).rides]


@pytest.mark.parametrize(
    ("near", "code", "expected"),
    [
        ((), False, MUTUAL),
        ((), True, MUTUAL),
        (("ann",), True, ONE),
        (("bob",), False, ONE),
        (BOTH_PEOPLE, False, ONE),
        (BOTH_PEOPLE, True, BOTH),
    ],
)
def test_classes(agreed: tuple[Town, bytes], near: tuple[str, ...], *, code: bool, expected: str) -> None:
    """Both nodes come to the same class, and a statement sums up by classes what its rides say one by one."""
    town, deal = at_the_car(agreed)
    for name in near:
        assert positions.give(town[name], deal, away(40)).counts
    (town.board_car if code else lambda it: rides.done(town["ann"], it))(deal)
    town.carry()
    assert classes(town) == [expected] * 2
    assert total(draw_up(town["ann"], Choice()).rides).rides == 1


@pytest.mark.parametrize(("distance", "counts"), [(0, True), (NEAR_M - 2, True), (NEAR_M + 2, False), (9_000, False)])
def test_what_is_too_far_does_not_count(agreed: tuple[Town, bytes], distance: int, *, counts: bool) -> None:
    """A position is kept as it was given; only one near the pick-up makes a class."""
    town, deal = at_the_car(agreed)
    given = positions.give(town["bob"], deal, away(distance))
    assert (given.counts, abs(given.distance - distance) <= 1) == (counts, True)
    rides.done(town["ann"], deal)
    town.carry()
    (theirs,) = positions.seen(town["ann"], town.deal("ann", deal))
    assert (theirs.mine, theirs.distance) == (False, given.distance)
    assert classes(town) == [ONE if counts else MUTUAL] * 2


@pytest.mark.parametrize("role", BOTH_PEOPLE)
def test_it_is_about_the_place_that_both_know(agreed: tuple[Town, bytes], role: str) -> None:
    """The exact place that the passenger told is what counts, and the agreed cell's centre where none was told."""
    town, deal = at_the_car(agreed)
    exact = positions.give(town[role], deal, VOIRON).distance
    assert exact <= 1
    found = town.deal(role, deal)
    found.own_places = found.peer_places = ""
    deals.save(town[role].node, found)
    assert 1 < positions.give(town[role], deal, VOIRON).distance <= NEAR_M


def test_only_around_the_pick_up(agreed: tuple[Town, bytes]) -> None:
    """Nobody is told where somebody is a day before; what a partner's clock dates so is kept and does not count."""
    town, deal = agreed
    with pytest.raises(RefusedError) as refusal:
        positions.give(town["ann"], deal, VOIRON)
    assert refusal.value.code == "untimely"
    assert town.is_quiet()
    bob, found = town["bob"], town.deal("bob", deal)
    with bob.node.transaction():
        write(bob, found, Position(4_536_450, 559_150, town.minute))
        deals.save(bob.node, found)
    town.carry()
    (theirs,) = positions.seen(town["ann"], town.deal("ann", deal))
    assert (theirs.distance <= 1, theirs.counts) == (True, False)
    assert NEAR_MIN < DAY


def test_the_newest_one_stands(agreed: tuple[Town, bytes]) -> None:
    """Who mistyped gives it again; letters that overtake each other change nothing."""
    town, deal = at_the_car(agreed)
    positions.give(town["ann"], deal, away(5_000))
    (early,) = town.pick_up("ann")
    positions.give(town["ann"], deal, away(10))
    town.carry()
    town.hand_over(early.tag, early.data)
    for name in BOTH_PEOPLE:
        (one,) = positions.seen(town[name], town.deal(name, deal))
        assert one.counts, name


def test_not_without_an_agreement(agreed: tuple[Town, bytes]) -> None:
    """A deal that was called off asks nobody where they are, and keeps nothing that still comes in."""
    town, deal = at_the_car(agreed)
    positions.give(town["bob"], deal, VOIRON)
    decisions.cancel(town["ann"], deal)
    town.carry()
    assert positions.seen(town["ann"], town.deal("ann", deal)) == []
    for name in BOTH_PEOPLE:
        with pytest.raises(RefusedError) as refusal:
            positions.give(town[name], deal, VOIRON)
        assert refusal.value.code == "wrong-state"


def test_it_is_in_no_log_and_no_export_and_goes_when_forgotten(agreed: tuple[Town, bytes]) -> None:
    """A position is in one table on each side, not in what is shown to others, and `forget` deletes it."""
    town, deal = at_the_car(agreed)
    before = {name: bundle(town[name])["entries"] for name in BOTH_PEOPLE}
    for name in BOTH_PEOPLE:
        positions.give(town[name], deal, VOIRON)
    town.carry()
    assert {name: bundle(town[name])["entries"] for name in BOTH_PEOPLE} == before
    rides.done(town["ann"], deal)
    town.carry()
    owed = draw_up(town["ann"], Choice()).rides
    assert [one.evidence for one in owed] == [ONE]
    _pay_all(town)
    assert len(stored.of_deal(town["bob"].node, deal)) == 2
    forgetting.forget(town["bob"], town["ann"].identity)
    assert town["bob"].node.number("SELECT count(*) FROM positions") == 0
    assert len(stored.of_deal(town["ann"].node, deal)) == 2, "what she has, she keeps"


def test_the_rule_by_itself() -> None:
    """A great circle in metres, and three classes in order."""
    assert metres(away(300), VOIRON) == 300
    assert [classify(many, code=code) for many in (0, 1, 2) for code in (False, True)] == [
        *(MUTUAL, MUTUAL, ONE, ONE),
        *(ONE, BOTH),
    ]


def _pay_all(town: Town) -> None:
    (row,) = books.balance(town["bob"])
    made = settlements.settle(town["ann"], town["bob"].identity, abs(row.amount), row.unit, CASH)
    town.carry()
    settlements.confirm(town["bob"], made.id)
    town.carry()
