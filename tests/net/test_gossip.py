"""Posts on the wire: nobody's name on them, none lost in a burst or at the start, bad ones go no further."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import trio
from faults_base import MESHSUB, misbehaving_host
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.pubsub.pb import rpc_pb2
from libp2p.stream_muxer.yamux.yamux import DEFAULT_WINDOW_SIZE
from libp2p.utils.varint import encode_varint_prefixed, read_varint_prefixed_bytes
from multiaddr import Multiaddr
from nodes import linked, next_post, node, take_posts, until

from lazpool.errors import InvalidInputError
from lazpool.net import gossip
from lazpool.net.limits import MAX_POST
from lazpool.net.muxer import BoundedYamux

if TYPE_CHECKING:
    from libp2p.abc import INetStream

    from lazpool.net.network import Network

TOPIC = "t"


class Observer:
    """A foreign libp2p peer that keeps every gossip frame it is sent."""

    def __init__(self) -> None:
        """Begin with no frames; `done` ends the observing."""
        self.frames: list[bytes] = []
        self.done = trio.Event()

    async def keep(self, stream: INetStream) -> None:
        """Read frames until the stream ends."""
        with suppress(Exception):
            while True:
                self.frames.append(await read_varint_prefixed_bytes(stream))

    def messages(self) -> list[rpc_pb2.Message]:
        """Return the messages published in the frames."""
        return [message for frame in self.frames for message in rpc_pb2.RPC.FromString(frame).publish]


async def observe(observer: Observer, network: Network, nursery: trio.Nursery) -> None:
    """Connect an observer that hears TOPIC to a network, until it is done."""
    ready = trio.Event()

    async def run() -> None:
        async with misbehaving_host() as host:
            host.set_stream_handler(MESHSUB, observer.keep)
            info = info_from_p2p_addr(Multiaddr(network.addresses()[0]))
            await host.connect(info)
            stream = await host.new_stream(info.peer_id, [MESHSUB])
            hello = rpc_pb2.RPC()
            hello.subscriptions.add(subscribe=True, topicid=TOPIC)
            hello.control.graft.add(topicID=TOPIC)
            await stream.write(encode_varint_prefixed(hello.SerializeToString()))
            ready.set()
            await observer.done.wait()

    known = network.listeners(TOPIC)
    nursery.start_soon(run)
    await ready.wait()
    await until(lambda: network.listeners(TOPIC) > known)


async def test_the_authors_node_key_is_on_no_message() -> None:
    """A neighbour sees posts of strangers, each another; a neighbour's neighbour sees no trace of the author at all."""
    async with node() as author, node() as middle, trio.open_nursery() as nursery:
        await linked(author, middle, TOPIC)
        near, far = Observer(), Observer()
        await observe(near, author, nursery)
        await observe(far, middle, nursery)
        for number in range(20):
            await author.publish(TOPIC, b"post %d" % number)
        await until(lambda: len(near.messages()) >= 20 and len(far.messages()) >= 20)
        for message in near.messages() + far.messages():
            assert author.node_pk not in message.SerializeToString()
        assert len({message.from_id for message in near.messages()}) == 20
        assert not any(author.node_pk in frame for frame in far.frames)
        near.done.set()
        far.done.set()


async def test_a_burst_arrives_whole() -> None:
    """Three hundred posts handed over at once all arrive, since they are sent one after the other."""
    async with node() as a, node() as b:
        await linked(b, a, TOPIC)
        async with trio.open_nursery() as nursery:
            for number in range(300):
                nursery.start_soon(b.publish, TOPIC, b"%03d" % number + bytes(497))
            taken = await take_posts(a, 300)
        assert len({data[:3] for data in taken}) == 300
        assert a.dropped_posts == 0


async def test_posts_are_passed_on_and_bad_ones_are_not() -> None:
    """A node between two passes on what its check accepts; what it refuses, or fails on, ends there."""

    def fussy(_topic: str, data: bytes, _forwarder: bytes) -> bool:
        if data == b"fail":
            raise ZeroDivisionError
        return data == b"good"

    async with node() as a, node(check=fussy) as middle, node() as c:
        await linked(a, middle, TOPIC)
        await linked(c, middle, TOPIC)
        for data in (b"bad", b"fail", b"good"):
            await a.publish(TOPIC, data)
        assert await next_post(c) == (TOPIC, b"good")
        assert await next_post(middle) == (TOPIC, b"good")
        await trio.sleep(0.3)
        assert (c.posts.statistics().current_buffer_used, middle.posts.statistics().current_buffer_used) == (0, 0)


