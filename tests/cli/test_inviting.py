"""Invitations to a hub: made, shown, followed, refused with a reason, and taken back."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from lazpool.actions.desk import open_desk
from lazpool.actions.hubs import describe
from lazpool.records.hub_records import from_invite, to_invite
from lazpool.store import gazetteer, own
from tests.cli.scanner import scanned
from tests.cli.test_terminal import on_terminal
from tests.cli.users import GRENOBLE, LYON, TOMORROW, User, run
from tests.store import towns as some

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Home(User):
    """A home that is not made yet."""

    def __init__(self, home: Path) -> None:
        """Choose where it will be."""
        self.home = home


TABLE = f'''
[hub]
name = "Valley hub"
operator = "The town hall of Crolles"
rules = """
Be on time.
No smoking.
"""
address = "/ip4/127.0.0.1/tcp/PORT"
areas = ["{GRENOBLE}"]
'''


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[User]:
    """Return the home of a hub; somebody listens where it says that it is."""
    user = User(tmp_path / "hub")
    with socket.create_server(("127.0.0.1", 0)) as listening, (user.home / "config.toml").open("a") as file:
        file.write(TABLE.replace("PORT", str(listening.getsockname()[1])))
        file.flush()
        yield user


def test_an_invitation_is_one_line(hub: User) -> None:
    """Nothing else is on stdout where that is no terminal; it says what is in [hub], and is signed by the hub."""
    said = hub.say("hub", "invite", "--days", "10")
    assert said.status == 0, said.err
    assert said.out.count("\n") == 1
    record = from_invite(said.out).record
    assert (record.name, record.rules, len(record.areas)) == ("Valley hub", "Be on time.\nNo smoking.", 7)
    assert record.until - record.made == 10 * 86400
    assert "Valley hub" in said.err


def test_a_hub_that_stands_still_is_started_as_one(hub: User) -> None:
    """Where it is said that the node does not run, it is said how this one is started."""
    assert "lazpool hub run" in hub.say("status").out
    assert "lazpool hub run" in hub.say("netcheck").err
    assert "lazpool hub run" in hub.say("offer", GRENOBLE, LYON, "--at", "tomorrow 17:00").err


def test_its_code_is_drawn_or_written(hub: User, tmp_path: Path) -> None:
    """On a terminal that is wide enough, or where that is asked for; and into files to be printed."""
    svg, png = tmp_path / "invite.svg", tmp_path / "invite.png"
    assert hub.call("hub", "invite", "--svg", str(svg), "--png", str(png))["files"] == [str(svg), str(png)]
    assert svg.read_text().startswith("<?xml")
    assert png.read_bytes().startswith(b"\x89PNG")
    (read,) = scanned(hub.say("hub", "invite", "--qr").out)
    assert from_invite(read).record.name == "Valley hub"
    assert "\u2580" in on_terminal(hub, "hub", "invite", COLUMNS="120")[1]
    shown = on_terminal(hub, "hub", "invite", COLUMNS="60")[1]
    assert "\u2580" not in shown
    assert "--svg FILE" in shown
    assert hub.run("hub", "invite", "--svg", str(tmp_path / "invite.pdf"))[0] == 2
    assert hub.run("hub", "invite", "--svg", str(tmp_path / "no" / "invite.svg"))[1]["error"]["code"] == "cannot-write"


def test_a_newcomer_sees_whom_they_join(hub: User, tmp_path: Path) -> None:
    """Name, operator, areas by their towns and the rules, before they say yes; no changes nothing, yes joins."""
    ada = User(tmp_path / "ada")
    gazetteer.build(ada.home / "places.db", some.content([(some.GRENOBLE, []), (some.LYON, [])]))
    invite = hub.call("hub", "invite")["invite"]
    status, shown = on_terminal(ada, "join", invite, answer="n\n")
    assert status != 0
    for told in ("Valley hub", "The town hall of Crolles", "7, around", "Grenoble", "Be on time.", "No smoking."):
        assert told in shown
    assert ada.call("status")["hubs"] == []
    status, shown = on_terminal(ada, "join", invite, answer="y\n")
    assert status == 0, shown
    (joined,) = ada.call("status")["hubs"]
    assert joined["role"] == "hub"
    assert joined["address"].endswith(hub.call("id")["node"])


def test_a_newcomer_needs_one_command(hub: User, tmp_path: Path) -> None:
    """Who has no home yet is asked whether to make one, then whether to join; no leaves nothing behind."""
    invite, ada, zoe = hub.call("hub", "invite")["invite"], Home(tmp_path / "ada"), Home(tmp_path / "zoe")
    assert on_terminal(ada, "join", invite, answer="n\n")[0] != 0
    assert not ada.home.exists()
    status, shown = on_terminal(ada, "join", invite, answer="y\ny\n")
    assert status == 0, shown
    assert shown.index("Make one?") < shown.index("The town hall of Crolles") < shown.index("Join this hub")
    assert [one["role"] for one in ada.call("status")["hubs"]] == ["hub"]
    refused, document = zoe.run("join", invite)
    assert (refused, document["error"]["code"]) == (4, "no-home")
    assert zoe.run("join", invite[:-7], "--yes")[0] == 2
    assert not zoe.home.exists()
    assert zoe.call("join", invite, "--yes")["name"] == "Valley hub"


def test_joining_off_a_terminal(hub: User, tmp_path: Path) -> None:
    """Nobody is asked; the document has the key of the contract, and all that the invitation says."""
    ada = User(tmp_path / "ada")
    invite = hub.call("hub", "invite")["invite"]
    said = ada.call("join", f" {invite.upper()}\n", "--yes")
    assert said["hub"] == ada.call("status")["hubs"][0]["address"]
    assert (said["name"], said["operator"]) == ("Valley hub", "The town hall of Crolles")
    assert len(said["areas"]) == 7
    assert ada.say("join", invite).err.splitlines()[0].split() == ["hub", "Valley", "hub"]
    assert ada.call("hub", "show", "valley HUB")["rules"] == "Be on time.\nNo smoking."
    assert [one["joined"] for one in ada.call("hub", "known")["hubs"]] == ["joined"]


def test_a_hub_that_the_node_found_shows_its_rules(hub: User, tmp_path: Path) -> None:
    """Nobody said yes to them, so status, list and description say that it was found, and what its rules are."""
    ada = User(tmp_path / "ada")
    ada.call("join", hub.call("hub", "invite")["invite"])
    assert "joined    by you" in ada.say("hub", "show", "Valley hub").out
    with open_desk(ada.home) as desk, desk.node.transaction():
        (row,) = own.hubs(desk.node)
        own.drop_hub(desk.node, row["node_pk"])
        own.add_hub(desk.node, row["address"], row["node_pk"], desk.minute, found=True)
    shown = ada.say("hub", "show", "Valley hub").out
    assert "joined    by your node" in shown
    assert "No smoking." in shown
    assert ada.call("hub", "show", "Valley hub")["joined"] == "found"
    assert [one["joined"] for one in ada.call("hub", "known")["hubs"]] == ["found"]
    status = ada.say("status").out
    assert f"found     {row['address']}" in status
    assert "No smoking." in status
    ada.call("leave", "Valley hub")
    assert ada.call("hub", "show", "Valley hub")["joined"] is None


def test_posts_name_an_invited_hub_at_once(hub: User, tmp_path: Path) -> None:
    """It signed that it is one, so nobody has to meet it first; leaving it tells what is lost."""
    ada = User(tmp_path / "ada")
    ada.call("join", hub.call("hub", "invite")["invite"])
    ada.call("offer", GRENOBLE, LYON, "--at", TOMORROW)
    status, shown = on_terminal(ada, "leave", "Valley hub", answer="n\n")
    assert status != 0
    assert "holds letters for 1 of your posts" in shown
    assert ada.call("leave", "Valley hub")["hub"].startswith("/ip4/127.0.0.1/")
    assert ada.call("status")["hubs"] == []
    assert ada.run("leave", "Valley hub")[1]["error"]["code"] == "not-found"
    assert ada.run("leave", "nobody")[1]["error"]["code"] == "not-found"


def test_invitations_that_lead_nowhere(hub: User, tmp_path: Path) -> None:
    """Each is refused with its reason and what to do, and joins nothing."""
    ada = User(tmp_path / "ada")
    invite = hub.call("hub", "invite")["invite"]
    with open_desk(hub.home) as desk:
        desk.clock = lambda: 1_700_000_000
        old = to_invite(describe(desk, ["/ip4/127.0.0.1/tcp/4001"], [], 1).envelope)
    with open_desk(hub.home) as desk:
        silly = to_invite(describe(desk, ["/ip4/127.0.0.1/udp/4001"], [], 1).envelope)
        dead = to_invite(describe(desk, ["/ip4/127.0.0.1/tcp/1"], [], 1).envelope)
    for text, status, code, why in (
        (invite[:-7], 2, "usage", "damaged"),
        (invite[:40] + ("a" if invite[40] != "a" else "b") + invite[41:], 2, "usage", "damaged"),
        ("lazpool:ride/aaaa", 2, "usage", "damaged"),
        (invite + " " * 5000, 2, "usage", "more than 5000 characters"),
        (old, 5, "expired", "expired"),
        (silly, 2, "usage", "no address"),
        (dead, 6, "unreachable", "nobody answers"),
    ):
        found, document = ada.run("join", text)
        assert (found, document["error"]["code"]) == (status, code), text
        assert why in document["error"]["message"]
        assert document["error"]["hint"]
    assert ada.call("status")["hubs"] == []
    ada.call("join", dead, "--offline")
    assert hub.run("join", invite)[1]["error"]["code"] == "own-address"


def test_an_invitation_to_another_network(hub: User, tmp_path: Path) -> None:
    """It says which network this home is of, since the other's name cannot be read from its record."""
    home, invite = tmp_path / "stray", hub.call("hub", "invite")["invite"]
    assert run(home, "init", "--network", "elsewhere")[0] == 0
    status, document = run(home, "join", invite)
    assert (status, document["error"]["code"]) == (5, "other-network")
    assert "'elsewhere'" in document["error"]["hint"]
    config = home / "config.toml"
    config.write_text(config.read_text() + TABLE.replace("PORT", "4001"))
    theirs, none = run(home, "hub", "invite")[1]["invite"], tmp_path / "none"
    assert run(none, "join", theirs, "--yes")[1]["error"]["code"] == "other-network"
    assert not none.exists()


def test_a_blocked_hub_is_not_joined(hub: User, tmp_path: Path) -> None:
    """An invitation does not undo a block."""
    ada = User(tmp_path / "ada")
    ada.call("hub", "block", hub.call("id")["node"])
    assert ada.run("join", hub.call("hub", "invite")["invite"])[1]["error"]["code"] == "blocked"


def test_nobody_is_invited_to_an_address_that_is_not_known(tmp_path: Path) -> None:
    """A home that never ran as a hub, and does not say where it is, invites nobody."""
    status, document = User(tmp_path / "ada").run("hub", "invite")
    assert (status, document["error"]["code"]) == (5, "no-address")
    assert "hub run" in document["error"]["hint"]
