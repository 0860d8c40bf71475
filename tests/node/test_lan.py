"""Who is dialled of those heard in the local network, and how often: with a network that only notes it, in no time."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import trio

from lazpool.errors import UnreachableError
from lazpool.net.address import Address
from lazpool.net.lan import Heard
from lazpool.node import lan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trio.testing import MockClock

OURS = b"m" * 32
LOOKS = 2 * lan.LOOK_S
"""How much later than it is due something may happen."""


@dataclass
class Link:
    """A link with everybody on it: who was heard, who is connected, who answers, and when who was dialled."""

    node_pk: bytes = OURS
    heard: dict[bytes, Heard] = field(default_factory=dict)
    news: trio.Event = field(default_factory=trio.Event)
    connected: set[bytes] = field(default_factory=set)
    up: set[bytes] = field(default_factory=set)
    takes_s: float = 0.0
    dialled: list[tuple[float, bytes]] = field(default_factory=list)

    def peers(self) -> list[bytes]:
        """Return who is connected."""
        return list(self.connected)

    def forget(self, node_pk: bytes) -> None:
        """Forget one that was heard."""
        self.heard.pop(node_pk, None)

    def hear(self, node_pk: bytes, ip: int = 1, until: float = float("inf")) -> None:
        """Hear a node."""
        where = Address(f"/ip4/10.0.0.{ip}/tcp/1/p2p/{node_pk.hex()}", node_pk)
        self.heard[node_pk] = Heard(where, IPv4Address(f"10.0.0.{ip}"), until)

    async def connect(self, text: str) -> bytes:
        """Dial a node."""
        node_pk = bytes.fromhex(text.rpartition("/")[2])
        self.dialled.append((trio.current_time(), node_pk))
        await trio.sleep(self.takes_s)
        if node_pk not in self.up:
            raise UnreachableError("nobody is there")
        self.connected.add(node_pk)
        return node_pk

    def times(self, *node_pks: bytes) -> list[float]:
        """Return when some nodes were dialled."""
        return [at for at, node_pk in self.dialled if node_pk in node_pks]


def names(numbers: Iterable[int]) -> list[bytes]:
    """Return node keys that are larger than ours, so that it is our turn to dial."""
    return [b"n" + number.to_bytes(31, "big") for number in numbers]


@pytest.fixture
def link(nursery: trio.Nursery) -> Link:
    """Return a link on which a node of ours looks for others."""
    made: Any = Link()
    node: Any = SimpleNamespace(lan_heard=0)
    nursery.start_soon(lan._Dialler(node, made, made, nursery).run)
    return made  # type: ignore[no-any-return] # it stands in for a network and a Lan


async def test_a_flood_of_names_makes_us_knock_no_more_often(link: Link, autojump_clock: MockClock) -> None:
    """Of one machine that invents names four are dialled at once and one in ten seconds; of many, ten and every two."""
    del autojump_clock
    for node_pk in names(range(40)):
        link.hear(node_pk)
    await trio.sleep(60)
    few = lan.DIALS_PER_IP_BURST + 60 * lan.DIALS_PER_IP_RATE
    assert few - 2 <= len(link.dialled) <= few
    before = len(link.dialled)
    for node_pk in names(range(40, 640)):
        link.hear(node_pk, ip=2 + node_pk[-1] % 100)
    await trio.sleep(60)
    most = lan.DIALS_BURST + 60 * lan.DIALS_RATE
    assert most / 2 <= len(link.dialled) - before <= most


async def test_one_who_is_not_there_is_dialled_less_and_less(link: Link, autojump_clock: MockClock) -> None:
    """After 5 seconds, 10, 20 and so on up to five minutes; the eighth time was the last, until it is heard again."""
    del autojump_clock
    (ann,) = names([1])
    link.hear(ann)
    await trio.sleep(3600)
    at = link.times(ann)
    assert len(at) == lan.TRIES
    for gap, wanted in zip([b - a for a, b in pairwise(at)], (5, 10, 20, 40, 80, 160, 300), strict=True):
        assert wanted <= gap <= wanted + LOOKS
    assert ann not in link.heard
    link.hear(ann)
    await trio.sleep(LOOKS)
    assert len(link.times(ann)) == lan.TRIES + 1


async def test_of_two_the_one_with_the_smaller_key_dials(link: Link, autojump_clock: MockClock) -> None:
    """The other waits three seconds, and then dials all the same."""
    del autojump_clock
    smaller, (larger,) = b"a" * 32, names([1])
    link.hear(smaller, ip=1)
    link.hear(larger, ip=2)
    await trio.sleep(lan.YIELD_S - 0.5)
    assert [node_pk for _, node_pk in link.dialled] == [larger]
    await trio.sleep(LOOKS)
    assert [node_pk for _, node_pk in link.dialled] == [larger, smaller]


async def test_nobody_is_dialled_twice_at_a_time(link: Link, autojump_clock: MockClock) -> None:
    """However long one takes to answer; one who is there is left in peace, and dialled again soon after it goes."""
    del autojump_clock
    (ann,) = names([1])
    link.takes_s = 100.0
    link.up.add(ann)
    link.hear(ann)
    await trio.sleep(200)
    assert len(link.dialled) == 1
    assert link.connected == {ann}
    link.takes_s = 0.0
    link.connected.clear()
    await trio.sleep(lan.FIRST_RETRY_S - LOOKS)
    assert len(link.dialled) == 1
    await trio.sleep(2 * LOOKS)
    assert len(link.dialled) == 2
    assert link.connected == {ann}


async def test_a_few_neighbours_are_enough(link: Link, autojump_clock: MockClock) -> None:
    """With sixteen of them connected nobody else is dialled; when one goes, another one is."""
    del autojump_clock
    many = names(range(lan.NEIGHBOURS + 4))
    link.up.update(many)
    for number, node_pk in enumerate(many):
        link.hear(node_pk, ip=number + 1)
    await trio.sleep(300)
    assert link.connected == set(many[: lan.NEIGHBOURS])
    assert link.dialled[-1][0] - link.dialled[0][0] < 20, "who waits for a turn of all keeps the turn of its machine"
    there = len(link.dialled)
    link.connected.discard(many[0])
    link.forget(many[0])
    await trio.sleep(10)
    assert len(link.dialled) == there + 1
    assert len(link.connected) == lan.NEIGHBOURS


async def test_what_was_said_too_long_ago_counts_no_more(link: Link, autojump_clock: MockClock) -> None:
    """One whose word has run out is forgotten, and not dialled."""
    del autojump_clock
    (ann,) = names([1])
    await trio.sleep(10)
    link.hear(ann, until=trio.current_time() - 1)
    await trio.sleep(10)
    assert link.dialled == []
    assert link.heard == {}
