"""Circles between people: gathered, founded, driven, and alike for every member; and what a stranger cannot do."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import alerts, books, circle_founding, circle_signing, circles, events
from lazpool.actions.desk import open_desk
from lazpool.actions.resuming import resume
from lazpool.errors import NotFoundError, RefusedError
from lazpool.rules.turns import UNIT
from lazpool.store import circles as store
from tests.circle_town import circle_of, found, found_gathered, gather, pending, points, ride, share, sign_all
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE = ("ann", "bob", "cid")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make homes of four people who know nothing of each other, and the same once three have founded a circle."""
    root = tmp_path_factory.mktemp("prepared")
    with Town(root / "before", *PEOPLE, "eve"):
        pass
    shutil.copytree(root / "before", root / "after")
    with Town(root / "after", *PEOPLE, "eve") as town:
        found(town, "ann", ["bob", "cid"])
    return root


@pytest.fixture
def town(prepared: Path, tmp_path: Path) -> Iterator[Town]:
    """Return three people who know nothing of each other, and a fourth."""
    shutil.copytree(prepared / "before", tmp_path / "town")
    with Town(tmp_path / "town", *PEOPLE, "eve") as made:
        yield made


@pytest.fixture
def circle(prepared: Path, tmp_path: Path) -> Iterator[Town]:
    """Return the town in which the three have founded a circle."""
    shutil.copytree(prepared / "after", tmp_path / "town")
    with Town(tmp_path / "town", *PEOPLE, "eve") as made:
        yield made


def test_founded_by_all(town: Town) -> None:
    """A circle stands once everybody has signed who is in it; then all hold the same, and nothing more is sent."""
    gather(town, "ann", ["bob", "cid"])
    circle_founding.found(town["ann"], circle_of(town, "ann"))
    town.carry()
    assert [len(pending(town, name)) for name in PEOPLE] == [0, 1, 1]
    sign_all(town, "bob")
    town.carry()
    assert {circle_of(town, name).state for name in PEOPLE} == {store.FOUNDING, store.JOINING}
    sign_all(town, "cid")
    town.carry()
    mine = [circle_of(town, name) for name in PEOPLE]
    assert {one.state for one in mine} == {store.FOUNDED}
    assert len({(one.founding, one.digest) for one in mine}) == 1
    called = [set(circles.members(town[name], one).values()) for name, one in zip(PEOPLE, mine, strict=True)]
    assert called == [{"Ann", "Bob", "Cid"}] * 3
    assert town.is_quiet()
    assert all(books.verify(town[name]).ok for name in PEOPLE)


