"""Keeping several hubs, in one process and without libp2p: hours pass in no time, and neighbours may say anything."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
import trio

from lazpool.actions import hubs as telling
from lazpool.errors import UnreachableError
from lazpool.hub import Hub
from lazpool.node import hubs
from lazpool.node.state import HUB_ASK_BURST
from lazpool.records import hub_records
from lazpool.records.hub_records import DAY_S, MEMBERS, OPEN, HubRecord, sign_hub
from lazpool.records.sync import HUB, NODE, Hello
from lazpool.store import hubs as store
from lazpool.store import own
from tests.node.alone import NOW, key, lone_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trio.testing import MockClock

    from lazpool.node.state import Node

AREA = 0x841F903FFFFFFFF
NAME = "/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"
MINUTE = 60.0
HOUR = 3600.0


@dataclass
class Net:
    """The network as a node sees it: those that are up are connected once joined; each says what it is told to."""

    node: Node
    ours: list[str] = field(default_factory=lambda: ["/ip4/192.168.1.5/tcp/4001" + NAME])
    up: set[bytes] = field(default_factory=set)
    said: dict[bytes, bytes] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    memory: hubs.Memory = field(default_factory=hubs.Memory)

    def peers(self) -> list[bytes]:
        """Return who is connected."""
        return [peer for peer in joined(self.node) if peer in self.up]

    def addresses(self) -> list[str]:
        """Return where we listen."""
        return self.ours

    async def close_peer(self, peer: bytes) -> None:
        """Part with somebody."""

    async def ask(self, peer: bytes, protocol: str, _frame: bytes) -> bytes:
        """Ask somebody for hubs."""
        await trio.lowlevel.checkpoint()
        assert protocol == hub_records.PROTOCOL
        self.asked.append(peer)
        if peer not in self.said:
            raise UnreachableError("silent")
        return self.said[peer]


def told(node: Node, number: int, **changes: Any) -> bytes:
    """Return what a hub says of itself."""
    desk, host = node.desk, f"/ip4/198.51.100.{number}/tcp/4001"
    said = HubRecord(desk.net, key(number), NOW, NOW + 14 * DAY_S, "", f"{number}", "", (AREA,), (host,), OPEN)
    return sign_hub(replace(said, **changes), number.to_bytes(32, "big")).envelope


def joined(node: Node) -> list[bytes]:
    """Return the nodes that a connection is kept with."""
    return [row["node_pk"] for row in own.hubs(node.desk.node)]


def know(node: Node, *numbers: int, **changes: Any) -> None:
    """Let a node know hubs."""
    for number in numbers:
        assert telling.hear(node.desk, told(node, number, **changes), b"t" * 32)


def meet(net: Net, *numbers: int, role: int = HUB) -> None:
    """Let hubs be up, and have said hello."""
    for number in numbers:
        net.up.add(key(number))
        net.node.hellos[key(number)] = Hello(net.node.desk.net, role, ())


async def let_pass(net: Net, clock: MockClock, seconds: float) -> None:
    """Look again and again for some time, which goes by in no time; in long ones less often."""
    step = hubs.LOOK_S if seconds < HOUR else MINUTE / 2
    for _ in range(round(seconds / step)):
        await hubs.look(net.node, net, net.memory)  # type: ignore[arg-type] # a network of ours
        clock.jump(step)


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Net]:
    """Return the network of one node."""
    with lone_node(tmp_path, (AREA,)) as node:
        yield Net(node)


async def test_another_takes_the_place_of_one_that_dies(net: Net, mock_clock: MockClock) -> None:
    """Within a minute, and not at once: it may only restart. What was there stays joined, and is named last."""
    node = net.node
    know(node, 1, 2, 3, 4)
    meet(net, 1, 2, 3, 4)
    await let_pass(net, mock_clock, 5)
    first = set(joined(node))
    assert len(first) == 3
    dead = first.pop()
    net.up.discard(dead)
    await let_pass(net, mock_clock, hubs.AWAY_S - 5)
    assert set(joined(node)) == first | {dead}
    await let_pass(net, mock_clock, MINUTE - hubs.AWAY_S)
    assert set(joined(node)) == {key(number) for number in (1, 2, 3, 4)}
    assert {row["node_pk"] for row in own.hubs(node.desk.node) if row["gone"]} == {dead}
    net.up.add(dead)
    await let_pass(net, mock_clock, 5)
    assert not any(row["gone"] for row in own.hubs(node.desk.node))


async def test_one_that_is_not_there_is_left_alone_for_hours(net: Net, mock_clock: MockClock) -> None:
    """It had a minute to be met; records cost nothing, and nodes are not made to knock at other people's doors."""
    node = net.node
    know(node, 1, 2)
    meet(net, 1)
    await let_pass(net, mock_clock, 2 * MINUTE)
    assert joined(node) == [key(1)]
    await let_pass(net, mock_clock, 5 * HOUR)
    assert joined(node) == [key(1)]
    await let_pass(net, mock_clock, HOUR)
    assert key(2) in joined(node)


