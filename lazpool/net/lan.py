"""Who else is on this machine's own links: asked and told by multicast DNS, on each link for itself.

Anybody on a link may say anything here, and send it under another's address. So of what is heard only an address
counts that is the sender's own, private, and on the very link where it was heard; how much is looked at and kept is
bounded; and nobody is dialled here.
"""

from __future__ import annotations

import random
import secrets
import socket
import sys
from collections import OrderedDict
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

import ifaddr
import trio

from lazpool.errors import InvalidInputError
from lazpool.net import mdns
from lazpool.net.address import Address, parse_address
from lazpool.net.pace import Quotas
from lazpool.net.throttle import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GROUP, PORT = "224.0.0.251", 5353
LOOK_S = 5.0
"""How often is looked whether this machine has other links."""
FIRST_QUESTION_S, LAST_QUESTION_S = 1.0, 3600.0
"""Pauses between questions, each twice as long as the one before; who comes later tells of itself."""
DELAY_S = (0.02, 0.12)
"""Before an answer: not everybody at once."""
QUIET_S = 1.0
"""After an answer, which everybody has heard; who asks meanwhile waits for the next one."""
MAX_HEARD, MAX_PER_IP = 64, 8
"""Nodes kept in all and of one machine; when more are heard, the one heard of first is forgotten."""
PACKET_RATE, PACKET_BURST = 50.0, 200.0
"""Packets of this service looked at, a second and at once; 10 ms of processor time."""
MAX_ADDRESSES = 4
"""Addresses told of ourselves on one link."""
_MULTICAST_ALL = 49
"""Linux: a socket hears what another one of this machine has asked for, unless this is 0."""


@dataclass(frozen=True, slots=True)
class Link:
    """An address of this machine in a network that is directly attached."""

    ip: IPv4Address
    network: IPv4Network

    def has(self, ip: IPv4Address) -> bool:
        """Tell whether an address is of this link and of no other network."""
        return ip in self.network and (ip.is_private or ip.is_link_local) and ip.is_loopback == self.ip.is_loopback


@dataclass(frozen=True, slots=True)
class Heard:
    """A node that was heard. until: trio time up to which what it said holds."""

    address: Address
    ip: IPv4Address
    until: float


