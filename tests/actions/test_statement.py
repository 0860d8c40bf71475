"""A year's statement: only what both signed, each with its evidence, the detour against it, and nothing damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.actions import books, rides
from lazpool.actions.exporting import Choice
from lazpool.actions.statement import draw_up, total
from lazpool.errors import MalformedError
from lazpool.records.agreements import agreement_from

if TYPE_CHECKING:
    from tests.town import Town

ALL = Choice()


def test_both_say_the_same_of_a_year(ridden: Town) -> None:
    """Driver and passenger count the same rides and kilometres, which are those of the balance, in opposite roles."""
    ann, bob = (draw_up(ridden[name], ALL) for name in ("ann", "bob"))
    hers, his = total(ann.rides), total(bob.rides)
    assert (hers.rides, hers.ridden, hers.driven) == (his.rides, his.driven, his.ridden) == (2, hers.ridden, 0)
    assert hers.people == his.people == books.balance(ridden["ann"])[0].distance
    assert [one.receipt for one in ann.rides] == [one.receipt for one in bob.rides]
    assert [one.minute for one in ann.rides] == sorted(one.minute for one in ann.rides)
    assert {one.other for one in ann.rides} == {ridden["bob"].identity}
    assert 0 < hers.saved.least < hers.saved.most


def test_days_are_chosen(ridden: Town) -> None:
    """A ride outside the days is not in it."""
    first = draw_up(ridden["ann"], ALL).rides[0]
    assert [one.receipt for one in draw_up(ridden["ann"], Choice(until=first.minute + 1)).rides] == [first.receipt]
    assert draw_up(ridden["ann"], Choice(until=first.minute)).rides == ()


def test_what_the_driver_has_not_signed_waits(agreed: tuple[Town, bytes]) -> None:
    """A ride that the passenger alone has signed for counts nowhere, and is told of."""
    town, deal = agreed
    rides.done(town["ann"], deal)
    assert (draw_up(town["ann"], ALL).rides, draw_up(town["ann"], ALL).waiting) == ((), 1)
    town.carry()
    assert (len(draw_up(town["ann"], ALL).rides), draw_up(town["ann"], ALL).waiting) == (1, 0)


@pytest.mark.parametrize("way", ["code", "done", "wrong, then done", "wrong, then right"])
def test_the_code_at_the_car(agreed: tuple[Town, bytes], way: str) -> None:
    """Whether a code was given at the car is known on both sides; a wrong one that was refused is none."""
    town, deal = agreed
    code = rides.show_code(town["ann"], deal)
    if way.startswith("wrong"):
        rides.enter_code(town["bob"], deal, f"{(int(code) + 1) % 10**6:06d}")
        town.carry()
    if way.endswith("done"):
        rides.done(town["ann"], deal)
    else:
        rides.enter_code(town["bob"], deal, code)
    town.carry()
    for name in ("ann", "bob"):
        (one,) = draw_up(town[name], ALL).rides
        assert one.code is (not way.endswith("done")), name


def test_the_detour_is_taken_off(agreed: tuple[Town, bytes]) -> None:
    """Both nodes know the detour that was estimated, and what is saved at most is less by the car over it."""
    town, deal = agreed
    rides.done(town["ann"], deal)
    town.carry()
    for name in ("ann", "bob"):
        (one,) = draw_up(town[name], ALL).rides
        known = town.deal(name, deal)
        assert known.detour > 0
        assert one.ride.detour[0] == one.ride.detour[1] > 0
        km = agreement_from(known.terms).distance / 10
        assert one.saved.most == round(150 * km - 150 * one.ride.detour[0])
    town["ann"].node.execute("UPDATE deals SET detour=0")
    (one,) = draw_up(town["ann"], ALL).rides
    assert one.ride.detour[0] == 0 < one.ride.detour[1], "what is not known may be all that the offer allowed"


def test_nothing_damaged_is_shown(ridden: Town) -> None:
    """A receipt whose signature does not hold is no part of a statement: there is none at all."""
    node = ridden["bob"].node
    node.execute("UPDATE receipts SET first=zeroblob(64) WHERE dir_seq=1")
    with pytest.raises(MalformedError):
        draw_up(ridden["bob"], ALL)
