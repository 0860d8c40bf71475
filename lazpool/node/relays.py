"""Being reached: places at hubs while nobody can dial us, and a direct connection where one turns out to work.

Neighbours who joined each other, or met by way of a relay, tell each other where they can be dialled. What a joined
node said is remembered, so that it is found again when the hub by way of which it was known is gone.
"""

from __future__ import annotations

import sqlite3
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

import trio

from lazpool.errors import InvalidInputError, LazpoolError, UnreachableError
from lazpool.net.address import circuit, is_global, parse_address
from lazpool.node.state import log, say
from lazpool.records import where
from lazpool.records.sync import HUB
from lazpool.store import own

if TYPE_CHECKING:
    from lazpool.net.address import Address
    from lazpool.net.network import Network
    from lazpool.node.state import Node

PLACES = 3
"""Hubs at which a node has a place, so that one may die."""
LOOK_S = 1.0
RENEW_S = 1800.0
"""How long before its end a place is renewed: half of an hour, so that a hub may be slow for a while."""
REFUSED_S = 60.0
"""When a hub that gave no place is asked again."""


async def keep(node: Node, network: Network) -> None:
    """Keep places at hubs for as long as the node runs, and tell those who joined us of every change."""
    asked: dict[bytes, float] = {}
    while True:
        for hub in _hubs(node, network):
            await _renew(network, hub, asked)
        fresh = _circuits(node, network)
        if fresh != node.circuits:
            node.circuits = fresh
            log.info("reachable by way of", hubs=len(fresh))
            await introduce_all(node, network)
        await trio.sleep(LOOK_S)


async def introduce_all(node: Node, network: Network) -> None:
    """Tell every joined neighbour where we are now."""
    for peer in network.peers():
        try:
            await introduce(node, network, peer)
        except (LazpoolError, sqlite3.Error) as wrong:
            log.debug("neighbour not told where we are", peer=peer.hex()[:12], why=str(wrong))


async def introduce(node: Node, network: Network, peer: bytes) -> None:
    """Tell a neighbour where we are and learn where it is, if we joined it or met it by way of a relay."""
    if not (_is_joined(node, peer) or network.relayed(peer)):
        return
    answer = await network.ask(peer, where.PROTOCOL, where.pack(_ours(node, network)))
    addresses = _learn(node, peer, where.read(answer))
    await _go_direct(network, peer, addresses)


def serve(node: Node, network: Network, nursery: trio.Nursery, peer: bytes, data: bytes) -> bytes:
    """Answer who asks where we are, and take up where they are; MalformedError for what is no frame."""
    addresses = _learn(node, peer, where.read(data))
    if network.relayed(peer):
        nursery.start_soon(_go_direct, network, peer, addresses)
    return where.pack(_ours(node, network))


def _ours(node: Node, network: Network) -> where.Where:
    known = (*network.addresses(), *node.circuits)
    # Where many interfaces listen, the ways by relays are still told: they are what works from everywhere.
    direct = [address for address in known if address not in node.circuits][: where.MAX_ADDRESSES - len(node.circuits)]
    return where.Where(node.desk.net, (*direct, *node.circuits))


def _learn(node: Node, peer: bytes, said: where.Where) -> list[Address]:
    """Return those of the addresses that a peer told which are its own, and remember them if it is joined."""
    if said.net != node.desk.net:
        return []
    found = [address for text in said.addresses if (address := _parsed(text)) and address.node_pk == peer]
    if _is_joined(node, peer):
        with node.desk.node.transaction():
            own.remember_addresses(node.desk.node, peer, [address.text for address in found])
    return found


async def _go_direct(network: Network, peer: bytes, addresses: list[Address]) -> None:
    """Leave the relay if the peer can be dialled: the first address that answers ends the circuit."""
    for address in addresses:
        if not network.relayed(peer):
            return
        if address.relay is not None or not may_dial(address, network):
            continue
        try:
            await network.connect_directly(address.text)
        except UnreachableError as wrong:
            log.debug("not reached directly", peer=peer.hex()[:12], why=wrong.message)
        else:
            say("direct", "connected directly, without the relay", peer=peer.hex()[:12])


def may_dial(address: Address, network: Network) -> bool:
    """Tell whether a stranger may make us dial that: never this machine itself, unless we live nowhere else."""
    if not (ip := _ip(address.text)):
        return True
    if ip.is_loopback:
        ours = [_ip(text) for text in network.addresses()]
        return all(one is not None and one.is_loopback for one in ours)
    return not (ip.is_unspecified or ip.is_multicast or ip.is_link_local)


def _hubs(node: Node, network: Network) -> list[bytes]:
    """Return the joined hubs to have a place at: none for who can be dialled from everywhere, or is a hub."""
    if node.hub or any(map(is_global, network.addresses())):
        return []
    joined = [row["node_pk"] for row in own.hubs(node.desk.node)]
    hubs = [peer for peer in joined if (hello := node.hellos.get(peer)) and hello.role == HUB]
    return [peer for peer in hubs if not network.relayed(peer)][:PLACES]


async def _renew(network: Network, hub: bytes, asked: dict[bytes, float]) -> None:
    now = trio.current_time()
    if network.places.get(hub, 0.0) - RENEW_S > now or (hub not in network.places and asked.get(hub, 0.0) > now):
        return
    try:
        await network.reserve(hub)
    except UnreachableError as wrong:
        asked[hub] = now + REFUSED_S
        network.give_up(hub)
        say(f"no place {hub.hex()}", "hub gives no place for circuits", hub=hub.hex()[:12], why=wrong.message)


def _circuits(node: Node, network: Network) -> tuple[str, ...]:
    """Return our addresses by way of the hubs where we have a place, whose own addresses are those we dial."""
    rows = {row["node_pk"]: row["address"] for row in own.hubs(node.desk.node)}
    held = [rows[hub] for hub in network.places if hub in rows]
    return tuple(circuit(address, network.node_pk) for address in held if "/p2p-circuit/" not in address)


def _is_joined(node: Node, peer: bytes) -> bool:
    return any(row["node_pk"] == peer for row in own.hubs(node.desk.node))


def _parsed(text: str) -> Address | None:
    try:
        return parse_address(text)
    except InvalidInputError:
        return None  # of a transport that we do not speak, or nonsense


def _ip(address: str) -> IPv4Address | IPv6Address | None:
    kind, _, rest = address[1:].partition("/")
    return ip_address(rest.partition("/")[0]) if kind in {"ip4", "ip6"} else None