async def test_a_node_without_any_network_tries_again_soon(net: Net, mock_clock: MockClock) -> None:
    """When nobody at all is reached it is perhaps our own line; the first that comes back is kept."""
    node = net.node
    know(node, 1, 2)
    await let_pass(net, mock_clock, 2 * MINUTE)
    assert joined(node) == []
    meet(net, 2)
    await let_pass(net, mock_clock, hubs.TRY_AGAIN_S)
    assert key(2) in joined(node)


async def test_what_the_owner_joined_stays(net: Net, mock_clock: MockClock) -> None:
    """However long it is away; what the node chose itself goes after a day, and at once when it is no hub."""
    node = net.node
    with node.desk.node.transaction():
        own.add_hub(node.desk.node, "/ip4/192.0.2.1/tcp/4001", key(9), 1)
    know(node, 1, 2)
    meet(net, 1, 2)
    await let_pass(net, mock_clock, 5)
    assert set(joined(node)) == {key(9), key(1), key(2)}
    net.up.clear()
    await let_pass(net, mock_clock, MINUTE)
    node.desk.clock = lambda: NOW + DAY_S + 600
    await let_pass(net, mock_clock, 5)
    assert joined(node) == [key(9)]
    node.desk.clock = lambda: NOW
    meet(net, 1)
    await let_pass(net, mock_clock, 7 * HOUR)
    assert set(joined(node)) >= {key(9), key(1)}
    meet(net, 1, role=NODE)
    await let_pass(net, mock_clock, 5)
    assert key(1) not in joined(node)


async def test_who_is_not_chosen(net: Net, mock_clock: MockClock) -> None:
    """One for members alone, one of other areas, one that was left, and where this machine itself would be dialled."""
    node = net.node
    know(node, 1, entry=MEMBERS)
    know(node, 2, areas=(0x84BE0E3FFFFFFFF,))
    know(node, 3)
    know(
        node,
        4,
        addresses=(
            "/ip4/127.0.0.1/tcp/4001",
            "/ip4/169.254.1.1/tcp/80",
            "nonsense",
        ),
    )
    with node.desk.node.transaction():
        own.set_left(node.desk.node, key(3), 1)
    await let_pass(net, mock_clock, MINUTE)
    assert joined(node) == []
    know(node, 5)
    node.desk.config = replace(node.desk.config, hubs=0)
    await let_pass(net, mock_clock, MINUTE)
    assert joined(node) == []


async def test_hubs_are_kept_where_we_ride(net: Net, mock_clock: MockClock) -> None:
    """A newcomer without a post goes by the hubs that they joined; one who rides elsewhere later finds hubs there."""
    node, elsewhere = net.node, (0x84BE0E3FFFFFFFF,)
    node.areas.clear()
    know(node, 1, 2, 3)
    know(node, 4, 5, 6, areas=elsewhere)
    meet(net, 1, 2, 3, 4, 5, 6)
    await let_pass(net, mock_clock, MINUTE)
    assert joined(node) == []
    with node.desk.node.transaction():
        own.add_hub(node.desk.node, "/ip4/192.0.2.1/tcp/4001", key(1), 1)
    await let_pass(net, mock_clock, MINUTE)
    assert set(joined(node)) == {key(1), key(2), key(3)}
    node.areas.update(elsewhere)
    await let_pass(net, mock_clock, MINUTE)
    assert set(joined(node)) == {key(number) for number in range(1, 7)}
    know(node, 7, areas=elsewhere)
    net.up -= {key(4)}
    net.up.add(key(7))
    await let_pass(net, mock_clock, MINUTE)
    assert len(joined(node)) == 7
    assert {key(1), key(4), key(7)} <= set(joined(node))
    node.areas -= set(elsewhere)
    node.areas.add(AREA)
    know(node, 8)
    net.up -= {key(2)}
    net.up.add(key(8))
    await let_pass(net, mock_clock, MINUTE)
    assert {key(1), key(8)} <= set(joined(node))
    assert len([row for row in own.hubs(node.desk.node) if row["found"]]) == hubs.MAX_FOUND


