"""Plans at the command line: documents, tables, and what is said of mistakes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tests.cli.users import GRENOBLE, LYON, VOIRON, User, carry

if TYPE_CHECKING:
    from pathlib import Path

PLAN = ("plan", "add", "offer", GRENOBLE, LYON, "--at", "07:40", "--days", "mon-sun")
WISH = ("plan", "add", "request", GRENOBLE, LYON, "--days", "mon-sun")
TODAY = datetime.now(ZoneInfo("Europe/Paris")).date()
SOON = (TODAY + timedelta(days=3)).isoformat()

WRONG = {
    "no days": ((*PLAN[:-2],), 2, "usage"),
    "days empty": ((*PLAN[:-1], ""), 2, "usage"),
    "days of another language": ((*PLAN[:-1], "lun-ven"), 2, "usage"),
    "a date for a time": ((*PLAN[:6], "tomorrow 07:40", "--days", "mon"), 2, "usage"),
    "a way back at no time": ((*PLAN, "--return", "25:00"), 2, "usage"),
    "a zone that does not exist": ((*PLAN, "--zone", "Europe/Atlantis"), 2, "usage"),
    "an empty zone": ((*PLAN, "--zone", ""), 2, "usage"),
    "until before from": ((*PLAN, "--from", "2098-02-01", "--until", "2098-01-01"), 2, "usage"),
    "all past": ((*PLAN, "--from", "2020-01-01", "--until", "2020-02-01"), 2, "no-dates"),
    "nothing but exceptions": ((*PLAN, "--from", SOON, "--until", SOON, "--except", SOON), 2, "no-dates"),
    "an exception that is no date": ((*PLAN, "--except", "christmas"), 2, "usage"),
    "both --at and --by": ((*WISH, "--at", "07:40", "--by", "09:00"), 2, "usage"),
    "neither --at nor --by": (WISH, 2, "usage"),
    "a place nobody saved": (("plan", "add", "offer", "home", LYON, "--at", "07:40", "--days", "mon"), 4, "not-found"),
    "an unknown plan": (("plan", "skip", "abcd", SOON), 4, "not-found"),
    "no date": (("plan", "skip", "abcd"), 2, "usage"),
    "half a command": (("plan",), 2, "usage"),
    "three quarters of a command": (("plan", "add"), 2, "usage"),
}  # fmt: skip


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> User:
    """Return somebody without plans."""
    return User(tmp_path_factory.mktemp("idle") / "ada")


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input(idle: User, name: str) -> None:
    """A message, a hint, the status, and no plan."""
    words, status, code = WRONG[name]
    ended, document = idle.run(*words)
    assert (ended, document["error"]["code"]) == (status, code)
    assert document["error"]["message"]
    assert document["error"]["hint"]
    assert idle.call("plan", "list") == {"plans": [], "next": []}


def test_a_plan_from_beginning_to_end(tmp_path: Path) -> None:
    """Add, list, skip, unskip, remove: the documents of the contract, and posts that follow."""
    user = User(tmp_path / "ada")
    added = user.call(*PLAN, "--return", "17:30", "--except", SOON)
    (plan,) = added["plans"]
    assert (plan["id"], plan["days"], plan["time"], plan["return"]) == (added["id"], "mon-sun", "07:40", "17:30")
    assert (plan["except"], plan["zone"], plan["until"]) == ([SOON], "Europe/Paris", None)
    live = {post["id"] for post in user.call("posts")["posts"]}
    assert {one["post"] for one in added["next"] if one["state"] == "published"} == live
    assert 12 <= len(live) <= 13
    assert {one["depart"][11:16] for one in added["next"] if one["leg"] == "out"} == {"07:40"}
    assert [one["state"] for one in added["next"] if one["date"] == SOON] == ["skipped", "skipped"]
    assert added["next"][-1]["state"] == "planned"
    assert user.call("plan", "list") == {"plans": added["plans"], "next": added["next"]}

    later = (TODAY + timedelta(days=4)).isoformat()
    skipped = user.call("plan", "skip", added["id"][:6], later, "--only", "back")
    assert (skipped["id"], skipped["agreed"]) == (added["id"], [])
    assert [one["state"] for one in skipped["next"] if one["date"] == later] == ["published", "skipped"]
    undone = user.call("plan", "skip", added["id"], "--undo", f"{SOON}..{later}")
    assert {one["state"] for one in undone["next"] if SOON <= one["date"] <= later} == {"published"}
    assert user.call("plan", "unskip", added["id"], later)["next"] == undone["next"]
    removed = user.call("plan", "remove", added["id"])
    assert removed == {"id": added["id"], "agreed": [], "plans": [], "next": []}
    assert user.call("posts") == {"posts": []}


def test_a_zone_of_its_own(tmp_path: Path) -> None:
    """The times of a plan are those of its zone, whatever zone the home is in."""
    user = User(tmp_path / "ada")
    added = user.call(*PLAN, "--zone", "Australia/Sydney")
    sydney = ZoneInfo("Australia/Sydney")
    for one in added["next"]:
        depart = datetime.fromisoformat(one["depart"])
        assert depart.astimezone(sydney).isoformat() == one["depart"]
        assert one["depart"].startswith(f"{one['date']}T07:40")


def test_days_ahead_are_configured(tmp_path: Path) -> None:
    """`plan_days` says how far ahead; a number that posts cannot live for is refused."""
    user = User(tmp_path / "ada")
    config = user.home / "config.toml"
    plain = config.read_text()
    assert "plan_days = 7\n" in plain
    config.write_text(plain.replace("plan_days = 7", "plan_days = 2"))
    assert sum(one["state"] == "published" for one in user.call(*PLAN)["next"]) == 2
    for wrong in ("plan_days = 14", "plan_days = 0", 'plan_days = "7"', "plan_days = 7.0", "plan_days = true"):
        config.write_text(plain.replace("plan_days = 7", wrong))
        status, document = user.run("plan", "list")
        assert (status, document["error"]["code"]) == (2, "usage"), wrong


def test_what_people_read(tmp_path: Path) -> None:
    """Tables that name places, days and states; a hint where there is nothing; a word on pointless exceptions."""
    user = User(tmp_path / "ada")
    assert "No plans yet" in user.say("plan", "list").out
    user.call("place", "add", "home", GRENOBLE)
    said = user.say(
        "plan", "add", "request", "home", LYON, "--by", "09:00", "--days", "sat,sun", "--except", "2098-01-01"
    )
    assert "--except 2098-01-01: the plan has no such date" in said.err
    assert "not running" in said.err
    shown = user.say("plan", "list").out
    assert "sat,sun" in shown
    assert "home" in shown
    assert "published" in shown


def test_a_series_at_the_command_line(tmp_path: Path) -> None:
    """One proposal, one yes: `deals` shows every date under one series, and one command calls off what is to come."""
    driver, passenger = User(tmp_path / "ada"), User(tmp_path / "zoe")
    driver.call(*PLAN[:-2], "--days", "mon-sun", "--via", VOIRON, "--from", "tomorrow")
    mine = passenger.call(
        "plan", "add", "request", VOIRON, LYON, "--at", "08:10", "--days", "mon-sun", "--from", "tomorrow"
    )
    carry(driver, passenger)
    states = {one["state"] for one in passenger.call("plan", "list")["next"]}
    assert "matched" in states
    match = passenger.call("matches")["matches"][0]["id"]
    first = passenger.call("propose", match, "--series")["deal"]
    carry(driver, passenger)
    assert driver.call("deals")["deals"][0]["series"] is None
    assert driver.call("accept", first)["state"] == "agreed"
    carry(driver, passenger)
    (deal,) = driver.call("deals")["deals"]
    assert (deal["series"], deal["series_asked"] >= 5) == (first, True)
    assert "accept --series" in driver.say("deals").out
    assert driver.call("accept", first, "--series")["state"] == "agreed"
    carry(driver, passenger)
    agreed = [one for one in passenger.call("deals")["deals"] if one["state"] == "agreed"]
    assert len(agreed) == deal["series_asked"] + 1
    assert {one["series"] for one in agreed} == {first}
    assert {one["state"] for one in passenger.call("plan", "list")["next"]} == {"agreed", "planned"}

    day = passenger.call("plan", "list")["next"][1]
    skipped = passenger.call("plan", "skip", mine["id"], day["date"])
    assert skipped["agreed"] == [day["deal"]]
    assert "stays agreed" in passenger.say("plan", "skip", mine["id"], day["date"]).err
    passenger.call("cancel", day["deal"])
    ended = passenger.call("cancel", first, "--series", "--reason", "new job")
    assert (ended["state"], len(ended["cancelled"])) == ("cancelled", len(agreed) - 1)
    carry(driver, passenger)
    assert {one["state"] for one in driver.call("deals")["deals"]} == {"cancelled"}
    assert passenger.run("cancel", first, "--series")[0] == 5
