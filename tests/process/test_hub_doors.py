"""A hub that chooses whom it lets in, and says what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.net.address import node_name
from tests.process.people import until
from tests.process.rides import offer

if TYPE_CHECKING:
    from tests.process.people import People

pytestmark = pytest.mark.process


def test_a_blocked_member_is_disconnected_and_comes_back_when_let_in(people: People) -> None:
    """While it is blocked it dials in vain; meanwhile `hub status` tells what is held."""
    hub, ann = people.add("hub", "ann")
    hub.hub("45.1885,5.7245")
    ann.join(hub)
    ann.up()
    hub.wait_peers()
    offer(ann)
    until("the hub has the post", lambda: hub.desk.board.number("SELECT count(*) FROM posts") == 1)
    until("ann has a letterbox", lambda: hub.desk.board.number("SELECT count(*) FROM tags") == 1)
    told = hub.call("hub", "status")
    held = {key: told[key] for key in ("running", "hub", "peers", "offers", "requests", "tags", "owners", "blocked")}
    assert held == {
        "running": True, "hub": True, "peers": 1, "offers": 1, "requests": 0, "tags": 1, "owners": 1, "blocked": 0,
    }  # fmt: skip
    assert sum(area["posts"] for area in told["areas"]) >= 1
    name = node_name(ann.desk.node_pk)
    assert hub.call("hub", "block", name, "--note", "try") == {"node": name, "side": "blocked"}
    until("ann is out", lambda: hub.alive() and hub.peers == 0)
    until("ann is refused", lambda: any("not let in" in line and name in line for line in hub.log_lines()[1:]))
    until("ann knows", lambda: ann.alive() and ann.peers == 0)
    assert [one["node"] for one in hub.call("hub", "list")["nodes"]] == [name]
    hub.call("hub", "remove", name)
    until("ann is back", lambda: hub.alive() and hub.peers == 1)
    assert hub.call("hub", "list")["nodes"] == []