class Lan:
    """One node among those of the links that it listens on.

    heard: the nodes that may be dialled, by node key, the one heard of first foremost.
    """

    def __init__(self, node_pk: bytes, network: bytes, addresses: Callable[[], list[str]]) -> None:
        """Speak for a node of a network (8 bytes); `addresses` returns the full multiaddrs that it listens on."""
        self._node_pk, self._network, self._addresses = node_pk, network, addresses
        self._instance = secrets.token_hex(16)  # as libp2p wants it: of no meaning, and another one at each start
        self._quota = Quotas(PACKET_RATE, PACKET_BURST)
        self.heard: OrderedDict[bytes, Heard] = OrderedDict()
        self.links: tuple[Link, ...] = ()
        self.news = trio.Event()

    async def run(self) -> None:
        """Ask, answer and listen for as long as this runs, on the links that the machine has at each moment."""
        while True:
            self.links = links_of(self._addresses())
            async with trio.open_nursery() as nursery:
                for link in self.links:
                    nursery.start_soon(self._be_on, link)
                while links_of(self._addresses()) == self.links:  # noqa: ASYNC110 # the system is asked, it tells nothing
                    await trio.sleep(LOOK_S)
                nursery.cancel_scope.cancel()

    def hear(self, link: Link, data: bytes, sender: str) -> bool:
        """Take in a packet that came on a link; tell whether it asks for an answer."""
        if not self._quota.take(0, trio.current_time()):
            return False
        packet = mdns.read(data, self._instance)
        for told in packet.told if packet else ():
            self._note(link, told, IPv4Address(sender))
        return packet is not None and packet.asks

    def forget(self, node_pk: bytes) -> None:
        """Forget a node, until it is heard again."""
        self.heard.pop(node_pk, None)

    def _note(self, link: Link, told: mdns.Told, sender: IPv4Address) -> None:
        address = chosen(link, told.attributes, sender, self._network)
        if address is None or address.node_pk == self._node_pk:
            return
        known = self.heard.get(address.node_pk)
        if told.gone:
            if known and known.ip == sender:
                self.forget(address.node_pk)
            return
        until = trio.current_time() + mdns.TTL_S
        if known and known.ip == sender:
            self.heard[address.node_pk] = replace(known, address=address, until=until)
        elif sum(one.ip == sender for one in self.heard.values()) < MAX_PER_IP:
            self.heard[address.node_pk] = Heard(address, sender, until)
            if len(self.heard) > MAX_HEARD:
                self.heard.popitem(last=False)
        self.news.set()

    async def _be_on(self, link: Link) -> None:
        while True:
            try:
                with _socket(link) as sock:
                    await self._talk(link, sock)
            except* OSError as wrong:  # a link that knows no multicast, or is going or coming
                report(f"lan {link.ip}", wrong.exceptions[0])
            await trio.sleep(LOOK_S)

    async def _talk(self, link: Link, sock: trio.socket.SocketType) -> None:
        wish = _Wish()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._ask, sock)
                nursery.start_soon(self._tell_who_asks, link, sock, wish)
                while True:
                    data, (sender, _) = await sock.recvfrom(mdns.MAX_PACKET + 1)
                    if self.hear(link, data, sender):
                        wish.event.set()
        finally:
            with trio.CancelScope(shield=True), suppress(OSError):
                await self._tell(link, sock, gone=True)

    async def _ask(self, sock: trio.socket.SocketType) -> None:
        pause = FIRST_QUESTION_S
        await trio.sleep(random.uniform(*DELAY_S))  # noqa: S311 # not everybody at once after a power cut
        while True:
            await sock.sendto(mdns.question(), (GROUP, PORT))
            await trio.sleep(pause)
            pause = min(pause * 2, LAST_QUESTION_S)

    async def _tell_who_asks(self, link: Link, sock: trio.socket.SocketType, wish: _Wish) -> None:
        await self._tell(link, sock)  # and once more a moment later, in answer to our own question
        while True:
            await wish.event.wait()
            wish.event = trio.Event()
            await trio.sleep(random.uniform(*DELAY_S))  # noqa: S311 # as above
            await self._tell(link, sock)
            await trio.sleep(QUIET_S)

    async def _tell(self, link: Link, sock: trio.socket.SocketType, *, gone: bool = False) -> None:
        ours = [
            text for text in self._addresses() if text.startswith(f"/ip4/{link.ip}/") and "/p2p-circuit/" not in text
        ]
        if ours:
            packet = mdns.answer(self._instance, str(link.ip), ours[:MAX_ADDRESSES], self._network, gone=gone)
            await sock.sendto(packet, (GROUP, PORT))


@dataclass(slots=True)
class _Wish:
    """Set when somebody has asked."""

    event: trio.Event = field(default_factory=trio.Event)


def links_of(addresses: list[str]) -> tuple[Link, ...]:
    """Return the links of this machine on which one of the addresses is; IPv4 alone, as every such link has it."""
    ours = {text.split("/")[2] for text in addresses if text.startswith("/ip4/")}
    found = (ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4 and ip.ip in ours)
    return tuple(sorted({_link(str(one.ip), one.network_prefix) for one in found}, key=lambda link: link.ip))


def chosen(link: Link, attributes: tuple[bytes, ...], sender: IPv4Address, network: bytes) -> Address | None:
    """Return where a node that was heard on a link may be dialled: at the address that it spoke from, if that is there.

    None, too, for what is no node of the network.
    """
    if f"lazpool={network.hex()}".encode() not in attributes or not link.has(sender):
        return None
    for text in attributes:
        kind, _, value = text.partition(b"=")
        if kind == b"dnsaddr" and value.startswith(f"/ip4/{sender}/tcp/".encode()):
            with suppress(InvalidInputError, UnicodeDecodeError):
                address = parse_address(value.decode("ascii"))
                if address.relay is None:
                    return address
    return None


def _link(ip: str, prefix: int) -> Link:
    return Link(IPv4Address(ip), IPv4Network((ip, prefix), strict=False))


@contextmanager
def _socket(link: Link) -> Iterator[trio.socket.SocketType]:
    """Open a socket for one link, beside those that other programs of the machine have for it."""
    ip = link.ip.packed
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        plain.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + ip)
        plain.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, ip)
        plain.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        if sys.platform == "linux":
            plain.setsockopt(socket.IPPROTO_IP, _MULTICAST_ALL, 0)
        plain.bind((GROUP, PORT))  # not to the link's address: what is sent to that is for the machine's own mDNS
        yield trio.socket.from_stdlib_socket(plain)
