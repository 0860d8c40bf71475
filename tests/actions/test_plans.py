"""Plans become posts: each date once, whoever looks and whatever crashes; exceptions hold."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import plans, posts
from lazpool.actions.posts import Trip, Wish
from lazpool.errors import InvalidInputError, RefusedError
from lazpool.records.places import on_grid
from lazpool.records.posts import Offer, Request, read_post
from lazpool.rules.plans import BACK, OUT, Schedule
from lazpool.store import own, post_office
from lazpool.store import plans as stored
from tests.simulation.crashing import FragileTown
from tests.town import DAY, GRENOBLE, LYON, START, VOIRON, Town

if TYPE_CHECKING:
    from pathlib import Path

TODAY = datetime.fromtimestamp(START, UTC).date()
"""A Friday in January 2027, 08:00 in UTC."""
TRIP = Trip(GRENOBLE, LYON, (VOIRON,), depart=0, flex=15, seats=2, detour=15, price=80)
WISH = Wish(VOIRON, LYON, at=0, arrive=False, flex=60, seats=1, walk=500)
KEEP_UP = """
import sys
from pathlib import Path
from lazpool.actions.desk import open_desk
from lazpool.actions.plans import keep_up
with open_desk(Path(sys.argv[1]), clock=lambda: float(sys.argv[2])) as desk:
    print("ready", flush=True)
    sys.stdin.readline()
    print(keep_up(desk))
