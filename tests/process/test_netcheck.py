"""`lazpool netcheck`: from the name of a hub to its letterbox, with and without a running node, and what to do."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
import trio

from lazpool.net.address import node_name
from lazpool.node import reaching
from tests.process.people import Person, free_port, until
from tests.process.rides import offer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.process.people import People

pytestmark = pytest.mark.process


def found(person: Person, status: int) -> dict[str, Any]:
    """Return whether each thing that was looked at is well; whatever is not has a hint, and the status is as given."""
    checks = person.call("netcheck", status=status)["checks"]
    assert all(one["hint"] for one in checks if not one["ok"])
    names = [one["name"] for one in checks]
    assert len(set(names)) == len(names)
    return {one["name"]: one["ok"] for one in checks}


def test_a_hub_from_its_port_to_its_letterbox(people: People) -> None:
    """First nothing runs; then the hub; then all is well; then the hub is gone, and each time that is what is said."""
    hub, ann = people.add("hub", "ann")
    hub.hub("45.1885,5.7245")
    at = hub.address.split("/")
    where = f"{at[2]}:{at[4]}"
    ann.join(hub)
    assert found(ann, 3) == {
        "node": False,
        f"{where} port": True,
        f"{where} node": True,
        "hubs": True,
        "local network": True,
        "remembered": True,
    }
    ann.up()
    ann.wait_peers()
    offer(ann)
    until("all is well", lambda: not [one for one in reaching.check_all(ann.desk) if not one.ok])
    assert found(ann, 0) == {
        "node": True,
        "neighbours": True,
        "reached": True,
        f"{where} port": True,
        f"{where} node": True,
        f"{where} letters": True,
        "hubs": True,
        "local network": True,
        "remembered": True,
    }
    hub.kill()
    until("ann is alone", lambda: ann.peers == 0)
    gone = found(ann, 6)
    assert [name for name, ok in gone.items() if not ok] == ["neighbours", f"{where} port", "hubs"]


def test_a_hub_that_is_stopped_is_started_as_one(people: People) -> None:
    """Who says in config.toml what their hub is called is not sent to `lazpool up`: that starts an ordinary node."""
    hub, ann = people.add("hub", "ann")
    with (hub.home / "config.toml").open("a") as file:
        file.write('[hub]\nname = "Valley hub"\n')
    for person, command in ((hub, "lazpool hub run"), (ann, "lazpool up")):
        assert command in person.call("netcheck", status=3)["checks"][0]["hint"]


def test_who_answers_is_somebody_else(tmp_path: Path, people: People) -> None:
    """At the address of one joined node another answers, one is of another network, and one takes calls in silence."""
    (ann,) = people.add("ann")
    other = people.take(Person(tmp_path / "other", network="elsewhere"))
    other.up()
    ann.join(other)
    ann.join_as(other.address.rpartition("/")[0] + f"/{node_name(b'1' * 32)}", b"1" * 32, 2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ann.join_as(f"/ip4/127.0.0.1/tcp/{port}/p2p/{node_name(b'2' * 32)}", b"2" * 32, 3)
        checks = ann.call("netcheck", status=6)["checks"]
    wrong = [one["detail"].partition(":")[0] for one in checks if one["name"].endswith(" node")]
    stranger = "is not the node that you joined"
    assert sorted(wrong) == [stranger, stranger, "is the right node, but of another network"]


def test_names_and_ways(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that nobody knows is said to be the fault, and no port is tried behind it; nothing raises."""

    async def nobody_knows(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(trio.socket, "getaddrinfo", nobody_knows)
    (ann,) = people.add("ann")
    ann.join_as(f"/dns4/hub.invalid/tcp/4001/p2p/{node_name(b'1' * 32)}", b"1" * 32)
    relay = f"/ip4/127.0.0.1/tcp/{free_port()}/p2p/{node_name(b'2' * 32)}"
    ann.join_as(f"{relay}/p2p-circuit/p2p/{node_name(b'3' * 32)}", b"3" * 32)
    faults = {one.name: one.detail for one in reaching.check_all(ann.desk) if not one.ok}
    assert [name.rpartition(" ")[2] for name in faults] == ["node", "name", "port", "hubs"]
    assert "Name or service not known" in faults["hub.invalid:4001 name"]
