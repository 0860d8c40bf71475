"""Circuits by way of a relay on loopback: between nodes that nobody can dial, within bounds, until there is better."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import trio
from libp2p.relay.circuit_v2.pb.circuit_pb2 import HopMessage, PeerId
from libp2p.relay.circuit_v2.protocol import PROTOCOL_ID as HOP
from libp2p.relay.circuit_v2.protocol import STOP_PROTOCOL_ID as STOP
from libp2p.relay.circuit_v2.protocol_buffer import StatusCode
from libp2p.relay.circuit_v2.utils import read_delimited_msg, write_delimited_msg
from nodes import ECHO, LISTEN, echo, let_through, next_post, until

from lazpool.errors import UnreachableError
from lazpool.net.address import circuit, parse_address
from lazpool.net.host import peer_id
from lazpool.net.network import Network, open_network

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager


def host(*, relay: bool = False, listen: bool = False) -> AbstractAsyncContextManager[Network]:
    """Open a host; one that does not listen cannot be dialled by anybody."""
    where = LISTEN if relay or listen else []
    return open_network(os.urandom(32), where, serve={ECHO: echo}, check=let_through, relay=relay)


async def reserved(node: Network, hub: Network) -> str:
    """Give a node a place at a hub, and return its address there."""
    await node.connect(hub.addresses()[0])
    await node.reserve(hub.node_pk)
    return circuit(hub.addresses()[0], node.node_pk)


async def test_nodes_that_nobody_can_dial_meet_by_way_of_a_relay() -> None:
    """Two nodes without a listening address ask each other, and hear each other's posts, through a hub."""
    async with host(relay=True) as hub, host() as a, host() as b:
        where = await reserved(a, hub)
        assert await b.connect(where) == a.node_pk
        assert await b.ask(a.node_pk, ECHO, b"hello") == b.node_pk + b"hello"
        await until(lambda: b.node_pk in a.peers())
        assert await a.ask(b.node_pk, ECHO, b"back") == a.node_pk + b"back"
        assert a.relayed(b.node_pk)
        assert b.relayed(a.node_pk)
        assert not a.relayed(hub.node_pk)
        await a.subscribe("t")
        await b.subscribe("t")
        await until(lambda: b.listeners("t"))
        await b.publish("t", b"post")
        assert await next_post(a) == ("t", b"post")


async def test_without_a_place_there_is_no_circuit() -> None:
    """A hub carries circuits only to nodes that asked it for a place, and a node takes them from no other hub."""
    async with host(relay=True) as hub, host() as a, host() as b:
        await a.connect(hub.addresses()[0])
        with pytest.raises(UnreachableError, match="NO_RESERVATION"):
            await b.connect(circuit(hub.addresses()[0], a.node_pk))
        await a.reserve(hub.node_pk)
        a.give_up(hub.node_pk)
        with pytest.raises(UnreachableError):
            await b.connect(circuit(hub.addresses()[0], a.node_pk))


async def test_an_ordinary_node_is_no_relay() -> None:
    """Who did not choose to carry others' traffic gives no places."""
    async with host(listen=True) as node, host() as a:
        await a.connect(node.addresses()[0])
        with pytest.raises(UnreachableError):
            await a.reserve(node.node_pk)


async def test_a_place_is_for_who_asks_and_for_nobody_else() -> None:
    """A reservation that names another peer than the connection's is refused, and takes no place."""
    async with host(relay=True) as hub, host() as a:
        await a.connect(hub.addresses()[0])
        for _ in range(3):
            stream = await a._host.new_stream(peer_id(hub.node_pk), [HOP])
            invented = PeerId(id=peer_id(os.urandom(32)).to_bytes())
            await write_delimited_msg(stream, HopMessage(type=HopMessage.RESERVE, peer=invented))
            with trio.fail_after(5):
                answer = await read_delimited_msg(stream, HopMessage)
            assert answer.status == StatusCode.PERMISSION_DENIED
        assert not hub._relay.resource_manager._reservations
        await a.reserve(hub.node_pk)
        assert len(hub._relay.resource_manager._reservations) == 1


async def test_no_circuit_leads_through_a_circuit() -> None:
    """A hub that itself was reached by way of another gives its caller no place: traffic would multiply."""
    async with host(relay=True) as hub, host(relay=True) as inner, host() as a, host() as b:
        await a.connect(await reserved(inner, hub))
        assert a.relayed(inner.node_pk)
        for wish in (lambda: a.reserve(inner.node_pk), lambda: a.connect(circuit(inner.addresses()[0], b.node_pk))):
            with pytest.raises(UnreachableError, match="PERMISSION_DENIED"):
                await wish()
        assert inner.carried == (0, 0)


async def test_a_place_ends_with_its_connection() -> None:
    """When the node is gone the hub says so at once, and renewing it later gives it back."""
    async with host(relay=True) as hub, host() as a, host() as b:
        where = await reserved(a, hub)
        await a.close_peer(hub.node_pk)
        await until(lambda: not hub.peers())
        with pytest.raises(UnreachableError):
            await b.connect(where)
        await reserved(a, hub)
        assert await b.connect(where) == a.node_pk


