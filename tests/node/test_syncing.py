"""Nodes that sync, in one process and without libp2p: what each asks the other answers, byte for byte."""

from __future__ import annotations

import random
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import trio

from lazpool.actions import hearing, posts
from lazpool.actions.desk import create_home, open_desk
from lazpool.actions.matches import areas_of
from lazpool.config import Config
from lazpool.errors import UnreachableError
from lazpool.node import links, syncing
from lazpool.node.ears import ALL_BURST, AREA_BURST, AREA_RATE, Ears
from lazpool.node.state import Node
from lazpool.records import covers, sync
from lazpool.records.posts import Withdrawal, sign_post
from lazpool.rules.areas import topic
from lazpool.rules.outline import outline
from lazpool.rules.stamps import standing, work
from lazpool.store import board
from lazpool.wire.signing import public_key
from tests.rules.town import GRENOBLE, LYON, MIDNIGHT, offer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lazpool.records.posts import SignedPost

AREAS = (0x841F903FFFFFFFF, 0x841F93BFFFFFFFF, 0x841F9EDFFFFFFFF)
NOW = MIDNIGHT * 60


@dataclass
class Wire:
    """The network as one node sees it: it carries frames to the others, counts them, and keeps what is gossiped."""

    town: Town
    name: str
    trips: int = 0
    bytes: int = 0
    gossiped: list[tuple[str, bytes]] = field(default_factory=list)

    def peers(self) -> list[bytes]:
        """Return all others."""
        return [node.desk.node_pk for name, node in self.town.nodes.items() if name != self.name]

    async def ask(self, peer: bytes, protocol: str, frame: bytes) -> bytes:
        """Ask another node."""
        await trio.lowlevel.checkpoint()
        assert protocol == sync.PROTOCOL
        other = next(name for name, node in self.town.nodes.items() if node.desk.node_pk == peer)
        if other in self.town.away:
            raise UnreachableError("asleep")
        asker = self.town.nodes[self.name].desk.node_pk
        answer = syncing.serve(
            self.town.nodes[other],
            self.town.wires[other],
            self.town.nursery,
            asker,
            frame,  # type: ignore[arg-type] # a wire
        )
        self.trips += 1
        self.bytes += len(frame) + len(answer)
        return answer

    async def publish(self, name: str, data: bytes) -> int:
        """Gossip."""
        self.gossiped.append((name, data))
        return 1

    async def subscribe(self, _name: str) -> None:
        """Hear a topic."""

    async def ping(self, _peer: bytes) -> float:
        """Answer at once."""
        return 0.0


class Town:
    """Some nodes that follow the same areas."""

    def __init__(self, root: Path, nursery: trio.Nursery, *names: str) -> None:
        """Open them."""
        self.nursery, self.stack, self.now = nursery, ExitStack(), float(NOW)
        self.nodes: dict[str, Node] = {}
        self.wires = {name: Wire(self, name) for name in names}
        self.away = set[str]()
        for name in names:
            create_home(Config(root / name, network="sync", name=name), clock=lambda: self.now)
            desk = self.stack.enter_context(open_desk(root / name, clock=lambda: self.now))
            self.nodes[name] = Node(desk, None, hub=False, fixed_areas=AREAS)  # type: ignore[arg-type] # nobody looks for it

    def post(self, number: int, minutes: int = 600) -> SignedPost:
        """Return an offer; the same for the same number."""
        seed = number.to_bytes(32, "big")
        desk = next(iter(self.nodes.values())).desk
        fields = {"net": desk.net, "post_pk": public_key(seed), "depart": MIDNIGHT + 100 + number % 400}
        return sign_post(replace(offer(GRENOBLE, LYON), **fields, expires=MIDNIGHT + minutes + number % 400), seed)

    def gone(self, number: int) -> SignedPost:
        """Return the withdrawal of an offer."""
        post = self.post(number)
        return sign_post(
            Withdrawal(post.post.net, post.post.post_pk, post.id, post.post.expires), number.to_bytes(32, "big")
        )

    def put(self, name: str, numbers: Iterable[int], areas: tuple[int, ...] = AREAS) -> None:
        """Put offers on somebody's board."""
        desk = self.nodes[name].desk
        heard = [(post, outline(post.post), areas) for post in map(self.post, numbers)]
        with desk.board.transaction():
            board.add(desk.board, heard, now=desk.minute)  # type: ignore[arg-type] # offers

    def take_back(self, name: str, *numbers: int) -> None:
        """Take offers off somebody's board."""
        for number in numbers:
            board.withdraw(self.nodes[name].desk.board, self.gone(number), AREAS)

    async def meet(self, asker: str, other: str) -> tuple[int, int]:
        """Let one compare with another; return trips and bytes."""
        wire = self.wires[asker]
        wire.trips = wire.bytes = 0
        await syncing.meet(self.nodes[asker], wire, self.nodes[other].desk.node_pk)  # type: ignore[arg-type] # a wire
        return wire.trips, wire.bytes

    def board(self, name: str) -> list[bytes]:
        """Return all that is on a board, with its areas."""
        return self.nodes[name].catalogue().elements(AREAS)

    def posts(self, name: str) -> int:
        """Count the posts on a board."""
        return board.count(self.nodes[name].desk.board)


