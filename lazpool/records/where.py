"""The frame of the protocol `/lazpool/where/1`: at which addresses a node can be dialled. Format: protocol/relay.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lazpool.errors import MalformedError
from lazpool.records.shape import build, check_bytes, check_text, shaped, wire_fields, wrong
from lazpool.wire.codec import encode
from lazpool.wire.hashing import NET_SIZE

PROTOCOL = "/lazpool/where/1"
MAX_FRAME = 4096
MAX_ADDRESSES = 8
MAX_ADDRESS = 400
"""Bytes of one address; one by way of a relay with a long DNS name has some 380."""


@dataclass(frozen=True, slots=True)
class Where:
    """Addresses of the speaker, the best first, as multiaddrs in text, which are not yet checked. Both sides say it."""

    KIND: ClassVar[int] = 1
    net: bytes
    addresses: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a frame that breaks the format."""
        check_bytes("net", self.net, NET_SIZE)
        if type(self.addresses) is not tuple or len(self.addresses) > MAX_ADDRESSES:
            raise wrong("addresses", f"not at most {MAX_ADDRESSES}")
        for address in self.addresses:
            check_text("addresses", address, MAX_ADDRESS)


def pack(where: Where) -> bytes:
    """Return the bytes of a request; it is also its own answer."""
    return encode((Where.KIND, *wire_fields(where)))


def read(data: bytes) -> Where:
    """Decode a request or an answer, or raise MalformedError."""
    kind, *rest = shaped(data, MAX_FRAME, 3)
    if kind != Where.KIND or type(kind) is not int:
        raise MalformedError("shape", "no frame of the where protocol")
    return build(Where, *rest)