def test_a_ride_counts_when_all_have_signed(circle: Town) -> None:
    """Nothing changes for anybody until the last one of the car has signed; then everybody's node has it."""
    ride(circle, "bob", "ann", ["ann", "bob", "cid"])
    circle.carry()
    sign_all(circle, "ann")
    circle.carry()
    assert all(points(circle, name) == dict.fromkeys(PEOPLE, 0) for name in PEOPLE)
    sign_all(circle, "cid")
    circle.carry()
    third = UNIT // 3
    expected = {"ann": 2 * third, "bob": -third, "cid": -third}
    assert all(points(circle, name) == expected for name in PEOPLE)
    share(circle, "bob", ["bob", "cid"], leg=2)
    assert points(circle, "ann") == {"ann": 2 * third, "bob": UNIT // 2 - third, "cid": -third - UNIT // 2}
    assert points(circle, "ann") == points(circle, "bob") == points(circle, "cid")
    assert circle.is_quiet()
    assert all(books.verify(circle[name]).ok for name in PEOPLE)


def test_who_was_not_there_can_object(circle: Town) -> None:
    """One no, and the ride counts for nobody; who recorded it hears why, and the others are asked no more."""
    record = ride(circle, "ann", "ann", PEOPLE)
    circle.carry()
    sign_all(circle, "bob")
    circle_signing.refuse(circle["cid"], record.id, "I was at home")
    circle.carry()
    assert "I was at home" in circle_signing.find(circle["ann"], record.id).reason
    assert {circle_signing.find(circle[name], record.id).state for name in PEOPLE} == {store.NO}
    with pytest.raises(RefusedError, match="refused"):
        circle_signing.sign(circle["cid"], record.id)
    assert all(points(circle, name) == dict.fromkeys(PEOPLE, 0) for name in PEOPLE)
    assert circle.is_quiet()
    share(circle, "ann", ["ann", "bob"])
    assert points(circle, "cid")["ann"] == UNIT // 2


def test_taken_back_before_all_have_signed(circle: Town) -> None:
    """Who recorded a ride takes it back while it waits; a signature that crosses that makes it whole for nobody."""
    record = ride(circle, "ann", "ann", PEOPLE)
    circle.carry()
    sign_all(circle, "bob")
    circle_signing.refuse(circle["ann"], record.id)
    circle.carry()
    assert not pending(circle, "cid")
    assert circle_signing.find(circle["bob"], record.id).state == store.NO
    assert circle.is_quiet()


def test_a_wrong_ride_is_taken_back_by_all(circle: Town) -> None:
    """A ride that counts goes when all who signed it sign that, too; then the right one can be recorded."""
    wrong = share(circle, "ann", ["ann", "bob"])
    back = circle_signing.take_back(circle["bob"], circle_signing.find(circle["bob"], wrong.id))
    circle.carry()
    assert points(circle, "cid")["ann"] == UNIT // 2
    sign_all(circle, "ann")
    circle.carry()
    assert all(points(circle, name) == dict.fromkeys(PEOPLE, 0) for name in PEOPLE)
    for other in (wrong, back):
        with pytest.raises(RefusedError):
            circle_signing.take_back(circle["cid"], circle_signing.find(circle["cid"], other.id))
    share(circle, "bob", ["ann", "bob"])
    assert points(circle, "cid") == {"ann": -UNIT // 2, "bob": UNIT // 2, "cid": 0}
    assert circle.is_quiet()


def test_nobody_signs_two_cars(circle: Town) -> None:
    """A node does not sign a second ride of the same day and leg, whoever recorded it; another leg is another ride."""
    ride(circle, "ann", "ann", PEOPLE)
    second = ride(circle, "bob", "bob", PEOPLE)
    with pytest.raises(RefusedError, match="already"):
        ride(circle, "ann", "bob", PEOPLE)
    circle.carry()
    with pytest.raises(RefusedError, match="already"):
        circle_signing.sign(circle["ann"], second.id)
    ride(circle, "ann", "ann", PEOPLE, leg=2)
    circle_signing.refuse(circle["bob"], second.id)
    circle.carry()
    for name in ("bob", "cid"):
        sign_all(circle, name)
    circle.carry()
    assert points(circle, "cid")["ann"] == 2 * (UNIT - UNIT // 3)


def test_what_nobody_signs_lapses(circle: Town) -> None:
    """A fortnight later nobody is asked any more, and nobody may sign; nothing is sent any more."""
    record = ride(circle, "ann", "ann", PEOPLE)
    circle.carry()
    circle.later(days=15)
    circle.carry()
    assert {circle_signing.find(circle[name], record.id).state for name in PEOPLE} == {store.LAPSED}
    with pytest.raises(RefusedError):
        circle_signing.sign(circle["bob"], record.id)
    circle.later(days=2)
    circle.carry()
    assert circle.is_quiet()


def test_a_founding_is_refused(town: Town) -> None:
    """Who says no to a founding is left out of the next one; nothing stands before."""
    gather(town, "ann", ["bob", "cid"])
    circle_founding.found(town["ann"], circle_of(town, "ann"))
    town.carry()
    sign_all(town, "bob")
    (asked,) = pending(town, "cid")
    circle_signing.refuse(town["cid"], asked.id, "too many for me")
    town.carry()
    assert circle_of(town, "ann").state == store.GATHERING
    assert circle_of(town, "cid").state == store.REFUSED
    circle_founding.found(town["ann"], circle_of(town, "ann"))
    town.carry()
    assert sign_all(town, "bob") == 1
    town.carry()
    assert [circle_of(town, name).state for name in ("ann", "bob")] == [store.FOUNDED] * 2
    assert set(points(town, "bob")) == {"ann", "bob"}
    assert town.is_quiet()


def test_too_late_to_join(circle: Town) -> None:
    """A code is worth nothing once the circle is founded, and who tries hears it."""
    known = circle_of(circle, "bob")
    assert known.state == store.FOUNDED
    with pytest.raises(RefusedError, match="founded"):
        circle_founding.invitation(circle["ann"], circle_of(circle, "ann"))


def test_a_late_joining_is_answered(town: Town) -> None:
    """Who joins by an old code is told that it is too late."""
    gather(town, "ann", ["bob"])
    code = circle_founding.invitation(town["ann"], circle_of(town, "ann")).code(town["ann"].net)
    circle_founding.found(town["ann"], circle_of(town, "ann"))
    town.carry()
    circle_founding.join(town["eve"], circle_founding.invited(town["eve"], code))
    town.carry()
    assert circle_of(town, "eve").state == store.REFUSED
    sign_all(town, "bob")
    town.carry()
    assert town.is_quiet()


def test_invited_by_a_partner(tmp_path: Path) -> None:
    """Who has shared a ride is invited by a sealed letter, and needs no code; a stranger is not invited so."""
    with Town(tmp_path, "ann", "bob", "cid") as town:
        town.offer("bob")
        town.request("ann")
        town.agree()
        mine = circle_founding.create(town["ann"], "Lift")
        circle_founding.invite(town["ann"], mine, town["bob"].identity)
        with pytest.raises(NotFoundError):
            circle_founding.invite(town["ann"], mine, town["cid"].identity)
        town.carry()
        theirs = circle_of(town, "bob")
        assert (theirs.name, theirs.state) == ("Lift", store.INVITED)
        circle_founding.join(town["bob"], theirs)
        town.carry()
        circle_founding.found(town["ann"], circle_of(town, "ann"))
        town.carry()
        sign_all(town, "bob")
        town.carry()
        assert circle_of(town, "bob").state == store.FOUNDED


def test_others_go_on_when_one_leaves(circle: Town) -> None:
    """A new founding takes the place of the old: who stays brings points along, who is new begins at nothing."""
    share(circle, "ann", PEOPLE)
    share(circle, "bob", ["bob", "cid"], leg=2)
    before = points(circle, "ann")
    circles.leave(circle["cid"], circle_of(circle, "cid"))
    circle.carry()
    with pytest.raises(RefusedError, match="not in the circle any more"):
        ride(circle, "ann", "ann", PEOPLE, leg=3)
    old = circle_of(circle, "ann")
    circle.now += 60
    mine = circle_founding.create(circle["ann"], "To work", old)
    circle_founding.invite(circle["ann"], mine, circle["bob"].identity)
    code = circle_founding.invitation(circle["ann"], mine).code(circle["ann"].net)
    circle_founding.join(circle["eve"], circle_founding.invited(circle["eve"], code))
    circle.carry()
    circle_founding.join(circle["bob"], circle_of(circle, "bob"))
    circle.carry()
    found_gathered(circle, "ann", ["bob", "eve"])
    after = points(circle, "eve")
    assert sum(after.values()) == 0
    assert after == points(circle, "ann") == points(circle, "bob")
    assert after["eve"] == 0
    assert abs((after["ann"] - after["bob"]) - (before["ann"] - before["bob"])) <= 1
    assert circle.is_quiet()


def test_a_new_log_goes_on(circle: Town) -> None:
    """Who had to begin a new log is known by the old one's letters, and signs with the new device."""
    share(circle, "ann", PEOPLE)
    resume(circle["bob"])
    share(circle, "bob", PEOPLE, leg=2)
    third = UNIT // 3
    assert all(points(circle, name) == {"ann": third, "bob": third, "cid": -2 * third} for name in PEOPLE)
    assert books.verify(circle["bob"]).ok


def test_what_waits_is_told(town: Town) -> None:
    """An invitation, a founding and a ride are told once each to who is to answer, and not what one did oneself."""
    for name in PEOPLE:
        events.begin_telling(town[name])
    with open_desk(town["bob"].config.home, clock=town.clock) as watching:
        feed = events.Feed(watching)
        mine = circle_founding.create(town["ann"], "To work")
        code = circle_founding.invitation(town["ann"], mine).code(town["ann"].net)
        theirs = circle_founding.invited(town["bob"], code)
        told = feed.take()
        circle_founding.join(town["bob"], theirs)
        town.carry()
        circle_founding.found(town["ann"], circle_of(town, "ann"))
        town.carry()
        told += feed.take()
        sign_all(town, "bob")
        town.carry()
        ride(town, "ann", "ann", ["ann", "bob"])
        town.carry()
        told += feed.take()
    found = [alerts.alert(town["bob"], one) for one in told]
    assert [one.document["circle"]["waits_for"] for one in found] == ["joining", "founding", "ride"]
    assert "lazpool circle sign" in found[-1].body
    (untold,) = events.untold(town["bob"], events.EVENTS)
    assert alerts.alerts(town["bob"], [untold])[0].title == "A shared ride waits for your signature"
    events.tell(town["bob"], [untold])
    assert not events.untold(town["bob"], events.EVENTS)
    assert not events.untold(town["ann"], events.EVENTS)


def test_cards_are_renewed(circle: Town) -> None:
    """A circle that shared nothing for a year still reaches everybody."""
    for _ in range(5):
        circle.later(days=80)
        circle.carry()
    share(circle, "cid", PEOPLE)
    assert points(circle, "ann")["cid"] == UNIT - UNIT // 3
    assert circle.is_quiet()
