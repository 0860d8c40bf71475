"""Peers that end, stall, restart and come twice, the other side in a process of its own where it must."""

from __future__ import annotations

import os
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
import trio
from libp2p.host.ping import ID as PING
from nodes import ECHO, LISTEN, linked, next_post, node, until
from processes import victim

from lazpool.errors import UnreachableError
from lazpool.net import connections, host, liveness
from lazpool.net import network as networking
from lazpool.net.network import Network, PeerEvent, open_network

if TYPE_CHECKING:
    from libp2p.abc import INetStream

TOPIC = "t"


async def next_event(network: Network, timeout_s: float) -> PeerEvent:
    """Return the next event of a network."""
    with trio.fail_after(timeout_s):
        return await network.events.receive()


@pytest.mark.process
async def test_a_killed_peer_is_told_at_once() -> None:
    """The event comes within a second after kill -9."""
    with victim(TOPIC) as peer:
        async with node() as a:
            node_pk = await a.connect(peer.address)
            assert await next_event(a, 1) == PeerEvent(node_pk, connected=True)
            peer.process.kill()
            assert await next_event(a, 1) == PeerEvent(node_pk, connected=False)
            assert a.peers() == []


@pytest.mark.process
async def test_a_stalled_peer_is_found_by_ping_and_reached_again_later() -> None:
    """A stopped process fails its ping in bounded time, is closed quickly, and is reached again when it goes on."""
    with victim(TOPIC) as peer:
        async with node() as a:
            node_pk = await a.connect(peer.address)
            peer.process.send_signal(signal.SIGSTOP)
            with trio.fail_after(6), pytest.raises(UnreachableError):
                await a.ping(node_pk)
            with trio.fail_after(2):
                await a.close_peer(node_pk)
            await until(lambda: not a.peers(), 1)
            peer.process.send_signal(signal.SIGCONT)
            with trio.fail_after(2):
                await a.connect(peer.address)
            assert await a.ask(node_pk, ECHO, b"back?") == b"back?"


@pytest.mark.process
async def test_a_peer_restarted_without_goodbye_is_heard_by_its_new_process() -> None:
    """When a node comes back while its old connection still seems alive, the dead one goes and posts reach the new."""
    seed = os.urandom(32).hex()
    async with node() as a:
        await a.subscribe(TOPIC)
        with victim(TOPIC, SEED=seed, DIAL=a.addresses()[0]) as old:
            await until(lambda: a.listeners(TOPIC))
            old.process.send_signal(signal.SIGSTOP)
            with victim(TOPIC, SEED=seed, DIAL=a.addresses()[0]) as new:
                await until(lambda: len(a._host.get_network().get_connections()) == 2)
                await until(lambda: len(a._host.get_network().get_connections()) == 1, 6)
                await until(lambda: a.listeners(TOPIC), 6)
                await a.publish(TOPIC, b"to the living")
                await trio.sleep(0.5)
                new.process.send_signal(signal.SIGTERM)
                assert (await trio.to_thread.run_sync(new.told))["posts"] == 1


