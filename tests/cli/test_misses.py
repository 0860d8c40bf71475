"""Posts that do not match: the reason in words, with numbers that would have made a match, and the nearest misses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.users import GRENOBLE, LYON, TOMORROW, VOIRON, User, carry

if TYPE_CHECKING:
    from pathlib import Path

ASIDE = "45.3,5.3"
OFFER = ("offer", GRENOBLE, LYON, "--at", TOMORROW, "--via", VOIRON)


@pytest.fixture
def both(tmp_path: Path) -> tuple[User, User]:
    """Return a driver and a passenger, who has one request."""
    driver, passenger = User(tmp_path / "ada"), User(tmp_path / "zoe")
    passenger.call("request", ASIDE, LYON, "--at", "tomorrow 07:45", "--flex", "5", "--seats", "2")
    return driver, passenger


def verdict(driver: User, passenger: User, *offer: str) -> tuple[dict[str, Any], str]:
    """Make an offer; return why it does not match the passenger's request, as a document and in words."""
    post = driver.call(*offer)["id"]
    carry(driver, passenger)
    (found,) = passenger.call("matches", "--why-not", post[:8])["verdicts"]
    return found, passenger.say("matches", "--why-not", post[:8]).out


def test_a_detour_is_told_with_what_is_allowed(both: tuple[User, User]) -> None:
    """The minutes that the detour would take are those that a driver has to allow; one less does not match."""
    found, said = verdict(*both, *OFFER, "--detour", "0")
    assert (found["reason"], found["detour_limit_min"], found["detour_accepted_min"]) == ("detour", 0, 2)
    needed = 2 + found["short_by"]
    assert f"the detour would be {needed:.0f} min; the driver allows 0 (estimates up to 2)" in said
    enough = next(limit for limit in range(60) if 1.5 * limit + 2 >= needed)
    assert verdict(*both, *OFFER, "--detour", str(enough - 1))[0]["reason"] == "detour"
    found, said = verdict(*both, *OFFER, "--detour", str(enough), "--flex", "60")
    assert found["reason"] is None
    assert f"it does match: lazpool match {found['match'][:8]}" in said
    assert both[1].call("match", found["match"])["match"]["driver"]["detour_min"] == pytest.approx(needed, abs=0.1)


def test_times_are_told_on_both_sides(both: tuple[User, User]) -> None:
    """Too late and too early by so many minutes; a driver who has these minutes as flexibility does match."""
    found, said = verdict(*both, *OFFER, "--detour", "30", "--flex", "0", "--at", "tomorrow 08:30")
    assert (found["reason"], found["too_early"]) == ("time", False)
    assert "it leaves 08:30, you want to depart 07:40-07:50" in said
    assert f"{found['short_by']:.0f} min too late" in said
    assert "the way itself fits, with a detour of" in said
    flex = round(found["short_by"])
    early = verdict(*both, *OFFER, "--detour", "30", "--at", "tomorrow 08:30", "--flex", str(flex + 60))[0]
    assert early["match"]
    found, said = verdict(*both, *OFFER, "--detour", "30", "--flex", "0", "--at", "tomorrow 06:00")
    assert (found["reason"], found["too_early"]) == ("time", True)
    assert "too early" in said


def test_another_day_is_named(both: tuple[User, User]) -> None:
    """Where the days differ, times alone would not tell."""
    driver, passenger = both
    day = datetime.fromisoformat(passenger.call("posts")["posts"][0]["depart"])
    passenger.call("request", ASIDE, LYON, "--at", f"{day:%Y-%m-%d}T00:10", "--flex", "30")
    post = driver.call("offer", GRENOBLE, LYON, "--at", "tomorrow 23:00", "--detour", "60")["id"]
    carry(driver, passenger)
    said = passenger.say("matches", "--why-not", post).out
    assert f"it leaves {day:%a %d %b} 22:45-23:15, you want to depart {day - timedelta(days=1):%a %d %b} 23:40" in said
    assert "it leaves 22:45-23:15, you want to depart 07:40-07:50" in said
    assert "h too late" in said


def test_seats_direction_and_kind(both: tuple[User, User]) -> None:
    """What no minutes mend is told in words, with what else would stand in the way."""
    found, said = verdict(*both, *OFFER, "--seats", "1", "--detour", "30", "--flex", "90")
    assert (found["reason"], found["seats_wanted"], found["seats_offered"]) == ("seats", 2, 1)
    assert "seats: 2 wanted, 1 free; the way itself fits" in said
    assert "wrong direction" in verdict(*both, "offer", LYON, ASIDE, "--at", TOMORROW, "--detour", "30")[1]
    found, said = verdict(*both, "request", GRENOBLE, LYON, "--at", TOMORROW)
    assert found["reason"] == "kind"
    assert "both are requests" in said


