"""The facade on real libp2p hosts on loopback: connecting, asking, gossiping, events, closing."""

from __future__ import annotations

import pytest
import trio
from nodes import ECHO, next_post, node, until
from structlog.testing import capture_logs

from lazpool.errors import InvalidInputError, LazpoolError, UnreachableError
from lazpool.net import throttle
from lazpool.net.address import node_name
from lazpool.net.network import PeerEvent


async def test_a_peer_is_known_by_the_key_of_its_address_and_answers() -> None:
    """Connecting returns the node key named in the address; the answerer sees the asker's key."""
    async with node() as a, node() as b:
        assert a.addresses()[0].endswith("/p2p/" + node_name(a.node_pk))
        assert await b.connect(a.addresses()[0]) == a.node_pk
        assert await b.ask(a.node_pk, ECHO, b"hello") == b.node_pk + b"hello"
        await until(lambda: a.peers() == [b.node_pk])
        assert await a.ask(b.node_pk, ECHO, b"") == a.node_pk
        assert 0 < await a.ping(b.node_pk) < 1


async def test_coming_and_going_are_told() -> None:
    """Both sides hear of the connection once, and of its end, whoever closes it."""
    async with node() as a, node() as b:
        await b.connect(a.addresses()[0])
        with trio.fail_after(5):
            assert await a.events.receive() == PeerEvent(b.node_pk, connected=True)
            assert await b.events.receive() == PeerEvent(a.node_pk, connected=True)
            await a.close_peer(b.node_pk)
            assert await a.events.receive() == PeerEvent(b.node_pk, connected=False)
            assert await b.events.receive() == PeerEvent(a.node_pk, connected=False)
        assert not a.peers()
        with pytest.raises(UnreachableError):
            await a.ping(b.node_pk)


async def test_a_post_reaches_who_subscribed_and_not_its_author() -> None:
    """A post published the moment a listener is known arrives; the author's own queue stays empty."""
    async with node() as a, node() as b:
        await b.connect(a.addresses()[0])
        await a.subscribe("t")
        await b.subscribe("t")
        await until(lambda: b.listeners("t"))
        assert await b.publish("t", b"post") == 1
        assert await next_post(a) == ("t", b"post")
        with pytest.raises(trio.WouldBlock):
            b.posts.receive_nowait()


async def test_unreachable_and_invalid_are_told_apart() -> None:
    """Nobody at an address is UnreachableError; no address at all, or one's own, is InvalidInputError."""
    async with node() as a, node() as b:
        await b.connect(a.addresses()[0])
        with pytest.raises(InvalidInputError):
            await b.connect("/ip4/127.0.0.1/tcp/1")
        with pytest.raises(InvalidInputError):
            await b.connect(b.addresses()[0])
        with pytest.raises(UnreachableError):
            await b.connect(f"/ip4/127.0.0.1/tcp/1/p2p/{node_name(bytes(31) + b'x')}")
        with pytest.raises(UnreachableError):
            await b.ask(bytes(32), ECHO, b"")
        with pytest.raises(UnreachableError):
            await b.ask(a.node_pk, "/lazpool/nothing/1", b"")


async def test_a_taken_port_is_an_error() -> None:
    """Two nodes on one port do not share it silently."""
    async with node() as a:
        taken = a.addresses()[0].partition("/p2p/")[0]
        with pytest.raises(LazpoolError) as caught:
            async with node(listen=[taken]):
                pass
        assert caught.value.code == "cannot-listen"


async def test_what_the_block_raises_comes_out_as_it_is() -> None:
    """No exception group of trio's nurseries reaches the caller."""
    with pytest.raises(KeyError):
        async with node():
            raise KeyError


async def test_leaving_is_quick_also_with_peers_and_when_cancelled() -> None:
    """Leaving takes less than two seconds with connections open, cancelled or not."""
    async with node() as a:
        start = trio.current_time()
        with trio.move_on_after(1) as scope:
            async with node() as b, node() as c:
                await b.connect(a.addresses()[0])
                await c.connect(a.addresses()[0])
                start = trio.current_time()
                scope.cancel()
                await trio.sleep_forever()
        assert trio.current_time() - start < 2
        await until(lambda: not a.peers())


async def test_who_only_looks_whether_the_port_is_open_is_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `join` and `netcheck` do, and every scanner on the internet: it is counted, and told as information."""
    counted = throttle.Throttle()
    monkeypatch.setattr(throttle, "FAULTS", counted)
    async with node() as a:
        with capture_logs() as said:
            caller = await trio.open_tcp_stream("127.0.0.1", int(a.addresses()[0].split("/")[4]))
            await caller.aclose()
            await until(lambda: counted.total)
            assert {line["log_level"] for line in said if line["event"] == "network fault"} == {"info"}
