"""Circles at the command line: found one, share rides, ask whose turn it is, and be told what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.rules.turns import UNIT
from tests.cli.scanner import scanned
from tests.cli.users import User, carry

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def circle(tmp_path_factory: pytest.TempPathFactory) -> tuple[User, User, User]:
    """Return three people in a circle, which was gathered by code."""
    root = tmp_path_factory.mktemp("circle")
    ada, zoe, ben = (User(root / name) for name in ("ada", "zoe", "ben"))
    code = ada.call("circle", "create", "To work")["code"]
    for other in (zoe, ben):
        assert other.call("circle", "join", code)["circle"]["state"] == "joining"
    carry(ada, zoe, ben)
    assert ada.call("circle", "found", "to work")["circle"]["state"] == "founding"
    carry(ada, zoe, ben)
    for other in (zoe, ben):
        assert len(other.call("circle", "sign")["signed"]) == 1
    carry(ada, zoe, ben)
    return ada, zoe, ben


def standing(user: User) -> dict[str, int]:
    """Return everybody's points as somebody reads them."""
    return {one["name"]: one["points"] for one in user.call("circle", "show", "To work")["standing"]}


def names(user: User, *words: str) -> list[str]:
    """Return who should drive, first to last."""
    return [one["name"] for one in user.call("turn", "To work", *words)["order"]]