def test_ones_own_posts_and_posts_that_are_gone(both: tuple[User, User]) -> None:
    """Our own post is no match, a withdrawn one says so, --for chooses one of ours, also one that is no longer live."""
    driver, passenger = both
    mine = passenger.call("posts")["posts"][0]["id"]
    assert "your own post" in passenger.say("matches", "--why-not", mine).out
    post = driver.call(*OFFER)["id"]
    carry(driver, passenger)
    other = passenger.call("request", GRENOBLE, LYON, "--at", TOMORROW)["id"]
    assert len(passenger.call("matches", "--why-not", post)["verdicts"]) == 2
    (found,) = passenger.call("matches", "--why-not", post, "--for", other[:8])["verdicts"]
    assert (found["mine"], bool(found["match"])) == (other, True)
    passenger.call("withdraw", other)
    assert "your post is withdrawn" in passenger.say("matches", "--why-not", post, "--for", other).out
    driver.call("withdraw", post)
    carry(driver, passenger)
    for user, what in ((driver, "withdrawn"), (passenger, "was withdrawn")):
        status, document = user.run("matches", "--why-not", post)
        assert (status, document["error"]["code"]) == (4, "stale")
        assert what in document["error"]["message"]


def test_what_cannot_be_asked(both: tuple[User, User]) -> None:
    """Unknown ids end with 4, options that contradict each other with 2."""
    _, passenger = both
    mine = passenger.call("posts")["posts"][0]["id"]
    for words, status in (
        (("--why-not", "abcdef12"), 4),
        (("--why-not", mine, "--for", "abcdef12"), 4),
        (("--why-not", "xy"), 2),
        (("--for", mine), 2),
        (("--why-not", mine, "--near"), 2),
        ((mine, "--why-not", mine), 2),
        (("--near", "abcdef12"), 4),
    ):
        assert passenger.run("matches", *words)[0] == status, words


def test_near_misses_come_nearest_first(both: tuple[User, User]) -> None:
    """Few minutes of detour or time come before many; another direction, hours, or far away are not near."""
    driver, passenger = both
    assert "No matches yet" in passenger.say("matches").out
    assert "come near" not in passenger.say("matches").out
    assert "Nothing on the board comes near" in passenger.say("matches", "--near").out
    far = driver.call(*OFFER, "--detour", "0")["id"]
    near = driver.call(*OFFER, "--detour", "10")["id"]
    late = driver.call(*OFFER, "--detour", "30", "--at", "tomorrow 08:20")["id"]
    driver.call(*OFFER, "--detour", "30", "--at", "tomorrow 12:00")
    driver.call("offer", LYON, ASIDE, "--at", TOMORROW, "--detour", "30")
    driver.call("offer", "48.1,5.3", "48.4,5.2", "--at", TOMORROW)
    carry(driver, passenger)
    found = passenger.call("matches", "--near")["near"]
    assert found[0]["theirs"] == near
    assert {one["theirs"] for one in found} == {far, near, late}
    assert [one["short_by"] for one in found] == sorted(one["short_by"] for one in found)
    assert "3 or more of the board come near: lazpool matches --near" in passenger.say("matches").out
    said = passenger.say("matches", "--near").out
    assert said.index(near[:8]) < said.index(far[:8])
    assert driver.call("matches", "--near", near)["near"][0]["theirs"] == found[0]["mine"]


def test_a_driver_is_told_of_those_aboard(tmp_path: Path) -> None:
    """Once somebody has the seat, or must not get later, the driver's own node says that this is the reason."""
    driver, first, second = (User(tmp_path / name) for name in ("ada", "zoe", "paul"))
    driver.call(*OFFER, "--seats", "2", "--detour", "30", "--flex", "0")
    first.call("request", GRENOBLE, LYON, "--at", TOMORROW, "--seats", "1")
    carry(driver, first)
    first.call("propose", first.call("matches")["matches"][0]["id"])
    carry(driver, first)
    driver.call("accept", driver.call("deals")["deals"][0]["id"])
    aside = second.call("request", "45.30,5.42", LYON, "--at", "tomorrow 08:10", "--flex", "60")["id"]
    both = second.call("request", VOIRON, LYON, "--at", "tomorrow 08:10", "--seats", "2")["id"]
    carry(driver, second)
    (late,) = driver.call("matches", "--why-not", aside)["verdicts"]
    assert (late["reason"], late["match"]) == ("delay", None)
    assert f"{late['short_by']:.0f} min later than agreed" in driver.say("matches", "--why-not", aside).out
    assert "seats: 2 wanted, 1 free" in driver.say("matches", "--why-not", both).out