@pytest.fixture
def town(tmp_path: Path, nursery: trio.Nursery) -> Iterator[Town]:
    """Return three nodes."""
    made = Town(tmp_path, nursery, "ann", "bob", "cid")
    yield made
    made.stack.close()


@pytest.fixture
def line(tmp_path: Path, nursery: trio.Nursery) -> Iterator[Town]:
    """Return four nodes: three hops."""
    made = Town(tmp_path, nursery, "ann", "bob", "cid", "dan")
    yield made
    made.stack.close()


async def test_one_conversation_makes_both_boards_equal(town: Town) -> None:
    """Posts in several areas, withdrawals and posts in other areas: both have the same after one asked the other."""
    town.put("ann", range(1500))
    town.put("bob", range(60, 1540))
    town.put("bob", range(1540, 1550), AREAS[:1])
    town.put("ann", range(1540, 1550), AREAS[1:])
    town.take_back("ann", 100, 101)
    town.take_back("bob", 200, 2000)
    trips, size = await town.meet("ann", "bob")
    assert town.board("ann") == town.board("bob")
    assert len(town.board("ann")) == 1551
    assert town.posts("ann") == town.posts("bob") == 1547
    assert trips <= 1 + 5
    assert size < 60_000 + 120 * 550
    trips, size = await town.meet("bob", "ann")
    assert (trips, size < 300) == (2, True)
    assert (await town.meet("bob", "ann"))[0] == 1


async def test_a_post_withdrawn_while_one_slept_does_not_come_back(town: Town) -> None:
    """Who has the post learns that it was withdrawn; who never had it keeps the withdrawal, and then not the post."""
    town.put("ann", [1])
    town.put("bob", [1])
    town.take_back("bob", 1)
    await town.meet("bob", "cid")
    town.put("cid", [2])
    await town.meet("cid", "ann")
    for name in ("ann", "cid"):
        assert board.get(town.nodes[name].desk.board, town.post(1).id) is None
    assert town.posts("ann") == town.posts("cid") == 1
    assert (await town.meet("ann", "bob"))[0] < 6
    assert town.board("ann") == town.board("bob")


