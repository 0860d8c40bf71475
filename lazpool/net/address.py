"""Multiaddrs as people type them: checked and taken apart without importing libp2p.

Only TCP over IPv4, IPv6 or a DNS name, perhaps by way of one relay, and only Ed25519 peers, whose key stands in the
peer id itself.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from multiaddr import Multiaddr
from multiaddr.exceptions import Error as MultiaddrError

from lazpool.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

_PEER_ID_HEAD = bytes.fromhex("002408011220")
"""Identity multihash (00), 36 bytes (24), of a protobuf key: type Ed25519 (08 01), 32 bytes (12 20)."""

_P2P_HEAD = bytes.fromhex("a50326") + _PEER_ID_HEAD
"""The multiaddr component /p2p/ around it: code 421 as a varint, length 38."""

_NAME = "a node's name begins with 12D3KooW; its last part in an address, and peer=... in a log, are names"
_DIALLED = "it looks like /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW..."

_HOSTS = ("ip4", "ip6", "dns", "dns4", "dns6")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to dial (`text`, a canonical multiaddr ending in /p2p/) and whom to expect there (32-byte node key).

    relay: by way of whom, None where the node is dialled directly.
    """

    text: str
    node_pk: bytes
    relay: Address | None = None


def peer_id_bytes(node_pk: bytes) -> bytes:
    """Return the 38 bytes of the peer id of a 32-byte node key."""
    return _PEER_ID_HEAD + node_pk


def node_pk_of(peer_id: bytes) -> bytes | None:
    """Return the 32-byte node key in the bytes of a peer id, None if it is no Ed25519 one."""
    if len(peer_id) != len(_PEER_ID_HEAD) + 32 or not peer_id.startswith(_PEER_ID_HEAD):
        return None
    return peer_id[len(_PEER_ID_HEAD) :]


def node_name(node_pk: bytes) -> str:
    """Return the peer id people see, `12D3KooW...`, of a 32-byte node key."""
    return str(Multiaddr(_P2P_HEAD + node_pk)).removeprefix("/p2p/")


def node_key(text: str) -> bytes:
    """Return the 32-byte node key of a name, 12D3KooW..., or of the address that ends in it."""
    try:
        return _node_of(_multiaddr(f"/p2p/{text.strip().rpartition('/')[2]}"))
    except InvalidInputError as wrong:
        raise InvalidInputError(f"not the name of a node: {text!r}", hint=_NAME) from wrong


def parse_address(address: str) -> Address:
    """Check an address to dial, such as `/ip4/192.0.2.1/tcp/4001/p2p/12D3KooW...`; InvalidInputError if it is none.

    One by way of a relay is the relay's address, then `/p2p-circuit/p2p/12D3KooW...`.
    """
    multiaddr = _multiaddr(address, _DIALLED)
    names = [protocol.name for protocol in multiaddr.protocols()]
    if names[3:] == ["p2p-circuit", "p2p"]:
        relay = parse_address(str(multiaddr).partition("/p2p-circuit/")[0])
        return Address(str(multiaddr), _node_of(multiaddr), relay)
    if len(names) != 3 or names[0] not in _HOSTS or names[1:] != ["tcp", "p2p"]:  # noqa: PLR2004 - the three parts named in the message
        raise InvalidInputError(f"not an address of a node: {address!r}", hint=_DIALLED)
    return Address(str(multiaddr), _node_of(multiaddr))


def own_addresses(node_pk: bytes, texts: Iterable[str]) -> list[Address]:
    """Return the full addresses of a node that are meant by some without its name; what cannot be read is left out."""
    found = []
    for text in texts:
        with suppress(InvalidInputError):
            found.append(parse_address(f"{text}/p2p/{node_name(node_pk)}"))
    return [address for address in found if address.relay is None]


def circuit(relay: str, node_pk: bytes) -> str:
    """Return the address of a node by way of a relay, whose own full address is given."""
    return f"{relay}/p2p-circuit/p2p/{node_name(node_pk)}"


def is_global(address: str) -> bool:
    """Tell whether anybody on the internet could dial that address: a public IP, or a DNS name."""
    (kind, value), *_ = ((protocol.name, value) for protocol, value in _multiaddr(address).items())
    return kind.startswith("dns") or ip_address(value).is_global


def _node_of(multiaddr: Multiaddr) -> bytes:
    tail: bytes = multiaddr.to_bytes()[-len(_P2P_HEAD) - 32 :]
    if not tail.startswith(_P2P_HEAD):
        raise InvalidInputError(f"not an Ed25519 node: {multiaddr}", hint=_NAME)
    return tail[len(_P2P_HEAD) :]


def parse_listen(address: str) -> str:
    """Check an address to listen on, such as `/ip4/0.0.0.0/tcp/4001`; return it in canonical form."""
    multiaddr = _multiaddr(address)
    names = [protocol.name for protocol in multiaddr.protocols()]
    if len(names) != 2 or names[0] not in ("ip4", "ip6") or names[1] != "tcp":  # noqa: PLR2004 - host and port
        raise InvalidInputError(f"cannot listen on {address!r}", hint="it looks like /ip4/0.0.0.0/tcp/4001")
    return str(multiaddr)


def _multiaddr(address: str, hint: str = "it looks like /ip4/192.0.2.1/tcp/4001") -> Multiaddr:
    try:
        return Multiaddr(address.strip())
    except (MultiaddrError, ValueError) as error:
        raise InvalidInputError(f"not a multiaddr: {address!r}", hint=hint) from error