async def test_a_post_before_the_first_subscription_still_arrives() -> None:
    """A post published to nobody reaches a peer that begins to hear its topic within two seconds."""
    async with node() as a, node() as b:
        await b.subscribe(TOPIC)
        await b.connect(a.addresses()[0])
        assert await b.publish(TOPIC, b"early") == 0
        await trio.sleep(0.5)
        await a.subscribe(TOPIC)
        assert await next_post(a) == (TOPIC, b"early")


async def test_a_post_without_a_mesh_goes_to_all_who_listen() -> None:
    """A listener that is in no mesh yet gets the post directly, from a subscriber as from a mere visitor."""
    async with node() as a, node() as b:
        await linked(b, a, TOPIC)
        b._gossip._router.mesh[TOPIC].clear()
        assert await b.publish(TOPIC, b"direct") == 1
        assert await next_post(a) == (TOPIC, b"direct")
        await a.subscribe("elsewhere")
        await until(lambda: b.listeners("elsewhere"))
        assert await b.publish("elsewhere", b"visiting") == 1
        assert await next_post(a) == ("elsewhere", b"visiting")


async def test_a_topic_subscribed_to_while_connecting_is_announced() -> None:
    """Whenever a node subscribes during the making of a connection, its peer learns of it."""
    async with node() as a:
        for _ in range(5):
            async with node() as b, trio.open_nursery() as nursery:
                nursery.start_soon(b.connect, a.addresses()[0])
                for number in range(30):
                    await b.subscribe(f"topic {number}")
                    await trio.sleep(0.001)
                await until(lambda: all(a.listeners(f"topic {number}") for number in range(30)))


async def test_posts_nobody_takes_are_counted_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full queue drops posts and says how many; the host goes on."""
    monkeypatch.setattr(gossip, "POSTS_QUEUE", 5)
    async with node() as a, node() as b:
        await linked(b, a, TOPIC)
        for number in range(12):
            await b.publish(TOPIC, b"%d" % number)
        await until(lambda: a.dropped_posts == 7)
        assert len(await take_posts(a, 5)) == 5


async def test_too_large_a_post_is_refused_here() -> None:
    """A post that no node would take is an error of the caller's."""
    async with node() as a:
        with pytest.raises(InvalidInputError):
            await a.publish(TOPIC, bytes(MAX_POST + 1))


async def test_reading_costs_the_reader_no_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of posts that fill a window twice each arrives, and the reader answers far fewer than one frame a post."""
    count, frames = 2 * DEFAULT_WINDOW_SIZE // MAX_POST + 20, Counter[object]()
    write = BoundedYamux._write_frame

    async def counted(self: BoundedYamux, data: bytes) -> None:
        frames[self.peer_id] += 1
        await write(self, data)

    monkeypatch.setattr(BoundedYamux, "_write_frame", counted)
    async with node() as author, node() as reader:
        await linked(author, reader, TOPIC)
        frames.clear()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(take_posts, reader, count)
            for number in range(count):
                await author.publish(TOPIC, b"%0*d" % (MAX_POST, number))
        to_author, to_reader = sorted(frames.values())
        assert to_reader >= count
        assert to_author < count // 4


async def test_a_topic_that_is_added_loses_nothing_of_either() -> None:
    """While posts of one topic flow a node begins to hear another one: all of both arrive."""
    async with node() as author, node() as reader:
        await linked(author, reader, "old")
        async with trio.open_nursery() as nursery:
            for number in range(60):
                nursery.start_soon(author.publish, "old", b"old %d" % number)
            got = await take_posts(reader, 20, 60)
            await reader.subscribe("new")
            await author.subscribe("new")
            await until(lambda: author.listeners("new"))
            for number in range(60):
                nursery.start_soon(author.publish, "new", b"new %d" % number)
            got += await take_posts(reader, 100, 60)
        assert set(got) == {b"%s %d" % (name, number) for name in (b"old", b"new") for number in range(60)}