async def test_what_finds_no_room_is_not_fetched_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full board fetches what it lacks once, remembers what it refused, and asks again only after some minutes."""
    monkeypatch.setattr("lazpool.actions.room.MAX_BOARD", 30)
    by_standing = sorted(range(50), key=lambda number: standing(town.post(number).id, town.post(number).post.expires))
    town.put("ann", by_standing[20:])
    town.put("bob", range(50))
    await town.meet("ann", "bob")
    assert town.posts("ann") == 30
    _, size = await town.meet("ann", "bob")
    assert size < 2000
    monkeypatch.setattr("lazpool.actions.room.MAX_BOARD", 300)
    town.nodes["ann"].desk.room = None
    town.nodes["ann"].refused.clear()
    await town.meet("ann", "bob")
    assert town.board("ann") == town.board("bob")


async def test_full_boards_keep_those_of_most_work(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of posts without work drives out none with some; whoever comes first, full boards end with the same."""
    monkeypatch.setattr("lazpool.actions.room.MAX_AREA", 40)
    ordered = sorted(range(120), key=lambda number: standing(town.post(number).id, town.post(number).post.expires))
    town.put("ann", ordered[:40])
    town.put("bob", ordered[90:])
    town.put("cid", ordered[50:90])
    for asker, other in (("ann", "bob"), ("ann", "cid"), ("bob", "cid"), ("bob", "ann"), ("cid", "ann")):
        for node in town.nodes.values():
            node.desk.room = None
        await town.meet(asker, other)
    best = {town.post(number).id for number in ordered[80:]}
    for name in town.nodes:
        assert {one[4:36] for one in town.board(name)} == best


async def test_a_neighbour_that_asks_too_much_is_told_nothing_for_a_while(town: Town) -> None:
    """Work done for a neighbour is counted in elements; beyond its quota the answer is empty."""
    town.put("bob", range(500))
    bob, wire = town.nodes["bob"], town.wires["ann"]
    bob.work = type(bob.work)(rate=1.0, burst=2000.0)
    cover = (covers.Part(covers.END, b"differs!"),)
    asked = sync.pack_frame(sync.Compare(AREAS, MIDNIGHT, b"saltsalt", cover))
    answers = [await wire.ask(bob.desk.node_pk, sync.PROTOCOL, asked) for _ in range(10)]
    told = [answer for answer in answers if sync.read_cover(answer, MIDNIGHT)]
    assert 0 < len(told) < 5
    await town.meet("ann", "bob")
    assert town.posts("ann") == 0


async def test_gifts_are_bounded(town: Town) -> None:
    """Who floods with posts that we lack gets rid of as many as the quota allows; the giver stops."""
    town.put("ann", range(300))
    bob = town.nodes["bob"]
    bob.gifts = type(bob.gifts)(rate=0.001, burst=150.0)
    trips, _ = await town.meet("ann", "bob")
    assert town.posts("bob") == 150
    assert trips <= 1 + 2 + 2


async def test_areas_that_we_do_not_follow_are_dropped(town: Town) -> None:
    """A neighbour cannot make us keep posts for areas that are not ours."""
    elsewhere = 0x84BE0E3FFFFFFFF
    frame = sync.GivePosts(
        (sync.Post(town.post(1).envelope, (AREAS[0], elsewhere)), sync.Post(town.post(2).envelope, (elsewhere,)))
    )
    taken = await town.wires["ann"].ask(town.nodes["bob"].desk.node_pk, sync.PROTOCOL, sync.pack_frame(frame))
    assert sync.read_taken(taken) == 2
    assert town.posts("bob") == 1
    assert town.nodes["bob"].catalogue().elements((elsewhere,)) == []


async def test_news_is_gossiped_on(town: Town) -> None:
    """A few posts that a neighbour brought are told to the others by gossip, many are not."""
    town.put("ann", range(5), AREAS[:2])
    await town.meet("ann", "bob")
    await trio.testing.wait_all_tasks_blocked()
    names = {topic(town.nodes["bob"].desk.net, area) for area in AREAS[:2]}
    assert {name for name, _ in town.wires["bob"].gossiped} == names
    assert len(town.wires["bob"].gossiped) == 10
    town.put("ann", range(100, 300))
    await town.meet("cid", "ann")
    assert not town.wires["cid"].gossiped


async def test_a_post_goes_from_node_to_node(line: Town) -> None:
    """Three hops without any gossip: each node that syncs with the one before has what that one has."""
    line.put("ann", range(40))
    for before, name in pairwise(line.nodes):
        await line.meet(name, before)
    assert len(line.board("dan")) == 40
    assert line.board("dan") == line.board("ann")