async def test_a_peer_that_says_anything_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no time to answer a ping, but sends other things meanwhile, counts as there and keeps its connection.

    Here the peer agrees on the protocol and then does not echo.
    """

    async def busy(_stream: INetStream) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(networking, "PING_S", 0.5)
    monkeypatch.setattr(liveness, "PROBE_S", 1)
    async with node() as a, node() as b:
        b._host.set_stream_handler(PING, busy)
        await linked(a, b, TOPIC)
        await a.ping(b.node_pk)
        await a.close_dead(b.node_pk)
        assert a.peers() == [b.node_pk]


async def test_a_peer_restarted_on_the_same_port_is_reached_at_once() -> None:
    """Same key, same port: connecting, asking and gossip work as the first time, within two seconds."""
    seed = os.urandom(32)
    async with node() as a:
        async with node(seed) as before:
            await linked(a, before, TOPIC)
            listen = [before.addresses()[0].partition("/p2p/")[0]]
        await until(lambda: not a.peers())
        with trio.fail_after(2):
            async with node(seed, listen) as after:
                await linked(a, after, TOPIC)
                assert await a.ask(after.node_pk, ECHO, b"") == a.node_pk
                await a.publish(TOPIC, b"again")
                assert await next_post(after) == (TOPIC, b"again")


async def test_connecting_twice_keeps_the_connection() -> None:
    """A second connect to a peer that answers changes nothing and tells nothing."""
    async with node() as a, node() as b:
        await b.connect(a.addresses()[0])
        await next_event(b, 1)
        assert await b.connect(a.addresses()[0]) == a.node_pk
        assert len(b._host.get_network().get_connections()) == 1
        assert b.events.statistics().current_buffer_used == 0


async def test_two_who_dial_each_other_at_once_stay_connected() -> None:
    """Both connections work, each side is told once, and gossip flows both ways."""
    async with node() as a, node() as b:
        await a.subscribe(TOPIC)
        await b.subscribe(TOPIC)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(a.connect, b.addresses()[0])
            nursery.start_soon(b.connect, a.addresses()[0])
        await until(lambda: a.listeners(TOPIC) and b.listeners(TOPIC))
        assert await a.ask(b.node_pk, ECHO, b"") == a.node_pk
        assert await b.ask(a.node_pk, ECHO, b"") == b.node_pk
        await a.publish(TOPIC, b"from a")
        await b.publish(TOPIC, b"from b")
        assert (await next_post(a), await next_post(b)) == ((TOPIC, b"from b"), (TOPIC, b"from a"))
        assert (a.events.statistics().current_buffer_used, b.events.statistics().current_buffer_used) == (1, 1)


async def test_visitors_leave_no_place_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """More peers than fit at once may come one after the other; libp2p alone would be full for ever."""
    monkeypatch.setattr(host, "MAX_CONNECTIONS", 4)
    async with node() as a:
        for _ in range(10):
            async with open_network(os.urandom(32), [], serve={}, check=lambda *_: True) as visitor:
                await visitor.connect(a.addresses()[0])
                assert await visitor.ask(a.node_pk, ECHO, b"") == visitor.node_pk


async def test_a_full_host_refuses_and_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    """One connection too many fails for the newcomer alone; when somebody leaves there is room again."""
    monkeypatch.setattr(host, "MAX_CONNECTIONS", 2)
    async with node() as a, node() as b, node() as late:
        async with node() as c:
            await b.connect(a.addresses()[0])
            await c.connect(a.addresses()[0])
            with pytest.raises(UnreachableError):
                await late.connect(a.addresses()[0])
            assert await b.ask(a.node_pk, ECHO, b"") == b.node_pk
        await until(lambda: len(a.peers()) == 1)
        await trio.sleep(0.2)
        await late.connect(a.addresses()[0])


async def test_callers_who_say_nothing_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """More silent connections than fit at all are open, and ever new ones come; whoever says who they are gets in."""
    monkeypatch.setattr(host, "MAX_CONNECTIONS", 4)
    monkeypatch.setattr(host, "HANDSHAKES", 8)
    async with node() as a, node() as b, AsyncExitStack() as stack, trio.open_nursery() as nursery:
        port = int(a.addresses()[0].split("/")[4])

        async def knock() -> None:
            while True:
                await stack.enter_async_context(await trio.open_tcp_stream("127.0.0.1", port))
                await trio.sleep(0.05)

        for _ in range(20):
            await stack.enter_async_context(await trio.open_tcp_stream("127.0.0.1", port))
        nursery.start_soon(knock)
        await trio.sleep(0.5)
        with trio.fail_after(9):  # sooner than the silent ones are given up
            await b.connect(a.addresses()[0])
        assert await b.ask(a.node_pk, ECHO, b"") == b.node_pk
        nursery.cancel_scope.cancel()


async def test_one_identity_holds_few_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same key connecting over and over is cut off after a few, and told of once."""
    monkeypatch.setattr(connections, "PROBE_S", 0.0)
    seed = os.urandom(32)
    async with node() as a, trio.open_nursery() as nursery:

        async def twin() -> None:
            async with open_network(seed, LISTEN, serve={}, check=lambda *_: True) as same:
                await same.connect(a.addresses()[0])
                await trio.sleep_forever()

        for _ in range(6):
            nursery.start_soon(twin)
        await trio.sleep(1.5)
        assert len(a._host.get_network().get_connections()) <= connections.MAX_CONNECTIONS_PER_PEER
        assert len(a.peers()) == 1
        nursery.cancel_scope.cancel()