"""


def schedule(**ways: object) -> Schedule:
    """Return a plan for every day, out at 08:25 and back at 17:30, changed as said."""
    plain = {"days": frozenset(range(7)), "first": TODAY, "until": None, "out": time(8, 25), "back": time(17, 30)}
    return Schedule(**{**plain, "zone": "UTC", **ways})  # type: ignore[arg-type] # fields by name


def on_day(days: int) -> date:
    """Return the date in so many days."""
    return TODAY + timedelta(days=days)


def states(town: Town, plan: stored.Plan, leg: int = OUT) -> list[str]:
    """Return how the next dates of one leg stand."""
    return [one.state for one in plans.standings(town["ann"], plan) if one.departure.leg == leg]


def test_a_week_is_published_and_each_day_one_more(tmp_path: Path) -> None:
    """After `add` the next seven days have posts, there and back; the clock brings one more a day, and no other."""
    with Town(tmp_path, "ann") as town:
        desk = town["ann"]
        plan = plans.add(desk, TRIP, schedule())
        assert len(own.posts(desk.node)) == 14
        assert len(town.waiting_posts("ann")) == 14
        assert plans.keep_up(desk) == 0
        town.later(days=1)
        assert len(town.waiting_posts("ann")) == 2
        town.later()
        assert town.waiting_posts("ann") == []
        assert states(town, plan)[:8] == ["published"] * 7 + ["planned"]


def test_posts_of_a_plan_say_what_was_typed(tmp_path: Path) -> None:
    """Wall time becomes the instant of each date; the way back starts where the way out ends, and passes the stops."""
    with Town(tmp_path, "ann") as town:
        desk = town["ann"]
        plan = plans.add(desk, TRIP, schedule(until=TODAY))
        there, back = (read_post(post.envelope)[0].post for post in own.posts(desk.node))
        assert isinstance(there, Offer)
        assert isinstance(back, Offer)
        assert (there.depart, back.depart) == (town.minute + 25, town.minute + 9 * 60 + 30)
        assert (there.route[0], there.route[-1]) == (back.route[-1], back.route[0])
        assert there.route[1] == back.route[1] == on_grid(VOIRON)
        assert (there.seats, there.max_detour, there.price, there.flex_before) == (2, 15, 80, 15)
        assert stored.of_post(desk.node, own.posts(desk.node)[1].id) == stored.PlanDate(
            plan.id, BACK, TODAY, own.posts(desk.node)[1].id, stored.PUBLISHED
        )


def test_a_plan_to_be_there_by(tmp_path: Path) -> None:
    """`--by` is an arrival on the way out; on the way back one leaves at the time that was said."""
    with Town(tmp_path, "ann") as town:
        plans.add(town["ann"], replace(WISH, arrive=True), schedule(until=TODAY, out=time(9, 30)))
        there, back = (read_post(post.envelope)[0].post for post in own.posts(town["ann"].node))
        assert isinstance(there, Request)
        assert isinstance(back, Request)
        assert (there.by, there.latest, back.by) == (1, town.minute + 90, 0)
        assert (there.cell_from, there.cell_to) == (back.cell_to, back.cell_from)


def test_posts_of_a_plan_are_strangers_to_each_other(tmp_path: Path) -> None:
    """Every date has keys of its own, so that nothing but what it says of the trip links one to another."""
    with Town(tmp_path, "ann") as town:
        plans.add(town["ann"], TRIP, schedule())
        found = [read_post(post.envelope)[0].post for post in own.posts(town["ann"].node)]
        assert len({post.post_pk for post in found} | {post.box_pk for post in found}) == 28  # type: ignore[union-attr] # offers


def test_exceptions_and_skipped_dates(tmp_path: Path) -> None:
    """An exception never has a post; skipping withdraws, one way or both; undone, it is published again."""
    with Town(tmp_path, "ann") as town:
        desk = town["ann"]
        plan = plans.add(desk, TRIP, schedule(), [on_day(2)])
        assert len(own.posts(desk.node)) == 12
        plans.skip(desk, plan.id, [on_day(3)], [BACK])
        plans.skip(desk, plan.id, [on_day(4), on_day(10)])
        assert len(own.posts(desk.node)) == 9
        assert states(town, plan, OUT)[2:7] == ["skipped", "published", "skipped", "published", "published"]
        assert states(town, plan, BACK)[2:6] == ["skipped", "skipped", "skipped", "published"]
        town.later(days=5)
        assert states(town, plan)[5] == "skipped"
        plans.unskip(desk, plan.id, [on_day(10)], [OUT])
        assert (states(town, plan)[5], states(town, plan, BACK)[5]) == ("published", "skipped")
        with pytest.raises(InvalidInputError):
            plans.skip(desk, plan.id, [on_day(-1)])


def test_what_was_withdrawn_by_hand_stays_withdrawn(tmp_path: Path) -> None:
    """No look publishes it again, until it is asked for."""
    with Town(tmp_path, "ann") as town:
        desk = town["ann"]
        plan = plans.add(desk, TRIP, schedule())
        (row,) = [one for one in stored.dates(desk.node, plan.id).values() if one.day == on_day(3) and one.leg == OUT]
        posts.withdraw(desk, row.post)
        town.later(days=1)
        assert states(town, plan)[2] == "withdrawn"
        plans.unskip(desk, plan.id, [on_day(3)])
        assert states(town, plan)[2] == "published"
        assert states(town, plan, BACK)[2] == "published"


def test_a_removed_plan_withdraws_the_rest(tmp_path: Path) -> None:
    """Its posts are taken back, and nothing comes after them."""
    with Town(tmp_path, "ann") as town:
        plan = plans.add(town["ann"], TRIP, schedule())
        plans.remove(town["ann"], plan.id)
        assert len(town.waiting_posts("ann")) == 28  # each post, and its withdrawal
        town.later(days=1)
        assert own.posts(town["ann"].node) == []
        assert stored.plans(town["ann"].node) == []
        assert town.is_quiet()


def test_one_date_that_is_refused_does_not_stop_the_others(tmp_path: Path) -> None:
    """What cannot be published is noted with its reason, and asked for again only by hand."""
    with Town(tmp_path, "ann") as town:
        desk = town["ann"]
        real = posts.draft_offer

        def draft(desk: object, trip: Trip) -> posts.Draft:
            if trip.depart == town.minute + 3 * DAY + 25:
                raise RefusedError("not on this day")
            return real(desk, trip)  # type: ignore[arg-type] # a desk

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(posts, "draft_offer", draft)
            plan = plans.add(desk, TRIP, schedule(back=None))
        assert states(town, plan)[2:8] == ["published", "refused", "published", "published", "published", "planned"]
        town.later()
        assert [one.reason for one in plans.standings(desk, plan)][2:5] == ["", "not on this day", ""]
        plans.unskip(desk, plan.id, [on_day(3)])
        assert states(town, plan)[3] == "published"


@pytest.mark.parametrize(
    ("ways", "when", "code"),
    [
        (TRIP, schedule(days=frozenset()), "usage"),
        (TRIP, schedule(until=on_day(-1)), "usage"),
        (TRIP, schedule(first=on_day(-9), until=on_day(-2)), "no-dates"),
        (TRIP, schedule(first=on_day(1), until=on_day(1), days=frozenset({on_day(2).weekday()})), "no-dates"),
        (replace(TRIP, end=GRENOBLE), schedule(), "usage"),
    ],
)
def test_plans_that_cannot_be(tmp_path: Path, ways: Trip, when: Schedule, code: str) -> None:
    """They are refused as a whole, with the reason, and leave nothing behind."""
    with Town(tmp_path, "ann") as town:
        with pytest.raises(InvalidInputError) as refused:
            plans.add(town["ann"], ways, when)
        assert refused.value.code == code
        assert refused.value.hint
        assert stored.plans(town["ann"].node) == []
        assert town.is_quiet()


def test_so_many_plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit one has to go before another comes."""
    monkeypatch.setattr(plans, "MAX_PLANS", 2)
    with Town(tmp_path, "ann") as town:
        for _ in range(2):
            plans.add(town["ann"], TRIP, schedule(until=on_day(1)))
        with pytest.raises(RefusedError) as refused:
            plans.add(town["ann"], TRIP, schedule(until=on_day(1)))
        assert refused.value.code == "too-many-plans"


