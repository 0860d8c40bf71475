"""Places at hubs for a node that nobody can dial: kept, renewed in time, and taken elsewhere when a hub dies."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import trio

from lazpool.errors import UnreachableError
from lazpool.net.address import circuit, node_name
from lazpool.net.limits import RESERVATION_S
from lazpool.node import relays
from lazpool.records import where
from lazpool.records.sync import HUB, Hello
from lazpool.store import own
from lazpool.wire.signing import public_key
from tests.node.alone import at, key, lone_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trio.testing import MockClock

    from lazpool.node.state import Node

ME = public_key(b"m" * 32)


@dataclass
class Net:
    """The network as a node sees it: hubs that are up give places, and are told where the node is."""

    node: Node
    node_pk: bytes = ME
    ours: list[str] = field(default_factory=list)
    full: set[bytes] = field(default_factory=set)
    places: dict[bytes, float] = field(default_factory=dict)
    reserved: list[tuple[float, bytes]] = field(default_factory=list)
    told: list[tuple[str, ...]] = field(default_factory=list)

    def peers(self) -> list[bytes]:
        """Return who is connected."""
        return list(self.node.hellos)

    def addresses(self) -> list[str]:
        """Return where we listen."""
        return self.ours

    def relayed(self, _peer: bytes) -> bool:
        """Tell that all are dialled directly."""
        return False

    def give_up(self, hub: bytes) -> None:
        """Forget a place."""
        self.places.pop(hub, None)

    async def reserve(self, hub: bytes) -> None:
        """Get a place."""
        await trio.lowlevel.checkpoint()
        self.reserved.append((trio.current_time(), hub))
        if hub in self.full:
            raise UnreachableError("no room")
        self.places[hub] = trio.current_time() + RESERVATION_S

    async def ask(self, _peer: bytes, protocol: str, frame: bytes) -> bytes:
        """Tell a peer where we are."""
        await trio.lowlevel.checkpoint()
        assert protocol == where.PROTOCOL
        self.told.append(where.read(frame).addresses)
        return where.pack(where.Where(self.node.desk.net, ()))

    def die(self, hub: bytes) -> None:
        """Let a hub be gone, and with it the place there."""
        self.node.forget(hub)
        self.give_up(hub)

    def times(self, hub: bytes) -> list[float]:
        """Return when a hub was asked for a place."""
        return [at for at, peer in self.reserved if peer == hub]


def meet(net: Net, *numbers: int) -> None:
    """Let hubs that are joined be connected."""
    for number in numbers:
        with net.node.desk.node.transaction():
            own.add_hub(net.node.desk.node, at(number), key(number), number)
        net.node.hellos[key(number)] = Hello(net.node.desk.net, HUB, ())


@pytest.fixture
def net(tmp_path: Path, nursery: trio.Nursery) -> Iterator[Net]:
    """Return the network of one node that keeps places."""
    with lone_node(tmp_path) as node:
        made = Net(node)
        nursery.start_soon(relays.keep, made.node, made)
        yield made


async def test_a_place_is_renewed_before_it_ends(
    net: Net, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    """Every half hour of its hour, so that there is no moment without; and nobody is told the same again."""
    del autojump_clock
    monkeypatch.setattr(relays, "LOOK_S", 30.0)
    meet(net, 1)
    for _ in range(4 * 60):
        await trio.sleep(60)
        assert net.places[key(1)] > trio.current_time() + relays.RENEW_S - 60
    times = net.times(key(1))
    assert len(times) == 8
    assert all(relays.RENEW_S - 60 <= b - a <= relays.RENEW_S + 60 for a, b in pairwise(times))
    assert net.told == [(circuit(at(1), ME),)]


async def test_a_hub_that_dies_is_replaced_and_one_that_restarts_is_asked_at_once(
    net: Net, autojump_clock: MockClock
) -> None:
    """Places are at three hubs of four; who joined us is told of every change."""
    del autojump_clock
    meet(net, 1, 2, 3, 4)
    await trio.sleep(3)
    assert set(net.places) == {key(1), key(2), key(3)}
    net.die(key(2))
    await trio.sleep(3)
    assert set(net.places) == {key(1), key(3), key(4)}
    assert set(net.told[-1]) == {circuit(at(number), ME) for number in (1, 3, 4)}
    assert set(net.node.circuits) == set(net.told[-1])
    net.die(key(1))
    meet(net, 1)
    await trio.sleep(3)
    assert key(1) in net.places
    assert len(net.times(key(1))) == 2


async def test_a_hub_without_room_is_asked_once_a_minute(net: Net, autojump_clock: MockClock) -> None:
    """And has the node when there is room."""
    del autojump_clock
    net.full.add(key(1))
    meet(net, 1)
    await trio.sleep(10 * relays.REFUSED_S - 5)
    assert len(net.times(key(1))) == 10
    assert net.node.circuits == ()
    net.full.clear()
    await trio.sleep(relays.REFUSED_S)
    assert net.node.circuits == (circuit(at(1), ME),)


async def test_who_can_be_dialled_needs_no_place(net: Net, autojump_clock: MockClock) -> None:
    """A node with a public address asks nobody, and neither does a hub."""
    del autojump_clock
    net.ours = [f"/ip4/9.9.9.9/tcp/1/p2p/{node_name(ME)}"]
    meet(net, 1)
    await trio.sleep(10)
    net.ours = []
    net.node.hub = True
    await trio.sleep(10)
    assert net.reserved == []
