"""Conditions and closed groups at the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.rules.conditions import CONDITIONS
from tests.cli.users import GRENOBLE, LYON, TOMORROW, VOIRON, User, carry, run

if TYPE_CHECKING:
    from pathlib import Path

OFFER = ("offer", GRENOBLE, LYON, "--at", TOMORROW, "--via", VOIRON, "--flex", "60")
REQUEST = ("request", VOIRON, LYON, "--at", TOMORROW, "--flex", "90")
EVERY = [f"--{one.name}" for one in CONDITIONS if one.name != "no-smoking"]


@pytest.fixture
def ann(tmp_path: Path) -> User:
    """Return somebody who rides."""
    return User(tmp_path / "ann")


@pytest.fixture
def bob(tmp_path: Path) -> User:
    """Return somebody who drives."""
    return User(tmp_path / "bob")


def conditions(user: User, post: str) -> list[str]:
    """Return the conditions of one of somebody's posts."""
    return next(one["conditions"] for one in user.call("posts")["posts"] if one["id"] == post)


@pytest.mark.parametrize("command", [OFFER, REQUEST])
def test_every_condition_has_an_option_on_both_sides(ann: User, command: tuple[str, ...]) -> None:
    """Each named condition can be set, and is said again in words."""
    every = ann.call(*command, *EVERY)["id"]
    assert conditions(ann, every) == [one.name for one in CONDITIONS if one.name != "no-smoking"]
    assert conditions(ann, ann.call(*command, "--no-smoking")["id"]) == ["no-smoking"]
    assert conditions(ann, ann.call(*command)["id"]) == []


def test_from_code_to_ride(ann: User, bob: User, tmp_path: Path) -> None:
    """Bob makes a group, Ann joins by its code, and they find each other while a stranger does not."""
    eve = User(tmp_path / "eve")
    code = bob.call("group", "create", "Village")["code"]
    assert bob.call("group", "invite", "Village")["code"] == code
    assert ann.call("group", "join", code.upper().replace("-", " ")) == {"group": "Village"}
    offered = bob.call(*OFFER, "--group", "Village", "--luggage", "--no-smoking")["id"]
    wanted = ann.call(*REQUEST, "--group", "Village", "--luggage")["id"]
    eve.call(*REQUEST)
    carry(ann, bob, eve)
    assert eve.call("matches")["matches"] == []
    for user in (ann, bob):
        (match,) = user.call("matches")["matches"]
        assert (match["conditions"], match["in_group"], match["group"]) == (["luggage"], True, "Village")
        assert "luggage, in Village" in user.say("matches").out
    assert "luggage, no-smoking, in Village" in bob.say("posts").out
    heard = {one["id"]: one for one in eve.call("board", "--full")["posts"]}
    assert {one: (heard[one]["in_group"], heard[one]["group"]) for one in (offered, wanted)} == {
        offered: (True, None),
        wanted: (True, None),
    }
    assert "in another group" in eve.say("board").out
    deal = ann.call("propose", match["id"] if match["role"] == "passenger" else _match(ann))["deal"]
    carry(ann, bob)
    (seen,) = bob.call("deals")["deals"]
    assert (seen["id"], seen["conditions"], seen["state"]) == (deal, ["luggage"], "received")
    assert "luggage" in bob.say("deals").out
    assert "conditions luggage" in bob.say("deal", deal).out


def _match(user: User) -> str:
    return str(user.call("matches")["matches"][0]["id"])


def test_tables_are_as_narrow_as_before_without_conditions(ann: User) -> None:
    """The column is there only when there is something in it."""
    ann.call(*OFFER)
    assert "conditions" not in ann.say("posts").out
    ann.call(*OFFER, "--women-only")
    assert "women-only" in ann.say("posts").out


def test_a_plan_has_conditions_too(ann: User) -> None:
    """What a plan publishes carries its conditions and its group."""
    ann.call("group", "create", "Village")
    ways = ("--days", "mon-sun", "--at", "07:30", "--women-only", "--group", "Village")
    ann.call("plan", "add", "offer", GRENOBLE, LYON, *ways)
    published = ann.call("posts")["posts"]
    assert published
    assert {(*one["conditions"], one["group"]) for one in published} == {("women-only", "Village")}
    assert "publish nothing more: 1" in ann.say("group", "leave", "Village").err
    assert ann.call("posts")["posts"] == []


def test_why_not_names_the_conditions(ann: User, bob: User) -> None:
    """Who does not match is told which conditions differ, or that a group does."""
    offered = bob.call(*OFFER, "--luggage")["id"]
    closed = bob.call("group", "create", "Village") and bob.call(*OFFER, "--group", "Village")["id"]
    ann.call(*REQUEST, "--wheelchair")
    ann.call(*REQUEST)
    ann.call(*REQUEST, "--women-only")
    carry(ann, bob)
    said = ann.say("matches", "--why-not", offered).out
    assert "a place for a wheelchair is needed (the request says: wheelchair; the offer: luggage)" in said
    assert "women-only holds for one side only" in said
    assert "closed group" in ann.say("matches", "--why-not", closed).out


def test_leaving(ann: User) -> None:
    """A group that is left is gone from the list, its posts are withdrawn, and its name means nothing any more."""
    ann.call("group", "create", "École")
    ann.call(*OFFER, "--group", " École ")
    (listed,) = ann.call("group", "list")["groups"]
    assert (listed["name"], listed["posts"]) == ("École", 1)
    assert "École" in ann.say("group", "list").out
    assert ann.call("group", "leave", "École", "--yes") == {"groups": []}
    assert ann.call("posts")["posts"] == []
    assert "group create" in ann.say("group", "list").out
    for words in (("group", "leave", "École"), ("group", "invite", "École"), (*OFFER, "--group", "École")):
        status, document = ann.run(*words)
        assert (status, document["error"]["code"]) == (4, "not-found")


@pytest.mark.parametrize("code", ["", "lzg1", "lzg1-aaaa", "x" * 300, "lzg1-\x1b[2J", "lzg1" + "ß" * 40])
def test_a_bad_code_is_a_usage_error(ann: User, code: str) -> None:
    """A code that is cut, mistyped or nonsense ends with status 2 and a hint."""
    status, document = ann.run("group", "join", code)
    assert (status, document["error"]["code"]) == (2, "usage")
    assert document["error"]["hint"]


@pytest.mark.parametrize("name", ["", "  ", "n" * 33, "a\nb", "\x1b[2J", "\u202ename"])
def test_a_bad_name_is_a_usage_error(ann: User, name: str) -> None:
    """A name that does not show, or that is too long for the code, ends with status 2."""
    assert ann.run("group", "create", name)[0] == 2


def test_a_code_of_another_network_is_refused(ann: User, tmp_path: Path) -> None:
    """A group is of one network, and the error says so."""
    run(tmp_path / "far", "init", "--name", "Far", "--network", "elsewhere")
    code = run(tmp_path / "far", "group", "create", "Village")[1]["code"]
    status, document = ann.run("group", "join", code)
    assert status == 2
    assert "another network" in document["error"]["message"]


def test_a_name_that_is_taken(ann: User, bob: User) -> None:
    """A second group of the same name is refused with the way out, which works."""
    ann.call("group", "create", "Village")
    code = bob.call("group", "create", "Village")["code"]
    status, document = ann.run("group", "join", code)
    assert (status, document["error"]["code"]) == (5, "known-name")
    assert "--as" in document["error"]["hint"]
    assert ann.call("group", "join", code, "--as", "Bob's village") == {"group": "Bob's village"}
