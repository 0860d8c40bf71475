"""Matches explained: what people read is right in every number, for both sides, and a match that is gone says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lazpool.actions.desk import open_desk
from lazpool.cli.match_words import explanation
from tests.cli.users import GRENOBLE, LYON, TOMORROW, VOIRON, User, carry

if TYPE_CHECKING:
    from pathlib import Path

HOME, OFFICE = "45.18931,5.72817", "45.36153,5.59489"


@pytest.fixture
def pair(tmp_path: Path) -> tuple[User, User]:
    """Return a driver and a passenger who starts at a saved place, and whose posts match."""
    driver, passenger = User(tmp_path / "ada"), User(tmp_path / "zoe")
    passenger.call("place", "add", "home", HOME)
    driver.call("offer", GRENOBLE, LYON, "--at", TOMORROW, "--seats", "2", "--via", VOIRON)
    passenger.call("request", "home", OFFICE, "--at", TOMORROW)
    carry(driver, passenger)
    return driver, passenger


def match_of(user: User) -> dict[str, Any]:
    """Return the one match of somebody, explained."""
    (one,) = user.call("matches")["matches"]
    found: dict[str, Any] = user.call("match", one["id"][:8])["match"]
    return found


def words_of(match: dict[str, Any]) -> dict[str, str]:
    """Return the explanation by name."""
    return dict(explanation(match))


def test_what_the_passenger_reads_is_what_they_would_sign(pair: tuple[User, User]) -> None:
    """Times, km and share are those of the terms that a proposal then signs, not of the areas in the list."""
    driver, passenger = pair
    match = match_of(passenger)
    ride = match["ride"]
    assert (match["role"], ride["counted_from"], ride["pickup"]["name"]) == ("passenger", "meeting cells", "home")
    passenger.call("propose", match["id"])
    carry(driver, passenger)
    deal = passenger.call("deal", passenger.call("deals")["deals"][0]["id"])["deals"][0]
    terms = deal["terms"]
    assert (ride["pickup"]["at"], ride["dropoff"]["at"]) == (terms["pickup"]["at"], terms["dropoff"]["at"])
    assert (ride["km"], ride["seats"], ride["share"]) == (terms["km"], terms["seats"], deal["share"])
    assert match["learns"]["meeting_cells"] == [terms["pickup"]["cell"], terms["dropoff"]["cell"]]
    assert round(ride["km"] * ride["price_per_km"] * 100) == pytest.approx(ride["share"]["amount"], abs=1)
    assert match_of(passenger)["next"] == f"lazpool deal {deal['id']}"


def test_the_numbers_of_a_match_hang_together(pair: tuple[User, User]) -> None:
    """Window, limits and the way stand in whole units, and agree with the list and with each other."""
    for user in pair:
        match, (row,) = match_of(user), user.call("matches")["matches"]
        assert row.items() <= match.items()
        driver, request = match["driver"], match["request"]
        assert (driver["detour_limit_min"], driver["detour_accepted_min"]) == (10, 17)
        assert driver["detour_min"] == pytest.approx(driver["detour_km"] + 1, abs=0.11)  # 60 km/h, two stops
        assert driver["later_min"] == 0
        times = [datetime.fromisoformat(request[key]) for key in ("earliest", "latest")]
        assert times[1] - times[0] == timedelta(hours=1)
        assert times[0] <= datetime.fromisoformat(match["ride"]["pickup"]["at"]) <= times[1]
        assert {match["offer"]["id"], match["request"]["id"]} == {match["mine"], match["theirs"]}


def test_both_sides_read_it_in_words(pair: tuple[User, User]) -> None:
    """Each side reads what it costs them and the other, who learns what, and what to type next."""
    driver, passenger = pair
    said = passenger.say("match", match_of(passenger)["id"][:8]).out
    for wanted in (
        *("near home", "07:00-08:00", "you walk", "the driver allows 10 min, estimates up to 17", "you take 1 of 2"),
        *("0.08 EUR x 1 seat", "150 g a km", "upper bound", "estimated", "your exact start", "lazpool propose"),
    ):
        assert wanted in said
    said = driver.say("match", match_of(driver)["id"][:8]).out
    for wanted in (
        *("you drive", "5 km2", "the passenger says 07:00-08:00", "you allow 10 min", "nobody else is aboard"),
        *("from the passenger to you", "no name", "lazpool invite"),
    ):
        assert wanted in said
    assert "home" not in said


def test_a_driver_reads_who_is_aboard_and_when_no_room_is_left(tmp_path: Path) -> None:
    """Those accepted are named; once the only seat is taken, the next match says why it came too late."""
    driver, first, second = (User(tmp_path / name) for name in ("ada", "zoe", "paul"))
    driver.call("offer", GRENOBLE, LYON, "--at", TOMORROW, "--seats", "1", "--via", VOIRON)
    for passenger in (first, second):
        passenger.call("request", GRENOBLE, LYON, "--at", TOMORROW)
    carry(driver, first, second)
    first.call("propose", match_of(first)["id"])
    carry(driver, first, second)
    driver.call("accept", driver.call("deals")["deals"][0]["id"])
    for row in driver.call("matches")["matches"]:
        match = driver.call("match", row["id"])["match"]
        assert [one["name"] for one in match["aboard"]] == ["Zoe"]
        assert match["room"] == {"ok": False, "reason": "seats", "short_by": 1, "delay_min": None}
        assert "1 seat too few" in words_of(match)["seats"]


def test_a_driver_reads_by_how_much_others_get_later(tmp_path: Path) -> None:
    """Whoever is aboard gets later by the same minutes that the driver's node then plans with."""
    driver, first, second = (User(tmp_path / name) for name in ("ada", "zoe", "paul"))
    driver.call("offer", GRENOBLE, LYON, "--at", TOMORROW, "--detour", "20", "--via", VOIRON)
    first.call("request", GRENOBLE, LYON, "--at", TOMORROW)
    carry(driver, first)
    first.call("propose", match_of(first)["id"])
    carry(driver, first)
    driver.call("accept", driver.call("deals")["deals"][0]["id"])
    carry(driver, first)
    second.call("request", "45.40,5.52", LYON, "--at", "tomorrow 08:10")
    carry(driver, first, second)
    wanted = second.call("posts")["posts"][0]["id"]
    match = driver.call(
        "match", next(one["id"] for one in driver.call("matches")["matches"] if one["theirs"] == wanted)
    )
    room, words = match["match"]["room"], words_of(match["match"])
    assert room["ok"]
    assert 0 < room["delay_min"] <= 10
    assert f"Zoe, aboard already, up to {room['delay_min']} min later" in words["seats"]


