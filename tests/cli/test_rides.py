"""Whole rides at the command line: two people, a postman between them, and every document on the way."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.cli.users import GRENOBLE, LYON, TOMORROW, VOIRON, User, carry

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pair(tmp_path: Path) -> tuple[User, User]:
    """Return a driver and a passenger whose posts match."""
    driver, passenger = User(tmp_path / "ada"), User(tmp_path / "zoe")
    driver.call("offer", GRENOBLE, LYON, "--at", TOMORROW, "--seats", "1", "--via", VOIRON, "--price", "0.08")
    passenger.call("request", VOIRON, LYON, "--at", "tomorrow 08:00")
    carry(driver, passenger)
    return driver, passenger


def agreed(driver: User, passenger: User) -> tuple[str, str]:
    """Agree on the ride; return the deal as the driver and as the passenger has it."""
    match = passenger.call("matches")["matches"][0]
    mine = passenger.call("propose", match["id"][:6], "--note", "by the station")["deal"]
    carry(driver, passenger)
    theirs = driver.call("deals")["deals"][0]
    assert theirs["state"] == "received"
    assert driver.call("accept", theirs["id"][:6]) == {"deal": theirs["id"], "state": "agreed"}
    carry(driver, passenger)
    return theirs["id"], mine


def test_a_match_as_both_see_it(pair: tuple[User, User]) -> None:
    """A match has the keys of the contract, whole ids, times with an offset, and money in minor units."""
    driver, passenger = pair
    offer, request = driver.call("posts")["posts"][0], passenger.call("posts")["posts"][0]
    (match,) = passenger.call("matches")["matches"]
    assert match["role"] == "passenger"
    assert (match["mine"], match["theirs"]) == (request["id"], offer["id"])
    assert len(match["id"]) == 32
    assert datetime.fromisoformat(match["depart"]).utcoffset() is not None
    assert match["depart"] <= match["pickup_at"] < match["dropoff_at"]
    assert match["share"]["unit"] == "EUR"
    assert 500 < match["share"]["amount"] < 1000
    assert isinstance(match["detour_min"], float)
    assert (match["walk_m"], match["estimated"], match["deal"]) == (0, True, None)
    assert match["co2_g"] > 0
    assert driver.call("matches")["matches"][0]["role"] == "driver"
    assert passenger.call("matches", request["id"][:4])["matches"] == [match]
    assert [post["id"] for post in passenger.call("board")["posts"]] == [offer["id"]]
    assert passenger.call("board", "--full")["posts"][0]["seats"] == 1


def test_a_ride_with_a_code(pair: tuple[User, User]) -> None:
    """Propose, accept, a wrong code, the right one: both ledgers hold and balance to zero."""
    driver, passenger = pair
    theirs, mine = agreed(driver, passenger)
    (deal,) = passenger.call("deals")["deals"]
    assert (deal["state"], deal["role"], deal["with"]) == ("agreed", "passenger", driver.identity)
    whole = driver.call("deal", theirs)["deals"][0]
    assert (whole["with"], whole["name"], whole["legs"]) == (passenger.identity, "Zoe", [1, 1])
    assert whole["notes"] == [{"mine": False, "text": "by the station", "at": whole["notes"][0]["at"]}]
    assert whole["peer"]["places"][0] == {"lat": 45.3645, "lon": 5.5915}
    assert passenger.call("matches") == {"matches": []}  # nothing is looked for any more
    assert [post["state"] for post in passenger.call("posts", "--all")["posts"]] == ["taken"]

    code = passenger.call("pickup", mine)["code"]
    assert passenger.run("pickup", mine, code)[0] == 5  # the driver enters it
    assert driver.run("pickup", theirs)[0] == 2  # the code is missing
    assert driver.run("pickup", theirs, "12345")[0] == 2
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert driver.call("pickup", theirs, wrong)["state"] == "riding"
    carry(driver, passenger)
    assert "wrong" in driver.call("deals")["deals"][0]["reason"]
    driver.call("pickup", theirs, f"{code[:3]} {code[3:]}")
    carry(driver, passenger)
    assert (driver.state(theirs), passenger.state(mine)) == ("receipted", "receipted")

    (owed,), (owes,) = (user.call("ledger", "balance")["balances"] for user in pair)
    assert (owed["with"], owes["with"]) == (passenger.identity, driver.identity)
    assert owed["share"]["amount"] == -owes["share"]["amount"] == deal["share"]["amount"]
    assert (owed["km"], owed["rides"]) == (owes["km"], 1)
    assert passenger.call("ledger", "verify") == {"ok": True, "entries": 3, "errors": [], "forgotten": 0}
    entries = passenger.call("ledger", "show")["entries"]
    assert [entry["kind"] for entry in entries] == ["genesis", "proposed", "sealed"]
    assert entries[2]["with"] == driver.identity
    assert entries[2]["share"] == owes["share"]


def test_an_invitation_and_a_ride_without_a_code(pair: tuple[User, User]) -> None:
    """The driver invites, both accept, the passenger says that it is done."""
    driver, passenger = pair
    theirs = driver.call("invite", driver.call("matches")["matches"][0]["id"])["deal"]
    carry(driver, passenger)
    mine = passenger.call("deals")["deals"][0]
    assert (mine["state"], mine["with"], mine["share"]) == ("invited", None, None)
    assert passenger.call("accept", mine["id"])["state"] == "proposed"
    carry(driver, passenger)
    driver.call("accept", theirs)
    carry(driver, passenger)
    assert driver.run("done", theirs)[0] == 5
    assert passenger.call("done", mine["id"])["state"] == "riding"
    carry(driver, passenger)
    assert driver.state(theirs) == "receipted"


def test_notes_and_a_cancelled_ride(pair: tuple[User, User]) -> None:
    """Partners write to each other; a cancelled ride says why, and cannot be driven."""
    driver, passenger = pair
    theirs, mine = agreed(driver, passenger)
    driver.call("note", theirs, "I am late")
    carry(driver, passenger)
    assert "I am late" in passenger.say("deal", mine).out
    assert passenger.call("cancel", mine, "--reason", "ill")["state"] == "cancelled"
    carry(driver, passenger)
    assert driver.call("deals")["deals"][0]["reason"] == "ill"
    assert driver.run("pickup", theirs, "123456")[0] == 5


def test_a_declined_proposal(pair: tuple[User, User]) -> None:
    """No is an answer; proposing once more is allowed, and the match shows the newest deal."""
    driver, passenger = pair
    match = passenger.call("matches")["matches"][0]["id"]
    mine = passenger.call("propose", match)["deal"]
    assert passenger.run("propose", match)[0] == 5
    carry(driver, passenger)
    driver.call("decline", driver.call("deals")["deals"][0]["id"], "--reason", "full of skis")
    carry(driver, passenger)
    assert passenger.call("deals")["deals"][0]["reason"] == "full of skis"
    again = passenger.call("propose", match)["deal"]
    assert again != mine
    assert passenger.call("matches")["matches"][0]["deal"]["id"] == again


def test_a_withdrawn_post(pair: tuple[User, User]) -> None:
    """A withdrawn post leaves `posts`, its matches leave `matches`, and everybody's board."""
    driver, passenger = pair
    offer = driver.call("posts")["posts"][0]["id"]
    assert driver.call("withdraw", offer)["posts"] == []
    assert driver.call("matches")["matches"] == []
    assert [post["state"] for post in driver.call("posts", "--all")["posts"]] == ["withdrawn"]
    assert driver.run("withdraw", offer)[0] == 5
    carry(driver, passenger)
    assert passenger.call("board")["posts"] == []
    assert passenger.call("matches")["matches"] == []


