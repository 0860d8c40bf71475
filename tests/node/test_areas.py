"""Which areas a running node hears: it adds those of new posts, and leaves none, since leaving loses posts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import trio

from lazpool.node.state import Node
from lazpool.records.sync import MAX_AREAS
from lazpool.rules.areas import fork_topic, topic
from lazpool.store import own
from tests.town import Town

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Air:
    """The network as a node sees it: which topics it was told to hear; there is no way to leave one."""

    topics: list[str] = field(default_factory=list)

    async def subscribe(self, name: str) -> None:
        """Hear a topic."""
        await trio.lowlevel.checkpoint()
        self.topics.append(name)


async def test_areas_come_with_posts_and_stay_when_these_are_over(tmp_path: Path) -> None:
    """A post that is withdrawn or over, and one in the same area later: the node heard it all the time."""
    with Town(tmp_path, "ann") as town:
        air: Any = Air()
        node = Node(town["ann"], None, hub=False, fixed_areas=())  # type: ignore[arg-type] # nobody looks for it
        assert not node.refresh_own()
        town.request("ann")
        assert node.refresh_own()
        first = set(node.areas)
        assert first
        await node.subscribe(air)
        assert set(air.topics) == {fork_topic(node.desk.net), *(topic(node.desk.net, area) for area in first)}
        town.later(days=3)
        assert own.posts(node.desk.node) == []
        assert not node.refresh_own()
        assert node.own == []
        assert node.areas == first
        town.request("ann")
        assert not node.refresh_own(), "no area is new, so nobody need be told"
        again = Node(town["ann"], None, hub=False, fixed_areas=())  # type: ignore[arg-type] # the same
        assert again.areas == set()
        again.refresh_own()
        assert again.areas == first


def test_only_so_many_are_heard(tmp_path: Path) -> None:
    """What is beyond is not; what was there stays."""
    with Town(tmp_path, "ann") as town:
        node = Node(town["ann"], None, hub=False, fixed_areas=(1, 2))  # type: ignore[arg-type] # nobody looks for it
        assert node.follow(set(range(3, MAX_AREAS)))
        assert node.follow({MAX_AREAS + 5, MAX_AREAS + 6})
        assert len(node.areas) == MAX_AREAS
        assert not node.follow({MAX_AREAS + 9})
        assert {1, 2} <= node.areas
