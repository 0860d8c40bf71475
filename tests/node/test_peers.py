"""Remembering good neighbours and seeking them again: in one process, without libp2p, where hours take no time."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import trio

from lazpool.actions import doors
from lazpool.errors import UnreachableError
from lazpool.net.address import node_name
from lazpool.node import peers
from lazpool.records import where
from lazpool.records.sync import NODE, Hello
from lazpool.store import doors as sides
from lazpool.store import own
from lazpool.store import peers as kept
from tests.node.alone import NOW, at, key, lone_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trio.testing import MockClock

    from lazpool.node.state import Node

HOUR = 3600.0
LOOKS = 2 * peers.LOOK_S


@dataclass
class Net:
    """The network as a node sees it: who is connected and from where, who answers, and when who was dialled."""

    node: Node
    there: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    up: set[bytes] = field(default_factory=set)
    said: dict[bytes, bytes] = field(default_factory=dict)
    dialled: list[tuple[float, bytes]] = field(default_factory=list)

    def peers(self) -> list[bytes]:
        """Return who is connected."""
        return list(self.there)

    def addresses(self) -> list[str]:
        """Return where we listen."""
        return [f"/ip4/192.0.2.200/tcp/1/p2p/{node_name(self.node.desk.node_pk)}"]

    def ends(self, peer: bytes) -> tuple[str, str]:
        """Return where we dialled a peer, and its IP."""
        return self.there[peer]

    async def ask(self, peer: bytes, protocol: str, frame: bytes) -> bytes:
        """Ask a peer where it is; it learns nothing of us."""
        await trio.lowlevel.checkpoint()
        assert protocol == where.PROTOCOL
        assert where.read(frame).addresses == ()
        if peer not in self.said:
            raise UnreachableError("silent")
        return self.said[peer]

    async def connect(self, text: str) -> bytes:
        """Dial a peer."""
        await trio.lowlevel.checkpoint()
        peer = next(one.node_pk for one in kept.every(self.node.desk.node) if one.address == text)
        self.dialled.append((trio.current_time(), peer))
        if peer not in self.up:
            raise UnreachableError("nobody is there")
        self.there[peer] = (text, text.split("/")[2])
        return peer


def meet(net: Net, number: int, *, dialled: bool = True, hello: bool = True) -> None:
    """Let a neighbour be connected: we dialled it, or it came to us."""
    net.there[key(number)] = (at(number) if dialled else "", f"192.0.2.{number}")
    if hello:
        net.node.hellos[key(number)] = Hello(net.node.desk.net, NODE, ())


def remember(net: Net, *numbers: int) -> None:
    """Let neighbours be remembered, the first as the most promising."""
    with net.node.desk.node.transaction():
        for number in numbers:
            kept.note_good(net.node.desk.node, key(number), at(number), net.node.desk.minute - number)


def addresses(net: Net) -> dict[bytes, str]:
    """Return who is remembered, and where."""
    return {one.node_pk: one.address for one in kept.every(net.node.desk.node)}


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Net]:
    """Return the network of one node."""
    with lone_node(tmp_path) as node:
        yield Net(node)


async def run(net: Net, seconds: float) -> None:
    """Let the node remember and seek for some time."""
    with trio.move_on_after(seconds):
        await peers.keep(net.node, net)  # type: ignore[arg-type] # a network of ours


async def test_who_has_lasted_is_remembered(net: Net, autojump_clock: MockClock) -> None:
    """A connection of ten seconds with somebody who answers questions; where we dialled it, or it says that it is."""
    del autojump_clock
    meet(net, 1)
    meet(net, 2, hello=False)
    meet(net, 3, dialled=False)
    meet(net, 4, dialled=False)
    meet(net, 5, dialled=False)
    meet(net, 6, dialled=False)
    mine = "/ip4/192.0.2.3/tcp/9"
    said = ("/ip4/198.51.100.1/tcp/9", f"{at(7)}/p2p-circuit", "nonsense", mine)
    net.said[key(3)] = where.pack(where.Where(net.node.desk.net, said))
    net.said[key(4)] = where.pack(where.Where(net.node.desk.net, ("/ip4/198.51.100.1/tcp/9",)))
    net.said[key(5)] = b"\xc1 nonsense"
    await run(net, peers.GOOD_S - LOOKS)
    assert addresses(net) == {}
    await run(net, peers.GOOD_S + 2 * LOOKS)
    assert addresses(net) == {key(1): at(1), key(3): f"{mine}/p2p/{node_name(key(3))}"}


async def test_who_is_still_there_is_noted_once_an_hour(net: Net, autojump_clock: MockClock) -> None:
    """So that the newest are known; it counts as one good connection all the time."""
    del autojump_clock
    meet(net, 1)
    await run(net, 30)
    net.node.desk.clock = lambda: NOW + HOUR / 2
    memory: Any = peers._Memory(net.node, net)  # type: ignore[arg-type] # a network of ours
    for _ in range(3):
        await memory.learn()
        await trio.sleep(peers.GOOD_S)
    net.node.desk.clock = lambda: NOW + HOUR
    await memory.learn()
    (one,) = kept.every(net.node.desk.node)
    assert one.seen == (NOW + HOUR / 2) // 60
    await trio.sleep(peers.SEEN_S)
    await memory.learn()
    (one,) = kept.every(net.node.desk.node)
    assert (one.seen, one.good) == ((NOW + HOUR) // 60, 2)


async def test_with_too_few_neighbours_others_are_sought_one_by_one(net: Net, autojump_clock: MockClock) -> None:
    """The most promising first, five seconds apart and not at once; with three nobody else is."""
    del autojump_clock
    remember(net, 1, 2, 3, 4, 5)
    net.up |= {key(number) for number in range(1, 6)}
    await run(net, 60)
    assert [peer for _, peer in net.dialled] == [key(1), key(2), key(3)]
    times = [0.0, *(time for time, _ in net.dialled)]
    assert all(peers.FIRST_S <= b - a <= peers.FIRST_S + LOOKS for a, b in pairwise(times))
    del net.there[key(2)]
    await run(net, 2 * peers.FIRST_S + LOOKS)
    assert len(net.there) == peers.ENOUGH


async def test_one_who_is_gone_is_dialled_less_and_less(
    net: Net, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    """After half a minute, one, two and so on up to an hour; it counts against it only where somebody else is there."""
    del autojump_clock
    monkeypatch.setattr(peers, "LOOK_S", 10.0)
    remember(net, 1)
    await run(net, 5 * HOUR)
    gaps = [b - a for (a, _), (b, _) in pairwise(net.dialled)]
    wanted = [30.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0, 3600.0, 3600.0]
    assert all(want <= gap <= want + 2 * peers.LOOK_S for gap, want in zip(gaps, wanted, strict=True))
    assert [one.failed for one in kept.every(net.node.desk.node)] == [0]
    meet(net, 9)
    before = len(net.dialled)
    await run(net, 60)
    (one,) = (one for one in kept.every(net.node.desk.node) if one.node_pk == key(1))
    assert one.failed == len(net.dialled) - before > 0


async def test_who_is_not_sought(net: Net, autojump_clock: MockClock) -> None:
    """One that is joined, which is dialled anyway, one that was left, and one that is blocked."""
    del autojump_clock
    desk = net.node.desk
    remember(net, 1, 2, 3, 4)
    net.up |= {key(number) for number in range(1, 5)}
    with desk.node.transaction():
        own.add_hub(desk.node, at(1), key(1), 1)
        own.set_left(desk.node, key(2), 1)
    doors.decide(desk, key(3), sides.BLOCKED, "")
    await run(net, 60)
    assert [peer for _, peer in net.dialled] == [key(4)]
    net.dialled.clear()
    net.there.clear()
    net.node.hub = True
    await run(net, 60)
    assert net.dialled == []