async def test_what_gossip_loses_on_three_hops_sync_completes(line: Town) -> None:
    """Each hop loses three of ten posts, a third arrive at the end; one round of sync brings the rest to everybody."""
    chance, names = random.Random(3), tuple(line.nodes)
    ears = {name: Ears(line.nodes[name]) for name in names[1:]}
    place = topic(line.nodes["ann"].desk.net, AREAS[0])
    line.put("ann", range(300), AREAS[:1])
    for number in range(300):
        for name in names[1:]:
            if chance.random() < 0.3 or not ears[name].check(place, line.post(number).envelope, name.encode()):
                break
            hearing.store_heard(line.nodes[name].desk, [ears[name]._heard.popitem()[1]], [])
    assert 70 < line.posts("dan") < line.posts("cid") < line.posts("bob") < 240
    for before, name in pairwise(names):
        await line.meet(name, before)
    assert [line.posts(name) for name in names] == [300] * 4
    assert all(line.board(name) == line.board("ann") for name in names)


async def test_floods_are_held_in_an_area_and_in_all(town: Town, autojump_clock: Any) -> None:
    """However many forward it, a node looks at so many posts of an area, and in all; and goes on later."""
    del autojump_clock
    ears = Ears(town.nodes["ann"])
    net = town.nodes["ann"].desk.net
    rubbish = b"\x00"
    looked = [sum(ears.check(topic(net, area), rubbish, b"") is False for _ in range(6000)) for area in AREAS]
    assert [round(count, -2) for count in looked] == [AREA_BURST, AREA_BURST, 0]
    assert sum(looked) <= ALL_BURST + 10
    await trio.sleep(2)
    assert sum(ears.check(topic(net, AREAS[0]), rubbish, b"") is False for _ in range(6000)) == 2 * AREA_RATE


async def test_back_from_sleep_all_neighbours_are_asked(
    town: Town, monkeypatch: pytest.MonkeyPatch, autojump_clock: Any
) -> None:
    """The clock of the day jumps: within seconds the board is whole, whichever neighbour has what."""
    del autojump_clock
    collected: list[bytes] = []

    async def collect(_node: Node, _network: object, peer: bytes, *, everything: bool = False) -> None:
        await trio.lowlevel.checkpoint()
        assert everything
        collected.append(peer)

    async def introduce(_node: Node, _network: object, _peer: bytes) -> None:
        await trio.lowlevel.checkpoint()

    monkeypatch.setattr("lazpool.node.mailman.collect", collect)
    monkeypatch.setattr("lazpool.node.relays.introduce", introduce)
    town.put("bob", range(200), AREAS)
    town.put("cid", range(100, 300), AREAS)
    ann = town.nodes["ann"]
    watching = trio.CancelScope()

    async def watch() -> None:
        with watching:
            await links.notice_sleep(ann, town.wires["ann"])  # type: ignore[arg-type] # a wire

    town.nursery.start_soon(watch)
    await trio.sleep(30)
    assert town.posts("ann") == 0
    town.now += 8 * 60 * 60 / 100  # the posts of a minute ago live on
    began = trio.current_time()
    while town.posts("ann") < 300:  # noqa: ASYNC110 # a look at a database
        await trio.sleep(0.1)
    assert trio.current_time() - began < 5
    assert sorted(collected) == sorted(town.wires["ann"].peers())
    watching.cancel()


async def test_a_post_for_a_full_board_gets_the_work_that_keeps_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the areas of a new post are full, its author's node puts in what stays there, with no setting changed."""
    monkeypatch.setattr("lazpool.actions.posts.MAX_AREA", 1)
    desk = town.nodes["ann"].desk
    trip = posts.Trip(GRENOBLE, LYON, (), desk.minute + 600, 15, 2, 15, 80, stamp=0)
    areas = areas_of(posts.draft_offer(desk, trip).post)
    best = [number for number in range(200) if work(town.post(number).id) >= 5]
    town.put("ann", best, areas)
    monkeypatch.setattr("lazpool.actions.room.MAX_AREA", len(best))
    assert work(posts.offer(desk, trip).id) >= 6