def test_an_arrival_window_is_told_at_the_drop_off(tmp_path: Path) -> None:
    """With --by the window stands beside the drop-off, and the driver's change of time is said."""
    driver, passenger = User(tmp_path / "ada"), User(tmp_path / "zoe")
    driver.call("offer", GRENOBLE, LYON, "--at", TOMORROW, "--flex", "30", "--price", "0")
    passenger.call("request", GRENOBLE, LYON, "--by", "tomorrow 09:50", "--flex", "10")
    carry(driver, passenger)
    match = match_of(passenger)
    words = words_of(match)
    assert match["driver"]["later_min"] != 0
    assert "than offered" in words["leaves"]
    assert "09:40-09:50" in words["drop-off"]
    assert "you say" not in words["pick-up"]
    assert "0.00 EUR" in words["share"]


def test_a_match_that_is_gone_says_what_became_of_it(pair: tuple[User, User]) -> None:
    """Withdrawn by either side, expired, unknown, or another kind of id: status 4 and a reason."""
    driver, passenger = pair
    theirs, mine = match_of(driver)["id"], match_of(passenger)["id"]
    request = passenger.call("posts")["posts"][0]["id"]
    for wrong in ("abcdef12", request):
        status, document = passenger.run("match", wrong)
        assert (status, document["error"]["code"]) == (4, "not-found")
    assert passenger.run("match", "xy")[0] == 2
    driver.call("withdraw", driver.call("posts")["posts"][0]["id"])
    assert "your post of that match is withdrawn" in driver.say("match", theirs).err
    carry(driver, passenger)
    status, document = passenger.run("match", mine[:8])
    assert (status, document["error"]["code"]) == (4, "stale")
    assert "the other side took its post back" in document["error"]["message"]