def test_nothing_is_published_twice_whatever_crashes(tmp_path: Path) -> None:
    """A process that dies at any write, and starts again, publishes every date exactly once."""
    with FragileTown(tmp_path, "ann") as town:
        plan = plans.add(town["ann"], TRIP, schedule(first=on_day(7)))
        assert own.posts(town["ann"].node) == []
        town.now += 60 * DAY
        burnt, point = 0, 1
        while burnt == town.fuse.burnt:
            town.fuse.light(point)
            town.attempt(lambda: plans.keep_up(town["ann"]))
            burnt, point = burnt + 1, point + 2
        town.fuse.put_out()
        plans.keep_up(town["ann"])
        rows = stored.dates(town["ann"].node, plan.id).values()
        found = [post.id for post in own.posts(town["ann"].node)]
        assert Counter(one.post for one in rows) == Counter(found)
        assert len(found) == 2
        assert len([row for row in post_office.due(town["ann"].node, 2**62) if row.kind == post_office.POST]) == 2
        assert burnt > 5


def test_processes_that_look_at_once_publish_once(tmp_path: Path) -> None:
    """A node and two commands at the same moment publish a week between them, each date once."""
    with Town(tmp_path, "ann") as town:
        plans.add(town["ann"], TRIP, schedule(first=on_day(8)))
        now = town.now + 8 * 86400
        command = [sys.executable, "-c", KEEP_UP, str(town.home("ann")), str(now)]
        started = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
        ]
        try:
            for process in started:
                assert process.stdout
                assert process.stdout.readline() == "ready\n"
            for process in started:
                assert process.stdin
                process.stdin.write("go\n")
                process.stdin.flush()
            counts = [int(process.communicate(timeout=30)[0]) for process in started]
        finally:
            for process in started:
                process.kill()
        assert sum(counts) == 14
        assert len(own.posts(town["ann"].node)) == 14