def test_by_means_arrival(tmp_path: Path) -> None:
    """`--by` is the latest arrival, and --flex how much too early is fine."""
    user = User(tmp_path / "zoe")
    user.call("request", VOIRON, LYON, "--by", "tomorrow 09:30", "--flex", "45")
    post = user.call("posts")["posts"][0]
    assert datetime.fromisoformat(post["depart"]).strftime("%H:%M") == "08:45"
    assert datetime.fromisoformat(post["expires"]) == datetime.fromisoformat(post["depart"]) + timedelta(minutes=105)


def test_saved_places(tmp_path: Path) -> None:
    """A saved name stands for its coordinates, also south and west of zero, and people see the name."""
    user = User(tmp_path / "ada")
    user.call("place", "add", "home", GRENOBLE)
    user.call("place", "add", "work", "home")
    assert user.call("place", "add", "sydney", "-33.87,151.21")["places"][1]["lat"] == -33.87
    assert user.call("place", "remove", "sydney")["places"] == user.call("place", "list")["places"]
    user.call("offer", "home", LYON, "--at", TOMORROW)
    assert "home" in user.say("posts").out


def test_a_ledger_that_was_tampered_with(pair: tuple[User, User]) -> None:
    """`ledger verify` ends with status 7 and says what is wrong; for scripts the error stands beside it."""
    driver, passenger = pair
    _, mine = agreed(driver, passenger)
    passenger.call("done", mine)
    carry(driver, passenger)
    database = sqlite3.connect(passenger.home / "node.db")
    with database:
        database.execute("UPDATE entries SET signature=zeroblob(64) WHERE seq=2")
    database.close()
    status, document = passenger.run("ledger", "verify")
    assert (status, document["ok"], document["error"]["code"]) == (7, False, "damaged")
    assert document["errors"]
    said = passenger.say("ledger", "verify")
    assert said.status == 7
    assert "entry 2" in said.out


def test_receipts_that_are_no_receipts(pair: tuple[User, User]) -> None:
    """Bytes of our own that cannot be read are damage: status 7, wherever they are met."""
    driver, passenger = pair
    _, mine = agreed(driver, passenger)
    database = sqlite3.connect(passenger.home / "node.db")
    with database:
        database.execute("UPDATE deals SET terms=x'93010203'")
    database.close()
    for words in (("deals",), ("deal", mine)):
        status, document = passenger.run(*words)
        assert (status, document["error"]["code"]) == (7, "damaged")


def test_what_people_read(pair: tuple[User, User]) -> None:
    """Every list has a table with the words that matter, and says what to do where it is empty."""
    driver, passenger = pair
    assert "No deals yet" in driver.say("deals").out
    assert "No receipts yet" in driver.say("ledger", "balance").out
    matches = passenger.say("matches").out
    assert "EUR" in matches
    assert "~ estimated" in matches
    assert "propose" in matches
    assert "invite" in driver.say("matches").out
    _, mine = agreed(driver, passenger)
    assert "pickup" in passenger.say("deals").out
    shown = passenger.say("deal", mine[:8]).out
    assert "Ada" in shown
    assert "pick-up" in shown
    assert passenger.say("pickup", mine).out.strip().isdigit()
    passenger.call("done", mine)
    carry(driver, passenger)
    assert "Ada" in passenger.say("ledger", "balance").out
    assert "both" in passenger.say("ledger", "show").out
    assert "offer" in passenger.say("board").out
    assert "not running" in passenger.say("status").out
    offered = driver.say("offer", GRENOBLE, LYON, "--at", "tomorrow 17:00")
    assert driver.call("posts")["posts"][1]["id"].startswith(offered.out.strip())
    assert "Your node is not running" in offered.err