def test_a_match_that_became_a_ride_names_the_deal(pair: tuple[User, User]) -> None:
    """Once the ride is agreed the request is gone from the board, and its match leads to the deal."""
    driver, passenger = pair
    match = match_of(passenger)["id"]
    deal = passenger.call("propose", match)["deal"]
    carry(driver, passenger)
    driver.call("accept", driver.call("deals")["deals"][0]["id"])
    carry(driver, passenger)
    request = passenger.call("posts", "--all")["posts"][0]
    assert request["state"] == "taken"
    with open_desk(passenger.home) as desk:  # as the running node does a moment later
        desk.board.execute("DELETE FROM matches")
    status, document = passenger.run("match", match)
    assert (status, document["error"]["code"], document["error"]["hint"]) == (4, "stale", f"lazpool deal {deal[:8]}")
    offer = driver.call("posts")["posts"][0]["id"]
    said = passenger.say("matches", "--why-not", offer, "--for", request["id"]).out
    assert "your post is taken" in said


def test_an_expired_match_says_so(pair: tuple[User, User]) -> None:
    """A match whose time is past is no longer explained, even before the node has cleared it away."""
    _, passenger = pair
    match = match_of(passenger)["id"]
    with open_desk(passenger.home) as desk:
        desk.board.execute("UPDATE matches SET expires=?", (desk.minute - 1,))
    status, document = passenger.run("match", match)
    assert (status, document["error"]["code"]) == (4, "stale")
    assert "past" in document["error"]["message"]


def test_an_id_that_fits_two_matches_is_ambiguous(pair: tuple[User, User]) -> None:
    """As for every id: the candidates are named."""
    driver, passenger = pair
    driver.call("offer", GRENOBLE, LYON, "--at", TOMORROW, "--via", VOIRON)
    carry(driver, passenger)
    with open_desk(passenger.home) as desk:
        for number, row in enumerate(passenger.call("matches")["matches"]):
            new = f"abcd{number}" + row["id"][5:]
            desk.board.execute("UPDATE matches SET id=? WHERE id=?", (bytes.fromhex(new), bytes.fromhex(row["id"])))
    status, document = passenger.run("match", "abcd")
    assert (status, document["error"]["code"]) == (4, "ambiguous")
    assert "abcd0" in document["error"]["hint"]


def test_who_walks_is_told_where_to(tmp_path: Path) -> None:
    """The meeting place by its name, the metres, and that the driver hears of it instead of the door."""
    driver, passenger = User(tmp_path / "ada"), User(tmp_path / "zoe")
    passenger.call("place", "add", "home", "45.1640,5.7440")
    passenger.call("place", "add", "old mill", "45.1690,5.7400", "--meeting")
    driver.call("offer", GRENOBLE, LYON, "--at", TOMORROW, "--via", VOIRON)
    passenger.call("request", "home", LYON, "--at", TOMORROW, "--walk", "1200", "--flex", "60")
    carry(driver, passenger)
    match = match_of(passenger)
    words = words_of(match)
    assert match["ride"]["pickup"]["spot"] == "old mill"
    assert "at old mill" in words["pick-up"]
    assert f"you walk 11 min to old mill: {match['walk_m']} m of at most 1200 m" in words["walk"]
    ride, request = match["ride"], match["request"]
    early = datetime.fromisoformat(ride["pickup"]["at"]) - datetime.fromisoformat(request["earliest"])
    assert f"{early // timedelta(minutes=1) - 11} min after the earliest" in words["pick-up"]  # when the walk begins
    assert "where you get in and your exact end" in words["learns"]
    assert "your exact start" not in words["learns"]
    assert words_of(match_of(driver))["walk"] == "none counted; the passenger walks up to 1200 m"
    coarse, exact = (passenger.say("map", match["id"], "--out", "-", *more).out for more in ((), ("--exact",)))
    assert "old mill" not in coarse
    assert '"coordinates": [5.74, 45.169]}, "properties": {"role": "pick-up"' in exact
    assert '"name": "old mill"' in exact
    deal = passenger.call("propose", match["id"])["deal"]
    assert '"name": "old mill"' in passenger.say("map", deal, "--out", "-", "--exact").out
    assert "old mill" not in passenger.say("map", deal, "--out", "-").out
