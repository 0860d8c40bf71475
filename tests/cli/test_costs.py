"""Cost profiles at the command line: the price of an offer that says none, and a warning for a share above the cap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.users import GRENOBLE, LYON, TOMORROW, VOIRON, User, carry

if TYPE_CHECKING:
    from pathlib import Path


def set_profile(user: User, name: str) -> None:
    """Choose a profile in the settings."""
    file = user.home / "config.toml"
    file.write_text(file.read_text().replace('profile = "plain"', f'profile = "{name}"'))


def test_the_price_of_the_profile(tmp_path: Path) -> None:
    """An offer without --price has that of the profile; in another currency it has to be said; 0 stays a gift."""
    ada = User(tmp_path / "ada")
    prices = []
    for name, words in (("plain", ()), ("fr", ()), ("fr", ("--price", "0"))):
        set_profile(ada, name)
        ada.call("offer", GRENOBLE, LYON, "--at", TOMORROW, *words)
        prices = sorted(post["price_per_km"] for post in ada.call("posts")["posts"])
    assert prices == [0, 0.08, 0.1]
    file = ada.home / "config.toml"
    file.write_text(file.read_text().replace('profile = "fr"', 'profile = "gb"'))
    status, document = ada.run("offer", GRENOBLE, LYON, "--at", TOMORROW)
    assert (status, "GBP" in document["error"]["message"]) == (2, True)
    assert ada.run("offer", GRENOBLE, LYON, "--at", TOMORROW, "--price", "0.1")[0] == 0
    found = {one["name"]: one for one in ada.call("profiles")["profiles"]}
    assert found["gb"]["chosen"]
    assert found["fr"]["cap_per_seat"] == 0.318
    assert "fr" in ada.say("profiles").out


def test_a_share_above_the_cap_is_marked_and_nothing_is_refused(tmp_path: Path) -> None:
    """The receiving node warns by its own profile, in the list, in the deal and to programs; the ride goes on."""
    ada, zoe = User(tmp_path / "ada"), User(tmp_path / "zoe")
    set_profile(zoe, "fr")
    ada.call("offer", GRENOBLE, LYON, "--at", TOMORROW, "--via", VOIRON, "--price", "0.5")
    zoe.call("request", VOIRON, LYON, "--at", "tomorrow 08:00")
    carry(ada, zoe)
    match = zoe.call("matches")["matches"][0]
    above = match["above_cap"]
    assert above["most"]["amount"] < match["share"]["amount"]
    assert above["profile"] == "fr"
    assert "EUR!" in zoe.say("matches").out
    assert "above the cap" in zoe.say("matches").out
    assert ada.call("matches")["matches"][0]["above_cap"] is None
    deal = zoe.call("propose", match["id"])["deal"]
    carry(ada, zoe)
    ada.call("accept", deal)
    carry(ada, zoe)
    shown = zoe.call("deals")["deals"][0]
    assert shown["state"] == "agreed"
    assert shown["above_cap"]["most"]["amount"] < shown["share"]["amount"]
    assert "above the cap of your cost profile fr" in zoe.say("deal", deal).out
    assert "above the cap" not in ada.say("deal", deal).out


def test_either_side_is_told_before_it_signs(tmp_path: Path) -> None:
    """Who proposes, and who accepts a proposal or an invitation, hears of a share above the cap at that moment."""
    ada, zoe = User(tmp_path / "ada"), User(tmp_path / "zoe")
    for user in (ada, zoe):
        set_profile(user, "fr")
    for at, later in ((TOMORROW, "tomorrow 08:00"), ("tomorrow 17:30", "tomorrow 18:00")):
        ada.call("offer", GRENOBLE, LYON, "--at", at, "--via", VOIRON, "--price", "0.5")
        zoe.call("request", VOIRON, LYON, "--at", later)
    carry(ada, zoe)
    first, second = zoe.call("matches")["matches"]
    warning = "The share is above the cap of your cost profile fr"
    assert warning in zoe.say("propose", first["id"]).err
    carry(ada, zoe)
    deal = ada.call("deals")["deals"][0]["id"]
    assert "EUR!" in ada.say("deals").out
    assert "tolls and parking besides" in ada.say("deal", deal).out
    assert warning in ada.say("accept", deal).err
    ada.call("invite", next(one["id"] for one in ada.call("matches")["matches"] if one["mine"] == second["theirs"]))
    carry(ada, zoe)
    invited = next(one["id"] for one in zoe.call("deals")["deals"] if one["state"] == "invited")
    assert zoe.call("deals")["deals"][-1]["above_cap"]["profile"] == "fr"
    assert warning in zoe.say("accept", invited).err


@pytest.mark.parametrize(("price", "flagged"), [("0.318", False), ("0.319", True)])
def test_exactly_at_the_cap_is_not_above_it(tmp_path: Path, price: str, *, flagged: bool) -> None:
    """What a passenger may pay at most is marked by nobody; a tenth of a cent a kilometre more is."""
    ada, zoe = User(tmp_path / "ada"), User(tmp_path / "zoe")
    set_profile(zoe, "fr")
    ada.call("offer", GRENOBLE, LYON, "--at", TOMORROW, "--via", VOIRON, "--price", price)
    zoe.call("request", VOIRON, LYON, "--at", "tomorrow 08:00")
    carry(ada, zoe)
    assert (zoe.call("matches")["matches"][0]["above_cap"] is not None) is flagged


def test_a_gift_is_never_above_a_cap(tmp_path: Path) -> None:
    """A ride for nothing is agreed on, signed and counted as one, and nobody owes anything."""
    ada, zoe = User(tmp_path / "ada"), User(tmp_path / "zoe")
    set_profile(zoe, "fr")
    ada.call("offer", GRENOBLE, LYON, "--at", TOMORROW, "--via", VOIRON, "--price", "0")
    zoe.call("request", VOIRON, LYON, "--at", "tomorrow 08:00")
    carry(ada, zoe)
    deal = zoe.call("propose", zoe.call("matches")["matches"][0]["id"])["deal"]
    carry(ada, zoe)
    assert "above the cap" not in ada.say("accept", deal).err
    carry(ada, zoe)
    zoe.call("done", deal)
    carry(ada, zoe)
    for user in (ada, zoe):
        (row,) = user.call("ledger", "balance")["balances"]
        assert (row["share"]["amount"], row["rides"]) == (0, 1)
        assert row["km"] > 0
        assert user.call("ledger", "verify")["ok"]


def test_tolls_and_parking_become_part_of_the_price(tmp_path: Path) -> None:
    """Everybody in the car bears a part, by the kilometre; a way too short for so much is refused, in plans as well."""
    ada = User(tmp_path / "ada")
    words = ("--via", VOIRON, "--seats", "3", "--tolls", "12.40", "--parking", "3.60")
    for at, more in ((TOMORROW, ()), ("tomorrow 17:30", words)):
        ada.call("offer", GRENOBLE, LYON, "--at", at, "--price", "0.08", *more)
    ada.call("plan", "add", "offer", GRENOBLE, LYON, "--at", "07:30", "--days", "mon", "--price", "0.08", *words)
    prices = {post["price_per_km"] for post in ada.call("posts")["posts"]}
    (plain, dearer) = sorted(prices)
    assert plain == 0.08
    assert 0.025 < dearer - plain < 0.045  # 4 EUR a seat for some 120 km
    status, said = ada.run("offer", GRENOBLE, "45.1890,5.7250", "--at", TOMORROW, "--tolls", "500")
    assert (status, "too much per km" in said["error"]["message"]) == (2, True)