async def test_neighbours_are_asked_now_and_then(net: Net, mock_clock: MockClock) -> None:
    """Every ten minutes, and one that did not answer after one: so none can bring more than sixteen in that time."""
    node = net.node
    for number in (1, 2, 3):
        with node.desk.node.transaction():
            own.add_hub(node.desk.node, f"/ip4/192.0.2.{number}/tcp/4001", key(number), 1)
    meet(net, 1, 2, 3)
    net.said[key(1)] = hub_records.pack_told([told(node, 1), told(node, 7)])
    net.said[key(2)] = b"\xc1 nonsense"
    for _ in range(310):
        await hubs.ask_some(node, net)  # type: ignore[arg-type] # a network of ours
        mock_clock.jump(hubs.LOOK_S)
    assert [net.asked.count(key(number)) for number in (1, 2, 3)] == [2, 11, 11]
    known = {one.node_pk: one for one in store.every(node.desk.board)}
    assert set(known) == {key(1), key(7)}
    assert known[key(1)].met
    assert not known[key(7)].met


async def test_a_neighbour_cannot_make_us_tell_all_day(net: Net, mock_clock: MockClock) -> None:
    """It is told a few times; after that the answer is empty for a while."""
    node = net.node
    know(node, 1)
    frame = hub_records.pack_ask(hub_records.Ask(node.desk.net, ()))
    answers = [hub_records.read_told(hubs.serve(node, net, None, b"p" * 32, frame)) for _ in range(20)]  # type: ignore[arg-type] # a network of ours
    assert sum(map(bool, answers)) == HUB_ASK_BURST
    mock_clock.jump(2 * MINUTE)
    assert hub_records.read_told(hubs.serve(node, net, None, b"p" * 32, frame))  # type: ignore[arg-type] # the same


async def test_addresses_of_a_local_network_go_no_further(net: Net) -> None:
    """Who can be dialled from everywhere hands on only hubs that can be; others may share a network with them."""
    node = net.node
    know(node, 1, addresses=("/ip4/192.168.1.9/tcp/4001",))
    know(node, 2, addresses=("/ip4/8.8.8.8/tcp/4001",))
    frame = hub_records.pack_ask(hub_records.Ask(node.desk.net, ()))

    def answer() -> set[bytes]:
        return set(hub_records.read_told(hubs.serve(node, net, None, b"p" * 32, frame)))  # type: ignore[arg-type] # the same

    assert len(answer()) == 2
    net.ours = ["/ip4/9.9.9.9/tcp/4001" + NAME]
    assert answer() == {told(node, 2, addresses=("/ip4/8.8.8.8/tcp/4001",))}


async def test_a_hub_says_where_it_can_be_dialled(net: Net) -> None:
    """Where its operator says, and where anybody can; with neither, where those of its own network can."""
    node = net.node
    node.hub = True
    for told_by_operator, listens, expected in (
        ("", ["/ip4/127.0.0.1/tcp/1"], ("/ip4/127.0.0.1/tcp/1",)),
        ("", ["/ip4/127.0.0.1/tcp/1", "/ip4/10.0.0.1/tcp/1"], ("/ip4/10.0.0.1/tcp/1",)),
        ("", ["/ip4/10.0.0.1/tcp/1", "/ip4/9.9.9.9/tcp/1"], ("/ip4/9.9.9.9/tcp/1",)),
        ("/dns4/hub.example.org/tcp/1", ["/ip4/10.0.0.1/tcp/1"], ("/dns4/hub.example.org/tcp/1",)),
    ):
        node.desk.config = replace(node.desk.config, hub=Hub(address=told_by_operator))
        net.ours = [one + NAME for one in listens]
        hubs.announce(node, net)  # type: ignore[arg-type] # a network of ours
        record = store.get(node.desk.board, node.desk.node_pk).record  # type: ignore[union-attr] # just kept
        assert (record.addresses, record.areas) == (expected, (AREA,))
        assert hub_records.from_invite(node.invite).record.addresses[0] == expected[0]
        node.desk.clock = lambda now=node.desk.second: now + 1  # type: ignore[misc] # the next second
