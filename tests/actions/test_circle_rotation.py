"""A member of a circle replaces their identity: the circle goes on with them as who they were when it was founded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.actions import books, circle_founding, circle_signing, circles, resuming, rotating
from lazpool.actions.circle_letters import me
from lazpool.actions.exporting import bundle
from lazpool.errors import NotFoundError, RefusedError
from lazpool.rules.turns import UNIT
from lazpool.store import circles as store
from tests.circle_town import circle_of, found, found_gathered, gather, pending, share, sign_all
from tests.simulation.outside import verify_bundle
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE = ("ann", "bob", "cid")
THIRD = UNIT // 3


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Return a circle of three in which Ann has driven once, and Bob has a new identity since."""
    with Town(tmp_path, *PEOPLE) as made:
        found(made, "ann", ["bob", "cid"])
        share(made, "ann", PEOPLE)
        rotating.rotate(made["bob"])
        made.carry()
        yield made


def points(town: Town, name: str) -> dict[str, int]:
    """Return everybody's points as somebody reads them, by what people call themselves."""
    circle = circle_of(town, name)
    called = circles.members(town[name], circle)
    return {called[key]: one.points for key, one in circles.stand(town[name], circle).items()}


def test_everybody_reads_the_same(town: Town) -> None:
    """Who replaced their identity is still in the circle, by their name, with their points."""
    for name in PEOPLE:
        assert points(town, name) == {"Ann": 2 * THIRD, "Bob": -THIRD, "Cid": -THIRD}


@pytest.mark.parametrize("driver", ["bob", "cid"])
def test_rides_go_on(town: Town, driver: str) -> None:
    """A ride that they record, and one that they are asked to sign, counts for all; ledgers and exports hold."""
    circle = circle_of(town, driver)
    keys = list(circles.members(town[driver], circle))
    mine = me(town[driver], circle)
    circle_signing.record_ride(town[driver], circle, mine, keys, town.minute // 1440, 2)
    town.carry()
    for name in PEOPLE:
        sign_all(town, name)
        town.carry()
    for name in PEOPLE:
        assert points(town, name)[driver.title()] == THIRD
        assert points(town, name) == points(town, "ann")
        assert books.verify(town[name]).errors == []
        verify_bundle(bundle(town[name]))
    assert town.is_quiet()


def test_they_refuse_take_back_and_leave(town: Town) -> None:
    """What else a member can do they can do as well."""
    circle = circle_of(town, "ann")
    everybody = list(circles.members(town["ann"], circle))
    record = circle_signing.record_ride(
        town["ann"], circle, town["ann"].identity, everybody, town.minute // 1440, 2
    )  # fmt: skip
    town.carry()
    circle_signing.refuse(town["bob"], record.id, "I was ill")
    (whole,) = store.records(town["bob"].node, circle.id, store.RIDE, store.WHOLE)
    circle_signing.take_back(town["bob"], whole)
    town.carry()
    assert "I was ill" in circle_signing.find(town["ann"], record.id).reason
    for name in ("ann", "cid"):
        sign_all(town, name)
    town.carry()
    assert [set(points(town, name).values()) for name in PEOPLE] == [{0}] * 3
    circles.leave(town["bob"], circle_of(town, "bob"))
    town.carry()
    with pytest.raises(RefusedError, match="not in the circle any more"):
        circle_signing.record_ride(town["ann"], circle, town["ann"].identity, everybody, town.minute // 1440, 3)
    assert town.is_quiet()


def test_a_new_log_cannot_sign_by_the_old_identity(town: Town) -> None:
    """The old identity never vouched for it; the error names the way, by which the points come along."""
    resuming.resume(town["bob"])
    circle = circle_of(town, "bob")
    keys = list(circles.members(town["bob"], circle))
    with pytest.raises(RefusedError, match="older than this log") as refusal:
        circle_signing.record_ride(town["bob"], circle, me(town["bob"], circle), keys, town.minute // 1440, 2)
    assert "--after" in refusal.value.hint
    town.now += 60
    fresh = circle_founding.create(town["bob"], "To work", circle)
    with pytest.raises(NotFoundError) as unreached:
        circle_founding.invite(town["bob"], fresh, town["ann"].identity)
    assert "code" in unreached.value.hint
    code = circle_founding.invitation(town["bob"], fresh).code(town["bob"].net)
    for name in ("ann", "cid"):
        circle_founding.join(town[name], circle_founding.invited(town[name], code))
    town.carry()
    found_gathered(town, "bob", ["ann", "cid"])
    for name in PEOPLE:
        assert points(town, name) == {"Ann": 2 * THIRD, "Bob": -THIRD, "Cid": -THIRD}
    assert town.is_quiet()


@pytest.mark.parametrize("stage", ["joined", "asked"])
@pytest.mark.parametrize("who", ["ann", "bob"])
def test_while_it_is_being_founded(tmp_path: Path, who: str, stage: str) -> None:
    """Whoever's identity is replaced before or after the founder asks all to sign: the circle stands with everybody."""
    with Town(tmp_path, *PEOPLE) as made:
        gather(made, "ann", ["bob", "cid"])
        if stage == "joined":
            rotating.rotate(made[who])
        circle_founding.found(made["ann"], circle_of(made, "ann"))
        made.carry()
        if stage == "asked":
            rotating.rotate(made[who])
        for name in ("bob", "cid"):
            sign_all(made, name)
        made.carry()
        assert [circle_of(made, name).state for name in PEOPLE] == [store.FOUNDED] * 3
        assert not any(pending(made, name) for name in PEOPLE)
        assert [sorted(points(made, name)) for name in PEOPLE] == [["Ann", "Bob", "Cid"]] * 3
        assert made.is_quiet()