async def test_two_circuits_of_one_node_do_not_end_each_other() -> None:
    """Each circuit lives by itself: when one caller leaves, the other goes on talking."""
    async with host(relay=True) as hub, host() as a, host() as c:
        where = await reserved(a, hub)
        await c.connect(where)
        async with host() as b:
            await b.connect(where)
            assert await b.ask(a.node_pk, ECHO, b"b") == b.node_pk + b"b"
        await until(lambda: a.node_pk in c.peers() and len(a.peers()) == 2)
        assert await c.ask(a.node_pk, ECHO, b"c") == c.node_pk + b"c"


async def test_circuits_are_bounded_in_number_bytes_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A circuit that is used up or too old ends; a caller has only so many at a time."""
    monkeypatch.setattr("lazpool.net.relay.CIRCUIT_BYTES", 100_000)
    monkeypatch.setattr("lazpool.net.relay.CIRCUITS_PER_PEER", 1)
    async with host(relay=True) as hub, host() as a, host() as d, host() as b:
        first, second = await reserved(a, hub), await reserved(d, hub)
        await b.connect(first)
        with pytest.raises(UnreachableError, match="RESOURCE_LIMIT"):
            await b.connect(second)
        assert await b.ask(a.node_pk, ECHO, bytes(30_000))
        with pytest.raises(UnreachableError):
            await b.ask(a.node_pk, ECHO, bytes(60_000))
        await until(lambda: not hub._relay._circuits)
        await b.connect(second)


async def test_there_is_room_for_so_many_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """A newcomer beyond them is refused, who has one renews it, and whoever goes leaves no place taken."""
    monkeypatch.setattr("lazpool.net.relay.RESERVATIONS", 2)
    async with host(relay=True) as hub, host() as a, host() as late:
        await reserved(a, hub)
        async with host() as b:
            await reserved(b, hub)
            with pytest.raises(UnreachableError, match="RESOURCE_LIMIT"):
                await reserved(late, hub)
            await a.reserve(hub.node_pk)
        await until(lambda: b.node_pk not in hub.peers())
        await reserved(late, hub)
        assert hub.carried == (2, 0)


@pytest.mark.parametrize("bound", ["CIRCUITS", "CIRCUITS_PER_PEER"])
async def test_so_many_circuits_are_carried_in_all_and_to_one_node(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    """Whoever calls: one more is refused, by its caller or not, and is carried when another one has ended."""
    monkeypatch.setattr(f"lazpool.net.relay.{bound}", 1)
    async with host(relay=True) as hub, host() as a, host() as d, host() as c:
        first, second = await reserved(a, hub), await reserved(d, hub)
        wanted = second if bound == "CIRCUITS" else first
        async with host() as b:
            await b.connect(first)
            with pytest.raises(UnreachableError, match="RESOURCE_LIMIT"):
                await c.connect(wanted)
        await until(lambda: hub.carried[1] == 0)
        await c.connect(wanted)


async def test_an_old_circuit_ends_though_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time runs for idle circuits, too."""
    monkeypatch.setattr("lazpool.net.relay.CIRCUIT_S", 2)
    async with host(relay=True) as hub, host() as a, host() as b:
        await b.connect(await reserved(a, hub))
        await until(lambda: a.node_pk not in b.peers(), 20)
        assert hub.node_pk in b.peers()


async def test_a_direct_connection_takes_the_place_of_a_circuit() -> None:
    """When one of two can be dialled after all, the circuit is closed and everything goes on beside it."""
    async with host(relay=True) as hub, host() as a, host(listen=True) as b:
        await b.connect(await reserved(a, hub))
        await linked_by_circuit(a, b)
        await a.connect_directly(b.addresses()[0])
        await until(lambda: not a.relayed(b.node_pk) and not b.relayed(a.node_pk))
        await until(lambda: len(a._host.get_network().get_connections(peer_id(b.node_pk))) == 1)
        assert await b.ask(a.node_pk, ECHO, b"still here") == b.node_pk + b"still here"
        await b.publish("t", b"post")
        assert await next_post(a) == ("t", b"post")
        await a.close_peer(hub.node_pk)
        assert await a.ask(b.node_pk, ECHO, b"alone") == a.node_pk + b"alone"


async def linked_by_circuit(a: Network, b: Network) -> None:
    """Let two connected networks hear a topic, and wait until each knows it of the other."""
    await a.subscribe("t")
    await b.subscribe("t")
    await until(lambda: a.listeners("t") and b.listeners("t"))


async def test_rubbish_on_the_relays_protocols_costs_only_its_stream() -> None:
    """Bytes that are no message leave hub and node as they were."""
    async with host(relay=True) as hub, host() as a, host() as b:
        where = await reserved(a, hub)
        await b.connect(hub.addresses()[0])
        for protocol in (HOP, STOP):
            for data in (b"", b"\xff" * 40, b"\x05hello", os.urandom(2000), b"\x80\x80\x80\x80\x01"):
                try:
                    stream = await b._host.new_stream(peer_id(hub.node_pk), [protocol])
                    await stream.write(data)
                    await stream.close()
                except Exception:  # noqa: BLE001, S112 - the hub may close first, in any way
                    continue
        assert await b.connect(where) == a.node_pk


def test_addresses_by_way_of_a_relay() -> None:
    """The address is the relay's with the node's name behind it; both are known by their keys."""
    relay, node = bytes(31) + b"r", bytes(31) + b"n"
    direct = circuit("", relay).replace("/p2p-circuit", "/ip4/192.0.2.1/tcp/4001")
    found = parse_address(circuit(direct, node))
    assert (found.node_pk, found.relay) == (node, parse_address(direct))
    assert parse_address(found.text) == found
