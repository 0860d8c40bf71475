"""Whose turn it is: points that add up to nothing, in any order, and never far apart when people follow the rule."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.errors import MalformedError
from lazpool.rules.turns import MAX_PRESENT, UNIT, Drive, Standing, in_turn, standings

if TYPE_CHECKING:
    from collections.abc import Sequence

PEOPLE = [bytes([number]) * 32 for number in range(1, MAX_PRESENT + 1)]
NAOR = ["12345", "12", "34", "45", "15", "23", "134", "245", "123", "45"]
"""Five people on ten days, as a transcription has it of M. Naor's slides, How to carpool fairly.

The slides themselves were not at hand, and other transcriptions of them are garbled; the shares follow from the days.
"""
FAIR = [Fraction(28, 15), Fraction(28, 15), Fraction(28, 15), Fraction(71, 30), Fraction(61, 30)]
"""The sum of 1/d over the days on which each of the five came."""


@st.composite
def weeks(draw: st.DrawFn, most: int = MAX_PRESENT) -> tuple[list[bytes], list[list[bytes]]]:
    """Return some people, and who of them came on each of some days."""
    people = PEOPLE[: draw(st.integers(2, most))]
    one = st.lists(st.sampled_from(people), min_size=2, max_size=len(people), unique=True)
    return people, draw(st.lists(one, max_size=40))


@st.composite
def rides(draw: st.DrawFn) -> tuple[list[bytes], list[Drive]]:
    """Return some people and rides of theirs, driven by whoever."""
    people, days = draw(weeks())
    return people, [Drive(day, draw(st.sampled_from(who)), tuple(who)) for day, who in enumerate(days)]


def by_the_rule(people: Sequence[bytes], days: Sequence[Sequence[bytes]]) -> list[dict[bytes, Standing]]:
    """Let the one drive whose turn it is, each day; return where people stand after each."""
    drives: list[Drive] = []
    found = []
    for day, who in enumerate(days):
        drives.append(Drive(day, in_turn(standings(people, drives, {}), who)[0].person, tuple(who)))
        found.append(standings(people, drives, {}))
    return found


@given(rides())
def test_points_are_shares(made: tuple[list[bytes], list[Drive]]) -> None:
    """Points are exactly drives less fair shares, and add up to nothing."""
    people, drives = made
    known = standings(people, drives, {})
    assert sum(one.points for one in known.values()) == 0
    for person in people:
        shares = sum((Fraction(1, len(one.present)) for one in drives if person in one.present), Fraction(0))
        drove = sum(one.driver == person for one in drives)
        assert Fraction(known[person].points, UNIT) == drove - shares
        assert known[person].drove == drove
        assert known[person].drove + known[person].rode == sum(person in one.present for one in drives)


@given(rides(), st.randoms(use_true_random=False))
def test_order_does_not_matter(made: tuple[list[bytes], list[Drive]], chance: object) -> None:
    """Whoever hears of rides in another order stands at the same points, and asks the same person to drive."""
    people, drives = made
    shuffled = list(drives)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random
    assert standings(people, shuffled, {}) == standings(people, drives, {})


@given(rides(), st.sampled_from(PEOPLE))
def test_absent_days_cost_nothing(made: tuple[list[bytes], list[Drive]], absent: bytes) -> None:
    """Rides without somebody leave them exactly where they were."""
    people, drives = made
    with_them = [one for one in drives if absent in one.present]
    everybody = [*people, absent] if absent not in people else people
    assert standings(everybody, drives, {})[absent] == standings(everybody, with_them, {})[absent]


@given(weeks(most=7))
def test_nobody_is_ever_far_off(made: tuple[list[bytes], list[list[bytes]]]) -> None:
    """Whoever comes, if the one drives whose turn it is, nobody is off by more than half of the others' number.

    Ajtai, Aspnes, Naor, Rabani, Schulman, Waarts, Fairness in scheduling, J. Algorithms 29(2), 1998: (n-1)/2.
    """
    people, days = made
    for known in by_the_rule(people, days):
        assert max(abs(one.points) for one in known.values()) * 2 <= (len(people) - 1) * UNIT


@given(rides(), st.data())
def test_who_drives_next(made: tuple[list[bytes], list[Drive]], data: st.DataObject) -> None:
    """Of those present, nobody with more points is asked before one with fewer."""
    people, drives = made
    present = data.draw(st.lists(st.sampled_from(people), min_size=1, unique=True))
    order = in_turn(standings(people, drives, {}), present)
    assert Counter(one.person for one in order) == Counter(present)
    assert [one.points for one in order] == sorted(one.points for one in order)


def test_five_people_ten_days() -> None:
    """Everybody drives their fair share of the ten days, rounded up or down; ten weeks of it do not add to the rest."""
    people = PEOPLE[:5]
    days = [[people[int(name) - 1] for name in names] for names in NAOR]
    assert sum(FAIR) == len(days)
    once = by_the_rule(people, days)[-1]
    for person, fair in zip(people, FAIR, strict=True):
        assert Fraction(once[person].points, UNIT) == once[person].drove - fair
        assert abs(once[person].drove - fair) < 1
    after = by_the_rule(people, days * 10)[-1]
    for person, fair in zip(people, FAIR, strict=True):
        assert abs(after[person].drove - 10 * fair) <= Fraction(len(people) - 1, 2)


def test_points_begin_where_they_were_carried_from() -> None:
    """Points that were brought along are added to, and a half of a ride is half of the unit."""
    one, two = PEOPLE[:2]
    known = standings([one, two], [Drive(1, one, (one, two))], {one: -100, two: 100})
    assert (known[one].points, known[two].points) == (UNIT // 2 - 100, 100 - UNIT // 2)


@pytest.mark.parametrize(
    ("driver", "present"),
    [(0, [0]), (0, []), (2, [0, 1]), (0, [0, 0]), (0, [0, 1, 1])],
)
def test_no_ride(driver: int, present: list[int]) -> None:
    """Nobody gets points for a ride alone, for one that they were not in, or for being in it twice."""
    with pytest.raises(MalformedError, match="present"):
        Drive(1, PEOPLE[driver], tuple(PEOPLE[number] for number in present))


def test_thirteen_are_too_many() -> None:
    """More people than the unit can be divided by are no ride of a circle."""
    with pytest.raises(MalformedError):
        Drive(1, PEOPLE[0], (*PEOPLE, b"m" * 32))