def test_a_week_together(circle: tuple[User, User, User]) -> None:
    """Rides that all sign move the turn on for everybody, and everybody reads the same."""
    ada, zoe, ben = circle
    first = names(ada)[0]
    assert names(zoe)[0] == names(ben)[0] == first
    made = ada.call("circle", "ride", "To work", "--driver", "me", "--present", "Zoe,ben")["record"]
    assert (made["state"], len(made["missing"]), made["leg"]) == ("pending", 2, 1)
    carry(*circle)
    assert zoe.call("circle", "list")["circles"][0]["waiting"] == 1
    said = zoe.say("circle", "sign")
    assert "Ada drove, in the car" in said.out
    assert "asked by Ada" in said.out
    ben.call("circle", "sign", made["id"][:8])
    carry(*circle)
    for user in circle:
        shown = user.call("circle", "show", "To work")
        assert shown["unit"] == UNIT
        assert standing(user) == {"Ada": UNIT - UNIT // 3, "Zoe": -UNIT // 3, "Ben": -UNIT // 3}
        assert [one["counts"] for one in shown["records"] if one["kind"] == "ride"] == [True]
        assert user.call("ledger", "verify")["ok"]
        assert names(user)[-1] == "Ada"
        assert "Ada" in user.say("circle", "show", "To work").out
    asked = ben.say("turn", "To work", "--present", "me,Ada").out
    assert "You drive next: you have -0.33 points, the fewest of those who come; Ada would follow with +0.67." in asked
    assert "drive next" in ben.say("turn", "To work", "--present", "me").out
    kinds = [one["kind"] for one in ben.call("ledger", "show")["entries"]]
    assert kinds[-2:] == ["circle-founding", "circle-ride"]


def test_refused_and_taken_back(circle: tuple[User, User, User]) -> None:
    """A ride that somebody was not in is refused; one that counts is taken back when all sign that."""
    ada, zoe, ben = circle
    before = standing(zoe)
    made = zoe.call("circle", "ride", "To work", "--driver", "Zoe", "--present", "Ben", "--leg", "2")["record"]
    carry(*circle)
    ben.call("circle", "refuse", made["id"][:8], "--reason", "I was ill")
    carry(*circle)
    assert "Ben says: I was ill" in zoe.say("circle", "show", "To work").out
    made = zoe.call("circle", "ride", "To work", "--driver", "Zoe", "--present", "Ben", "--leg", "2")["record"]
    carry(*circle)
    ben.call("circle", "sign")
    carry(*circle)
    assert standing(ada) != before
    back = ben.call("circle", "cancel", made["id"][:8])["record"]
    assert back["cancels"] == made["id"]
    carry(*circle)
    assert "taken back" in zoe.say("circle", "sign").out
    carry(*circle)
    assert [standing(user) for user in circle] == [before] * 3
    assert ada.call("circle", "sync", "To work")["asked"] == 2
    carry(*circle)


def test_after_a_new_identity(tmp_path: Path) -> None:
    """Who replaced their identity is asked whose turn it is, records, signs and reads as before, under their name."""
    ada, zoe = (User(tmp_path / name) for name in ("ada", "zoe"))
    zoe.call("circle", "join", ada.call("circle", "create", "To work")["code"])
    carry(ada, zoe)
    ada.call("circle", "found", "To work")
    carry(ada, zoe)
    zoe.call("circle", "sign")
    carry(ada, zoe)
    zoe.call("key", "rotate", "--yes")
    first = names(ada)[0]
    assert names(zoe)[0] == first
    mine = next(user for user in (ada, zoe) if user.home.name.title() != first)
    told = f"{first} drives next: {first} has +0.00 points as you do, and drove as often"
    assert told in mine.say("turn", "To work").out
    zoe.call("circle", "ride", "To work", "--driver", "me")
    carry(ada, zoe)
    ada.call("circle", "sign")
    carry(ada, zoe)
    for user in (ada, zoe):
        assert standing(user) == {"Zoe": UNIT // 2, "Ada": -UNIT // 2}
        assert user.call("ledger", "verify")["ok"]
    assert [one["me"] for one in zoe.call("turn", "To work")["order"]] == [False, True]


def test_mistakes_are_explained(circle: tuple[User, User, User], tmp_path: Path) -> None:
    """What is not possible ends with its status and a hint, and changes nothing."""
    ada, *_ = circle
    for words, status in {
        ("turn", "Nowhere"): 4,
        ("turn", "To work", "--present", "Eve"): 4,
        ("turn", "To work", "--present", ""): 2,
        ("circle", "invite", "To work"): 5,
        ("circle", "found", "To work"): 5,
        ("circle", "join", "To work"): 5,
        ("circle", "join", "lzc1-aaaa"): 2,
        ("circle", "create", "x" * 33): 2,
        ("circle", "sign", "0000"): 4,
        ("circle", "ride", "To work", "--driver", "Zoe", "--present", "Ben", "--date", "2001-01-01"): 2,
        ("circle", "ride", "To work", "--driver", "me", "--present", "me"): 2,
    }.items():
        found, document = ada.run(*words)
        assert found == status, words
        assert document["error"]["message"]
    assert ada.say("circle", "sign").out.strip() == "Nothing waits for your signature."
    alone = User(tmp_path / "eve")
    assert alone.call("circle", "list") == {"circles": []}
    assert "circle create" in alone.say("circle", "list").out


def test_invitations_and_leaving(circle: tuple[User, User, User]) -> None:
    """A new circle takes the place of the old one, its members invited by letter; who leaves is seen to have gone."""
    ada, zoe, ben = circle
    ben.call("circle", "leave", "To work", "--yes")
    carry(*circle)
    assert [one["name"] for one in ada.call("turn", "To work")["order"]].count("Ben") == 0
    made = ada.call("circle", "create", "Lift", "--after", "To work")
    assert "lzc1" in made["code"]
    assert scanned(ada.say("circle", "invite", "Lift", "--qr").out) == [made["code"].upper()]
    ada.call("circle", "invite", "Lift", "Zoe")
    carry(*circle)
    zoe.call("circle", "join", "Lift")
    carry(*circle)
    ada.call("circle", "found", "Lift")
    carry(*circle)
    assert "points go along" in zoe.say("circle", "sign").out
    carry(*circle)
    points = [one["points"] for one in zoe.call("circle", "show", "Lift")["standing"]]
    assert sum(points) == 0
    assert any(points)
