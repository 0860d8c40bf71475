"""The packets of libp2p's mDNS discovery: a question who is there, and an answer that names one node.

The format is that of https://github.com/libp2p/specs/blob/master/discovery/mdns.md, with one attribute more in the TXT
record, `lazpool=` and the network, so that nodes of other programs and networks are told apart without being dialled.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from zeroconf import DNSAddress, DNSIncoming, DNSOutgoing, DNSPointer, DNSQuestion, DNSService, DNSText

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SERVICE = "_p2p._udp.local."
_SERVICES = "_services._dns-sd._udp.local."
"""What is asked by whoever lists all kinds of services."""
MAX_PACKET = 4096
"""Bytes of a packet that is looked at; an answer of ours has about 300."""
MAX_RECORDS = 4
"""Nodes taken from one packet."""
MAX_ATTRIBUTES = 16
TTL_S = 4500
_ANSWER, _QUERY = 0x8400, 0
_A, _PTR, _TXT, _SRV, _IN, _FLUSH = 1, 12, 16, 33, 1, 0x8000
_HINT = b"_p2p"


@dataclass(frozen=True, slots=True)
class Packet:
    """What a packet says. asks: for nodes, which our own is not among those known. told: attributes of each node."""

    asks: bool
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """One node: its TXT record's attributes, such as `dnsaddr=/ip4/...`. gone: it says goodbye."""

    attributes: tuple[bytes, ...]
    gone: bool


def question(known: Iterable[str] = ()) -> bytes:
    """Return the question who is there; whoever is `known`, by instance name, need not answer."""
    out = DNSOutgoing(_QUERY)
    out.add_question(DNSQuestion(SERVICE, _PTR, _IN))
    for name in known:
        out.add_answer_at_time(DNSPointer(SERVICE, _PTR, _IN, TTL_S, name), 0)
    return bytes(out.packets()[0])


def answer(instance: str, ip: str, addresses: Iterable[str], network: bytes, *, gone: bool = False) -> bytes:
    """Return the answer of a node at one IP, where it has the full multiaddrs `addresses`, in a network of 8 bytes."""
    texts = [f"lazpool={network.hex()}", *(f"dnsaddr={one}" for one in addresses)]
    port = int(next(iter(addresses)).split("/")[4])
    name, host, ttl = f"{instance}.{SERVICE}", f"{instance}.local.", 0 if gone else TTL_S
    out = DNSOutgoing(_ANSWER)
    out.add_answer_at_time(DNSPointer(SERVICE, _PTR, _IN, ttl, name), 0)
    out.add_answer_at_time(DNSPointer(_SERVICES, _PTR, _IN, ttl, SERVICE), 0)
    # SRV and A are for other programs: libp2p goes by the TXT record alone.
    out.add_additional_answer(DNSText(name, _TXT, _IN | _FLUSH, ttl, _packed(texts)))
    out.add_additional_answer(DNSService(name, _SRV, _IN | _FLUSH, ttl, 0, 0, port, host))
    out.add_additional_answer(DNSAddress(host, _A, _IN | _FLUSH, ttl, IPv4Address(ip).packed))
    return bytes(out.packets()[0])


def read(data: bytes, instance: str) -> Packet | None:
    """Return what a packet says to the node of an instance name; None for what is not of this service, or nonsense."""
    if len(data) > MAX_PACKET or _HINT not in data.lower():
        return None
    packet = DNSIncoming(data)
    records = packet.answers()
    if not packet.valid:  # which may show only when its records are read
        return None
    if packet.is_query():
        asked = any(one.type == _PTR and one.name.lower() in {SERVICE, _SERVICES} for one in packet.questions)
        return Packet(asks=asked and not any(_is_pointer_to(one, instance) for one in records))
    texts = [one for one in records if isinstance(one, DNSText) and one.name.lower().endswith(f".{SERVICE}")]
    return Packet(asks=False, told=tuple(Told(tuple(_unpacked(one.text)), one.ttl == 0) for one in texts[:MAX_RECORDS]))


def _is_pointer_to(record: object, instance: str) -> bool:
    return isinstance(record, DNSPointer) and record.alias.lower() == f"{instance}.{SERVICE}"


def _packed(texts: list[str]) -> bytes:
    return b"".join(bytes((len(text.encode()),)) + text.encode() for text in texts)


def _unpacked(data: bytes) -> Iterator[bytes]:
    at = 0
    for _ in range(MAX_ATTRIBUTES):
        if at >= len(data):
            return
        yield data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
