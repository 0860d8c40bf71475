"""Finding nodes in the local network: what is told, what is believed, and what floods and rubbish come to."""

from __future__ import annotations

import random
from contextlib import closing
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from libp2p.discovery.mdns.listener import PeerListener
from libp2p.peer.peerstore import PeerStore
from zeroconf import DNSOutgoing, DNSQuestion, Zeroconf

from lazpool.net import lan, mdns
from lazpool.net.address import node_name

if TYPE_CHECKING:
    from collections.abc import Callable

NET, OTHER_NET = b"net-8888", b"net-9999"
OURS, THEIRS = b"\x01" * 32, b"\x02" * 32
HOME = lan.Link(IPv4Address("192.168.1.5"), IPv4Network("192.168.1.0/24"))
LOOP = lan.Link(IPv4Address("127.0.0.1"), IPv4Network("127.0.0.0/8"))


def at(ip: str, key: bytes = THEIRS, port: int = 4001) -> str:
    """Return the full address of a node."""
    return f"/ip4/{ip}/tcp/{port}/p2p/{node_name(key)}"


def told(ip: str, *addresses: str, network: bytes = NET, gone: bool = False) -> bytes:
    """Return what a node there tells."""
    return mdns.answer("a" * 32, ip, addresses or (at(ip),), network, gone=gone)


def listener() -> lan.Lan:
    """Return one that listens, and tells nothing."""
    return lan.Lan(OURS, NET, list)


async def test_a_neighbour_is_heard_and_says_goodbye() -> None:
    """Its address is kept once, until it goes; an answer asks for none."""
    one = listener()
    for _ in range(3):
        assert not one.hear(HOME, told("192.168.1.9"), "192.168.1.9")
    assert [(key, heard.address.text) for key, heard in one.heard.items()] == [(THEIRS, at("192.168.1.9"))]
    one.hear(HOME, told("192.168.1.9", gone=True), "192.168.1.10")
    assert THEIRS in one.heard  # somebody else's goodbye
    one.hear(HOME, told("192.168.1.9", gone=True), "192.168.1.9")
    assert not one.heard


@pytest.mark.parametrize(
    ("link", "sender", "packet"),
    [
        (HOME, "192.168.1.9", told("192.168.1.9", network=OTHER_NET)),
        (HOME, "192.168.1.9", told("192.168.1.9", at("192.168.1.1"), at("8.8.8.8"), at("127.0.0.1"))),
        (HOME, "192.168.2.9", told("192.168.2.9")),
        (HOME, "127.0.0.1", told("127.0.0.1")),
        (lan.Link(IPv4Address("8.8.8.1"), IPv4Network("8.8.8.0/24")), "8.8.8.8", told("8.8.8.8")),
        (HOME, "192.168.1.9", told("192.168.1.9", at("192.168.1.9", OURS))),
        (HOME, "192.168.1.9", told("192.168.1.9", at("192.168.1.9") + "/p2p-circuit/p2p/" + node_name(OURS))),
        (HOME, "192.168.1.9", told("192.168.1.9").replace(b"dnsaddr=", b"dnsADDR=")),
        (HOME, "192.168.1.9", told("192.168.1.9") + bytes(mdns.MAX_PACKET)),
    ],
    ids=["other network", "elsewhere", "not here", "loopback", "public", "ourselves", "circuit", "no address", "long"],
)
async def test_what_is_not_believed(link: lan.Link, sender: str, packet: bytes) -> None:
    """Only a node of our network is kept for dialling, at the address it spoke from, in a private network here."""
    one = listener()
    one.hear(link, packet, sender)
    assert not one.heard


