"""The envelope of a signed record: `[body, signature]`, canonical, with its size bound."""

from __future__ import annotations

from typing import NamedTuple

from lazpool.errors import MalformedError
from lazpool.wire.codec import decode, encode
from lazpool.wire.signing import SIGNATURE_SIZE


class Envelope(NamedTuple):
    """A body as received, and the signature over its id."""

    body: bytes
    signature: bytes

    def pack(self) -> bytes:
        """Return the wire form."""
        return encode((self.body, self.signature))


def open_envelope(data: bytes, limit: int) -> Envelope:
    """Return the envelope in `data`; MalformedError when it is larger than `limit` bytes or not one."""
    array = decode(data, limit)
    if len(array) == 2:  # noqa: PLR2004 # body and signature
        body, signature = array
        if type(body) is bytes and type(signature) is bytes and len(signature) == SIGNATURE_SIZE:
            return Envelope(body, signature)
    raise MalformedError("envelope", "not a body and a signature of 64 bytes")