async def test_a_flood_is_bounded(autojump_clock: Any) -> None:
    """Invented nodes crowd out others only up to a bound of each machine, and packets beyond the rate are not read."""
    del autojump_clock  # time passes by sleeping alone
    one = listener()
    for number in range(20):
        key = number.to_bytes(32, "big")
        one.hear(HOME, told("192.168.1.9", at("192.168.1.9", key)), "192.168.1.9")
    assert len(one.heard) == lan.MAX_PER_IP
    for number in range(2, 250):
        ip = f"192.168.1.{number}"
        one.hear(HOME, told(ip, at(ip, number.to_bytes(32, "big"))), ip)
    assert len(one.heard) == lan.MAX_HEARD
    one = listener()
    heard = [one.hear(HOME, mdns.question(), "192.168.1.9") for _ in range(1000)]
    assert sum(heard) == lan.PACKET_BURST
    await trio.sleep(1)
    assert one.hear(HOME, mdns.question(), "192.168.1.9")


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 3))
def test_rubbish_is_nothing(noise: bytes, where: int, kind: int) -> None:
    """No bytes raise; whatever is read stays within bounds."""
    whole = (told("192.168.1.9"), mdns.question(("x._p2p._udp.local.",)), b"_p2p", told("192.168.1.9"))[kind]
    for data in (whole[:where], whole[:where] + noise, whole[:where] + noise + whole[where + len(noise) :]):
        packet = mdns.read(data, "a" * 32)
        assert packet is None or len(packet.told) <= mdns.MAX_RECORDS
        for node in packet.told if packet else ():
            assert len(node.attributes) <= mdns.MAX_ATTRIBUTES
            lan.chosen(HOME, node.attributes, IPv4Address("192.168.1.9"), NET)


def test_questions() -> None:
    """A question for nodes asks, also among others and in capitals; one that knows us, or for printers, does not."""
    assert mdns.read(mdns.question(), "a" * 32) == mdns.Packet(asks=True)
    assert mdns.read(mdns.question((f"{'a' * 32}.{mdns.SERVICE}",)), "a" * 32) == mdns.Packet(asks=False)
    out = DNSOutgoing(0)
    for name in ("_ipp._tcp.local.", "_P2P._udp.LOCAL."):
        out.add_question(DNSQuestion(name, 12, 1))
    assert mdns.read(out.packets()[0], "a" * 32) == mdns.Packet(asks=True)
    assert mdns.read(out.packets()[0].replace(b"_P2P", b"_ipp"), "a" * 32) is None


async def wait_for(what: Callable[[], Any]) -> None:
    """Wait until something is so."""
    with trio.fail_after(30):
        while not what():  # noqa: ASYNC110 # a thread of a library brings it about
            await trio.sleep(0.02)


def where_in(store: PeerStore, key: bytes) -> list[str]:
    """Return where libp2p has learnt that a node is."""
    return [str(address) for one in store.peer_ids() if str(one) == node_name(key) for address in store.addrs(one)]


async def test_libp2p_finds_us_and_we_find_each_other() -> None:
    """On the wire of this machine: py-libp2p's own listener learns our address, and two of ours learn each other's.

    A third of another network is heard by the library, which knows no networks, and not by us.
    """
    port, store = random.randrange(20_000, 32_000), PeerStore()
    keys = [bytes([number]) * 32 for number in (11, 12, 13)]
    nets = (NET, NET, OTHER_NET)
    ones = [
        lan.Lan(key, net, lambda key=key: [at("127.0.0.1", key, port)]) for key, net in zip(keys, nets, strict=True)
    ]
    with closing(Zeroconf(interfaces=["127.0.0.1"])) as library:
        theirs = PeerListener(store, library, mdns.SERVICE, f"me.{mdns.SERVICE}")
        async with trio.open_nursery() as nursery:
            for one in ones:
                nursery.start_soon(one.run)
            await wait_for(lambda: ones[0].heard and ones[1].heard)
            await wait_for(lambda: all(where_in(store, key) == [f"/ip4/127.0.0.1/tcp/{port}"] for key in keys))
            nursery.cancel_scope.cancel()
        theirs.stop()
    assert [list(one.heard) for one in ones] == [[keys[1]], [keys[0]], []]
